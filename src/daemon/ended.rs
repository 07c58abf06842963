//! How a pass ended: for who waits for it, for timing, and for who looks on.

use std::sync::Arc;
use std::time::Duration;

use super::status::PassResult;
use crate::causes::masked_in_full;
use crate::daemon::schedule::{Cost, Ended, Run};
use crate::engine::observe::ObserveError;
use crate::engine::pass::Preview;
use crate::jira::{ConnectError, Stats};
use crate::model::outcome::{Outcome, Outcomes, Stopped};
use crate::model::report::Report;

/// How a pass ended.
#[derive(Debug)]
pub enum PassEnd {
    /// Jira could not be signed in to.
    NotConnected(ConnectError),
    /// Nothing could be observed.
    NotObserved(ObserveError),
    /// It was told to stop before it had seen enough, or there is no roster.
    Interrupted,
    /// The edit concerns nothing that Jira knows of: no request was made.
    NothingToDo,
    /// Observed only: nothing was written.
    Observed(Arc<Preview>),
    /// Applied.
    Applied(Arc<Preview>, Outcomes),
}

/// A pass that ended, and what it asked of Jira.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) run: Run,
    pub(super) end: PassEnd,
    /// What was planned and what became of it, where it came so far.
    pub(super) report: Option<Report>,
    pub(super) took: Duration,
    pub(super) before: Stats,
    pub(super) after: Stats,
}

impl Done {
    /// Requests made, and of these the writes. A connection made anew counts anew.
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

    /// How it ended, for who looks on.
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
                Some(Stopped::Refused(_)) => PassResult::Refused,
                Some(Stopped::Unreachable(_) | Stopped::RateLimited { .. }) => PassResult::Unreachable,
                Some(Stopped::Asked) => PassResult::Interrupted,
                None if !seen.approved.findings().is_empty() => PassResult::Guarded,
                None => {
                    let plan = seen.approved.plan();
                    let whole = plan.held.is_empty() && plan.steps.iter().all(|step| outcomes.succeeded(step.id));
                    if whole { PassResult::Done } else { PassResult::Partial }
                }
            },
        }
    }

    /// What went wrong, where it did not come to its end. May hold e-mails.
    pub(super) fn problem(&self) -> Option<String> {
        match &self.end {
            PassEnd::NotConnected(error) => Some(masked_in_full(error)),
            PassEnd::NotObserved(error) => Some(masked_in_full(error)),
            PassEnd::Interrupted | PassEnd::NothingToDo | PassEnd::Observed(_) => None,
            PassEnd::Applied(_, outcomes) => outcomes.stopped.as_ref().map(ToString::to_string),
        }
    }

    /// How it ended, as far as timing goes.
    pub(super) fn ended(&self) -> Ended {
        let failed = |is_refusal, wait| match is_refusal {
            true => Ended::Refused,
            false => Ended::Failed { wait },
        };
        match &self.end {
            PassEnd::NotConnected(error) => failed(error.is_refusal(), error.wait()),
            PassEnd::NotObserved(error) => failed(error.is_refusal(), error.wait()),
            PassEnd::Interrupted => Ended::Failed { wait: None },
            PassEnd::NothingToDo | PassEnd::Observed(_) => Ended::Settled,
            PassEnd::Applied(seen, outcomes) => match &outcomes.stopped {
                Some(Stopped::Refused(_)) => Ended::Refused,
                Some(Stopped::RateLimited { wait, .. }) => Ended::Failed { wait: Some(*wait) },
                Some(Stopped::Unreachable(_) | Stopped::Asked) => Ended::Failed { wait: None },
                None => match outcomes.counts(seen.approved.plan()).contains_key(&Outcome::Unknown) {
                    true => Ended::Unsettled,
                    false => Ended::Settled,
                },
            },
        }
    }
}

pub(super) fn drops_the_connection(end: &PassEnd) -> bool {
    match end {
        PassEnd::NotConnected(_) | PassEnd::NotObserved(_) => true,
        PassEnd::Applied(_, outcomes) => outcomes.stopped.is_some(),
        PassEnd::Interrupted | PassEnd::NothingToDo | PassEnd::Observed(_) => false,
    }
}
