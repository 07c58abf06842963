//! Exit codes, and their precedence.

use std::process::ExitCode;

use crate::engine::observe::ObserveError;
use crate::jira::{CallError, ConnectError};
use crate::model::guard::ApprovedPlan;
use crate::model::outcome::{Outcome, Outcomes, StopReason};

/// How a command ended. The order is the precedence: of several, the first one is the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Exit {
    /// The command line could not be understood.
    Usage,
    /// A bug, or a failure of this machine.
    Internal,
    /// The roster or a setting is invalid.
    Invalid,
    /// Credentials or a permission were refused.
    Refused,
    /// Jira could not be reached, or the rate limit outlasted the patience.
    Unreachable,
    /// The saved plan is stale.
    Stale,
    /// A guard refused.
    GuardRefused,
    /// Partly applied: something failed or is held.
    Partial,
    /// Changes are pending (only with `--detailed-exitcode`).
    Pending,
    /// Done, or nothing to do.
    Done,
}

impl Exit {
    /// Returns the exit code.
    #[must_use]
    pub(super) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Internal => 1,
            Self::Pending => 2,
            Self::Invalid => 3,
            Self::Refused => 4,
            Self::Unreachable => 5,
            Self::GuardRefused => 6,
            Self::Partial => 7,
            Self::Stale => 8,
            Self::Usage => 64,
        }
    }

    /// Returns the one with the highest precedence.
    #[must_use]
    pub(super) fn first_of(exits: impl IntoIterator<Item = Self>) -> Self {
        exits.into_iter().min().unwrap_or(Self::Done)
    }

    /// Returns the exit of an applied plan.
    #[must_use]
    pub(super) fn from_outcomes(approved: &ApprovedPlan, outcomes: &Outcomes) -> Self {
        let plan = approved.plan();
        let mut exits = vec![Self::from_findings(approved)];
        match &outcomes.stopped {
            Some(StopReason::Refused(_)) => exits.push(Self::Refused),
            Some(StopReason::Unreachable(_) | StopReason::RateLimited { .. }) => exits.push(Self::Unreachable),
            Some(StopReason::Requested) => exits.push(Self::Partial),
            None => {}
        }
        if outcomes.creating_refused.is_some() {
            exits.push(Self::Refused);
        }
        let unsuccessful = plan.steps.iter().any(|step| match outcomes.outcome_of(step.id) {
            Outcome::Done | Outcome::Already | Outcome::Linked => false,
            Outcome::Held | Outcome::Failed | Outcome::Unknown | Outcome::Skipped | Outcome::NotAttempted => true,
        });
        if unsuccessful || !plan.held.is_empty() {
            exits.push(Self::Partial);
        }
        Self::first_of(exits)
    }

    /// Returns the exit for the guard findings.
    #[must_use]
    pub(super) fn from_findings(approved: &ApprovedPlan) -> Self {
        if approved.findings().is_empty() {
            Self::Done
        } else {
            Self::GuardRefused
        }
    }

    /// Returns the exit of a failed observation.
    #[must_use]
    pub(super) fn from_observe_error(error: &ObserveError) -> Self {
        match error {
            ObserveError::NoServiceManagement { .. } => Self::Invalid,
            ObserveError::MayNotBrowse => Self::Refused,
            ObserveError::Read { cause, .. } => Self::from_call_error(cause),
        }
    }

    /// Returns the exit of a failed sign-in.
    #[must_use]
    pub(super) fn from_connect_error(error: &ConnectError) -> Self {
        match error {
            ConnectError::Call(source) => Self::from_call_error(source),
            ConnectError::CaFile { .. }
            | ConnectError::Tls(_)
            | ConnectError::WrongDeployment { .. }
            | ConnectError::NotJira { .. }
            | ConnectError::MissingUser
            | ConnectError::Settings(_) => Self::Invalid,
        }
    }

    fn from_call_error(error: &CallError) -> Self {
        if error.is_refusal() {
            Self::Refused
        } else {
            Self::Unreachable
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_64_1_3_4_5_8_6_7_2_is_the_exit_code() {
        use Exit::{Done, GuardRefused, Internal, Invalid, Partial, Pending, Refused, Stale, Unreachable, Usage};
        let order = [
            Usage,
            Internal,
            Invalid,
            Refused,
            Unreachable,
            Stale,
            GuardRefused,
            Partial,
            Pending,
            Done,
        ];
        assert_eq!(order.map(Exit::code), [64, 1, 3, 4, 5, 8, 6, 7, 2, 0]);
        for (n, exit) in order.iter().enumerate() {
            assert_eq!(Exit::first_of(order[n..].iter().rev().copied()), *exit);
        }
        assert_eq!(Exit::first_of([]), Done);
    }
}
