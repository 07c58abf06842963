//! A person who leaves one desk for another: nothing is taken away before the new place is theirs.
//!
//! | the entry's other desks | expected |
//! |---|---|
//! | the person is on all of them, or none is listed | leaves at once |
//! | an add is planned | leaves after it |
//! | an add is held or paused, or the entry itself is held | noted: stays until then |
//!
//! People who left the file, and those whose `until` has come, wait for nothing.

use super::planner::{Adds, Planner};
use crate::model::desk::DeskKey;
use crate::model::email::EmailKey;
use crate::model::ledger::Fact;
use crate::model::roster::Customer;
use crate::model::step::{Action, StepId};

/// What a removal waits for.
pub(super) enum Wait {
    /// These steps of the plan; none: nothing.
    For(Vec<StepId>),
    /// An add to this desk that is not in the plan.
    Longer(DeskKey),
}

impl<'a> Planner<'a> {
    /// The entry of the person with this address, now or before, in the whole roster.
    pub(super) fn entry_of(&self, email: &EmailKey) -> Option<&'a Customer> {
        let formerly = self.formerly.get_or_init(|| {
            let customers = self.whole.customers.values();
            customers
                .flat_map(|customer| customer.previously.iter().map(move |email| (email.key(), customer)))
                .collect()
        });
        let current = self.whole.customers.get(email);
        current.or_else(|| formerly.get(email).copied())
    }

    /// What the person waits for before leaving a desk. Planned after all adds.
    pub(super) fn wait_of(&self, customer: &Customer) -> Wait {
        let account = self.plan.accounts.get(customer.email.key());
        let account = account.and_then(|account| self.observed.accounts.get(&account.id));
        let mut after = Vec::new();
        let email = customer.email.key();
        let is_planned = self.roster.customers.contains_key(email);
        for key in &customer.desks {
            let is_there = if is_planned && self.roster.desks.contains_key(key) {
                let seen = self.observed.desk(key).zip(account);
                seen.is_some_and(|(desk, account)| {
                    self.observed.has_access(desk, account) || desk.lists(&account.handle)
                })
            } else {
                // This pass says nothing of it; an earlier one saw the person there.
                let membership = Fact::Membership(key.into(), email.clone());
                self.ledger.agreed(&membership).is_some()
            };
            match self.adds().get(&(customer.email.key().clone(), key.clone())) {
                Some(step) => after.push(*step),
                None if is_there => {}
                None => return Wait::Longer(key.clone()),
            }
        }
        Wait::For(after)
    }

    fn adds(&self) -> &Adds {
        self.adds.get_or_init(|| {
            let adds = self.plan.steps.iter().filter_map(|step| match &step.action {
                Action::AddToDesk { email, desk, .. } => Some(((email.key().clone(), desk.clone()), step.id)),
                Action::CreateCustomer { .. }
                | Action::UpdateCustomer { .. }
                | Action::RemoveFromDesk { .. }
                | Action::SetAccess { .. } => None,
            });
            adds.collect()
        })
    }
}
