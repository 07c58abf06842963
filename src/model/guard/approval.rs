//! What may be applied, and the proof of it.

use std::collections::BTreeSet;

use super::finding::Finding;
use super::screening::Screening;
use crate::model::account::Handle;
use crate::model::container::Container;
use crate::model::plan::{Leaver, Plan};
use crate::model::step::Step;

/// Proof that the guards have judged. Every write asks for one, and only this file can make it, so that a write
/// which no guard has seen does not compile.
#[derive(Debug)]
pub struct Approval(());

/// A plan that may be applied.
#[derive(Debug)]
pub struct ApprovedPlan {
    plan: Plan,
    findings: Vec<Finding>,
    released: Vec<Finding>,
    shrinks: BTreeSet<Container>,
    distrusted: BTreeSet<Container>,
    approval: Approval,
}

impl Screening {
    /// The plan without the removals that were refused, and without any that were not judged. `plan` is the judged one,
    /// or made anew once more is known of who would be removed.
    #[must_use]
    pub fn approve(self, mut plan: Plan) -> ApprovedPlan {
        let may_leave = |container: &Container, handle: &Handle| {
            let allowed = self.allowed.get(container);
            allowed.is_some_and(|handles| handles.contains(handle))
        };
        let may_be_done = |step: &Step| {
            let removal = step.action.removal();
            removal.is_none_or(|(container, account)| may_leave(&container, &account.handle))
        };
        let (steps, refused): (Vec<_>, Vec<_>) = plan.steps.into_iter().partition(may_be_done);
        plan.steps = steps;
        plan.left.retain(|(container, _)| !self.shortened.contains(container));
        // Who stays because of a guard is told with those who were not even asked for.
        plan.leavers.extend(refused.into_iter().filter_map(leaver));
        ApprovedPlan {
            plan,
            findings: self.findings,
            released: self.released,
            shrinks: self.shrinks,
            distrusted: self.distrusted,
            approval: Approval(()),
        }
    }
}

impl ApprovedPlan {
    /// The plan.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What was refused, and is no longer in the plan.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// What would have been refused, and was overridden or approved.
    #[must_use]
    pub fn released(&self) -> &[Finding] {
        &self.released
    }

    /// Whether the roster was refused for listing too few there.
    #[must_use]
    pub fn shrinks(&self, container: &Container) -> bool {
        self.shrinks.contains(container)
    }

    /// Whether what was read of a list was not believed.
    #[must_use]
    pub fn distrusts(&self, container: &Container) -> bool {
        self.distrusted.contains(container)
    }

    /// The proof that writes ask for.
    #[must_use]
    pub fn approval(&self) -> &Approval {
        &self.approval
    }
}

fn leaver(step: Step) -> Option<Leaver> {
    let (container, account) = step.action.removal()?;
    Some(Leaver {
        container,
        handle: account.handle.clone(),
        cause: step.cause,
    })
}
