//! Observing who is more than a customer, of those whose account would be changed or removed from a desk (an
//! application role or another project role, docs/jira.md#more-than-a-customer).

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::accounts::remember;
use super::errors::{ObserveError, reading};
use crate::jira::limits::AT_ONCE;
use crate::jira::{CallError, JiraRead};
use crate::model::account::{AccountKind, Handle};
use crate::model::desk::DeskKey;
use crate::model::observed::{DeskReading, Observed, Staff, Team};

/// Asks of each account whether it has a licence, and whether another role of the desks it is about lets it in.
///
/// # Errors
/// What ends a pass. Anything else leaves [`Staff::Unknown`], or, where not even the account is known,
/// [`Observed::unanswered`].
pub(in crate::engine) async fn ask_staff(
    jira: &JiraRead,
    asked: Vec<(Handle, BTreeSet<DeskKey>)>,
    observed: &mut Observed,
) -> Result<(), ObserveError> {
    // One question for each account, however many desks it is about.
    let mut of = BTreeMap::<Handle, BTreeSet<DeskKey>>::new();
    for (handle, desks) in asked {
        of.entry(handle).or_default().extend(desks);
    }
    read_teams(jira, of.values().flatten().collect(), observed).await?;
    let answers = stream::iter(of).map(|(handle, desks)| async move {
        let standing = settled(jira.standing(&handle).await)?.flatten();
        Ok::<_, ObserveError>((handle, desks, standing))
    });
    let known = observed.accounts.values();
    let ids: BTreeMap<_, _> = known
        .map(|account| (account.handle.clone(), account.id.clone()))
        .collect();
    for (handle, desks, standing) in answers.buffer_unordered(AT_ONCE).try_collect::<Vec<_>>().await? {
        let Some(standing) = standing else {
            match ids.get(&handle) {
                Some(id) => drop(observed.staff.entry(id.clone()).or_insert(Staff::Unknown)),
                None => drop(observed.unanswered.insert(handle)),
            }
            continue;
        };
        // An app needs no licence to be more than a customer. A desk's list does not say that it is one.
        let staff = match standing.is_licensed() || standing.account.kind == AccountKind::App {
            true => Staff::Yes,
            false => {
                let mut teams = desks.iter().map(|key| team(observed, key));
                let works_there = |team: &Team| team.lets_in(&handle, Some(&standing.groups));
                match teams.clone().flatten().any(works_there) {
                    true => Staff::Yes,
                    false if teams.any(|team| team.is_none_or(|team| team.unread)) => Staff::Unknown,
                    false => Staff::No,
                }
            }
        };
        let account = standing.account;
        observed.staff.entry(account.id.clone()).or_insert(staff);
        remember(observed, Some(account));
    }
    Ok(())
}

/// Reads the teams that are not known yet. One that cannot be read says so; a desk that was not read has none.
async fn read_teams(jira: &JiraRead, desks: BTreeSet<&DeskKey>, observed: &mut Observed) -> Result<(), ObserveError> {
    let unknown = desks.into_iter().filter(|key| team(observed, key).is_none()).cloned();
    let unknown: Vec<_> = unknown.collect();
    let teams = stream::iter(unknown).map(|key| async move {
        let team = settled(jira.team(&key).await)?;
        Ok::<_, ObserveError>((key, team))
    });
    for (key, team) in teams.buffer_unordered(AT_ONCE).try_collect::<Vec<_>>().await? {
        if let Some(DeskReading::Read(desk)) = observed.desks.get_mut(&key) {
            desk.team = Some(team.unwrap_or(Team {
                unread: true,
                ..Team::default()
            }));
        }
    }
    Ok(())
}

fn team<'a>(observed: &'a Observed, key: &DeskKey) -> Option<&'a Team> {
    match observed.desks.get(key)? {
        DeskReading::Read(desk) => desk.team.as_ref(),
        DeskReading::Missing | DeskReading::Unreadable { .. } => None,
    }
}

/// What Jira said; nothing where it did not, unless that ends the pass.
fn settled<T>(answer: Result<T, CallError>) -> Result<Option<T>, ObserveError> {
    match answer {
        Ok(said) => Ok(Some(said)),
        Err(error) if error.ends_the_pass() => Err(reading("who is more than a customer")(error)),
        Err(_) => Ok(None),
    }
}
