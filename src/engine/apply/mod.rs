//! Applying: makes a plan's calls in order, as many at once as Jira accepts.
//!
//! Execution decides nothing. A call waits for the steps it needs, runs the fixed protocol of its kind (which requests,
//! in which order, and the meaning of each response), and records the outcome of each step. Each kind of step has a
//! file; `applying` holds the shared parts, `batches` the calls for several people, and `settle` the memberships with a
//! lost response.

mod add;
mod applying;
mod batches;
mod create;
mod remove;
mod set_access;
mod settle;
mod update;

use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use self::applying::Applying;
use super::journal::Journal;
use super::passwords::Passwords;
use super::progress::{Event, Progress};
use crate::jira::JiraWrite;
use crate::model::guard::ApprovedPlan;
use crate::model::observed::Observed;
use crate::model::outcome::Outcomes;

/// How long calls in flight may take after a stop request; quietdesk exits within 10 seconds.
const STOPPING: Duration = Duration::from_secs(9);

/// Applies `approved` to the site it was computed from. When `stop` is cancelled, finishes the calls in flight and
/// starts no other. Records intents and outcomes in `book`.
pub async fn apply(
    jira: &JiraWrite,
    approved: &ApprovedPlan,
    observed: &Observed,
    book: &dyn Journal,
    passwords: &Passwords,
    progress: &dyn Progress,
    stop: &CancellationToken,
) -> Outcomes {
    let steps = &approved.plan().steps;
    let applying = Applying {
        jira,
        approved,
        observed,
        journal: book,
        passwords,
        progress,
        stop,
        steps: steps.iter().map(|step| (step.id, step)).collect(),
        state: Mutex::default(),
        seatless_verified: tokio::sync::Mutex::new(false),
        ended: watch::Sender::new(0),
    };
    book.begin_apply(approved.plan());
    tokio::select! {
        () = applying.make_all_calls() => {}
        () = wait_for_stop_deadline(stop) => applying.end_calls_in_flight(),
    }
    progress.event(Event::Ended);
    applying.into_outcomes()
}

/// Waits until `stop` is cancelled and the time for calls in flight is over.
async fn wait_for_stop_deadline(stop: &CancellationToken) {
    stop.cancelled().await;
    tokio::time::sleep(STOPPING).await;
}
