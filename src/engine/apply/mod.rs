//! Applying: a plan's calls, in its order, as many at once as Jira takes.
//!
//! Execution decides nothing. A call waits for the steps it needs, runs the fixed protocol of its kind (which requests, in
//! which order, and what each answer means), and notes how each step ended. There is a file for each kind of step;
//! `applying` holds what they share, `batches` what is sent for several people at once, and `settle` what became of a
//! membership whose answer was lost.

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

/// How long calls in flight may take once quietdesk was told to stop, so that it ends within 10 seconds.
const STOPPING: Duration = Duration::from_secs(9);

/// Applies `approved` to the site it was computed from. When `stop` is cancelled, calls in flight are finished and no
/// other is begun. What is about to be made, and what became of each step, goes into `book`.
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
        book,
        passwords,
        progress,
        stop,
        steps: steps.iter().map(|step| (step.id, step)).collect(),
        state: Mutex::default(),
        proven: tokio::sync::Mutex::new(false),
        ended: watch::Sender::new(0),
    };
    book.begins(approved.plan());
    tokio::select! {
        () = applying.all() => {}
        () = given_up(stop) => applying.leave_open(),
    }
    progress.event(Event::Ended);
    applying.finish()
}

/// Calls in flight may finish once quietdesk was told to stop, but not for ever.
async fn given_up(stop: &CancellationToken) {
    stop.cancelled().await;
    tokio::time::sleep(STOPPING).await;
}
