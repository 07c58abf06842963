//! What is remembered of passes: who is claimed, what is complete, what was in vain.

mod agreed;
mod changes;

use super::*;
use crate::model::access::Access;
use crate::model::account::AccountId;
use crate::model::edit::Edit;
use crate::model::email::EmailKey;
use crate::model::fixtures::{account, container, customer, email_key, key, reading, roster, site, wanting, with};
use crate::model::observed::Observed;
use crate::model::outcome::{Outcome, Outcomes, StepEnd, Stopped};
use crate::model::plan::{Plan, plan};
use crate::model::policy::Policy;
use crate::model::roster::{Customer, Membership, Roster};

fn owned(mut roster: Roster) -> Roster {
    roster.desks.entry(key("SUP")).or_default().membership = Membership::Owned;
    roster
}

fn listing(names: &[&str]) -> Roster {
    let email = |name: &&str| format!("{name}@example.com");
    owned(roster(
        &["SUP"],
        names.iter().map(|name| customer(&email(name), &["SUP"])),
    ))
}

/// Everybody named has an account, and is on the desk.
fn there(names: &[&str]) -> Observed {
    let everybody = ["ada", "bob", "eve"].into_iter().chain(names.iter().copied());
    everybody.fold(site(&["SUP"]), |observed, name| {
        let on: &[&str] = if names.contains(&name) { &["SUP"] } else { &[] };
        with(observed, account(name, &format!("{name}@example.com")), on)
    })
}

/// How a pass over the roster ends where each step ends so.
fn ended(plan: &Plan, outcome: Outcome) -> Outcomes {
    let ends = plan.steps.iter().map(|step| (step.id, StepEnd::plain(outcome)));
    Outcomes {
        ends: ends.collect(),
        ..Outcomes::default()
    }
}

fn pass(ledger: &mut Ledger, roster: &Roster, observed: &Observed, outcome: Outcome) {
    let plan = plan(roster, observed, ledger, &Policy::default());
    ledger.fold(roster, &plan, &ended(&plan, outcome));
}

fn listed(ledger: &Ledger) -> Vec<(&str, Option<&str>)> {
    let listed = ledger.listed_on(&container("SUP")).into_iter();
    listed
        .map(|(email, id)| (email.as_str(), id.map(|id| id.0.as_str())))
        .collect()
}

const ADA: (&str, Option<&str>) = ("ada@example.com", Some("ada"));
const BOB: (&str, Option<&str>) = ("bob@example.com", Some("bob"));

#[test]
fn whom_a_roster_listed_is_remembered_until_they_are_off_the_desk() {
    let mut ledger = Ledger::kept();
    pass(
        &mut ledger,
        &listing(&["ada", "bob"]),
        &there(&["ada", "bob"]),
        Outcome::Done,
    );
    assert_eq!(listed(&ledger), [ADA, BOB]);
    // Bob leaves the file, and stays on the desk for a while.
    for _ in 0..2 {
        pass(&mut ledger, &listing(&["ada"]), &there(&["ada", "bob"]), Outcome::Held);
        assert_eq!(listed(&ledger), [ADA, BOB]);
    }
    // Seen to be off it, twice: one reading can miss a row.
    for (on, left) in [
        (&["ada"][..], vec![ADA, BOB]),
        (&["ada", "bob"], vec![ADA, BOB]),
        (&["ada"], vec![ADA, BOB]),
        (&["ada"], vec![ADA]),
    ] {
        pass(&mut ledger, &listing(&["ada"]), &there(on), Outcome::Held);
        assert_eq!(listed(&ledger), left);
    }
}

/// A list may leave out who is deactivated, and an account nobody has asked for may be: neither ends the memory.
#[test]
fn whoever_may_be_deactivated_is_not_seen_to_be_gone() {
    let bob = AccountId("bob".into());
    type Change = fn(&mut Observed, &AccountId);
    let changes: [(Change, bool); 4] = [
        (|_, _| {}, false),
        (
            |observed, bob| observed.accounts.get_mut(bob).unwrap().active = false,
            true,
        ),
        (|observed, bob| drop(observed.accounts.remove(bob)), true),
        (
            |observed, bob| {
                observed.accounts.remove(bob);
                observed.gone.insert(bob.clone());
            },
            false,
        ),
    ];
    for (change, is_remembered) in changes {
        let mut ledger = Ledger::kept();
        let both = listing(&["ada", "bob"]);
        pass(&mut ledger, &both, &there(&["ada", "bob"]), Outcome::Done);
        let mut observed = there(&["ada"]);
        change(&mut observed, &bob);
        for _ in 0..4 {
            pass(&mut ledger, &listing(&["ada"]), &observed, Outcome::Done);
        }
        assert_eq!(listed(&ledger).contains(&BOB), is_remembered);
    }
}

#[test]
fn a_removal_that_jira_accepted_ends_no_memory_before_it_is_seen() {
    let mut ledger = Ledger::kept();
    pass(
        &mut ledger,
        &listing(&["ada", "bob"]),
        &there(&["ada", "bob"]),
        Outcome::Done,
    );
    ledger.history_mut().applied.insert(container("SUP"), 2);
    let mut observed = there(&["ada", "bob"]);
    let bob = AccountId("bob".into());
    observed.staff.insert(bob, crate::model::observed::Staff::No);
    let wanted = listing(&["ada"]);
    let plan = plan(&wanted, &observed, &ledger, &Policy::default());
    assert_eq!(plan.steps.len(), 1);
    for outcome in [Outcome::Failed, Outcome::Unknown, Outcome::Done] {
        let mut ledger = ledger.clone();
        ledger.fold(&wanted, &plan, &ended(&plan, outcome));
        assert_eq!(listed(&ledger), [ADA, BOB], "{outcome:?}");
        for _ in 0..2 {
            pass(&mut ledger, &wanted, &there(&["ada"]), Outcome::Done);
        }
        assert_eq!(listed(&ledger), [ADA], "seen to be off it after {outcome:?}");
    }
}

#[test]
fn whoever_may_have_been_added_is_claimed_and_nobody_who_was_not() {
    let wanted = listing(&["ada"]);
    let mut observed = there(&["ada"]);
    reading(&mut observed, "SUP").members.clear();
    let plan = plan(&wanted, &observed, &Ledger::kept(), &Policy::default());
    for (outcome, claimed) in [
        (Outcome::Unknown, vec![ADA]),
        (Outcome::Failed, vec![]),
        (Outcome::NotAttempted, vec![]),
        (Outcome::Done, vec![ADA]),
    ] {
        let mut ledger = Ledger::kept();
        ledger.fold(&wanted, &plan, &ended(&plan, outcome));
        assert_eq!(listed(&ledger), claimed, "{outcome:?}");
    }
}

#[test]
fn a_desk_that_leaves_the_roster_is_forgotten() {
    let mut ledger = Ledger::kept();
    pass(&mut ledger, &listing(&["ada"]), &there(&["ada"]), Outcome::Done);
    assert!(ledger.parts().completed.contains(&container("SUP")));
    let elsewhere = roster(&["PRIV"], []);
    pass(&mut ledger, &elsewhere, &site(&["PRIV"]), Outcome::Done);
    assert_eq!(listed(&ledger), []);
    assert!(ledger.parts().completed.iter().eq([&container("PRIV")]));
}

#[test]
fn a_pass_that_ended_early_completes_no_desk() {
    let wanted = listing(&["ada"]);
    let plan = plan(&wanted, &there(&["ada"]), &Ledger::kept(), &Policy::default());
    let stopped = Outcomes {
        stopped: Some(Stopped::Asked),
        ..Outcomes::default()
    };
    let mut ledger = Ledger::kept();
    ledger.fold(&wanted, &plan, &stopped);
    assert!(ledger.parts().completed.is_empty());
}

#[test]
fn an_edit_completes_the_desks_it_read_whole_and_leaves_the_rest_as_it_was() {
    let wanted = roster(
        &["PRIV", "SUP"],
        [
            customer("ada@example.com", &["SUP"]),
            customer("bob@example.com", &["PRIV"]),
        ],
    );
    let mut ledger = Ledger::kept();
    let all = with(site(&["PRIV", "SUP"]), account("ada", "ada@example.com"), &["SUP"]);
    let all = with(all, account("bob", "bob@example.com"), &["PRIV"]);
    pass(&mut ledger, &wanted, &all, Outcome::Done);
    let after = wanting(Access::Restricted, "SUP", wanted.clone());
    let edit = Edit::between(&wanted, &after, &crate::model::edit::Unsettled::default(), None);
    let plan = plan(&edit.roster, &there(&["ada"]), &ledger, &Policy::default());
    ledger.parts.completed.clear();
    ledger.fold_edit(&after, &edit, &plan, &Outcomes::default());
    assert!(ledger.parts().completed.iter().eq([&container("SUP")]));
    assert_eq!(
        ledger.agreed(&Fact::Access(key("SUP"))),
        Some(&Value::Access(Access::Restricted))
    );
    let bob = Fact::Membership(container("PRIV"), email_key("bob@example.com"));
    assert_eq!(ledger.agreed(&bob), Some(&Value::Present));
    assert_eq!(
        ledger.known(&email_key("bob@example.com")),
        Some(&AccountId("bob".into()))
    );
}

#[test]
fn what_jira_accepted_twice_is_without_effect_until_somebody_says_otherwise() {
    let wanted = listing(&["ada"]);
    let mut observed = there(&["ada"]);
    reading(&mut observed, "SUP").members.clear();
    let deed = Deed::Add(container("SUP"), email_key("ada@example.com"));
    let mut ledger = Ledger::kept();
    for times in 1..=2 {
        pass(&mut ledger, &wanted, &observed, Outcome::Done);
        assert_eq!(ledger.is_without_effect(&deed), times == 2);
    }
    let again = plan(&wanted, &observed, &ledger, &Policy::default());
    assert_eq!((again.steps.len(), again.held.len()), (0, 1));
    ledger.parts.seat_given = Some("ada".into());
    assert_eq!(ledger.seat_given(), Some("ada"));
    ledger.try_again();
    assert!(!ledger.is_without_effect(&deed));
    assert_eq!(ledger.seat_given(), None);
    assert_eq!(plan(&wanted, &observed, &ledger, &Policy::default()).steps.len(), 1);
    // Once it is seen to be so, nothing is counted any more.
    let mut ledger = Ledger::kept();
    pass(&mut ledger, &wanted, &observed, Outcome::Done);
    pass(&mut ledger, &wanted, &there(&["ada"]), Outcome::Done);
    assert!(ledger.parts().accepted.is_empty());
}

/// What cannot be decided about one person or one fact says nothing about the others.
#[test]
fn what_is_held_about_one_fact_leaves_everybody_else_remembered() {
    let everybody = ["ada", "bob", "eve"];
    let unreadable_access = |observed: &mut Observed| {
        reading(observed, "SUP").access = crate::model::observed::AccessReading::Unreadable { reason: "404".into() };
    };
    // Somebody on the list would leave, and hides their address.
    let hidden_leaver = |observed: &mut Observed| {
        let hidden = crate::model::account::Account {
            email: None,
            ..account("x", "")
        };
        *observed = with(observed.clone(), hidden, &["SUP"]);
    };
    for case in ["the access mode cannot be read", "a stranger hides the address"] {
        let mut wanted = wanting(Access::Restricted, "SUP", listing(&everybody));
        let mut observed = there(&everybody);
        if case.starts_with("a stranger") {
            wanted.desks.entry(key("SUP")).or_default().membership = Membership::Exact;
            hidden_leaver(&mut observed);
        } else {
            unreadable_access(&mut observed);
        }
        let mut ledger = Ledger::kept();
        let held = plan(&wanted, &observed, &ledger, &Policy::default()).held.len();
        assert_eq!(held, 1, "{case}");
        pass(&mut ledger, &wanted, &observed, Outcome::Done);
        assert_eq!(listed(&ledger).len(), 3, "{case}");
        assert!(ledger.parts().completed.contains(&container("SUP")), "{case}");
    }
    // The one who is held is not among them.
    let mut observed = there(&everybody);
    observed = with(observed, account("bob2", "bob@example.com"), &[]);
    let mut ledger = Ledger::kept();
    pass(&mut ledger, &listing(&everybody), &observed, Outcome::Done);
    let emails: Vec<_> = listed(&ledger).into_iter().map(|(email, _)| email).collect();
    assert_eq!(emails, ["ada@example.com", "eve@example.com"]);
}

#[test]
fn what_is_held_or_paused_was_not_seen_in_agreement() {
    let mut ledger = Ledger::kept();
    let wanted = listing(&["ada"]);
    let mut gone = site(&["SUP"]);
    gone.desks
        .insert(key("SUP"), crate::model::observed::DeskReading::Missing);
    pass(&mut ledger, &wanted, &gone, Outcome::Done);
    assert_eq!(listed(&ledger), []);
    assert!(ledger.parts().completed.is_empty());
    let paused = crate::model::fixtures::pausing("SUP", wanted);
    let mut observed = there(&["ada"]);
    reading(&mut observed, "SUP").members.clear();
    pass(&mut ledger, &paused, &observed, Outcome::Done);
    assert_eq!(listed(&ledger), []);
}

/// The address of one went over to another, and the roster listed both, one after the other.
#[test]
fn two_who_had_one_address_are_remembered_each_by_itself() {
    let on_desk = |first: &[&str], second: &[&str]| {
        let observed = with(site(&["SUP"]), account("ada", "ada@example.com"), &["SUP"]);
        let observed = with(observed, account("bob", "old@example.com"), first);
        with(observed, account("new", "bob@example.com"), second)
    };
    let leaving = |ledger: &Ledger, observed: &Observed| {
        let plan = plan(&listing(&["ada"]), observed, ledger, &Policy::default());
        let handles = plan.leavers.into_iter().map(|leaver| leaver.handle.0);
        handles.collect::<Vec<_>>()
    };
    let (with_bob, without, sup) = (listing(&["ada", "bob"]), listing(&["ada"]), &["SUP"][..]);
    let mut ledger = Ledger::kept();
    ledger.history_mut().applied.insert(container("SUP"), 2);
    pass(&mut ledger, &with_bob, &there(&["ada", "bob"]), Outcome::Done);
    pass(&mut ledger, &without, &there(&["ada", "bob"]), Outcome::Held);
    pass(&mut ledger, &with_bob, &on_desk(sup, sup), Outcome::Held);
    let new = ("bob@example.com", Some("new"));
    assert_eq!(listed(&ledger), [("account:bob", Some("bob")), ADA, new]);
    assert_eq!(leaving(&ledger, &on_desk(sup, sup)), ["bob", "new"]);
    // The first was seen to be off the desk, twice, when the second leaves the file as well.
    for _ in 0..2 {
        pass(&mut ledger, &with_bob, &on_desk(&[], sup), Outcome::Held);
    }
    assert_eq!(listed(&ledger), [ADA, new]);
    pass(&mut ledger, &without, &on_desk(&[], sup), Outcome::Held);
    assert_eq!(leaving(&ledger, &on_desk(&[], sup)), ["new"]);
    for _ in 0..2 {
        pass(&mut ledger, &without, &on_desk(&[], &[]), Outcome::Held);
    }
    assert_eq!(listed(&ledger), [ADA]);
}

/// What was missed is the first one, who is off the desk; the second is on it.
#[test]
fn what_was_missed_of_one_says_nothing_of_the_next_with_the_same_address() {
    let (with_bob, without) = (listing(&["ada", "bob"]), listing(&["ada"]));
    let on_desk = |first: &[&str]| {
        let observed = with(site(&["SUP"]), account("ada", "ada@example.com"), &["SUP"]);
        let observed = with(observed, account("bob", "old@example.com"), first);
        with(observed, account("new", "bob@example.com"), &["SUP"])
    };
    let mut ledger = Ledger::kept();
    ledger.history_mut().applied.insert(container("SUP"), 2);
    pass(&mut ledger, &with_bob, &there(&["ada", "bob"]), Outcome::Done);
    pass(&mut ledger, &without, &there(&["ada", "bob"]), Outcome::Held);
    pass(&mut ledger, &with_bob, &on_desk(&["SUP"]), Outcome::Held);
    pass(&mut ledger, &with_bob, &on_desk(&[]), Outcome::Held);
    pass(&mut ledger, &without, &on_desk(&[]), Outcome::Held);
    let plan = plan(&without, &on_desk(&[]), &ledger, &Policy::default());
    let handles: Vec<_> = plan.leavers.iter().map(|leaver| leaver.handle.0.as_str()).collect();
    assert_eq!(handles, ["new"], "{:?}", listed(&ledger));
}
