//! Whom `membership: owned` goes on remembering.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::account::AccountId;
use crate::model::container::Container;
use crate::model::email::EmailKey;
use crate::model::ledger::facts::{Fact, Value, is_wanted};
use crate::model::ledger::memory::Ledger;
use crate::model::ledger::tracked::Tracked;
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
        let given_away = give_way(&mut parts.claimed, &claims, account);
        for (place, id) in claims {
            parts.claimed.update(place, |known| *known = id.or(known.take()));
        }
        // What was seen there of an address is of the account that had it.
        let left: BTreeSet<_> = plan.left.difference(&given_away).collect();
        let seen_there = |place: &Place| {
            // Once seen there, the fact itself is the memory of it.
            roster.lists(&place.1, &place.0)
                && parts
                    .agreed
                    .contains_key(&Fact::Membership(place.0.clone(), place.1.clone()))
        };
        let missed_again = |place: &Place| left.contains(place) && parts.missed.contains(place);
        parts
            .claimed
            .retain(|place, _| roster.declares(&place.0) && !missed_again(place) && !seen_there(place));
        parts.missed.retain(|(container, _)| !read.contains(container));
        let missed = left.into_iter().filter(|(container, _)| read.contains(container));
        parts.missed.extend(missed.cloned());
        parts.missed.retain(|place| parts.claimed.contains_key(place));
    }
}

/// Who is where, as it is remembered: by address, with the account where it is known.
type Place = (Container, EmailKey);

/// An account whose address somebody else has by now is remembered by itself, so that what is remembered of the one says
/// nothing of the other. Which places that was about.
fn give_way(
    claimed: &mut Tracked<Place, Option<AccountId>>,
    claims: &[(Place, Option<AccountId>)],
    account: &impl Fn(&EmailKey) -> Option<Value>,
) -> BTreeSet<Place> {
    let claims: BTreeMap<&Place, &AccountId> = claims
        .iter()
        .filter_map(|(place, id)| Some((place, id.as_ref()?)))
        .collect();
    let is_given_away = |(place, id): (&Place, &Option<AccountId>)| {
        let id = id.as_ref().filter(|id| place.1 != by_itself(id))?;
        let has_it_now = matches!(account(&place.1), Some(Value::Account(now)) if now != *id);
        let is_claimed = claims.get(place).is_some_and(|other| *other != id);
        (has_it_now || is_claimed).then(|| (place.clone(), id.clone()))
    };
    let given_away: Vec<_> = claimed.iter().filter_map(is_given_away).collect();
    for (place, id) in &given_away {
        claimed.remove(place);
        claimed.insert((place.0.clone(), by_itself(id)), Some(id.clone()));
    }
    given_away.into_iter().map(|(place, _)| place).collect()
}

/// Stands for an account where an address is asked for. No address is spelled so.
fn by_itself(id: &AccountId) -> EmailKey {
    EmailKey::restored(&format!("account:{}", id.0))
}
