//! Data Center: the accounts behind the usernames on a list, and all other accounts with the same e-mails.
//!
//! Accounts anywhere on the site count, since a plan finds them when it looks these e-mails up.

use std::collections::BTreeSet;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::engine::observe::accounts::record_account;
use crate::engine::observe::errors::{ObserveError, read_error};
use crate::engine::progress::{Event, Progress};
use crate::jira::JiraRead;
use crate::jira::limits::MAX_CONCURRENT_READS;
use crate::model::account::{Account, Handle};
use crate::model::email::{Email, EmailKey};
use crate::model::export::ExportSnapshot;
use crate::model::observed::DeskReading;

/// Interval of a sweep's progress reports, in accounts.
const PROGRESS_INTERVAL: usize = 1000;

/// Finds the accounts on the lists, and other accounts that share an e-mail with them.
pub(super) async fn find_accounts(
    jira: &JiraRead,
    snapshot: &mut ExportSnapshot,
    progress: &dyn Progress,
) -> Result<(), ObserveError> {
    let members: BTreeSet<Handle> = snapshot
        .observed
        .desks
        .values()
        .flat_map(|reading| match reading {
            DeskReading::Read(desk) => desk.members.iter().cloned().collect(),
            DeskReading::Missing | DeskReading::Unreadable { .. } => Vec::new(),
        })
        .collect();
    let mut all = Vec::new();
    // Without a sweep: one request per member, and one per e-mail.
    let mut visit = |account| {
        all.push(account);
        if all.len() % PROGRESS_INTERVAL == 0 {
            progress.event(Event::Swept { accounts: all.len() });
        }
    };
    let swept = jira.sweep(2 * members.len(), &mut visit).await;
    let finished = swept.map_err(read_error("all accounts"))?.finished;
    let found: BTreeSet<&Handle> = all.iter().map(|account| &account.handle).collect();
    let missing: Vec<Handle> = members.iter().filter(|it| !found.contains(it)).cloned().collect();
    let asked = stream::iter(missing).map(|handle| async move { jira.account(&handle).await });
    let asked: Vec<Option<Account>> = asked
        .buffer_unordered(MAX_CONCURRENT_READS)
        .try_collect()
        .await
        .map_err(read_error("an account"))?;
    all.extend(asked.into_iter().flatten());
    let on_a_list = |account: &Account| members.contains(&account.handle);
    let emails: BTreeSet<EmailKey> = all
        .iter()
        .filter(|it| on_a_list(it))
        .filter_map(Account::email_key)
        .collect();
    if !finished {
        all.extend(accounts_sharing_emails(jira, &all, &on_a_list, progress).await?);
    }
    let known: BTreeSet<&Handle> = all.iter().map(|account| &account.handle).collect();
    let unknown = members.iter().filter(|it| !known.contains(it)).count();
    if unknown > 0 {
        let warning = format!("{unknown} usernames on the desks' lists belong to no visible account");
        snapshot.observed.warnings.push(warning);
    }
    for account in all {
        if on_a_list(&account) || account.email_key().is_some_and(|key| emails.contains(&key)) {
            record_account(&mut snapshot.observed, Some(account));
        }
    }
    Ok(())
}

/// Looks up the e-mail of each listed account and returns all accounts found.
async fn accounts_sharing_emails(
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
        .map(|email| async move {
            jira.lookup(&email)
                .await
                .map_err(read_error("the account of an e-mail"))
        })
        .buffer_unordered(MAX_CONCURRENT_READS);
    while let Some((_, accounts)) = answers.try_next().await? {
        found.extend(accounts);
        done += 1;
        progress.event(Event::LookedUp { done, of });
    }
    Ok(found)
}
