//! What became of a plan's steps.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::account::AccountId;
use super::email::EmailKey;
use super::held::HeldReason;
use super::plan::Plan;
use super::step::{AccountRef, Action, StepId};

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

/// How many accounts there are to hand off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ToHandOff {
    /// All of them.
    pub accounts: usize,
    /// Those that were given a first password.
    pub with_password: usize,
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

    /// The accounts that somebody has to be told of, since Jira tells nobody: those made just now that have a portal or
    /// a first password.
    #[must_use]
    pub fn to_hand_off(&self, plan: &Plan) -> ToHandOff {
        let mut made = ToHandOff::default();
        for step in &plan.steps {
            let Action::CreateCustomer { desks, password, .. } = &step.action else {
                continue;
            };
            // One that failed afterwards is there all the same.
            let is_made = self
                .ends
                .get(&step.id)
                .is_some_and(|end| matches!(end.outcome, Outcome::Done | Outcome::Failed) && end.account.is_some());
            if is_made && (!desks.is_empty() || password.is_some()) {
                made.accounts += 1;
                made.with_password += usize::from(password.is_some());
            }
        }
        made
    }

    /// How many entries and steps are held: those of the plan, and those that were found to be while it was applied.
    #[must_use]
    pub fn held(&self, plan: &Plan) -> usize {
        let ends = plan.steps.iter().map(|step| self.of(step.id));
        plan.held.len() + ends.filter(|outcome| *outcome == Outcome::Held).count()
    }

    /// How many of a plan's steps ended how; what did not happen is not in it.
    #[must_use]
    pub fn counts(&self, plan: &Plan) -> BTreeMap<Outcome, usize> {
        let mut counts = BTreeMap::new();
        for step in &plan.steps {
            *counts.entry(self.of(step.id)).or_default() += 1;
        }
        counts
    }

    /// The e-mails that Jira would not create an account for because somebody unseen has them, with the candidates.
    pub fn refused_creates(&self, plan: &Plan) -> BTreeMap<EmailKey, Vec<AccountId>> {
        let creates = plan.steps.iter().filter_map(|step| match &step.action {
            Action::CreateCustomer { email, .. } => Some((step.id, email.key())),
            Action::UpdateCustomer { .. }
            | Action::AddToDesk { .. }
            | Action::RemoveFromDesk { .. }
            | Action::SetAccess { .. } => None,
        });
        creates
            .filter_map(|(id, key)| {
                let end = self.ends.get(&id)?;
                let reason = end.held.as_ref().filter(|_| end.refused)?;
                Some((key.clone(), reason.candidates().to_vec()))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;
