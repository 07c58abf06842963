//! The calls a plan costs: steps are per person, requests per batch.

use std::collections::BTreeMap;

use super::desk::DeskKey;
use super::plan::Plan;
use super::step::{Action, StepId};

/// What one request can carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Accounts in one membership call.
    pub accounts_per_call: usize,
}

impl Limits {
    /// 50 accounts a membership call are known to work on Cloud (jira-facts §7, M); Data Center takes lists as well, and
    /// says nothing of how long.
    pub const JIRA: Self = Self { accounts_per_call: 50 };
}

/// One write request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    /// Make one account.
    Create(StepId),
    /// Change one account.
    Update(StepId),
    /// Put accounts on a desk.
    Add {
        /// The desk.
        desk: DeskKey,
        /// The steps it fulfils, in the plan's order.
        steps: Vec<StepId>,
    },
    /// Change one desk's access mode.
    SetAccess(StepId),
}

/// A plan's calls, in the order they are made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// Creates and adds, interleaved: a batch is added as soon as its accounts can be there, so that an interrupted
    /// import leaves whole people.
    pub people: Vec<Call>,
    /// Changes of access, tightening before loosening; made after all people.
    pub access: Vec<Call>,
}

impl Calls {
    /// How many requests that is.
    #[must_use]
    pub fn count(&self) -> usize {
        self.people.len() + self.access.len()
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Call> {
        self.people.iter().chain(&self.access)
    }
}

/// Groups a plan's steps into the fewest calls `limits` allow.
#[must_use]
pub fn calls(plan: &Plan, limits: Limits) -> Calls {
    let mut calls = Calls::default();
    let mut waiting: BTreeMap<&DeskKey, Vec<StepId>> = BTreeMap::new();
    for step in &plan.steps {
        match &step.action {
            Action::CreateCustomer { .. } => calls.people.push(Call::Create(step.id)),
            Action::UpdateCustomer { .. } => calls.people.push(Call::Update(step.id)),
            Action::AddToDesk { desk, .. } => {
                let batch = waiting.entry(desk).or_default();
                batch.push(step.id);
                if batch.len() == limits.accounts_per_call {
                    calls.people.push(Call::Add {
                        desk: desk.clone(),
                        steps: std::mem::take(batch),
                    });
                }
            }
            Action::SetAccess { .. } => calls.access.push(Call::SetAccess(step.id)),
        }
    }
    let rest = waiting.into_iter().filter(|(_, steps)| !steps.is_empty());
    calls.people.extend(rest.map(|(desk, steps)| Call::Add {
        desk: desk.clone(),
        steps,
    }));
    calls
}
