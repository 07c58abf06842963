//! Groups a plan's steps into calls: steps are per person, requests per batch.

use std::collections::BTreeMap;

use super::desk::DeskKey;
use super::observed::Deployment;
use super::plan::Plan;
use super::step::{Action, StepId};

/// Numbers of accounts that one request can carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchLimits {
    /// Accounts in one call that adds to a desk.
    pub added_per_call: usize,
    /// Accounts in one call that removes from a desk.
    pub removed_per_call: usize,
}

impl BatchLimits {
    /// Returns the limits of a deployment. On Cloud, 50 accounts per membership call are known to work
    /// (docs/jira.md#batch-50). Data Center also accepts lists when adding, with no documented limit; it removes
    /// accounts one by one, from the role (docs/jira.md#remove-data-center).
    #[must_use]
    pub fn for_deployment(deployment: Deployment) -> Self {
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
    /// Create one account.
    Create(StepId),
    /// Update one account.
    Update(StepId),
    /// Add accounts to a desk.
    Add {
        /// The desk.
        desk: DeskKey,
        /// The steps it executes, in the plan's order.
        steps: Vec<StepId>,
    },
    /// Remove accounts from a desk.
    Remove {
        /// The desk.
        desk: DeskKey,
        /// The steps it executes, in the plan's order.
        steps: Vec<StepId>,
    },
    /// Change one desk's access mode.
    SetAccess(StepId),
}

/// A plan's calls, in the order they are made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// Creates and adds, interleaved: a batch is added as soon as its accounts can exist, so that an interrupted import
    /// leaves few accounts without desks.
    pub people: Vec<Call>,
    /// Changes to a stricter access mode; after all adds.
    pub tightening: Vec<Call>,
    /// Removals; after tightening, because Jira refuses removals from an open desk (docs/jira.md#remove-while-open).
    pub removals: Vec<Call>,
    /// Changes to a more open access mode.
    pub loosening: Vec<Call>,
}

impl Calls {
    /// Returns the number of requests.
    #[must_use]
    pub fn count(&self) -> usize {
        self.iter().count()
    }

    /// Returns all calls in order.
    pub fn iter(&self) -> impl Iterator<Item = &Call> {
        let in_order = [&self.people, &self.tightening, &self.removals, &self.loosening];
        in_order.into_iter().flatten()
    }
}

/// Groups a plan's steps into the fewest calls that Jira allows.
#[must_use]
pub fn calls(plan: &Plan) -> Calls {
    let limits = BatchLimits::for_deployment(plan.site.deployment);
    let mut calls = Calls::default();
    let (mut adding, mut removing) = (Batches::default(), Batches::default());
    for step in &plan.steps {
        match &step.action {
            Action::CreateCustomer { .. } => calls.people.push(Call::Create(step.id)),
            Action::UpdateCustomer { .. } => calls.people.push(Call::Update(step.id)),
            Action::AddToDesk { desk, .. } => {
                let full = adding.push(desk, step.id, limits.added_per_call);
                calls.people.extend(full.map(|steps| add_call(desk, steps)));
            }
            Action::RemoveFromDesk { desk, .. } => {
                let full = removing.push(desk, step.id, limits.removed_per_call);
                calls.removals.extend(full.map(|steps| remove_call(desk, steps)));
            }
            Action::SetAccess { before, after, .. } => match after < before {
                true => calls.tightening.push(Call::SetAccess(step.id)),
                false => calls.loosening.push(Call::SetAccess(step.id)),
            },
        }
    }
    calls
        .people
        .extend(adding.into_incomplete().map(|(desk, steps)| add_call(desk, steps)));
    calls
        .removals
        .extend(removing.into_incomplete().map(|(desk, steps)| remove_call(desk, steps)));
    calls
}

fn add_call(desk: &DeskKey, steps: Vec<StepId>) -> Call {
    let desk = desk.clone();
    Call::Add { desk, steps }
}

fn remove_call(desk: &DeskKey, steps: Vec<StepId>) -> Call {
    let desk = desk.clone();
    Call::Remove { desk, steps }
}

/// Incomplete batches, by desk.
#[derive(Default)]
struct Batches<'a>(BTreeMap<&'a DeskKey, Vec<StepId>>);

impl<'a> Batches<'a> {
    /// Adds a step; returns the batch if it is full.
    fn push(&mut self, desk: &'a DeskKey, step: StepId, size: usize) -> Option<Vec<StepId>> {
        let batch = self.0.entry(desk).or_default();
        batch.push(step);
        (batch.len() == size).then(|| std::mem::take(batch))
    }

    fn into_incomplete(self) -> impl Iterator<Item = (&'a DeskKey, Vec<StepId>)> {
        self.0.into_iter().filter(|(_, steps)| !steps.is_empty())
    }
}

#[cfg(test)]
mod tests;
