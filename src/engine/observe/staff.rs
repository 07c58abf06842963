//! Reading which of the accounts to be updated or removed are more than customers (an application role or another
//! project role, docs/jira.md#more-than-a-customer).

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::accounts::record_account;
use super::errors::{ObserveError, read_error};
use crate::jira::limits::MAX_CONCURRENT_READS;
use crate::jira::{CallError, JiraRead};
use crate::model::account::{AccountKind, Handle};
use crate::model::desk::DeskKey;
use crate::model::observed::{DeskReading, Observed, ProjectRoleMembers, Staff};

/// Reads whether each account has a license, or reaches its desks through another project role.
///
/// # Errors
/// Errors that end the pass. After any other, the account is [`Staff::Unknown`], or in [`Observed::unresolved`] if it
/// was not observed at all.
pub(in crate::engine) async fn read_staff(
    jira: &JiraRead,
    asked: Vec<(Handle, BTreeSet<DeskKey>)>,
    observed: &mut Observed,
) -> Result<(), ObserveError> {
    // One request per account, however many desks it is on.
    let mut of = BTreeMap::<Handle, BTreeSet<DeskKey>>::new();
    for (handle, desks) in asked {
        of.entry(handle).or_default().extend(desks);
    }
    read_project_roles(jira, of.values().flatten().collect(), observed).await?;
    let answers = stream::iter(of).map(|(handle, desks)| async move {
        let standing = response_unless_fatal(jira.account_access(&handle).await)?.flatten();
        Ok::<_, ObserveError>((handle, desks, standing))
    });
    let known = observed.accounts.values();
    let ids: BTreeMap<_, _> = known
        .map(|account| (account.handle.clone(), account.id.clone()))
        .collect();
    for (handle, desks, standing) in answers
        .buffer_unordered(MAX_CONCURRENT_READS)
        .try_collect::<Vec<_>>()
        .await?
    {
        let Some(standing) = standing else {
            match ids.get(&handle) {
                Some(id) => drop(observed.staff.entry(id.clone()).or_insert(Staff::Unknown)),
                None => drop(observed.unresolved.insert(handle)),
            }
            continue;
        };
        // An app is more than a customer even without a license. A desk's list does not mark apps.
        let staff = match standing.is_licensed() || standing.account.kind == AccountKind::App {
            true => Staff::Yes,
            false => {
                let mut teams = desks.iter().map(|key| project_role_members(observed, key));
                let works_there = |team: &ProjectRoleMembers| team.contains(&handle, Some(&standing.groups));
                match teams.clone().flatten().any(works_there) {
                    true => Staff::Yes,
                    false if teams.any(|team| team.is_none_or(|team| team.is_incomplete)) => Staff::Unknown,
                    false => Staff::No,
                }
            }
        };
        let account = standing.account;
        observed.staff.entry(account.id.clone()).or_insert(staff);
        record_account(observed, Some(account));
    }
    Ok(())
}

/// Reads the role members of desks that lack them. Failures are marked `unread`; desks that were not read are skipped.
async fn read_project_roles(
    jira: &JiraRead,
    desks: BTreeSet<&DeskKey>,
    observed: &mut Observed,
) -> Result<(), ObserveError> {
    let unknown = desks
        .into_iter()
        .filter(|key| project_role_members(observed, key).is_none())
        .cloned();
    let unknown: Vec<_> = unknown.collect();
    let teams = stream::iter(unknown).map(|key| async move {
        let team = response_unless_fatal(jira.project_role_members(&key).await)?;
        Ok::<_, ObserveError>((key, team))
    });
    for (key, team) in teams
        .buffer_unordered(MAX_CONCURRENT_READS)
        .try_collect::<Vec<_>>()
        .await?
    {
        if let Some(DeskReading::Read(desk)) = observed.desks.get_mut(&key) {
            desk.project_roles = Some(team.unwrap_or(ProjectRoleMembers {
                is_incomplete: true,
                ..ProjectRoleMembers::default()
            }));
        }
    }
    Ok(())
}

fn project_role_members<'a>(observed: &'a Observed, key: &DeskKey) -> Option<&'a ProjectRoleMembers> {
    match observed.desks.get(key)? {
        DeskReading::Read(desk) => desk.project_roles.as_ref(),
        DeskReading::Missing | DeskReading::Unreadable { .. } => None,
    }
}

/// Returns the response, or `None` if the request failed.
///
/// # Errors
/// Errors that end the pass.
fn response_unless_fatal<T>(answer: Result<T, CallError>) -> Result<Option<T>, ObserveError> {
    match answer {
        Ok(response) => Ok(Some(response)),
        Err(error) if error.ends_pass() => Err(read_error("the licenses and project roles of an account")(error)),
        Err(_) => Ok(None),
    }
}
