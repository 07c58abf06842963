//! The outcomes of a plan's steps.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::held::HeldReason;
use super::step::{AccountRef, StepId};

/// The outcome of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The call was made and took effect.
    Done,
    /// Jira was already as wanted; no write was made.
    Already,
    /// An existing account was found and used; none was created.
    Linked,
    /// It needs a decision; see the reason.
    Held,
    /// Jira refused it, or it did not take effect.
    Failed,
    /// The response was lost, and the effect could not be determined.
    Unknown,
    /// A step it depends on did not succeed.
    Skipped,
    /// The pass ended before it.
    NotAttempted,
}

/// The result of one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepResult {
    /// The outcome.
    pub outcome: Outcome,
    /// The error. May contain an e-mail.
    pub error: Option<String>,
    /// Why it was held.
    pub held: Option<HeldReason>,
    /// The account it created or found.
    pub account: Option<AccountRef>,
    /// Jira refused the create because an account has the e-mail: a retry would get the same response.
    pub refused: bool,
    /// Jira accepted the change without effect.
    pub ineffective: bool,
    /// A write request was sent for it.
    pub sent: bool,
    /// Jira's id of that request.
    pub request_id: Option<String>,
}

/// The results of a plan's steps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcomes {
    /// By step. Missing steps were not attempted.
    pub results: BTreeMap<StepId, StepResult>,
    /// Why the pass ended early.
    pub stopped: Option<StopReason>,
    /// Why no more accounts were created: quietdesk's account lacks the permission.
    pub creating_refused: Option<String>,
    /// Why no more accounts were created: the intent could not be written to the state directory first.
    pub creating_unsafe: Option<String>,
    /// The account that took a license seat when it was created with a first password.
    pub seat_given: Option<String>,
}

/// Why a pass ended before its last step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// The credentials were refused, or lack a permission that all further steps need.
    Refused(String),
    /// Jira could not be reached for longer than patience.
    Unreachable(String),
    /// Jira limited the rate for longer than patience.
    RateLimited {
        /// The error message.
        why: String,
        /// How long Jira asks to wait.
        wait: Duration,
    },
    /// A stop was requested.
    Requested,
}

impl StopReason {
    /// Returns the more severe of two reasons: refused credentials come first, a requested stop last.
    #[must_use]
    pub fn most_severe(self, other: Self) -> Self {
        let rank = |stopped: &Self| match stopped {
            Self::Refused(_) => 0,
            Self::RateLimited { .. } => 1,
            Self::Unreachable(_) => 2,
            Self::Requested => 3,
        };
        if rank(&other) < rank(&self) { other } else { self }
    }
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(why) | Self::Unreachable(why) | Self::RateLimited { why, .. } => f.write_str(why),
            Self::Requested => f.write_str("asked to stop"),
        }
    }
}

impl StepResult {
    /// Creates a result with only an outcome.
    #[must_use]
    pub fn from_outcome(outcome: Outcome) -> Self {
        Self {
            outcome,
            error: None,
            held: None,
            account: None,
            refused: false,
            ineffective: false,
            sent: false,
            request_id: None,
        }
    }

    /// Creates a result with the account that was created or found.
    #[must_use]
    pub fn with_account(outcome: Outcome, account: AccountRef) -> Self {
        Self {
            account: Some(account),
            ..Self::from_outcome(outcome)
        }
    }

    /// Creates a result with an error.
    #[must_use]
    pub fn with_error(outcome: Outcome, error: impl Into<String>) -> Self {
        Self {
            error: Some(error.into()),
            ..Self::from_outcome(outcome)
        }
    }

    /// Creates the result of a change that Jira accepted without effect.
    #[must_use]
    pub fn without_effect(error: impl Into<String>) -> Self {
        Self {
            ineffective: true,
            ..Self::with_error(Outcome::Failed, error)
        }
    }

    /// Marks the step as sent, with Jira's id of the request.
    #[must_use]
    pub fn mark_sent(self, request: Option<String>) -> Self {
        Self {
            sent: true,
            request_id: request,
            ..self
        }
    }

    /// Creates the result of a held step, with reason and advice as its error.
    #[must_use]
    pub fn held(reason: HeldReason) -> Self {
        Self {
            error: Some(format!("{reason}: {}", reason.advice())),
            held: Some(reason),
            ..Self::from_outcome(Outcome::Held)
        }
    }
}

impl Outcome {
    /// Whether Jira is now as wanted.
    #[must_use]
    pub fn is_success(self) -> bool {
        match self {
            Self::Done | Self::Already | Self::Linked => true,
            Self::Held | Self::Failed | Self::Unknown | Self::Skipped | Self::NotAttempted => false,
        }
    }

    /// Returns the name used in outputs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Already => "already",
            Self::Linked => "linked",
            Self::Held => "held",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Skipped => "skipped",
            Self::NotAttempted => "not_attempted",
        }
    }
}

impl Outcomes {
    /// No step attempted, and the pass not ended early.
    pub const NONE: Self = Self {
        results: BTreeMap::new(),
        stopped: None,
        creating_refused: None,
        creating_unsafe: None,
        seat_given: None,
    };

    /// Returns the outcome of a step.
    #[must_use]
    pub fn outcome_of(&self, step: StepId) -> Outcome {
        self.results.get(&step).map_or(Outcome::NotAttempted, |end| end.outcome)
    }

    /// Whether a step succeeded.
    #[must_use]
    pub fn has_succeeded(&self, step: StepId) -> bool {
        self.outcome_of(step).is_success()
    }
}

#[cfg(test)]
mod tests;
