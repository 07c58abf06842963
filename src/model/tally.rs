//! What a plan came to, in numbers: its steps and what became of them.

use std::collections::BTreeMap;

use super::outcome::{Outcome, Outcomes};
use super::plan::Plan;
use super::step::Action;

/// How many accounts there are to hand off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ToHandOff {
    /// All of them.
    pub accounts: usize,
    /// Those that were given a first password.
    pub with_password: usize,
}

impl Outcomes {
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
}

#[cfg(test)]
mod tests;
