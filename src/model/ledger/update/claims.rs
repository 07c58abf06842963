//! Whom `membership: owned` goes on remembering.

use std::collections::BTreeSet;

use crate::model::account::AccountId;
use crate::model::container::Container;
use crate::model::email::EmailKey;
use crate::model::ledger::facts::{Fact, Value, is_wanted};
use crate::model::ledger::memory::Ledger;
use crate::model::outcome::{Outcome, Outcomes};
use crate::model::plan::Plan;
use crate::model::roster::Roster;
use crate::model::step::Action;

impl Ledger {
    /// Whom the roster listed somewhere and lists there no more is remembered until they are seen to be off it, and so is
    /// whoever may have been added without anybody knowing.
    pub(super) fn claim(
        &mut self,
        roster: &Roster,
        plan: &Plan,
        outcomes: &Outcomes,
        account: &impl Fn(&EmailKey) -> Option<Value>,
        read: &BTreeSet<Container>,
    ) {
        let parts = &mut self.parts;
        let mut claims = Vec::new();
        for fact in parts.agreed.keys().filter(|fact| !is_wanted(roster, fact)) {
            if let Fact::Membership(container, email) = fact {
                let id = match parts.agreed.get(&Fact::Account(email.clone())) {
                    Some(Value::Account(id)) => Some(id.clone()),
                    Some(Value::Present | Value::Access(_) | Value::Name(_)) | None => None,
                };
                claims.push(((container.clone(), email.clone()), id));
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
                claims.push(((desk.into(), email.key().clone()), Some(id)));
            }
        }
        for (place, id) in claims {
            parts.claimed.update(place, |known| *known = id.or(known.take()));
        }
        let seen_there = |place: &(Container, EmailKey), id: &Option<AccountId>| {
            // Somebody else may have the address by now: that account is remembered all the same.
            let is_theirs = match (id, account(&place.1)) {
                (Some(id), Some(Value::Account(now))) => *id == now,
                (_, Some(Value::Present | Value::Account(_) | Value::Access(_) | Value::Name(_)) | None) => true,
            };
            // Once seen there, the fact itself is the memory of it.
            is_theirs
                && roster.lists(&place.1, &place.0)
                && parts
                    .agreed
                    .contains_key(&Fact::Membership(place.0.clone(), place.1.clone()))
        };
        let missed_again = |place: &(Container, EmailKey)| plan.left.contains(place) && parts.missed.contains(place);
        parts
            .claimed
            .retain(|place, id| roster.declares(&place.0) && !missed_again(place) && !seen_there(place, id));
        parts.missed.retain(|(container, _)| !read.contains(container));
        let missed = plan.left.iter().filter(|(container, _)| read.contains(container));
        parts.missed.extend(missed.cloned());
        parts.missed.retain(|place| parts.claimed.contains_key(place));
    }
}
