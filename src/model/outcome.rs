//! What became of a plan's steps.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::held::HeldReason;
use super::step::{AccountRef, StepId};

/// What became of one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The call was made and took effect.
    Done,
    /// It was true by the time it was looked at; no write was made.
    Already,
    /// The account existed: it is the one found, and nothing was made.
    Linked,
    /// It cannot be done safely; see the reason.
    Held,
    /// Jira refused it, or it did not take effect.
    Failed,
    /// The answer was lost and the effect could not be settled.
    Unknown,
    /// What it needs did not succeed.
    Skipped,
    /// The pass ended before it.
    NotAttempted,
}

/// How one step ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepEnd {
    /// What became of it.
    pub outcome: Outcome,
    /// What went wrong, in words that may hold an e-mail.
    pub error: Option<String>,
    /// Why, where it was held.
    pub held: Option<HeldReason>,
    /// The account it made or found.
    pub account: Option<AccountRef>,
    /// Jira itself said that somebody has the e-mail: asking again would give the same answer.
    pub refused: bool,
    /// Jira accepted it, and it is as before.
    pub ineffective: bool,
    /// A request that could have changed Jira was made for it.
    pub sent: bool,
    /// How Jira numbered that request.
    pub request: Option<String>,
}

/// How a plan's steps ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcomes {
    /// By step. A step that is not in here was not attempted.
    pub ends: BTreeMap<StepId, StepEnd>,
    /// Why the pass ended early.
    pub stopped: Option<Stopped>,
    /// Why no more accounts were made, where Jira does not let quietdesk's account make any.
    pub creating_refused: Option<String>,
    /// Why no more accounts were made, where it could not be written down beforehand that one is about to be.
    pub creating_unsafe: Option<String>,
    /// The account that was given a licence seat when it was made with a first password.
    pub seat_given: Option<String>,
}

/// Why a pass ended before its last step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// The credentials were refused, or lack a permission without which nothing more can succeed.
    Refused(String),
    /// Jira could not be reached for longer than patience.
    Unreachable(String),
    /// Jira limits the rate, for longer than patience.
    RateLimited {
        /// What it said.
        why: String,
        /// How long it asks to wait.
        wait: Duration,
    },
    /// Somebody asked for it.
    Asked,
}

impl Stopped {
    /// The more telling of two reasons: refused credentials make all others beside the point, and a wish to stop is
    /// told only where nothing else is.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let rank = |stopped: &Self| match stopped {
            Self::Refused(_) => 0,
            Self::RateLimited { .. } => 1,
            Self::Unreachable(_) => 2,
            Self::Asked => 3,
        };
        if rank(&other) < rank(&self) { other } else { self }
    }
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(why) | Self::Unreachable(why) | Self::RateLimited { why, .. } => f.write_str(why),
            Self::Asked => f.write_str("asked to stop"),
        }
    }
}

impl StepEnd {
    /// An end without more to say.
    #[must_use]
    pub fn plain(outcome: Outcome) -> Self {
        Self {
            outcome,
            error: None,
            held: None,
            account: None,
            refused: false,
            ineffective: false,
            sent: false,
            request: None,
        }
    }

    /// An end that made or found an account.
    #[must_use]
    pub fn with_account(outcome: Outcome, account: AccountRef) -> Self {
        Self {
            account: Some(account),
            ..Self::plain(outcome)
        }
    }

    /// An end with what went wrong.
    #[must_use]
    pub fn with_error(outcome: Outcome, error: impl Into<String>) -> Self {
        Self {
            error: Some(error.into()),
            ..Self::plain(outcome)
        }
    }

    /// Jira accepted it without effect.
    #[must_use]
    pub fn ineffective(error: impl Into<String>) -> Self {
        Self {
            ineffective: true,
            ..Self::with_error(Outcome::Failed, error)
        }
    }

    /// The same, for a step that a write was made for, which Jira numbered so.
    #[must_use]
    pub fn sent(self, request: Option<String>) -> Self {
        Self {
            sent: true,
            request,
            ..self
        }
    }

    /// Held, with the reason.
    #[must_use]
    pub fn held(reason: HeldReason) -> Self {
        Self {
            error: Some(format!("{reason}: {}", reason.advice())),
            held: Some(reason),
            ..Self::plain(Outcome::Held)
        }
    }
}

impl Outcome {
    /// Whether Jira now is as the step wanted.
    #[must_use]
    pub fn is_success(self) -> bool {
        match self {
            Self::Done | Self::Already | Self::Linked => true,
            Self::Held | Self::Failed | Self::Unknown | Self::Skipped | Self::NotAttempted => false,
        }
    }

    /// The word outputs use.
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
    /// Nothing was attempted, and nothing ended early.
    pub const NONE: Self = Self {
        ends: BTreeMap::new(),
        stopped: None,
        creating_refused: None,
        creating_unsafe: None,
        seat_given: None,
    };

    /// What became of a step.
    #[must_use]
    pub fn of(&self, step: StepId) -> Outcome {
        self.ends.get(&step).map_or(Outcome::NotAttempted, |end| end.outcome)
    }

    /// Whether Jira now is as the step wanted.
    #[must_use]
    pub fn succeeded(&self, step: StepId) -> bool {
        self.of(step).is_success()
    }
}

#[cfg(test)]
mod tests;
