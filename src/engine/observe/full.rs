//! Observing for a full pass: everything a roster names.

use super::desks::{DeskReads, read_desks};
use super::errors::ObserveError;
use super::questions::resolve_questions;
use super::sign_in::begin_observation;
use crate::engine::progress::{Event, Progress};
use crate::jira::JiraRead;
use crate::model::ledger::Ledger;
use crate::model::observed::{DeskReading, Observed};
use crate::model::roster::Roster;

/// Observes the desks and customers of `roster`.
///
/// # Errors
/// [`ObserveError`] when something that every plan needs cannot be read. A desk that cannot be read is not an error:
/// the observation shows it as unreadable.
pub async fn observe(
    jira: &JiraRead,
    roster: &Roster,
    ledger: &Ledger,
    progress: &dyn Progress,
) -> Result<Observed, ObserveError> {
    let mut observed = begin_observation(jira).await?;
    let desks = roster
        .desks
        .iter()
        .map(|(key, spec)| (key, DeskReads::for_desk(roster, key, spec)));
    read_desks(jira, &mut observed, desks, progress).await?;
    let members = observed.desks.values().map(|reading| match reading {
        DeskReading::Read(desk) => desk.members.len(),
        DeskReading::Missing | DeskReading::Unreadable { .. } => 0,
    });
    let accounts = members.max().unwrap_or(0).max(observed.accounts.len());
    resolve_questions(jira, (roster, ledger), &mut observed, accounts, progress).await?;
    progress.event(Event::Ended);
    Ok(observed)
}
