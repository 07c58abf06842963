//! Finding accounts by e-mail: by a sweep of all accounts or a look-up of each, whichever takes fewer requests.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::accounts::record_account;
use super::errors::{ObserveError, read_error};
use crate::engine::progress::{Event, Progress};
use crate::jira::JiraRead;
use crate::jira::limits::MAX_CONCURRENT_READS;
use crate::model::account::{Account, Handle};
use crate::model::email::{Email, EmailKey};
use crate::model::observed::{Deployment, DeskReading, Lookup, Observed};

/// Interval of a sweep's progress reports, in accounts.
const PROGRESS_INTERVAL: usize = 1000;

pub(super) async fn check_permissions(jira: &JiraRead, observed: &mut Observed) -> Result<(), ObserveError> {
    let may = jira
        .permissions()
        .await
        .map_err(read_error("the permissions of quietdesk's account"))?;
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
            "Jira does not report whether quietdesk's account may look up users (USER_PICKER): without that \
             permission, every person seems to have no account, and people with an account are held",
        );
    }
    let warning = match jira.site().deployment {
        Deployment::Cloud => {
            "quietdesk's account is not a Jira administrator: Jira Cloud does not let it create customers"
        }
        Deployment::DataCenter => {
            "quietdesk's account is not a Jira administrator: Jira does not let it set first passwords or change \
             accounts"
        }
    };
    if may.administer == Some(false) {
        warn(warning);
    }
    Ok(())
}

/// Reads all accounts if that can take fewer requests than the look-ups, and returns the e-mails still to be looked up.
/// The total number of accounts is unknown, so the sweep stops once it has taken as many requests as the look-ups
/// would.
pub(super) async fn sweep_accounts(
    jira: &JiraRead,
    observed: &mut Observed,
    emails: Vec<Email>,
    accounts: usize,
    progress: &dyn Progress,
) -> Result<Vec<Email>, ObserveError> {
    let Some(per_page) = jira.account_listing().rows_per_page() else {
        return Ok(emails);
    };
    let look_ups = emails.iter().map(|email| email.spellings().len()).sum();
    if look_ups <= accounts / per_page + 2 {
        return Ok(emails);
    }
    let wanted: BTreeSet<&EmailKey> = emails.iter().map(Email::key).collect();
    let members = members_of_all_desks(observed);
    let (mut found, mut on_desks) = (BTreeMap::<EmailKey, Vec<Account>>::new(), Vec::new());
    let mut seen = 0;
    let end = jira
        .sweep(look_ups, &mut |account| {
            seen += 1;
            if seen % PROGRESS_INTERVAL == 0 {
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
        .map_err(read_error("all accounts"))?;
    if !end.finished || seen == 0 {
        // An empty list proves nothing, since it lacks even quietdesk's own account: not every version supports this
        // search (docs/jira.md#sweep-dot). After an unfinished sweep, a person may have a second account that was not
        // read.
        return Ok(emails);
    }
    on_desks
        .into_iter()
        .for_each(|account| record_account(observed, Some(account)));
    // It is uncertain whether Data Center's list contains deactivated accounts, and whether Data Center refuses a
    // second account with the same e-mail (docs/jira.md#sweep-inactive, docs/jira.md#create-user-emails): e-mails that
    // are not in the list are looked up before an account is created.
    let proves_absence = jira.site().deployment == Deployment::Cloud;
    let mut unproven = Vec::new();
    for email in emails {
        let accounts = found.remove(email.key()).unwrap_or_default();
        if accounts.is_empty() && !proves_absence {
            unproven.push(email);
            continue;
        }
        let lookup = Lookup::classify(email.key(), &accounts);
        observed.lookups.insert(email.key().clone(), lookup);
        accounts
            .into_iter()
            .for_each(|account| record_account(observed, Some(account)));
    }
    Ok(unproven)
}

/// Returns the members of all desks.
fn members_of_all_desks(observed: &Observed) -> BTreeSet<Handle> {
    let read = observed.desks.values().filter_map(|reading| match reading {
        DeskReading::Read(desk) => Some(desk.members.iter().cloned()),
        DeskReading::Missing | DeskReading::Unreadable { .. } => None,
    });
    read.flatten().collect()
}

pub(super) async fn look_up_emails(
    jira: &JiraRead,
    observed: &mut Observed,
    emails: Vec<Email>,
    progress: &dyn Progress,
) -> Result<(), ObserveError> {
    let of = emails.len();
    let mut answers = stream::iter(emails)
        .map(|email| async move {
            let answer = jira
                .lookup(&email)
                .await
                .map_err(read_error("the account of an e-mail"))?;
            Ok::<_, ObserveError>((email, answer))
        })
        .buffer_unordered(MAX_CONCURRENT_READS);
    let mut done = 0;
    while let Some((email, (lookup, found))) = answers.try_next().await? {
        observed.lookups.insert(email.key().clone(), lookup);
        found
            .into_iter()
            .for_each(|account| record_account(observed, Some(account)));
        done += 1;
        progress.event(Event::LookedUp { done, of });
    }
    Ok(())
}
