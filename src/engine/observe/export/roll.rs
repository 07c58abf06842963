//! Data Center's lists hold user names alone: whose they are, and who else has the same e-mails.
//!
//! Somebody else anywhere on the site counts, since that is what a plan finds when it looks these e-mails up.

use std::collections::BTreeSet;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::engine::observe::accounts::remember;
use crate::engine::observe::errors::{ObserveError, reading};
use crate::engine::progress::{Event, Progress};
use crate::jira::JiraRead;
use crate::jira::limits::AT_ONCE;
use crate::model::account::{Account, Handle};
use crate::model::email::{Email, EmailKey};
use crate::model::export::Survey;
use crate::model::observed::DeskReading;

/// How often a sweep is told of, in accounts.
const TOLD: usize = 1000;

/// Finds the accounts of everybody on a list, and whoever shares an e-mail with them.
pub(super) async fn find(jira: &JiraRead, survey: &mut Survey, progress: &dyn Progress) -> Result<(), ObserveError> {
    let members: BTreeSet<Handle> = survey
        .observed
        .desks
        .values()
        .flat_map(|reading| match reading {
            DeskReading::Read(desk) => desk.members.iter().cloned().collect(),
            DeskReading::Missing | DeskReading::Unreadable { .. } => Vec::new(),
        })
        .collect();
    let mut all = Vec::new();
    // Else it is one request a member, and one more a member's e-mail.
    let mut visit = |account| {
        all.push(account);
        if all.len() % TOLD == 0 {
            progress.event(Event::Swept { accounts: all.len() });
        }
    };
    let swept = jira.sweep(2 * members.len(), &mut visit).await;
    let finished = swept.map_err(reading("all accounts"))?.finished;
    let found: BTreeSet<&Handle> = all.iter().map(|account| &account.handle).collect();
    let missing: Vec<Handle> = members.iter().filter(|it| !found.contains(it)).cloned().collect();
    let asked = stream::iter(missing).map(|handle| async move { jira.account(&handle).await });
    let asked: Vec<Option<Account>> = asked
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await
        .map_err(reading("an account"))?;
    all.extend(asked.into_iter().flatten());
    let on_a_list = |account: &Account| members.contains(&account.handle);
    let emails: BTreeSet<EmailKey> = all
        .iter()
        .filter(|it| on_a_list(it))
        .filter_map(Account::email_key)
        .collect();
    if !finished {
        all.extend(sharing(jira, &all, &on_a_list, progress).await?);
    }
    let known: BTreeSet<&Handle> = all.iter().map(|account| &account.handle).collect();
    let unknown = members.iter().filter(|it| !known.contains(it)).count();
    if unknown > 0 {
        let warning = format!("{unknown} user names on the desks' lists belong to no account that can be seen");
        survey.observed.warnings.push(warning);
    }
    for account in all {
        if on_a_list(&account) || account.email_key().is_some_and(|key| emails.contains(&key)) {
            remember(&mut survey.observed, Some(account));
        }
    }
    Ok(())
}

/// Who has the e-mails of those on a list, asked one e-mail after the other.
async fn sharing(
    jira: &JiraRead,
    all: &[Account],
    on_a_list: &(dyn Fn(&Account) -> bool + Sync),
    progress: &dyn Progress,
) -> Result<Vec<Account>, ObserveError> {
    let shown = all.iter().filter(|account| on_a_list(account));
    let emails: Vec<Email> = shown
        .filter_map(|account| Email::parse(account.email.as_deref()?).ok())
        .collect();
    let (of, mut done, mut found) = (emails.len(), 0, Vec::new());
    let mut answers = stream::iter(emails)
        .map(|email| async move { jira.lookup(&email).await.map_err(reading("who has an e-mail")) })
        .buffer_unordered(AT_ONCE);
    while let Some((_, accounts)) = answers.try_next().await? {
        found.extend(accounts);
        done += 1;
        progress.event(Event::LookedUp { done, of });
    }
    Ok(found)
}
