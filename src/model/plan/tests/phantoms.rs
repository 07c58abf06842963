//! Phantoms: accounts on a desk's list that its customer role does not hold.

use super::*;
use crate::model::ledger::Parts;
use crate::model::observed::{RoleReading, Staff};
use crate::model::roster::Membership;

const BOB: &str = "bob@example.com";

/// Returns a site with Bob on SUP's list, and a reading of its customer role.
fn listed(witness: RoleReading) -> Observed {
    let mut observed = with_account(cloud_site(&["SUP"]), account("bob", BOB), &["SUP"]);
    observed.staff.insert(AccountId("bob".into()), Staff::No);
    let desk = desk_mut(&mut observed, "SUP");
    if let RoleReading::Trusted { phantoms } = &witness {
        desk.members.retain(|handle| !phantoms.contains(handle));
    }
    desk.role_reading = witness;
    observed
}

fn believed_without_bob() -> RoleReading {
    RoleReading::Trusted {
        phantoms: [Handle("bob".into())].into(),
    }
}

fn doubted() -> RoleReading {
    RoleReading::Untrusted { reason: "403".into() }
}

/// Returns a ledger in which an applied roster listed Bob on SUP.
fn listed_once() -> Parts {
    let mut parts = Ledger::kept().parts().clone();
    parts.completed.insert(container("SUP"));
    parts.history.applied_counts.insert(container("SUP"), 2);
    parts
        .claimed
        .insert((container("SUP"), email_key(BOB)), Some(AccountId("bob".into())));
    parts
}

fn of(membership: Membership, mut roster: Roster) -> Roster {
    roster.desks.entry(desk_key("SUP")).or_default().membership = membership;
    roster
}

#[test]
fn phantoms_are_noted_and_forgotten() {
    use Membership::{Additive, Exact, Owned};
    let ledger = Ledger::from_parts(listed_once());
    for (membership, noted) in [(Additive, 0), (Owned, 1), (Exact, 1)] {
        let roster = of(membership, roster(&["SUP"], []));
        let plan = |witness| plan(&roster, &listed(witness), &ledger, &Policy::default());
        let off = plan(believed_without_bob());
        assert!(off.steps.is_empty() && off.removal_candidates.is_empty() && off.held.is_empty());
        assert_eq!(off.notes.len(), noted, "{membership:?}");
        assert!(
            off.departed.contains(&(container("SUP"), email_key(BOB))),
            "{membership:?}"
        );
        for witness in [doubted(), RoleReading::NotRead] {
            let there = plan(witness.clone());
            assert_eq!((there.steps.len(), there.notes.len()), (noted, 0), "{membership:?}");
            assert!(there.departed.is_empty());
            // The role must be read once before a removal that rests on the list alone.
            let asks = noted == 1 && witness == RoleReading::NotRead;
            assert_eq!(
                there.desks_with_unread_role.contains(&desk_key("SUP")),
                asks,
                "{membership:?} {witness:?}"
            );
        }
    }
}

/// The role is read when an account appears on the list for the first time, and after an add.
#[test]
fn the_role_is_asked_of_newly_listed_people() {
    let roster = roster(&["SUP"], [customer(BOB, &["SUP"])]);
    let asks = |parts: &Parts, observed: &Observed| {
        let plan = plan(
            &roster,
            observed,
            &Ledger::from_parts(parts.clone()),
            &Policy::default(),
        );
        plan.desks_with_unread_role.contains(&desk_key("SUP"))
    };
    let mut parts = Parts::default();
    assert!(asks(&parts, &listed(RoleReading::NotRead)));
    assert!(!asks(&parts, &listed(doubted())) && !asks(&parts, &listed(believed_without_bob())));
    let fact = Fact::Membership(container("SUP"), email_key(BOB));
    parts.agreed.insert(fact, Value::Present);
    assert!(!asks(&parts, &listed(RoleReading::NotRead)));
    parts
        .accepted_effects
        .insert(Effect::Add(container("SUP"), email_key(BOB)), 1);
    assert!(asks(&parts, &listed(RoleReading::NotRead)));
    let mut data_center = listed(RoleReading::NotRead);
    data_center.site.deployment = Deployment::DataCenter;
    assert!(!asks(&Parts::default(), &data_center), "its list is the role");
}
