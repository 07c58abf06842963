//! Claims, completed desks and ineffective changes.

mod agreed;
mod changes;

use super::*;
use crate::model::access::Access;
use crate::model::account::AccountId;
use crate::model::edit::Edit;
use crate::model::email::EmailKey;
use crate::model::fixtures::{
    account, cloud_site, container, customer, desk_key, desk_mut, email_key, roster, with_access, with_account,
};
use crate::model::observed::Observed;
use crate::model::outcome::{Outcome, Outcomes, StepResult, StopReason};
use crate::model::plan::{Plan, plan};
use crate::model::policy::Policy;
use crate::model::roster::{Customer, Membership, Roster};

fn owned(mut roster: Roster) -> Roster {
    roster.desks.entry(desk_key("SUP")).or_default().membership = Membership::Owned;
    roster
}

fn listing(names: &[&str]) -> Roster {
    let email = |name: &&str| format!("{name}@example.com");
    owned(roster(
        &["SUP"],
        names.iter().map(|name| customer(&email(name), &["SUP"])),
    ))
}

/// Returns a site where everyone has an account, and those named are on the desk.
fn there(names: &[&str]) -> Observed {
    let everybody = ["ada", "bob", "eve"].into_iter().chain(names.iter().copied());
    everybody.fold(cloud_site(&["SUP"]), |observed, name| {
        let on: &[&str] = if names.contains(&name) { &["SUP"] } else { &[] };
        with_account(observed, account(name, &format!("{name}@example.com")), on)
    })
}

/// Returns outcomes where each step ends with `outcome`.
fn ended(plan: &Plan, outcome: Outcome) -> Outcomes {
    let ends = plan
        .steps
        .iter()
        .map(|step| (step.id, StepResult::from_outcome(outcome)));
    Outcomes {
        results: ends.collect(),
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
fn a_claim_lasts_until_the_person_is_off_the_desk() {
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
    // Missing from two readings in a row: a single one can miss a row.
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

/// A list may omit deactivated accounts, and an account that was not read may be deactivated: neither ends a claim.
#[test]
fn possibly_deactivated_accounts_keep_their_claims() {
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
                observed.missing_accounts.insert(bob.clone());
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
    ledger.history_mut().applied_counts.insert(container("SUP"), 2);
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
        assert_eq!(listed(&ledger), [ADA], "off the desk after {outcome:?}");
    }
}

#[test]
fn only_possible_additions_are_claimed() {
    let wanted = listing(&["ada"]);
    let mut observed = there(&["ada"]);
    desk_mut(&mut observed, "SUP").members.clear();
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
    pass(&mut ledger, &elsewhere, &cloud_site(&["PRIV"]), Outcome::Done);
    assert_eq!(listed(&ledger), []);
    assert!(ledger.parts().completed.iter().eq([&container("PRIV")]));
}

#[test]
fn a_pass_that_ended_early_completes_no_desk() {
    let wanted = listing(&["ada"]);
    let plan = plan(&wanted, &there(&["ada"]), &Ledger::kept(), &Policy::default());
    let stopped = Outcomes {
        stopped: Some(StopReason::Requested),
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
    let all = with_account(
        cloud_site(&["PRIV", "SUP"]),
        account("ada", "ada@example.com"),
        &["SUP"],
    );
    let all = with_account(all, account("bob", "bob@example.com"), &["PRIV"]);
    pass(&mut ledger, &wanted, &all, Outcome::Done);
    let after = with_access(Access::Restricted, "SUP", wanted.clone());
    let edit = Edit::between(&wanted, &after, &crate::model::edit::UncertainOutcomes::default(), None);
    let plan = plan(&edit.roster, &there(&["ada"]), &ledger, &Policy::default());
    ledger.parts.completed.clear();
    ledger.fold_edit(&after, &edit, &plan, &Outcomes::default());
    assert!(ledger.parts().completed.iter().eq([&container("SUP")]));
    assert_eq!(
        ledger.agreed_value(&Fact::Access(desk_key("SUP"))),
        Some(&Value::Access(Access::Restricted))
    );
    let bob = Fact::Membership(container("PRIV"), email_key("bob@example.com"));
    assert_eq!(ledger.agreed_value(&bob), Some(&Value::Present));
    assert_eq!(
        ledger.known_account(&email_key("bob@example.com")),
        Some(&AccountId("bob".into()))
    );
}

#[test]
fn what_jira_accepted_twice_is_without_effect_until_somebody_says_otherwise() {
    let wanted = listing(&["ada"]);
    let mut observed = there(&["ada"]);
    desk_mut(&mut observed, "SUP").members.clear();
    let effect = Effect::Add(container("SUP"), email_key("ada@example.com"));
    let mut ledger = Ledger::kept();
    for times in 1..=2 {
        pass(&mut ledger, &wanted, &observed, Outcome::Done);
        assert_eq!(ledger.is_ineffective(&effect), times == 2);
    }
    let again = plan(&wanted, &observed, &ledger, &Policy::default());
    assert_eq!((again.steps.len(), again.held.len()), (0, 1));
    ledger.parts.seat_given = Some("ada".into());
    assert_eq!(ledger.seat_given(), Some("ada"));
    ledger.reset_ineffective();
    assert!(!ledger.is_ineffective(&effect));
    assert_eq!(ledger.seat_given(), None);
    assert_eq!(plan(&wanted, &observed, &ledger, &Policy::default()).steps.len(), 1);
    // Once the effect is observed, the count is dropped.
    let mut ledger = Ledger::kept();
    pass(&mut ledger, &wanted, &observed, Outcome::Done);
    pass(&mut ledger, &wanted, &there(&["ada"]), Outcome::Done);
    assert!(ledger.parts().accepted_effects.is_empty());
}

/// An undecided person or fact does not affect the others.
#[test]
fn what_is_held_about_one_fact_leaves_everybody_else_remembered() {
    let everybody = ["ada", "bob", "eve"];
    let unreadable_access = |observed: &mut Observed| {
        desk_mut(observed, "SUP").access = crate::model::observed::AccessReading::Unreadable { reason: "404".into() };
    };
    // A removal candidate on the list with a hidden e-mail.
    let hidden_leaver = |observed: &mut Observed| {
        let hidden = crate::model::account::Account {
            email: None,
            ..account("x", "")
        };
        *observed = with_account(observed.clone(), hidden, &["SUP"]);
    };
    for case in ["the access mode cannot be read", "a stranger hides the address"] {
        let mut wanted = with_access(Access::Restricted, "SUP", listing(&everybody));
        let mut observed = there(&everybody);
        if case.starts_with("a stranger") {
            wanted.desks.entry(desk_key("SUP")).or_default().membership = Membership::Exact;
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
    // The held person is not among them.
    let mut observed = there(&everybody);
    observed = with_account(observed, account("bob2", "bob@example.com"), &[]);
    let mut ledger = Ledger::kept();
    pass(&mut ledger, &listing(&everybody), &observed, Outcome::Done);
    let emails: Vec<_> = listed(&ledger).into_iter().map(|(email, _)| email).collect();
    assert_eq!(emails, ["ada@example.com", "eve@example.com"]);
}

#[test]
fn what_is_held_or_paused_was_not_seen_in_agreement() {
    let mut ledger = Ledger::kept();
    let wanted = listing(&["ada"]);
    let mut gone = cloud_site(&["SUP"]);
    gone.desks
        .insert(desk_key("SUP"), crate::model::observed::DeskReading::Missing);
    pass(&mut ledger, &wanted, &gone, Outcome::Done);
    assert_eq!(listed(&ledger), []);
    assert!(ledger.parts().completed.is_empty());
    let paused = crate::model::fixtures::with_paused("SUP", wanted);
    let mut observed = there(&["ada"]);
    desk_mut(&mut observed, "SUP").members.clear();
    pass(&mut ledger, &paused, &observed, Outcome::Done);
    assert_eq!(listed(&ledger), []);
}

/// One e-mail passed from one account to another, and the roster listed both, one after the other.
#[test]
fn two_who_had_one_address_are_remembered_each_by_itself() {
    let on_desk = |first: &[&str], second: &[&str]| {
        let observed = with_account(cloud_site(&["SUP"]), account("ada", "ada@example.com"), &["SUP"]);
        let observed = with_account(observed, account("bob", "old@example.com"), first);
        with_account(observed, account("new", "bob@example.com"), second)
    };
    let leaving = |ledger: &Ledger, observed: &Observed| {
        let plan = plan(&listing(&["ada"]), observed, ledger, &Policy::default());
        let handles = plan.removal_candidates.into_iter().map(|candidate| candidate.handle.0);
        handles.collect::<Vec<_>>()
    };
    let (with_bob, without, sup) = (listing(&["ada", "bob"]), listing(&["ada"]), &["SUP"][..]);
    let mut ledger = Ledger::kept();
    ledger.history_mut().applied_counts.insert(container("SUP"), 2);
    pass(&mut ledger, &with_bob, &there(&["ada", "bob"]), Outcome::Done);
    pass(&mut ledger, &without, &there(&["ada", "bob"]), Outcome::Held);
    pass(&mut ledger, &with_bob, &on_desk(sup, sup), Outcome::Held);
    let new = ("bob@example.com", Some("new"));
    assert_eq!(listed(&ledger), [("account:bob", Some("bob")), ADA, new]);
    assert_eq!(leaving(&ledger, &on_desk(sup, sup)), ["bob", "new"]);
    // The first is missing from two readings, then the second leaves the file too.
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

/// The missed account is the first one, which is off the desk; the second is on it.
#[test]
fn what_was_missed_of_one_says_nothing_of_the_next_with_the_same_address() {
    let (with_bob, without) = (listing(&["ada", "bob"]), listing(&["ada"]));
    let on_desk = |first: &[&str]| {
        let observed = with_account(cloud_site(&["SUP"]), account("ada", "ada@example.com"), &["SUP"]);
        let observed = with_account(observed, account("bob", "old@example.com"), first);
        with_account(observed, account("new", "bob@example.com"), &["SUP"])
    };
    let mut ledger = Ledger::kept();
    ledger.history_mut().applied_counts.insert(container("SUP"), 2);
    pass(&mut ledger, &with_bob, &there(&["ada", "bob"]), Outcome::Done);
    pass(&mut ledger, &without, &there(&["ada", "bob"]), Outcome::Held);
    pass(&mut ledger, &with_bob, &on_desk(&["SUP"]), Outcome::Held);
    pass(&mut ledger, &with_bob, &on_desk(&[]), Outcome::Held);
    pass(&mut ledger, &without, &on_desk(&[]), Outcome::Held);
    let plan = plan(&without, &on_desk(&[]), &ledger, &Policy::default());
    let handles: Vec<_> = plan
        .removal_candidates
        .iter()
        .map(|candidate| candidate.handle.0.as_str())
        .collect();
    assert_eq!(handles, ["new"], "{:?}", listed(&ledger));
}
