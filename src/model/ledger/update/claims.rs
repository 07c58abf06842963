//! Claims of `membership: owned`.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::account::AccountId;
use crate::model::container::Container;
use crate::model::email::EmailKey;
use crate::model::ledger::contents::Ledger;
use crate::model::ledger::facts::{Fact, Value, is_declared};
use crate::model::ledger::tracked::Tracked;
use crate::model::outcome::{Outcome, Outcomes};
use crate::model::plan::Plan;
use crate::model::roster::Roster;
use crate::model::step::Action;

impl Ledger {
    /// Claims people the roster no longer lists in a container, and people with an addition of unknown outcome, until
    /// two readings in a row do not show them there.
    pub(super) fn update_claims(
        &mut self,
        roster: &Roster,
        plan: &Plan,
        outcomes: &Outcomes,
        account: &impl Fn(&EmailKey) -> Option<Value>,
        read: &BTreeSet<Container>,
    ) {
        let parts = &mut self.parts;
        let mut claims = Vec::new();
        for fact in parts.agreed.keys().filter(|fact| !is_declared(roster, fact)) {
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
            .filter(|step| outcomes.outcome_of(step.id) == Outcome::Unknown)
        {
            if let Action::AddToDesk { email, desk, .. } = &step.action
                && let Some(Value::Account(id)) = account(email.key())
            {
                claims.push(((desk.into(), email.key().clone()), Some(id)));
            }
        }
        let given_away = separate_reassigned(&mut parts.claimed, &claims, account);
        for (place, id) in claims {
            parts.claimed.update(place, |known| *known = id.or(known.take()));
        }
        // Earlier readings of an e-mail concern the account that had it then.
        let left: BTreeSet<_> = plan.departed.difference(&given_away).collect();
        let seen_there = |place: &ClaimKey| {
            // An agreed fact needs no claim.
            roster.is_listed(&place.1, &place.0)
                && parts
                    .agreed
                    .contains_key(&Fact::Membership(place.0.clone(), place.1.clone()))
        };
        let missed_again = |place: &ClaimKey| left.contains(place) && parts.missed.contains(place);
        parts
            .claimed
            .retain(|place, _| roster.declares(&place.0) && !missed_again(place) && !seen_there(place));
        parts.missed.retain(|(container, _)| !read.contains(container));
        let missed = left.into_iter().filter(|(container, _)| read.contains(container));
        parts.missed.extend(missed.cloned());
        parts.missed.retain(|place| parts.claimed.contains_key(place));
    }
}

/// Key of a claim: a person, by e-mail, in a container.
type ClaimKey = (Container, EmailKey);

/// Moves the claims of an account to a key of its own if its e-mail now belongs to another account, so that the two
/// stay apart. Returns the keys that were moved.
fn separate_reassigned(
    claimed: &mut Tracked<ClaimKey, Option<AccountId>>,
    claims: &[(ClaimKey, Option<AccountId>)],
    account: &impl Fn(&EmailKey) -> Option<Value>,
) -> BTreeSet<ClaimKey> {
    let claims: BTreeMap<&ClaimKey, &AccountId> = claims
        .iter()
        .filter_map(|(place, id)| Some((place, id.as_ref()?)))
        .collect();
    let is_given_away = |(place, id): (&ClaimKey, &Option<AccountId>)| {
        let id = id.as_ref().filter(|id| place.1 != account_claim_key(id))?;
        let has_it_now = matches!(account(&place.1), Some(Value::Account(now)) if now != *id);
        let is_claimed = claims.get(place).is_some_and(|other| *other != id);
        (has_it_now || is_claimed).then(|| (place.clone(), id.clone()))
    };
    let given_away: Vec<_> = claimed.iter().filter_map(is_given_away).collect();
    for (place, id) in &given_away {
        claimed.remove(place);
        claimed.insert((place.0.clone(), account_claim_key(id)), Some(id.clone()));
    }
    given_away.into_iter().map(|(place, _)| place).collect()
}

/// Returns the claim key of an account without an e-mail of its own. No valid e-mail has this form.
fn account_claim_key(id: &AccountId) -> EmailKey {
    EmailKey::from_stored(&format!("account:{}", id.0))
}
