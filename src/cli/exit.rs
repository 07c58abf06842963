//! Exit codes, and which one is told when there are several reasons.

use std::process::ExitCode;

use crate::engine::observe::ObserveError;
use crate::jira::{CallError, ConnectError};
use crate::model::guard::ApprovedPlan;
use crate::model::outcome::{Outcome, Outcomes, Stopped};

/// How a command ended. The order is the precedence: of several, the first is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Exit {
    /// The command line could not be understood.
    Usage,
    /// A bug, or something of this machine that failed.
    Internal,
    /// The roster or a setting is invalid.
    Invalid,
    /// Credentials or a permission were refused.
    Refused,
    /// Jira could not be reached, or limited the rate past patience.
    Unreachable,
    /// The saved plan is stale.
    Stale,
    /// A guard refused.
    Guarded,
    /// Applied in part: something failed or is held.
    Partial,
    /// Changes are pending (only with `--detailed-exitcode`).
    Pending,
    /// Done, or nothing to do.
    Done,
}

impl Exit {
    /// The number.
    #[must_use]
    pub(super) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Internal => 1,
            Self::Pending => 2,
            Self::Invalid => 3,
            Self::Refused => 4,
            Self::Unreachable => 5,
            Self::Guarded => 6,
            Self::Partial => 7,
            Self::Stale => 8,
            Self::Usage => 64,
        }
    }

    /// Of several, the one to tell.
    #[must_use]
    pub(super) fn first_of(exits: impl IntoIterator<Item = Self>) -> Self {
        exits.into_iter().min().unwrap_or(Self::Done)
    }

    /// What an applied plan comes to.
    #[must_use]
    pub(super) fn of_outcomes(approved: &ApprovedPlan, outcomes: &Outcomes) -> Self {
        let plan = approved.plan();
        let mut exits = vec![Self::of_findings(approved)];
        match &outcomes.stopped {
            Some(Stopped::Refused(_)) => exits.push(Self::Refused),
            Some(Stopped::Unreachable(_) | Stopped::RateLimited { .. }) => exits.push(Self::Unreachable),
            Some(Stopped::Asked) => exits.push(Self::Partial),
            None => {}
        }
        if outcomes.creating_refused.is_some() {
            exits.push(Self::Refused);
        }
        let unsuccessful = plan.steps.iter().any(|step| match outcomes.of(step.id) {
            Outcome::Done | Outcome::Already | Outcome::Linked => false,
            Outcome::Held | Outcome::Failed | Outcome::Unknown | Outcome::Skipped | Outcome::NotAttempted => true,
        });
        if unsuccessful || !plan.held.is_empty() {
            exits.push(Self::Partial);
        }
        Self::first_of(exits)
    }

    /// What the guards' findings come to.
    #[must_use]
    pub(super) fn of_findings(approved: &ApprovedPlan) -> Self {
        if approved.findings().is_empty() {
            Self::Done
        } else {
            Self::Guarded
        }
    }

    /// What a failed observation comes to.
    #[must_use]
    pub(super) fn of_observe_error(error: &ObserveError) -> Self {
        match error {
            ObserveError::NoServiceManagement { .. } => Self::Invalid,
            ObserveError::MayNotBrowse => Self::Refused,
            ObserveError::Read { cause, .. } => Self::of_call_error(cause),
        }
    }

    /// What a failed sign-in comes to.
    #[must_use]
    pub(super) fn of_connect_error(error: &ConnectError) -> Self {
        match error {
            ConnectError::Call(source) => Self::of_call_error(source),
            ConnectError::CaFile { .. }
            | ConnectError::Tls(_)
            | ConnectError::AnotherKind { .. }
            | ConnectError::NoJira { .. }
            | ConnectError::NoUser
            | ConnectError::Settings(_) => Self::Invalid,
        }
    }

    fn of_call_error(error: &CallError) -> Self {
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
    fn the_first_of_64_1_3_4_5_8_6_7_2_is_told() {
        use Exit::{Done, Guarded, Internal, Invalid, Partial, Pending, Refused, Stale, Unreachable, Usage};
        let order = [
            Usage,
            Internal,
            Invalid,
            Refused,
            Unreachable,
            Stale,
            Guarded,
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
