//! Approved plans, and the token that permits writes.

use std::collections::BTreeSet;

use super::finding::Finding;
use super::run::GuardReport;
use crate::model::account::Handle;
use crate::model::container::Container;
use crate::model::plan::{Plan, RemovalCandidate};
use crate::model::step::Step;

/// Proof that the guards have checked a plan. Every write requires one, and only this file can create it, so that an
/// unguarded write does not compile.
#[derive(Debug)]
pub struct Approval(());

/// A plan that may be applied.
#[derive(Debug)]
pub struct ApprovedPlan {
    plan: Plan,
    findings: Vec<Finding>,
    overridden: Vec<Finding>,
    shrunk: BTreeSet<Container>,
    untrusted: BTreeSet<Container>,
    approval: Approval,
}

impl GuardReport {
    /// Returns the plan without removals that were refused or not checked. `plan` is the checked one, or a new one made
    /// after the removal candidates were read.
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
        plan.departed
            .retain(|(container, _)| !self.sharply_shrunk.contains(container));
        // Refused removals are reported with the candidates that were not read.
        plan.removal_candidates
            .extend(refused.into_iter().filter_map(to_removal_candidate));
        ApprovedPlan {
            plan,
            findings: self.findings,
            overridden: self.overridden,
            shrunk: self.shrunk,
            untrusted: self.untrusted,
            approval: Approval(()),
        }
    }
}

impl ApprovedPlan {
    /// Returns the plan.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Returns the findings that refused removals, which are no longer in the plan.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Returns the findings that a flag or an approval overrides.
    #[must_use]
    pub fn overridden(&self) -> &[Finding] {
        &self.overridden
    }

    /// Returns whether the roster was refused for listing too few people in a container.
    #[must_use]
    pub fn is_shrunk(&self, container: &Container) -> bool {
        self.shrunk.contains(container)
    }

    /// Returns whether a container's list was refused as untrusted.
    #[must_use]
    pub fn is_untrusted(&self, container: &Container) -> bool {
        self.untrusted.contains(container)
    }

    /// Returns the proof that writes require.
    #[must_use]
    pub fn approval(&self) -> &Approval {
        &self.approval
    }
}

fn to_removal_candidate(step: Step) -> Option<RemovalCandidate> {
    let (container, account) = step.action.removal()?;
    Some(RemovalCandidate {
        container,
        handle: account.handle.clone(),
        cause: step.cause,
    })
}
