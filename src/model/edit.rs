//! What an edit of the roster concerns, so that it costs what changed and not the whole list.

use std::collections::{BTreeMap, BTreeSet};

use super::desk::DeskKey;
use super::email::EmailKey;
use super::observed::Deployment;
use super::roster::{Customer, DeskSpec, Membership, Roster};

/// The part of a roster that an edit concerns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The entries to act on, and the desks they need. An entry that is in here only for a desk that is read whole is
    /// narrowed to such desks.
    pub roster: Roster,
    /// Desks that are new or whose settings changed: to be read whole, because everybody on them is concerned.
    pub whole: BTreeSet<DeskKey>,
    /// Entries that changed, each to be looked up.
    pub people: BTreeSet<EmailKey>,
}

/// What the answers that were lost were about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unsettled {
    /// Entries whose account or membership may have been made.
    pub people: BTreeSet<EmailKey>,
    /// Desks whose access may have been changed.
    pub desks: BTreeSet<DeskKey>,
}

impl Edit {
    /// What differs between the roster that was last brought to Jira and the one wanted now. What is `unsettled` counts
    /// as changed: what became of it is not known. A desk that somebody may have to be taken off is read whole, because
    /// the guards go by how many are on it.
    #[must_use]
    pub fn between(applied: &Roster, wanted: &Roster, unsettled: &Unsettled, deployment: Option<Deployment>) -> Self {
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
        // Whether a pin is shared concerns everybody who has it, and had it.
        let pins_before = pins(applied);
        for (pin, of) in pins(wanted) {
            if pins_before.get(&pin) != Some(&of) {
                people.extend(of);
            }
        }
        whole.extend(left(applied, wanted));
        if deployment != Some(Deployment::DataCenter) {
            // Where a new address is a new account, the old one leaves.
            let changed = people.iter().filter_map(|key| wanted.customers.get(key));
            let moved = changed.filter(|customer| !customer.previously.is_empty());
            whole.extend(moved.flat_map(|customer| customer.desks.iter().cloned()));
        }
        Self {
            roster: part(wanted, &whole, &people),
            whole,
            people,
        }
    }

    /// Whether nothing is to be done.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.whole.is_empty() && self.people.is_empty()
    }
}

/// The desks that somebody left and is to be taken off for it.
fn left(applied: &Roster, wanted: &Roster) -> BTreeSet<DeskKey> {
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

fn part(wanted: &Roster, whole: &BTreeSet<DeskKey>, people: &BTreeSet<EmailKey>) -> Roster {
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
            // Its mode is not read, so it is not managed either.
            spec.access = None;
        }
        if spec.membership == Membership::Exact {
            // Only a full read decides who else has no business there.
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
    use crate::model::fixtures::{customer, email_key, key, named, pausing, pinned, roster, wanting};

    fn between(applied: &Roster, wanted: &Roster) -> Edit {
        Edit::between(applied, wanted, &Unsettled::default(), None)
    }

    fn two(ada: Customer, bob: Customer) -> Roster {
        roster(&["PRIV", "SUP"], [ada, bob])
    }

    #[test]
    fn only_entries_that_changed_are_in_it() {
        let (ada, bob) = (
            customer("ada@example.com", &["SUP"]),
            customer("bob@example.com", &["SUP"]),
        );
        let before = two(ada.clone(), bob.clone());
        assert!(between(&before, &before).is_empty());
        for changed in [
            customer("bob@example.com", &["PRIV", "SUP"]),
            customer("bob@example.com", &[]),
            named("Bob", bob.clone()),
            pinned("b", bob.clone()),
        ] {
            let edit = between(&before, &two(ada.clone(), changed.clone()));
            assert_eq!(edit.people, [email_key("bob@example.com")].into());
            assert_eq!((edit.roster.customers.len(), edit.whole.len()), (1, 0));
            assert_eq!(
                edit.roster.desks.keys().collect::<Vec<_>>(),
                changed.desks.iter().collect::<Vec<_>>()
            );
        }
        let unsettled = Unsettled {
            people: [email_key("ada@example.com")].into(),
            desks: [key("PRIV")].into(),
        };
        let edit = Edit::between(&before, &before, &unsettled, None);
        assert_eq!((edit.people, edit.whole), (unsettled.people, unsettled.desks));
    }

    #[test]
    fn who_left_the_roster_is_not_in_it() {
        let (ada, bob) = (
            customer("ada@example.com", &["SUP"]),
            customer("bob@example.com", &["SUP"]),
        );
        let edit = between(&two(ada.clone(), bob), &roster(&["PRIV", "SUP"], [ada]));
        assert!(edit.is_empty());
    }

    #[test]
    fn a_desk_whose_settings_changed_is_read_whole_with_everybody_on_it() {
        let ada = customer("ada@example.com", &["PRIV", "SUP"]);
        let before = two(ada, customer("bob@example.com", &["SUP"]));
        for after in [
            wanting(Access::Open, "PRIV", before.clone()),
            pausing("PRIV", before.clone()),
        ] {
            let edit = between(&before, &after);
            assert_eq!(edit.whole, [key("PRIV")].into());
            let only = roster(&["PRIV"], [customer("ada@example.com", &["PRIV"])]);
            assert_eq!(edit.roster.customers, only.customers);
        }
    }

    #[test]
    fn the_access_of_a_desk_that_is_not_read_is_not_managed() {
        let managed = |bob| wanting(Access::Open, "SUP", two(customer("ada@example.com", &["SUP"]), bob));
        let edit = between(
            &managed(customer("bob@example.com", &[])),
            &managed(customer("bob@example.com", &["SUP"])),
        );
        assert_eq!(edit.roster.desks[&key("SUP")].access, None);
    }

    #[test]
    fn everybody_who_shares_a_pin_is_concerned_when_that_begins_or_ends() {
        let ada = pinned("x", customer("ada@example.com", &["SUP"]));
        let (alone, sharing) = (
            customer("bob@example.com", &["SUP"]),
            pinned("x", customer("bob@example.com", &["SUP"])),
        );
        let (apart, shared) = (two(ada.clone(), alone), two(ada, sharing));
        for (before, after) in [(&apart, &shared), (&shared, &apart)] {
            assert_eq!(between(before, after).people.len(), 2);
        }
    }

    /// A desk that somebody is to be taken off is read whole, because the guards go by how many are on it.
    #[test]
    fn a_desk_somebody_leaves_is_read_whole_where_that_takes_them_off_it() {
        let (ada, bob) = (
            customer("ada@example.com", &["SUP"]),
            customer("bob@example.com", &["SUP"]),
        );
        let mode = |membership, mut roster: Roster| {
            roster.desks.entry(key("SUP")).or_default().membership = membership;
            roster
        };
        let (both, alone) = (two(ada.clone(), bob.clone()), roster(&["PRIV", "SUP"], [ada.clone()]));
        for (membership, whole) in [
            (Membership::Additive, false),
            (Membership::Owned, true),
            (Membership::Exact, true),
        ] {
            let edit = between(&mode(membership, both.clone()), &mode(membership, alone.clone()));
            assert_eq!(edit.whole.contains(&key("SUP")), whole, "{membership:?}");
            assert_eq!(edit.is_empty(), !whole, "nobody's entry changed");
            // Only a full read decides who else has no business there.
            let spec = edit.roster.desks.get(&key("SUP"));
            assert!(spec.is_none_or(|spec| spec.membership == Membership::Owned));
        }
        // Whose day has come leaves in every mode.
        let mut expired = alone.clone();
        expired.expired.insert(bob.email.key().clone(), bob);
        assert_eq!(between(&both, &expired).whole, [key("SUP")].into());
        // Who was listed elsewhere only, or is listed still, leaves nothing.
        let owned = |roster| mode(Membership::Owned, roster);
        let moved = two(ada, customer("bob@example.com", &["PRIV", "SUP"]));
        assert!(between(&owned(both), &owned(moved)).whole.is_empty());
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
            let edit = Edit::between(&before, &after, &Unsettled::default(), deployment);
            assert_eq!(edit.whole.contains(&key("SUP")), whole, "{deployment:?}");
            assert!(!edit.is_empty());
        }
    }
}
