//! The part of a roster that an edit concerns, so that its cost depends on the change and not on the whole roster.

use std::collections::{BTreeMap, BTreeSet};

use super::desk::DeskKey;
use super::email::EmailKey;
use super::observed::Deployment;
use super::roster::{Customer, DeskSpec, Membership, Roster};

/// The part of a roster that an edit concerns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The entries to act on, and the desks they need. An unchanged entry keeps only its fully read desks.
    pub roster: Roster,
    /// Desks to read completely, because the edit concerns everyone on them: new, changed or losing people.
    pub complete_desks: BTreeSet<DeskKey>,
    /// Changed entries, to be looked up.
    pub people: BTreeSet<EmailKey>,
}

/// Entries and desks that requests with lost responses may have changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UncertainOutcomes {
    /// Entries with possible changes of account or memberships.
    pub people: BTreeSet<EmailKey>,
    /// Desks with a possible change of access mode.
    pub desks: BTreeSet<DeskKey>,
}

impl Edit {
    /// Compares the roster applied last with the one wanted now. `unsettled` entries and desks count as changed,
    /// because their state is unknown. A desk with possible removals is read completely, because the guards need its
    /// size.
    #[must_use]
    pub fn between(
        applied: &Roster,
        wanted: &Roster,
        unsettled: &UncertainOutcomes,
        deployment: Option<Deployment>,
    ) -> Self {
        let changed =
            |(key, spec): &(&DeskKey, _)| unsettled.desks.contains(*key) || applied.desks.get(*key) != Some(*spec);
        let mut whole: BTreeSet<_> = wanted
            .desks
            .iter()
            .filter(changed)
            .map(|(key, _)| key.clone())
            .collect();
        let pins = |roster: &Roster| {
            let mut of: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
            for (key, customer) in &roster.customers {
                if let Some(pin) = &customer.account {
                    of.entry(pin.clone()).or_default().insert(key.clone());
                }
            }
            of
        };
        let mut people: BTreeSet<EmailKey> = wanted
            .customers
            .iter()
            .filter(|(key, customer)| unsettled.people.contains(*key) || applied.customers.get(*key) != Some(*customer))
            .map(|(key, _)| key.clone())
            .collect();
        // Sharing a pin, or no longer sharing it, concerns all its entries.
        let pins_before = pins(applied);
        for (pin, of) in pins(wanted) {
            if pins_before.get(&pin) != Some(&of) {
                people.extend(of);
            }
        }
        whole.extend(desks_with_removals(applied, wanted));
        if deployment != Some(Deployment::DataCenter) {
            // On Cloud a new address is a new account, and the old one is removed.
            let changed = people.iter().filter_map(|key| wanted.customers.get(key));
            let moved = changed.filter(|customer| !customer.previously.is_empty());
            whole.extend(moved.flat_map(|customer| customer.desks.iter().cloned()));
        }
        Self {
            roster: affected_part(wanted, &whole, &people),
            complete_desks: whole,
            people,
        }
    }

    /// Whether the edit concerns nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.complete_desks.is_empty() && self.people.is_empty()
    }
}

/// Returns the desks from which the edit removes people.
fn desks_with_removals(applied: &Roster, wanted: &Roster) -> BTreeSet<DeskKey> {
    let mut desks = BTreeSet::new();
    let before = applied.customers.iter();
    for (email, key) in before.flat_map(|(email, customer)| customer.desks.iter().map(move |key| (email, key))) {
        let lists = |people: &BTreeMap<EmailKey, Customer>| {
            let customer = people.get(email);
            customer.is_some_and(|customer| customer.desks.contains(key))
        };
        let removes = |spec: &DeskSpec| spec.membership != Membership::Additive;
        let is_removed = lists(&wanted.expired) || wanted.desks.get(key).is_some_and(removes);
        if is_removed && wanted.desks.contains_key(key) && !lists(&wanted.customers) {
            desks.insert(key.clone());
        }
    }
    desks
}

fn affected_part(wanted: &Roster, whole: &BTreeSet<DeskKey>, people: &BTreeSet<EmailKey>) -> Roster {
    let concerned = |(key, customer): (&EmailKey, &Customer)| {
        let changed = people.contains(key);
        if !changed && customer.desks.is_disjoint(whole) {
            return None;
        }
        let mut customer = customer.clone();
        customer.desks.retain(|desk| changed || whole.contains(desk));
        Some((key.clone(), customer))
    };
    let customers: BTreeMap<_, _> = wanted.customers.iter().filter_map(concerned).collect();
    let expired: BTreeMap<_, _> = wanted.expired.iter().filter_map(concerned).collect();
    let named: BTreeSet<_> = customers.values().flat_map(|customer| &customer.desks).collect();
    let desks = wanted
        .desks
        .iter()
        .filter(|(key, _)| whole.contains(*key) || named.contains(key));
    let desks = desks.map(|(key, spec)| {
        let mut spec = spec.clone();
        if !whole.contains(key) {
            // Its access mode is not read, so it is not managed.
            spec.access = None;
        }
        if spec.membership == Membership::Exact {
            // Removing unlisted accounts needs a complete reading.
            spec.membership = Membership::Owned;
        }
        (key.clone(), spec)
    });
    Roster {
        desks: desks.collect(),
        customers,
        expired,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::access::Access;
    use crate::model::fixtures::{
        customer, desk_key, email_key, roster, with_access, with_name, with_paused, with_pin,
    };

    fn between(applied: &Roster, wanted: &Roster) -> Edit {
        Edit::between(applied, wanted, &UncertainOutcomes::default(), None)
    }

    fn roster_of_two(ada: Customer, bob: Customer) -> Roster {
        roster(&["PRIV", "SUP"], [ada, bob])
    }

    #[test]
    fn only_entries_that_changed_are_in_it() {
        let (ada, bob) = (
            customer("ada@example.com", &["SUP"]),
            customer("bob@example.com", &["SUP"]),
        );
        let before = roster_of_two(ada.clone(), bob.clone());
        assert!(between(&before, &before).is_empty());
        for changed in [
            customer("bob@example.com", &["PRIV", "SUP"]),
            customer("bob@example.com", &[]),
            with_name("Bob", bob.clone()),
            with_pin("b", bob.clone()),
        ] {
            let edit = between(&before, &roster_of_two(ada.clone(), changed.clone()));
            assert_eq!(edit.people, [email_key("bob@example.com")].into());
            assert_eq!((edit.roster.customers.len(), edit.complete_desks.len()), (1, 0));
            assert_eq!(
                edit.roster.desks.keys().collect::<Vec<_>>(),
                changed.desks.iter().collect::<Vec<_>>()
            );
        }
        let unsettled = UncertainOutcomes {
            people: [email_key("ada@example.com")].into(),
            desks: [desk_key("PRIV")].into(),
        };
        let edit = Edit::between(&before, &before, &unsettled, None);
        assert_eq!((edit.people, edit.complete_desks), (unsettled.people, unsettled.desks));
    }

    #[test]
    fn who_left_the_roster_is_not_in_it() {
        let (ada, bob) = (
            customer("ada@example.com", &["SUP"]),
            customer("bob@example.com", &["SUP"]),
        );
        let edit = between(&roster_of_two(ada.clone(), bob), &roster(&["PRIV", "SUP"], [ada]));
        assert!(edit.is_empty());
    }

    #[test]
    fn a_desk_whose_settings_changed_is_read_whole_with_everybody_on_it() {
        let ada = customer("ada@example.com", &["PRIV", "SUP"]);
        let before = roster_of_two(ada, customer("bob@example.com", &["SUP"]));
        for after in [
            with_access(Access::Open, "PRIV", before.clone()),
            with_paused("PRIV", before.clone()),
        ] {
            let edit = between(&before, &after);
            assert_eq!(edit.complete_desks, [desk_key("PRIV")].into());
            let only = roster(&["PRIV"], [customer("ada@example.com", &["PRIV"])]);
            assert_eq!(edit.roster.customers, only.customers);
        }
    }

    #[test]
    fn the_access_of_a_desk_that_is_not_read_is_not_managed() {
        let managed = |bob| {
            with_access(
                Access::Open,
                "SUP",
                roster_of_two(customer("ada@example.com", &["SUP"]), bob),
            )
        };
        let edit = between(
            &managed(customer("bob@example.com", &[])),
            &managed(customer("bob@example.com", &["SUP"])),
        );
        assert_eq!(edit.roster.desks[&desk_key("SUP")].access, None);
    }

    #[test]
    fn everybody_who_shares_a_pin_is_concerned_when_that_begins_or_ends() {
        let ada = with_pin("x", customer("ada@example.com", &["SUP"]));
        let (alone, sharing) = (
            customer("bob@example.com", &["SUP"]),
            with_pin("x", customer("bob@example.com", &["SUP"])),
        );
        let (apart, shared) = (roster_of_two(ada.clone(), alone), roster_of_two(ada, sharing));
        for (before, after) in [(&apart, &shared), (&shared, &apart)] {
            assert_eq!(between(before, after).people.len(), 2);
        }
    }

    /// A desk with removals is read completely, because the guards need its size.
    #[test]
    fn a_desk_somebody_leaves_is_read_whole_where_that_takes_them_off_it() {
        let (ada, bob) = (
            customer("ada@example.com", &["SUP"]),
            customer("bob@example.com", &["SUP"]),
        );
        let mode = |membership, mut roster: Roster| {
            roster.desks.entry(desk_key("SUP")).or_default().membership = membership;
            roster
        };
        let (both, alone) = (
            roster_of_two(ada.clone(), bob.clone()),
            roster(&["PRIV", "SUP"], [ada.clone()]),
        );
        for (membership, whole) in [
            (Membership::Additive, false),
            (Membership::Owned, true),
            (Membership::Exact, true),
        ] {
            let edit = between(&mode(membership, both.clone()), &mode(membership, alone.clone()));
            assert_eq!(edit.complete_desks.contains(&desk_key("SUP")), whole, "{membership:?}");
            assert_eq!(edit.is_empty(), !whole, "no entry changed");
            // Removing unlisted accounts needs a complete reading.
            let spec = edit.roster.desks.get(&desk_key("SUP"));
            assert!(spec.is_none_or(|spec| spec.membership == Membership::Owned));
        }
        // An expired entry is removed in every mode.
        let mut expired = alone.clone();
        expired.expired.insert(bob.email.key().clone(), bob);
        assert_eq!(between(&both, &expired).complete_desks, [desk_key("SUP")].into());
        // A person who is still listed is removed from no desk.
        let owned = |roster| mode(Membership::Owned, roster);
        let moved = roster_of_two(ada, customer("bob@example.com", &["PRIV", "SUP"]));
        assert!(between(&owned(both), &owned(moved)).complete_desks.is_empty());
    }

    #[test]
    fn where_a_new_address_is_a_new_account_its_desks_are_read_whole() {
        let before = roster(&["SUP"], [customer("old@example.com", &["SUP"])]);
        let mut moved = customer("new@example.com", &["SUP"]);
        moved.previously = vec![crate::model::email::Email::parse("old@example.com").unwrap()];
        let after = roster(&["SUP"], [moved]);
        for (deployment, whole) in [
            (None, true),
            (Some(Deployment::Cloud), true),
            (Some(Deployment::DataCenter), false),
        ] {
            let edit = Edit::between(&before, &after, &UncertainOutcomes::default(), deployment);
            assert_eq!(edit.complete_desks.contains(&desk_key("SUP")), whole, "{deployment:?}");
            assert!(!edit.is_empty());
        }
    }
}
