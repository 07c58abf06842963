//! Desks: which there are, who is on each, and how open it is.

use std::collections::BTreeMap;

use futures_util::future;

use super::accounts::remember;
use super::errors::{ObserveError, reading};
use crate::engine::progress::{Event, Progress};
use crate::jira::{AccessSettings, CallError, DeskRef, JiraRead, requests};
use crate::model::account::Account;
use crate::model::desk::DeskKey;
use crate::model::observed::{AccessReading, DeskReading, Observed, ObservedDesk, Witness};
use crate::model::roster::{Customer, DeskSpec, Membership, Roster};

/// What of a desk is read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Reads {
    /// How open it is.
    pub access: bool,
    /// A list that cannot be trusted to be whole is read once more.
    pub certainly: bool,
}

impl Reads {
    /// Where somebody may have to be removed, the access mode is asked for as well, since Jira removes nobody from an open
    /// desk, and nobody is removed by a list with a gap.
    pub(super) fn of(roster: &Roster, key: &DeskKey, spec: &DeskSpec) -> Self {
        let leaves = |customer: &Customer| customer.desks.contains(key);
        let replaces = |customer: &Customer| !customer.previously.is_empty() && leaves(customer);
        let removes = spec.membership != Membership::Additive
            || roster.expired.values().any(leaves)
            || roster.customers.values().any(replaces);
        Self {
            access: spec.access.is_some() || removes,
            certainly: removes,
        }
    }
}

/// Reads desks whole: who is on them, and the access mode where that is asked for.
pub(super) async fn read_desks<'a>(
    jira: &JiraRead,
    observed: &mut Observed,
    desks: impl Iterator<Item = (&'a DeskKey, Reads)>,
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
            .for_each(|account| remember(observed, Some(account)));
    }
    Ok(())
}

/// The service desks there are.
///
/// # Errors
/// [`ObserveError::NoServiceManagement`] where there is no such list.
pub(super) async fn list_desks(jira: &JiraRead) -> Result<Vec<DeskRef>, ObserveError> {
    let desks = jira.desks().await;
    if let Err(CallError::NotFound { detail, .. }) = desks {
        let url = format!("{}{}", jira.site().url, requests::DESKS.template);
        return Err(ObserveError::NoServiceManagement { url, detail });
    }
    desks.map_err(reading("the list of service desks"))
}

pub(super) async fn read_desk(
    jira: &JiraRead,
    key: &DeskKey,
    desk: Option<&DeskRef>,
    reads: Reads,
    progress: &dyn Progress,
) -> Result<(DeskReading, Vec<Account>), ObserveError> {
    let Some(desk) = desk else {
        return Ok((DeskReading::Missing, Vec::new()));
    };
    let told = |customers| progress.event(Event::Listed { desk: key, customers });
    let roll = async {
        match jira.roll(desk, &told).await {
            // Somebody changed the list while it was read: the next reading may be good.
            Ok(roll) if reads.certainly && !roll.completeness.is_complete() => jira.roll(desk, &told).await,
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
        Err(error) => return Err(reading(&format!("the customers of {key}"))(error)),
    };
    let reading = DeskReading::Read(ObservedDesk {
        id: desk.id.clone(),
        members: roll.members,
        completeness: roll.completeness,
        role: roll.role,
        witness: Witness::NotAsked,
        access,
        groups: roll.groups,
        team: None,
        may_be_public: settings.as_ref().is_some_and(AccessSettings::may_be_public),
        portal: settings.as_ref().and_then(AccessSettings::portal),
    });
    Ok((reading, roll.accounts))
}

/// An access mode that cannot be read stops only the access-mode part (docs/jira.md#access-path), unless the reason
/// would stop everything else as well.
pub(super) async fn read_access(
    jira: &JiraRead,
    key: &DeskKey,
    asked: bool,
) -> Result<(AccessReading, Option<AccessSettings>), ObserveError> {
    if !asked {
        return Ok((AccessReading::NotAsked, None));
    }
    match jira.access(key).await {
        Ok(settings) => Ok((AccessReading::Known(settings.access()), Some(settings))),
        Err(error) if error.ends_the_pass() => Err(reading(&format!("the access mode of {key}"))(error)),
        Err(error) => {
            let reason = error.reason();
            Ok((AccessReading::Unreadable { reason }, None))
        }
    }
}
