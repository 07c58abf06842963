//! Observing who is more than a customer, of those an account of whom would be changed (jira-facts §1, H: an application
//! role or another project role).

use std::collections::BTreeSet;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::observe::{AT_ONCE, ObserveError, reading};
use crate::jira::{CallError, JiraRead};
use crate::model::desk::DeskKey;
use crate::model::email::EmailKey;
use crate::model::observed::{DeskReading, Observed, Staff, Team};
use crate::model::roster::Roster;
use crate::model::step::AccountRef;

/// Asks of each account whether it has a licence, and whether another role of its entry's desks lets it in. Whoever was
/// asked for already is not asked again.
///
/// # Errors
/// What ends a pass. Anything else leaves [`Staff::Unknown`].
pub(super) async fn ask_staff(
    jira: &JiraRead,
    roster: &Roster,
    changed: &[(EmailKey, AccountRef)],
    observed: &mut Observed,
) -> Result<(), ObserveError> {
    let desks_of = |email: &EmailKey| roster.customers.get(email).map(|customer| &customer.desks);
    let desks: BTreeSet<_> = changed
        .iter()
        .filter_map(|(email, _)| desks_of(email))
        .flatten()
        .collect();
    read_teams(jira, desks, observed).await?;
    let answers = stream::iter(changed.to_vec()).map(|(email, account)| async move {
        let standing = settled(jira.standing(&account.handle).await)?;
        Ok::<_, ObserveError>((email, account, standing.flatten()))
    });
    for (email, account, standing) in answers.buffer_unordered(AT_ONCE).try_collect::<Vec<_>>().await? {
        let mut desks = desks_of(&email).into_iter().flatten();
        let staff = match standing {
            None => Staff::Unknown,
            Some(standing) if standing.is_licensed() => Staff::Yes,
            Some(standing) => {
                let works_there = |key: &DeskKey| {
                    let team = team(observed, key);
                    team.is_some_and(|team| team.lets_in(&account.handle, Some(&standing.groups)))
                };
                let unread = |key: &DeskKey| team(observed, key).is_none_or(|team| team.unread);
                match (desks.clone().any(works_there), desks.any(unread)) {
                    (true, _) => Staff::Yes,
                    (false, true) => Staff::Unknown,
                    (false, false) => Staff::No,
                }
            }
        };
        observed.staff.entry(account.id).or_insert(staff);
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
