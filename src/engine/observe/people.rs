//! Observing who has an e-mail: all accounts read, or each looked up, whichever is fewer requests.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::accounts::remember;
use super::errors::{ObserveError, reading};
use crate::engine::progress::{Event, Progress};
use crate::jira::JiraRead;
use crate::jira::limits::AT_ONCE;
use crate::model::account::{Account, Handle};
use crate::model::email::{Email, EmailKey};
use crate::model::observed::{Deployment, DeskReading, Lookup, Observed};

/// How often a sweep tells how far it is, in accounts.
const TOLD: usize = 1000;

pub(super) async fn check_permissions(jira: &JiraRead, observed: &mut Observed) -> Result<(), ObserveError> {
    let may = jira
        .permissions()
        .await
        .map_err(reading("what quietdesk's account may do"))?;
    if may.user_picker == Some(false) {
        return Err(ObserveError::MayNotBrowse);
    }
    let mut warn = |warning: &str| {
        if !observed.warnings.iter().any(|known| known == warning) {
            observed.warnings.push(warning.to_owned());
        }
    };
    if may.user_picker.is_none() {
        warn(
            "Jira does not say whether quietdesk's account may look people up (USER_PICKER): if it may not, everybody seems \
             to be missing, and who is there all the same is held",
        );
    }
    let warning = match jira.site().deployment {
        Deployment::Cloud => {
            "quietdesk's account is no Jira administrator: Jira Cloud refuses to create customers for it"
        }
        Deployment::DataCenter => {
            "quietdesk's account is no Jira administrator: Jira refuses it to give first passwords and to change accounts"
        }
    };
    if may.administer == Some(false) {
        warn(warning);
    }
    Ok(())
}

/// Reads all accounts where that can cost less than a look-up each, and returns the e-mails still to be looked up. How
/// many accounts there are beyond those known of is unknown, so the sweep ends once it has cost as many requests as the look-ups would.
pub(super) async fn sweep(
    jira: &JiraRead,
    observed: &mut Observed,
    emails: Vec<Email>,
    accounts: usize,
    progress: &dyn Progress,
) -> Result<Vec<Email>, ObserveError> {
    let Some(per_page) = jira.account_listing().per_page() else {
        return Ok(emails);
    };
    let look_ups = emails.iter().map(|email| email.spellings().len()).sum();
    if look_ups <= accounts / per_page + 2 {
        return Ok(emails);
    }
    let wanted: BTreeSet<&EmailKey> = emails.iter().map(Email::key).collect();
    let members = members(observed);
    let (mut found, mut on_desks) = (BTreeMap::<EmailKey, Vec<Account>>::new(), Vec::new());
    let mut seen = 0;
    let end = jira
        .sweep(look_ups, &mut |account| {
            seen += 1;
            if seen % TOLD == 0 {
                progress.event(Event::Swept { accounts: seen });
            }
            let keys: BTreeSet<_> = [account.email_key(), account.username_key()]
                .into_iter()
                .flatten()
                .collect();
            for key in keys.into_iter().filter(|key| wanted.contains(key)) {
                found.entry(key).or_default().push(account.clone());
            }
            if members.contains(&account.handle) {
                on_desks.push(account);
            }
        })
        .await
        .map_err(reading("all accounts"))?;
    if !end.finished || seen == 0 {
        // A list that does not even have quietdesk's own account is none: not every version takes the search for anything
        // (docs/jira.md#sweep-dot). Whom an unfinished sweep met may have a second account that it did not come to.
        return Ok(emails);
    }
    on_desks
        .into_iter()
        .for_each(|account| remember(observed, Some(account)));
    // Whether Data Center's lists hold deactivated accounts is not certain, nor whether it refuses a second account with an
    // e-mail (docs/jira.md#sweep-inactive, docs/jira.md#create-user-emails): whom it did not list is looked up before
    // anybody is made.
    let proves_absence = jira.site().deployment == Deployment::Cloud;
    let mut unproven = Vec::new();
    for email in emails {
        let accounts = found.remove(email.key()).unwrap_or_default();
        if accounts.is_empty() && !proves_absence {
            unproven.push(email);
            continue;
        }
        let lookup = Lookup::judge(email.key(), &accounts);
        observed.lookups.insert(email.key().clone(), lookup);
        accounts
            .into_iter()
            .for_each(|account| remember(observed, Some(account)));
    }
    Ok(unproven)
}

/// Who is on any desk.
fn members(observed: &Observed) -> BTreeSet<Handle> {
    let read = observed.desks.values().filter_map(|reading| match reading {
        DeskReading::Read(desk) => Some(desk.members.iter().cloned()),
        DeskReading::Missing | DeskReading::Unreadable { .. } => None,
    });
    read.flatten().collect()
}

pub(super) async fn look_up(
    jira: &JiraRead,
    observed: &mut Observed,
    emails: Vec<Email>,
    progress: &dyn Progress,
) -> Result<(), ObserveError> {
    let of = emails.len();
    let mut answers = stream::iter(emails)
        .map(|email| async move {
            let answer = jira.lookup(&email).await.map_err(reading("who has an e-mail"))?;
            Ok::<_, ObserveError>((email, answer))
        })
        .buffer_unordered(AT_ONCE);
    let mut done = 0;
    while let Some((email, (lookup, found))) = answers.try_next().await? {
        observed.lookups.insert(email.key().clone(), lookup);
        found.into_iter().for_each(|account| remember(observed, Some(account)));
        done += 1;
        progress.event(Event::LookedUp { done, of });
    }
    Ok(())
}
