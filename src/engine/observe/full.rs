//! Observing all that a roster speaks of.

use super::desks::{Reads, read_desks};
use super::errors::ObserveError;
use super::questions::ask;
use super::sign_in::signed_in;
use crate::engine::progress::{Event, Progress};
use crate::jira::JiraRead;
use crate::model::ledger::Ledger;
use crate::model::observed::{DeskReading, Observed};
use crate::model::roster::Roster;

/// Observes what `roster` speaks of.
///
/// # Errors
/// [`ObserveError`] when something without which no plan can be trusted could not be read. A single desk that cannot
/// be read is not one: it is in the observation as such.
pub async fn observe(
    jira: &JiraRead,
    roster: &Roster,
    ledger: &Ledger,
    progress: &dyn Progress,
) -> Result<Observed, ObserveError> {
    let mut observed = signed_in(jira).await?;
    let desks = roster
        .desks
        .iter()
        .map(|(key, spec)| (key, Reads::of(roster, key, spec)));
    read_desks(jira, &mut observed, desks, progress).await?;
    let members = observed.desks.values().map(|reading| match reading {
        DeskReading::Read(desk) => desk.members.len(),
        DeskReading::Missing | DeskReading::Unreadable { .. } => 0,
    });
    let accounts = members.max().unwrap_or(0).max(observed.accounts.len());
    ask(jira, (roster, ledger), &mut observed, accounts, progress).await?;
    progress.event(Event::Ended);
    Ok(observed)
}
