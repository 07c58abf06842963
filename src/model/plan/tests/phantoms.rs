//! Who is on a desk's list only: the project role of its customers is a witness of that.

use super::*;
use crate::model::ledger::Parts;
use crate::model::observed::{Staff, Witness};
use crate::model::roster::Membership;

const BOB: &str = "bob@example.com";

/// Bob is on SUP's list, with what its role says of him.
fn listed(witness: Witness) -> Observed {
    let mut observed = with(site(&["SUP"]), account("bob", BOB), &["SUP"]);
    observed.staff.insert(AccountId("bob".into()), Staff::No);
    let desk = reading(&mut observed, "SUP");
    if let Witness::Believed { phantoms } = &witness {
        desk.members.retain(|handle| !phantoms.contains(handle));
    }
    desk.witness = witness;
    observed
}

fn seen_off() -> Witness {
    Witness::Believed {
        phantoms: [Handle("bob".into())].into(),
    }
}

fn doubted() -> Witness {
    Witness::Doubted { reason: "403".into() }
}

/// An applied roster listed Bob on SUP.
fn listed_once() -> Parts {
    let mut parts = Ledger::kept().parts().clone();
    parts.completed.insert(container("SUP"));
    parts.history.applied.insert(container("SUP"), 2);
    parts
        .claimed
        .insert((container("SUP"), email_key(BOB)), Some(AccountId("bob".into())));
    parts
}

fn of(membership: Membership, mut roster: Roster) -> Roster {
    roster.desks.entry(key("SUP")).or_default().membership = membership;
    roster
}

#[test]
fn whoever_was_seen_to_be_off_the_desk_is_noted_and_forgotten() {
    use Membership::{Additive, Exact, Owned};
    let ledger = Ledger::restored(listed_once());
    for (membership, noted) in [(Additive, 0), (Owned, 1), (Exact, 1)] {
        let roster = of(membership, roster(&["SUP"], []));
        let plan = |witness| plan(&roster, &listed(witness), &ledger, &Policy::default());
        let off = plan(seen_off());
        assert!(off.steps.is_empty() && off.leavers.is_empty() && off.held.is_empty());
        assert_eq!(off.notes.len(), noted, "{membership:?}");
        assert!(off.left.contains(&(container("SUP"), email_key(BOB))), "{membership:?}");
        for witness in [doubted(), Witness::NotAsked] {
            let there = plan(witness.clone());
            assert_eq!((there.steps.len(), there.notes.len()), (noted, 0), "{membership:?}");
            assert!(there.left.is_empty());
            // The role is to be asked before anybody is removed by the list alone, once.
            let asks = noted == 1 && witness == Witness::NotAsked;
            assert_eq!(
                there.unwitnessed.contains(&key("SUP")),
                asks,
                "{membership:?} {witness:?}"
            );
        }
    }
}

/// The role is asked where the list is the first to say that somebody is on the desk, and after they were added.
#[test]
fn the_role_is_asked_of_newly_listed_people() {
    let roster = roster(&["SUP"], [customer(BOB, &["SUP"])]);
    let asks = |parts: &Parts, observed: &Observed| {
        let plan = plan(&roster, observed, &Ledger::restored(parts.clone()), &Policy::default());
        plan.unwitnessed.contains(&key("SUP"))
    };
    let mut parts = Parts::default();
    assert!(asks(&parts, &listed(Witness::NotAsked)));
    assert!(!asks(&parts, &listed(doubted())) && !asks(&parts, &listed(seen_off())));
    let fact = Fact::Membership(container("SUP"), email_key(BOB));
    parts.agreed.insert(fact, Value::Present);
    assert!(!asks(&parts, &listed(Witness::NotAsked)));
    parts.accepted.insert(Deed::Add(container("SUP"), email_key(BOB)), 1);
    assert!(asks(&parts, &listed(Witness::NotAsked)));
    let mut data_center = listed(Witness::NotAsked);
    data_center.site.deployment = Deployment::DataCenter;
    assert!(!asks(&Parts::default(), &data_center), "its list is the role");
}
