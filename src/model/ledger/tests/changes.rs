//! Which parts of a ledger a save has to write, and when two ledgers are equal.

use jiff::civil::date;

use super::*;
use crate::model::ledger::contents::Parts;
use crate::model::ledger::effects::Effect;
use crate::model::ledger::facts::{Fact, Value};

/// Changes one part of a ledger.
type Change = fn(&mut Parts);

/// Returns each part of a ledger by name, with a change of it alone.
fn changes() -> Vec<(&'static str, Change)> {
    vec![
        ("completed", |parts| {
            parts.completed.insert(container("OPS"));
        }),
        ("agreed", |parts| {
            parts.agreed.insert(Fact::Access(desk_key("OPS")), Value::Present);
        }),
        ("refused", |parts| {
            parts.refused_creates.insert(email_key("ada@example.com"), vec![]);
        }),
        ("claimed", |parts| {
            let claim = (container("OPS"), email_key("ada@example.com"));
            parts.claimed.insert(claim, None);
        }),
        ("missed", |parts| {
            parts.missed.insert((container("OPS"), email_key("ada@example.com")));
        }),
        ("accepted", |parts| {
            parts
                .accepted_effects
                .insert(Effect::Access(desk_key("OPS"), Access::Open), 1);
        }),
        ("history", |parts| {
            parts.history.applied_counts.insert(container("OPS"), 7);
        }),
        ("seat_given", |parts| parts.seat_given = Some("ada".into())),
        ("until_came", |parts| parts.until_came = Some(date(2026, 11, 28))),
    ]
}

#[test]
fn each_part_alone_makes_a_ledger_different_and_to_be_saved() {
    for (part, change) in changes() {
        let mut ledger = Ledger::kept();
        ledger.mark_saved();
        let before = ledger.clone();
        assert!(!ledger.is_changed() && ledger == before, "{part}");
        change(&mut ledger.parts);
        assert!(ledger.is_changed(), "{part}");
        assert_ne!(ledger, before, "{part}");
        ledger.mark_saved();
        assert!(!ledger.is_changed(), "{part}");
    }
    assert_ne!(Ledger::not_kept(), Ledger::kept(), "one of them is kept");
}

#[test]
fn a_set_that_was_written_is_written_whole_no_more() {
    let mut ledger = Ledger::kept();
    ledger.parts.completed = [container("SUP")].into();
    assert!(ledger.parts().completed.replaces_saved());
    ledger.mark_saved();
    ledger.parts.completed.insert(container("OPS"));
    assert!(!ledger.parts().completed.replaces_saved());
    let mut containers = Vec::new();
    for container in &ledger.parts().completed {
        containers.push(container.clone());
    }
    assert_eq!(containers, [container("OPS"), container("SUP")]);
}

/// One edit adds somebody and the next takes them off again: the addition is not counted as one without effect, and neither
/// is the removal once they are added again.
#[test]
fn the_opposite_that_was_done_ends_the_count_of_what_was_accepted() {
    let add = Effect::Add(container("SUP"), email_key("bob@example.com"));
    let remove = Effect::Remove(container("SUP"), AccountId("bob".into()));
    let mut on_desk = there(&["ada", "bob"]);
    on_desk
        .staff
        .insert(AccountId("bob".into()), crate::model::observed::Staff::No);
    let off_desk = there(&["ada"]);
    let (with_bob, without) = (listing(&["ada", "bob"]), listing(&["ada"]));
    let mut ledger = Ledger::kept();
    ledger.history_mut().applied_counts.insert(container("SUP"), 2);
    let unsettled = crate::model::edit::UncertainOutcomes::default();
    let edit_to = |before: &Roster, after: &Roster, observed: &Observed, ledger: &mut Ledger| {
        let edit = Edit::between(before, after, &unsettled, None);
        let plan = plan(&edit.roster, observed, ledger, &Policy::default());
        assert_eq!(plan.steps.len(), 1);
        ledger.fold_edit(after, &edit, &plan, &ended(&plan, Outcome::Done));
    };
    edit_to(&without, &with_bob, &off_desk, &mut ledger);
    assert_eq!(ledger.parts().accepted_effects.get(&add), Some(&1));
    edit_to(&with_bob, &without, &on_desk, &mut ledger);
    assert_eq!(ledger.parts().accepted_effects.get(&add), None);
    assert_eq!(ledger.parts().accepted_effects.get(&remove), Some(&1));
    edit_to(&without, &with_bob, &off_desk, &mut ledger);
    assert_eq!(ledger.parts().accepted_effects.get(&remove), None);
}
