//! Whom `membership: owned` goes on remembering.

use std::collections::BTreeSet;

use crate::model::account::AccountId;
use crate::model::desk::DeskKey;
use crate::model::email::EmailKey;
use crate::model::ledger::facts::{Fact, Value, is_wanted};
use crate::model::ledger::memory::Ledger;
use crate::model::outcome::{Outcome, Outcomes};
use crate::model::plan::Plan;
use crate::model::roster::{Customer, Roster};
use crate::model::step::Action;

impl Ledger {
    /// Whom the roster listed on a desk and lists there no more is remembered until they are seen to be off it, and so is
    /// whoever may have been added without anybody knowing.
    pub(super) fn claim(
        &mut self,
        roster: &Roster,
        plan: &Plan,
        outcomes: &Outcomes,
        account: &impl Fn(&EmailKey) -> Option<Value>,
        read: &BTreeSet<DeskKey>,
    ) {
        let parts = &mut self.parts;
        let mut claims = Vec::new();
        for fact in parts.agreed.keys().filter(|fact| !is_wanted(roster, fact)) {
            if let Fact::Membership(desk, email) = fact {
                let id = match parts.agreed.get(&Fact::Account(email.clone())) {
                    Some(Value::Account(id)) => Some(id.clone()),
                    Some(Value::Present | Value::Access(_) | Value::Name(_)) | None => None,
                };
                claims.push(((desk.clone(), email.clone()), id));
            }
        }
        for step in plan
            .steps
            .iter()
            .filter(|step| outcomes.of(step.id) == Outcome::Unknown)
        {
            if let Action::AddToDesk { email, desk, .. } = &step.action
                && let Some(Value::Account(id)) = account(email.key())
            {
                claims.push(((desk.clone(), email.key().clone()), Some(id)));
            }
        }
        for (place, id) in claims {
            parts.claimed.update(place, |known| *known = id.or(known.take()));
        }
        let seen_there = |place: &(DeskKey, EmailKey), id: &Option<AccountId>| {
            // Somebody else may have the address by now: that account is remembered all the same.
            let is_theirs = match (id, account(&place.1)) {
                (Some(id), Some(Value::Account(now))) => *id == now,
                (_, Some(Value::Present | Value::Account(_) | Value::Access(_) | Value::Name(_)) | None) => true,
            };
            let wanted = |customer: &Customer| customer.desks.contains(&place.0);
            // Once seen there, the fact itself is the memory of it.
            is_theirs
                && roster.customers.get(&place.1).is_some_and(wanted)
                && parts
                    .agreed
                    .contains_key(&Fact::Membership(place.0.clone(), place.1.clone()))
        };
        let missed_again = |place: &(DeskKey, EmailKey)| plan.left.contains(place) && parts.missed.contains(place);
        parts
            .claimed
            .retain(|place, id| roster.desks.contains_key(&place.0) && !missed_again(place) && !seen_there(place, id));
        parts.missed.retain(|(desk, _)| !read.contains(desk));
        let missed = plan.left.iter().filter(|(desk, _)| read.contains(desk));
        parts.missed.extend(missed.cloned());
        parts.missed.retain(|place| parts.claimed.contains_key(place));
    }
}
