//! How a pass ended: for the caller, the schedule and the status page.

use std::sync::Arc;
use std::time::Duration;

use super::status::PassResult;
use crate::causes::masked_error_chain;
use crate::daemon::schedule::{Cost, Run, RunOutcome};
use crate::engine::observe::ObserveError;
use crate::engine::pass::Preview;
use crate::jira::{ConnectError, Stats};
use crate::model::outcome::{Outcome, Outcomes, StopReason};
use crate::model::report::Report;

/// How a pass ended.
#[derive(Debug)]
pub enum PassEnd {
    /// Signing in to Jira failed.
    NotConnected(ConnectError),
    /// Reading from Jira failed.
    NotObserved(ObserveError),
    /// Stopped before there was a plan, or there is no roster.
    Interrupted,
    /// The edit requires no change in Jira: no request was made.
    NothingToDo,
    /// Observed; nothing was written.
    Observed(Arc<Preview>),
    /// Applied, with an outcome per step.
    Applied(Arc<Preview>, Outcomes),
}

/// A pass that ended, with its cost.
#[derive(Debug)]
pub(super) struct EndedPass {
    pub(super) run: Run,
    pub(super) end: PassEnd,
    /// The plan and its outcomes, if the pass got that far.
    pub(super) report: Option<Report>,
    pub(super) took: Duration,
    pub(super) before: Stats,
    pub(super) after: Stats,
}

impl EndedPass {
    /// Returns the requests of this pass, and how many of them were writes. A new connection counts from zero.
    pub(super) fn requests(&self) -> (u64, u64) {
        let since = |after: u64, before: u64| after.checked_sub(before).unwrap_or(after);
        (
            since(self.after.requests, self.before.requests),
            since(self.after.writes, self.before.writes),
        )
    }

    pub(super) fn cost(&self) -> Cost {
        let (requests, writes) = self.requests();
        Cost {
            took: self.took,
            requests: requests.saturating_sub(writes),
        }
    }

    /// Returns how it ended, for the status page.
    pub(super) fn result(&self) -> PassResult {
        let failed = |is_refusal| match is_refusal {
            true => PassResult::Refused,
            false => PassResult::Unreachable,
        };
        match &self.end {
            PassEnd::NotConnected(error) => failed(error.is_refusal()),
            PassEnd::NotObserved(error) => failed(error.is_refusal()),
            PassEnd::Interrupted => PassResult::Interrupted,
            PassEnd::NothingToDo => PassResult::Done,
            PassEnd::Observed(seen) if !seen.approved.findings().is_empty() => PassResult::Guarded,
            PassEnd::Observed(_) => PassResult::Done,
            PassEnd::Applied(seen, outcomes) => match &outcomes.stopped {
                Some(StopReason::Refused(_)) => PassResult::Refused,
                Some(StopReason::Unreachable(_) | StopReason::RateLimited { .. }) => PassResult::Unreachable,
                Some(StopReason::Requested) => PassResult::Interrupted,
                None if !seen.approved.findings().is_empty() => PassResult::Guarded,
                None => {
                    let plan = seen.approved.plan();
                    let whole = plan.held.is_empty() && plan.steps.iter().all(|step| outcomes.has_succeeded(step.id));
                    if whole { PassResult::Done } else { PassResult::Partial }
                }
            },
        }
    }

    /// Returns why it did not complete. May contain e-mails.
    pub(super) fn problem(&self) -> Option<String> {
        match &self.end {
            PassEnd::NotConnected(error) => Some(masked_error_chain(error)),
            PassEnd::NotObserved(error) => Some(masked_error_chain(error)),
            PassEnd::Interrupted | PassEnd::NothingToDo | PassEnd::Observed(_) => None,
            PassEnd::Applied(_, outcomes) => outcomes.stopped.as_ref().map(ToString::to_string),
        }
    }

    /// Returns how it ended, for the schedule.
    pub(super) fn run_outcome(&self) -> RunOutcome {
        let failed = |is_refusal, wait| match is_refusal {
            true => RunOutcome::Refused,
            false => RunOutcome::Failed { wait },
        };
        match &self.end {
            PassEnd::NotConnected(error) => failed(error.is_refusal(), error.requested_wait()),
            PassEnd::NotObserved(error) => failed(error.is_refusal(), error.requested_wait()),
            PassEnd::Interrupted => RunOutcome::Failed { wait: None },
            PassEnd::NothingToDo | PassEnd::Observed(_) => RunOutcome::Completed,
            PassEnd::Applied(seen, outcomes) => match &outcomes.stopped {
                Some(StopReason::Refused(_)) => RunOutcome::Refused,
                Some(StopReason::RateLimited { wait, .. }) => RunOutcome::Failed { wait: Some(*wait) },
                Some(StopReason::Unreachable(_) | StopReason::Requested) => RunOutcome::Failed { wait: None },
                None => match outcomes
                    .count_by_outcome(seen.approved.plan())
                    .contains_key(&Outcome::Unknown)
                {
                    true => RunOutcome::CompletedUncertain,
                    false => RunOutcome::Completed,
                },
            },
        }
    }
}

pub(super) fn requires_new_connection(end: &PassEnd) -> bool {
    match end {
        PassEnd::NotConnected(_) | PassEnd::NotObserved(_) => true,
        PassEnd::Applied(_, outcomes) => outcomes.stopped.is_some(),
        PassEnd::Interrupted | PassEnd::NothingToDo | PassEnd::Observed(_) => false,
    }
}
