//! Reading desks: the list of desks, their customers and access modes.

use std::collections::BTreeMap;

use futures_util::future;

use super::accounts::record_account;
use super::errors::{ObserveError, read_error};
use crate::engine::progress::{Event, Progress};
use crate::jira::{AccessSettings, CallError, DeskRef, JiraRead, requests};
use crate::model::account::Account;
use crate::model::desk::DeskKey;
use crate::model::observed::{AccessReading, DeskReading, Observed, ObservedDesk, RoleReading};
use crate::model::roster::{Customer, DeskSpec, Membership, Roster};

/// What to read of a desk, besides its list.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct DeskReads {
    /// Read the access mode.
    pub access: bool,
    /// Read a partial list once more.
    pub retry_partial: bool,
}

impl DeskReads {
    /// Chooses what to read of a desk. If the roster can cause a removal, that includes the access mode (Jira refuses
    /// removals from an open desk) and a second reading of a partial list (which allows no removals).
    pub(super) fn for_desk(roster: &Roster, key: &DeskKey, spec: &DeskSpec) -> Self {
        let leaves = |customer: &Customer| customer.desks.contains(key);
        let replaces = |customer: &Customer| !customer.previously.is_empty() && leaves(customer);
        let removes = spec.membership != Membership::Additive
            || roster.expired.values().any(leaves)
            || roster.customers.values().any(replaces);
        Self {
            access: spec.access.is_some() || removes,
            retry_partial: removes,
        }
    }
}

/// Reads the complete lists of desks, and their access modes where requested.
pub(super) async fn read_desks<'a>(
    jira: &JiraRead,
    observed: &mut Observed,
    desks: impl Iterator<Item = (&'a DeskKey, DeskReads)>,
    progress: &dyn Progress,
) -> Result<(), ObserveError> {
    let desks: Vec<_> = desks.collect();
    if desks.is_empty() {
        return Ok(());
    }
    let found = list_desks(jira).await?;
    let by_key: BTreeMap<&str, &DeskRef> = found.iter().map(|desk| (desk.key.as_str(), desk)).collect();
    let readings = desks.into_iter().map(|(key, reads)| {
        let desk = by_key.get(key.as_str()).copied();
        async move { Ok::<_, ObserveError>((key, read_desk(jira, key, desk, reads, progress).await?)) }
    });
    for (key, (reading, accounts)) in future::try_join_all(readings).await? {
        observed.desks.insert(key.clone(), reading);
        accounts
            .into_iter()
            .for_each(|account| record_account(observed, Some(account)));
    }
    Ok(())
}

/// Lists the service desks of the site.
///
/// # Errors
/// [`ObserveError::NoServiceManagement`] if Jira returns 404 for the list.
pub(super) async fn list_desks(jira: &JiraRead) -> Result<Vec<DeskRef>, ObserveError> {
    let desks = jira.desks().await;
    if let Err(CallError::NotFound { detail, .. }) = desks {
        let url = format!("{}{}", jira.site().url, requests::DESKS.template);
        return Err(ObserveError::NoServiceManagement { url, detail });
    }
    desks.map_err(read_error("the list of service desks"))
}

pub(super) async fn read_desk(
    jira: &JiraRead,
    key: &DeskKey,
    desk: Option<&DeskRef>,
    reads: DeskReads,
    progress: &dyn Progress,
) -> Result<(DeskReading, Vec<Account>), ObserveError> {
    let Some(desk) = desk else {
        return Ok((DeskReading::Missing, Vec::new()));
    };
    let listed = |customers| progress.event(Event::Listed { desk: key, customers });
    let roll = async {
        match jira.customer_list(desk, &listed).await {
            // The list changed while it was read: the next reading may be complete.
            Ok(roll) if reads.retry_partial && !roll.completeness.is_complete() => {
                jira.customer_list(desk, &listed).await
            }
            roll => roll,
        }
    };
    let (roll, access) = future::join(roll, read_access(jira, key, reads.access)).await;
    let (access, settings) = access?;
    let roll = match roll {
        Ok(roll) => roll,
        Err(error @ (CallError::Forbidden { .. } | CallError::NotFound { .. })) => {
            let reason = error.reason();
            return Ok((DeskReading::Unreadable { reason }, Vec::new()));
        }
        Err(error) => return Err(read_error(&format!("the customers of {key}"))(error)),
    };
    let reading = DeskReading::Read(ObservedDesk {
        id: desk.id.clone(),
        members: roll.members,
        completeness: roll.completeness,
        customer_role: roll.role_id,
        role_reading: RoleReading::NotRead,
        access,
        groups: roll.groups,
        project_roles: None,
        can_be_public: settings.as_ref().is_some_and(AccessSettings::can_be_public),
        portal: settings.as_ref().and_then(AccessSettings::portal),
    });
    Ok((reading, roll.accounts))
}

/// Reads a desk's access mode. One that cannot be read affects only access-mode steps (docs/jira.md#access-path),
/// unless the error ends the pass.
pub(super) async fn read_access(
    jira: &JiraRead,
    key: &DeskKey,
    asked: bool,
) -> Result<(AccessReading, Option<AccessSettings>), ObserveError> {
    if !asked {
        return Ok((AccessReading::NotRead, None));
    }
    match jira.access(key).await {
        Ok(settings) => Ok((AccessReading::Known(settings.access()), Some(settings))),
        Err(error) if error.ends_pass() => Err(read_error(&format!("the access mode of {key}"))(error)),
        Err(error) => {
            let reason = error.reason();
            Ok((AccessReading::Unreadable { reason }, None))
        }
    }
}
