//! The calls a plan costs: steps are per person, requests per batch.

use std::collections::BTreeMap;

use super::desk::DeskKey;
use super::observed::Deployment;
use super::plan::Plan;
use super::step::{Action, StepId};

/// What one request can carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Accounts in one call that adds to a desk.
    pub added_per_call: usize,
    /// Accounts in one call that removes from a desk.
    pub removed_per_call: usize,
}

impl Limits {
    /// 50 accounts a membership call are known to work on Cloud (docs/jira.md#batch-50). Data Center takes lists as
    /// well when it adds, and says nothing of how long; it removes one by one, from the role
    /// (docs/jira.md#remove-data-center).
    #[must_use]
    pub fn of(deployment: Deployment) -> Self {
        Self {
            added_per_call: 50,
            removed_per_call: match deployment {
                Deployment::Cloud => 50,
                Deployment::DataCenter => 1,
            },
        }
    }
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
    /// Take accounts off a desk.
    Remove {
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
    /// Changes of access that let fewer in; after all who are added.
    pub tightening: Vec<Call>,
    /// Removals; after what is tightened, because Jira removes nobody from an open desk
    /// (docs/jira.md#remove-while-open).
    pub removing: Vec<Call>,
    /// Changes of access that let more in.
    pub loosening: Vec<Call>,
}

impl Calls {
    /// How many requests that is.
    #[must_use]
    pub fn count(&self) -> usize {
        self.iter().count()
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Call> {
        let in_order = [&self.people, &self.tightening, &self.removing, &self.loosening];
        in_order.into_iter().flatten()
    }
}

/// Groups a plan's steps into the fewest calls Jira allows.
#[must_use]
pub fn calls(plan: &Plan) -> Calls {
    let limits = Limits::of(plan.site.deployment);
    let mut calls = Calls::default();
    let (mut adding, mut removing) = (Batches::default(), Batches::default());
    for step in &plan.steps {
        match &step.action {
            Action::CreateCustomer { .. } => calls.people.push(Call::Create(step.id)),
            Action::UpdateCustomer { .. } => calls.people.push(Call::Update(step.id)),
            Action::AddToDesk { desk, .. } => {
                let full = adding.push(desk, step.id, limits.added_per_call);
                calls.people.extend(full.map(|steps| add(desk, steps)));
            }
            Action::RemoveFromDesk { desk, .. } => {
                let full = removing.push(desk, step.id, limits.removed_per_call);
                calls.removing.extend(full.map(|steps| remove(desk, steps)));
            }
            Action::SetAccess { before, after, .. } => match after < before {
                true => calls.tightening.push(Call::SetAccess(step.id)),
                false => calls.loosening.push(Call::SetAccess(step.id)),
            },
        }
    }
    calls.people.extend(adding.rest().map(|(desk, steps)| add(desk, steps)));
    calls
        .removing
        .extend(removing.rest().map(|(desk, steps)| remove(desk, steps)));
    calls
}

fn add(desk: &DeskKey, steps: Vec<StepId>) -> Call {
    let desk = desk.clone();
    Call::Add { desk, steps }
}

fn remove(desk: &DeskKey, steps: Vec<StepId>) -> Call {
    let desk = desk.clone();
    Call::Remove { desk, steps }
}

/// Steps that wait for their desk's batch to be full.
#[derive(Default)]
struct Batches<'a>(BTreeMap<&'a DeskKey, Vec<StepId>>);

impl<'a> Batches<'a> {
    /// The batch, where the step makes it full.
    fn push(&mut self, desk: &'a DeskKey, step: StepId, size: usize) -> Option<Vec<StepId>> {
        let batch = self.0.entry(desk).or_default();
        batch.push(step);
        (batch.len() == size).then(|| std::mem::take(batch))
    }

    fn rest(self) -> impl Iterator<Item = (&'a DeskKey, Vec<StepId>)> {
        self.0.into_iter().filter(|(_, steps)| !steps.is_empty())
    }
}

#[cfg(test)]
mod tests;
