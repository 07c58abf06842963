//! Counts of a plan's outcomes.

use std::collections::BTreeMap;

use super::outcome::{Outcome, Outcomes};
use super::plan::Plan;
use super::step::Action;

/// Numbers of accounts to hand off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AccountsToHandOff {
    /// All accounts.
    pub accounts: usize,
    /// Accounts with a first password.
    pub with_password: usize,
}

impl Outcomes {
    /// Counts the accounts created by this pass with a portal or a first password. Their owners must be informed,
    /// because Jira sends no e-mail.
    #[must_use]
    pub fn count_accounts_to_hand_off(&self, plan: &Plan) -> AccountsToHandOff {
        let mut made = AccountsToHandOff::default();
        for step in &plan.steps {
            let Action::CreateCustomer { desks, password, .. } = &step.action else {
                continue;
            };
            // A step that failed afterwards may still have created its account.
            let is_made = self
                .results
                .get(&step.id)
                .is_some_and(|end| matches!(end.outcome, Outcome::Done | Outcome::Failed) && end.account.is_some());
            if is_made && (!desks.is_empty() || password.is_some()) {
                made.accounts += 1;
                made.with_password += usize::from(password.is_some());
            }
        }
        made
    }

    /// Counts the held entries of the plan and the steps held by the apply.
    #[must_use]
    pub fn count_held(&self, plan: &Plan) -> usize {
        let ends = plan.steps.iter().map(|step| self.outcome_of(step.id));
        plan.held.len() + ends.filter(|outcome| *outcome == Outcome::Held).count()
    }

    /// Counts a plan's steps by outcome, without outcomes that did not occur.
    #[must_use]
    pub fn count_by_outcome(&self, plan: &Plan) -> BTreeMap<Outcome, usize> {
        let mut counts = BTreeMap::new();
        for step in &plan.steps {
            *counts.entry(self.outcome_of(step.id)).or_default() += 1;
        }
        counts
    }
}

#[cfg(test)]
mod tests;
