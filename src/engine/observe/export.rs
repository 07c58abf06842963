//! Observing for an export: complete lists of some desks, and which accounts on them are more than customers.
//!
//! A desk's list does not show which accounts are agents. Portal-only accounts, nearly all of a large list, cannot be
//! agents. For the others, the desk's project roles are read, then each account. Data Center's lists do not mark
//! portal-only accounts, so this costs one request per customer: above [`MAX_ACCOUNTS_READ_SINGLY`] accounts, only roles count there.

mod data_center;

use std::collections::BTreeSet;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::accounts::record_account;
use super::desks::{DeskReads, list_desks, read_desk};
use super::errors::{ObserveError, read_error};
use super::roles::verify_lists_by_role;
use super::sign_in::empty_observation;
use crate::engine::progress::{Event, Progress};
use crate::jira::limits::{MAX_ACCOUNTS_READ_SINGLY, MAX_CONCURRENT_READS};
use crate::jira::{AccountAccess, DeskRef, JiraRead};
use crate::model::account::{AccountKind, Handle};
use crate::model::desk::DeskKey;
use crate::model::export::ExportSnapshot;
use crate::model::ledger::History;
use crate::model::observed::{Deployment, DeskReading};

/// Why there is no export snapshot.
#[derive(Debug, thiserror::Error)]
pub enum ExportSnapshotError {
    /// A request failed.
    #[error(transparent)]
    Read(ObserveError),
    /// A requested desk does not exist.
    #[error(
        "the service desk {missing} does not exist or is not visible; {}",
        visible_desks(known)
    )]
    NoSuchDesk {
        /// Its key.
        missing: DeskKey,
        /// The keys of the existing desks.
        known: Vec<String>,
    },
    /// Jira lists no desks: more likely a missing permission than the truth (docs/jira.md#search-without-permission).
    #[error("Jira shows no service desks; make quietdesk's account an administrator of their projects")]
    NoDesk,
}

fn visible_desks(keys: &[String]) -> String {
    match keys {
        [] => "Jira shows no service desks".to_owned(),
        [one] => format!("Jira shows {one}"),
        several => format!("Jira shows {}", several.join(", ")),
    }
}

impl From<ObserveError> for ExportSnapshotError {
    fn from(error: ObserveError) -> Self {
        Self::Read(error)
    }
}

/// Reads the named desks, or all desks; their access modes only if `access` is set.
///
/// # Errors
/// [`ExportSnapshotError`]. A desk that cannot be listed is not an error: the result shows it as unreadable.
pub async fn read_export_snapshot(
    jira: &JiraRead,
    only: &[DeskKey],
    access: bool,
    progress: &dyn Progress,
) -> Result<ExportSnapshot, ExportSnapshotError> {
    let own = jira.check_sign_in().await;
    let own = own.map_err(read_error("quietdesk's own account"))?;
    let found = list_desks(jira).await?;
    let mut snapshot = ExportSnapshot {
        observed: empty_observation(jira),
        names: std::collections::BTreeMap::new(),
        own_account: own.id,
        licensed: BTreeSet::new(),
    };
    let chosen = choose_desks(&found, only, &mut snapshot)?;
    read_desks(jira, &chosen, access, &mut snapshot, progress).await?;
    verify_lists(jira, &mut snapshot).await?;
    if jira.site().deployment == Deployment::DataCenter {
        data_center::find_accounts(jira, &mut snapshot, progress).await?;
    }
    read_project_roles(jira, &mut snapshot).await?;
    read_account_access(jira, &mut snapshot, progress).await?;
    progress.event(Event::Ended);
    Ok(snapshot)
}

fn choose_desks<'a>(
    found: &'a [DeskRef],
    only: &[DeskKey],
    snapshot: &mut ExportSnapshot,
) -> Result<Vec<(DeskKey, &'a DeskRef)>, ExportSnapshotError> {
    if let Some(missing) = only
        .iter()
        .find(|key| !found.iter().any(|desk| desk.key == key.as_str()))
    {
        let mut known: Vec<_> = found.iter().map(|desk| desk.key.clone()).collect();
        known.sort();
        return Err(ExportSnapshotError::NoSuchDesk {
            missing: missing.clone(),
            known,
        });
    }
    if found.is_empty() {
        return Err(ExportSnapshotError::NoDesk);
    }
    let mut chosen = Vec::new();
    for desk in found {
        match DeskKey::parse(&desk.key) {
            Ok(key) if only.is_empty() || only.contains(&key) => chosen.push((key, desk)),
            Ok(_) => {}
            Err(why) if only.is_empty() => {
                let warning = format!("the desk {:?} cannot be in a roster: its key {why}", desk.key);
                snapshot.observed.warnings.push(warning);
            }
            Err(_) => {}
        }
    }
    Ok(chosen)
}

async fn read_desks(
    jira: &JiraRead,
    chosen: &[(DeskKey, &DeskRef)],
    access: bool,
    snapshot: &mut ExportSnapshot,
    progress: &dyn Progress,
) -> Result<(), ObserveError> {
    let mut readings = stream::iter(chosen)
        .map(|(key, desk)| async move {
            let reads = DeskReads {
                access,
                retry_partial: false,
            };
            let read = read_desk(jira, key, Some(desk), reads, progress).await?;
            Ok::<_, ObserveError>((key, desk, read))
        })
        .buffer_unordered(MAX_CONCURRENT_READS);
    while let Some((key, desk, (reading, accounts))) = readings.try_next().await? {
        snapshot.names.insert(key.clone(), desk.name.clone());
        snapshot.observed.desks.insert(key.clone(), reading);
        accounts
            .into_iter()
            .for_each(|account| record_account(&mut snapshot.observed, Some(account)));
    }
    Ok(())
}

/// Reads the customer role of every listed desk on Cloud, so that the export does not bring back people who are off the
/// desk.
async fn verify_lists(jira: &JiraRead, snapshot: &mut ExportSnapshot) -> Result<(), ObserveError> {
    if jira.site().deployment == Deployment::DataCenter {
        return Ok(());
    }
    let listed = snapshot.observed.desks.iter().filter(|(_, reading)| match reading {
        DeskReading::Read(desk) => !desk.members.is_empty(),
        DeskReading::Missing | DeskReading::Unreadable { .. } => false,
    });
    let listed = listed.map(|(key, _)| key.clone()).collect();
    verify_lists_by_role(jira, &listed, None, &History::default(), &mut snapshot.observed).await?;
    Ok(())
}

/// Returns the listed accounts that may be more than customers, each with its desk.
fn possible_staff(snapshot: &ExportSnapshot) -> impl Iterator<Item = (&DeskKey, &Handle)> {
    let accounts = snapshot.observed.accounts_by_handle();
    let doubtful: BTreeSet<&Handle> = accounts
        .into_values()
        .filter(|account| account.id != snapshot.own_account && account.active)
        .filter(|account| match account.kind {
            AccountKind::Person | AccountKind::Unknown => true,
            AccountKind::Customer | AccountKind::App => false,
        })
        .map(|account| &account.handle)
        .collect();
    let members = snapshot.observed.desks.iter().flat_map(|(key, reading)| match reading {
        DeskReading::Read(desk) => desk.members.iter().map(|it| (key, desk, it)).collect(),
        DeskReading::Missing | DeskReading::Unreadable { .. } => Vec::new(),
    });
    let members = members.filter(move |(_, desk, it)| doubtful.contains(it) && !snapshot.has_project_role(desk, it));
    members.map(|(key, _, it)| (key, it))
}

async fn read_project_roles(jira: &JiraRead, snapshot: &mut ExportSnapshot) -> Result<(), ObserveError> {
    let keys: BTreeSet<DeskKey> = possible_staff(snapshot).map(|(key, _)| key.clone()).collect();
    let mut teams = stream::iter(keys)
        .map(|key| async move {
            let team = jira.project_role_members(&key).await;
            (key, team)
        })
        .buffer_unordered(MAX_CONCURRENT_READS);
    while let Some((key, team)) = teams.next().await {
        let team = match team {
            Ok(team) => team,
            Err(error) if error.ends_pass() => return Err(read_error(&format!("the project roles of {key}"))(error)),
            Err(error) => {
                let why = error.reason();
                let warning = format!("cannot read the project roles of {key}, so agents may be listed here: {why}");
                snapshot.observed.warnings.push(warning);
                continue;
            }
        };
        if let Some(DeskReading::Read(desk)) = snapshot.observed.desks.get_mut(&key) {
            desk.project_roles = Some(team);
        }
    }
    snapshot.observed.warnings.sort();
    Ok(())
}

async fn read_account_access(
    jira: &JiraRead,
    snapshot: &mut ExportSnapshot,
    progress: &dyn Progress,
) -> Result<(), ObserveError> {
    let asked: BTreeSet<Handle> = possible_staff(snapshot).map(|(_, handle)| handle.clone()).collect();
    if jira.site().deployment == Deployment::DataCenter && asked.len() > MAX_ACCOUNTS_READ_SINGLY {
        let warning = "there are too many accounts to check the license of each: agents who have access only through a \
                       group may be listed";
        snapshot.observed.warnings.push(warning.to_owned());
        return Ok(());
    }
    let (mut done, of, mut unread) = (0, asked.len(), 0);
    let mut answers = stream::iter(asked)
        .map(|handle| async move { jira.account_access(&handle).await })
        .buffer_unordered(MAX_CONCURRENT_READS);
    while let Some(answer) = answers.next().await {
        match answer {
            Ok(Some(standing)) => {
                let licensed = standing.is_licensed();
                let AccountAccess { account, groups, .. } = standing;
                snapshot.licensed.extend(licensed.then(|| account.id.clone()));
                snapshot.observed.groups.insert(account.handle.clone(), groups);
                record_account(&mut snapshot.observed, Some(account));
            }
            Ok(None) => {}
            Err(error) if error.ends_pass() => return Err(read_error("the license of an account")(error)),
            Err(_) => unread += 1,
        }
        done += 1;
        progress.event(Event::StaffChecked { done, of });
    }
    if unread > 0 {
        let warning = format!("cannot read the licenses of {unread} accounts, so agents may be listed here");
        snapshot.observed.warnings.push(warning);
    }
    Ok(())
}
