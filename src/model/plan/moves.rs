//! Moves between desks: a person is removed from the old desk only after being added to the new one.
//!
//! | the entry's other desks | expected |
//! |---|---|
//! | the person is on all of them, or none is listed | removed at once |
//! | an add is planned | removed after it |
//! | an add is held or paused, or the entry itself is held | noted: stays until then |
//!
//! Expired entries and people who left the file are removed without waiting.

use super::planner::{AddSteps, Planner};
use crate::model::desk::DeskKey;
use crate::model::email::EmailKey;
use crate::model::ledger::Fact;
use crate::model::roster::Customer;
use crate::model::step::{Action, StepId};

/// The adds that a removal waits for.
pub(super) enum RemovalWait {
    /// Steps of this plan; may be empty.
    ForSteps(Vec<StepId>),
    /// An add to this desk that is not in the plan.
    ForUnplannedAdd(DeskKey),
}

impl<'a> Planner<'a> {
    /// Finds the entry with this present or previous address in the whole roster.
    pub(super) fn entry_with_email(&self, email: &EmailKey) -> Option<&'a Customer> {
        let formerly = self.entries_by_previous_email.get_or_init(|| {
            let customers = self.whole_roster.customers.values();
            customers
                .flat_map(|customer| customer.previously.iter().map(move |email| (email.key(), customer)))
                .collect()
        });
        let current = self.whole_roster.customers.get(email);
        current.or_else(|| formerly.get(email).copied())
    }

    /// Returns the adds that must succeed before the person is removed from a desk. Call it after all adds are planned.
    pub(super) fn removal_wait(&self, customer: &Customer) -> RemovalWait {
        let account = self.plan.accounts.get(customer.email.key());
        let account = account.and_then(|account| self.observed.accounts.get(&account.id));
        let mut after = Vec::new();
        let email = customer.email.key();
        let is_planned = self.roster.customers.contains_key(email);
        for key in &customer.desks {
            let is_there = if is_planned && self.roster.desks.contains_key(key) {
                let seen = self.observed.desk(key).zip(account);
                seen.is_some_and(|(desk, account)| {
                    self.observed.has_access(desk, account) || desk.is_on_list(&account.handle)
                })
            } else {
                // Not part of this pass: rely on the last value an earlier pass agreed on.
                let membership = Fact::Membership(key.into(), email.clone());
                self.ledger.agreed_value(&membership).is_some()
            };
            match self.adds().get(&(customer.email.key().clone(), key.clone())) {
                Some(step) => after.push(*step),
                None if is_there => {}
                None => return RemovalWait::ForUnplannedAdd(key.clone()),
            }
        }
        RemovalWait::ForSteps(after)
    }

    fn adds(&self) -> &AddSteps {
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
