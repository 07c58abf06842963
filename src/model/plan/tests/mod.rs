//! Tests of the planner: a table of its rules, and its counts.

mod asking;
mod leaving;
mod people;
mod phantoms;

use std::fmt::Write as _;

use super::*;
use crate::model::access::Access;
use crate::model::account::{Account, AccountId, AccountKind, Handle};
use crate::model::calls::{Call, calls};
use crate::model::desk::DeskKey;
use crate::model::email::{Email, EmailKey};
use crate::model::fixtures::*;
use crate::model::held::{HeldReason, IneffectiveChange};
use crate::model::ledger::{Effect, Fact, Ledger, Value};
use crate::model::observed::{AccessReading, Deployment, DeskReading, Lookup, Observed, ProjectRoleMembers};
use crate::model::outcome::{Outcome, Outcomes, StepResult};
use crate::model::policy::Policy;
use crate::model::roster::Roster;
use crate::model::step::{Action, Cause, StepId};

fn planned(roster: &Roster, observed: &Observed) -> Plan {
    plan(roster, observed, &Ledger::not_kept(), &Policy::default())
}

fn in_words(plan: &Plan) -> String {
    let mut words: Vec<String> = plan.steps.iter().map(ToString::to_string).collect();
    words.extend(plan.paused.iter().map(|step| format!("(paused) {step}")));
    words.extend(plan.held.iter().map(|held| {
        let subject = held.email.as_ref().map(ToString::to_string);
        let subject = subject
            .or(held.desk.as_ref().map(ToString::to_string))
            .unwrap_or_default();
        format!("hold {subject}: {}", held.reason)
    }));
    words.extend(plan.notes.iter().map(|note| {
        let desk = note.desk.as_ref().map(|desk| format!(" on {desk}"));
        format!("note {}{}: {:?}", note.account, desk.unwrap_or_default(), note.kind)
    }));
    words.extend(
        plan.removal_candidates
            .iter()
            .map(|candidate| format!("ask {} on {}", candidate.handle, candidate.container)),
    );
    words.join("; ")
}

/// A state of Ada's account: its name, whether a desk's list can hold it, and how to set it up on some desks.
type State = (&'static str, bool, fn(Observed, &[&str]) -> Observed);

fn states() -> Vec<State> {
    vec![
        ("no account", false, |observed, _| observed),
        ("a customer", true, |observed, desks| {
            with_account(observed, account("1", "Ada@Example.com"), desks)
        }),
        ("a person", true, |observed, desks| {
            let person = Account {
                kind: AccountKind::Person,
                ..account("1", "ada@example.com")
            };
            with_account(observed, person, desks)
        }),
        ("deactivated", true, |mut observed, desks| {
            observed.lookups.insert(email_key("ada@example.com"), Lookup::Absent);
            with_account(
                observed,
                Account {
                    active: false,
                    ..account("1", "ada@example.com")
                },
                desks,
            )
        }),
        ("an app's", true, |observed, desks| {
            with_account(
                observed,
                Account {
                    kind: AccountKind::App,
                    ..account("1", "ada@example.com")
                },
                desks,
            )
        }),
        ("two accounts", true, |observed, desks| {
            let observed = with_account(observed, account("1", "ada@example.com"), desks);
            with_account(observed, account("2", "ada@example.com"), &[])
        }),
        ("one active, one not", true, |observed, desks| {
            let observed = with_account(observed, account("1", "ada@example.com"), desks);
            with_account(
                observed,
                Account {
                    active: false,
                    ..account("2", "ada@example.com")
                },
                &[],
            )
        }),
        ("a hidden e-mail", true, |mut observed, desks| {
            let hidden = Account {
                email: None,
                ..account("1", "")
            };
            observed
                .lookups
                .insert(email_key("ada@example.com"), Lookup::Hidden(vec![hidden.id.clone()]));
            with_account(observed, hidden, desks)
        }),
    ]
}

#[test]
fn every_state_of_an_account_on_every_kind_of_desk() {
    let wanted = roster(&["SUP"], [customer("ada@example.com", &["SUP"])]);
    let paused = with_paused("SUP", wanted.clone());
    let mut table = String::new();
    for (state, listable, arrange) in states() {
        for on in [false, true] {
            if on && !listable {
                continue;
            }
            let desks: &[&str] = if on { &["SUP"] } else { &[] };
            for (desk, roster) in [("managed", &wanted), ("paused", &paused)] {
                let plan = planned(roster, &arrange(cloud_site(&["SUP"]), desks));
                let place = if on { "on" } else { "off" };
                writeln!(table, "{state:19} | {place:3} | {desk:7} | {}", in_words(&plan)).unwrap();
            }
        }
    }
    insta::assert_snapshot!(table);
}

#[test]
fn what_a_pin_settles() {
    let pin = |handle| roster(&["SUP"], [with_pin(handle, customer("ada@example.com", &["SUP"]))]);
    let asked = |handle: &str| {
        let mut observed = cloud_site(&["SUP"]);
        observed.pins.insert(Handle(handle.into()), None);
        observed
    };
    let hidden = Account {
        email: None,
        ..account("1", "")
    };
    let two = with_account(
        with_account(cloud_site(&["SUP"]), account("1", "ada@example.com"), &[]),
        account("2", "ada@example.com"),
        &[],
    );
    for (case, observed, expected) in [
        (
            "the account hides its e-mail",
            with_account(cloud_site(&["SUP"]), hidden, &[]),
            "add ada@example.com to SUP",
        ),
        ("two have the e-mail", two, "add ada@example.com to SUP"),
        (
            "no such account",
            asked("1"),
            "hold ada@example.com: Jira has no account 1",
        ),
        (
            "it shows another e-mail",
            with_account(cloud_site(&["SUP"]), account("1", "grace@example.com"), &[]),
            "hold ada@example.com: account 1 shows another e-mail",
        ),
        (
            "it is deactivated",
            with_account(
                cloud_site(&["SUP"]),
                Account {
                    active: false,
                    ..account("1", "ada@example.com")
                },
                &[],
            ),
            "hold ada@example.com: the account is deactivated",
        ),
    ] {
        assert_eq!(in_words(&planned(&pin("1"), &observed)), expected, "{case}");
    }
}

#[test]
fn two_entries_cannot_share_a_pin() {
    let entries = [
        with_pin("1", customer("ada@example.com", &[])),
        with_pin("1", customer("bob@example.com", &[])),
    ];
    let plan = planned(&roster(&[], entries), &cloud_site(&[]));
    assert_eq!(plan.held.len(), 2);
    assert!(plan.steps.is_empty());
}

#[test]
fn what_has_to_be_asked() {
    let entries = [
        customer("ada@example.com", &["SUP"]),
        customer("bob@example.com", &["SUP"]),
        with_pin("7", customer("eve@example.com", &["SUP"])),
    ];
    let roster = roster(&["SUP"], entries);
    let bob = Account {
        kind: AccountKind::Person,
        ..account("2", "bob@example.com")
    };
    let mut observed = with_account(cloud_site(&["SUP"]), bob, &[]);
    desk_mut(&mut observed, "SUP").project_roles = None;
    let asked = questions(&roster, &observed, &Ledger::not_kept());
    assert_eq!(
        asked.emails.iter().map(Email::as_str).collect::<Vec<_>>(),
        ["ada@example.com"]
    );
    assert_eq!(asked.pins.iter().map(|pin| pin.0.as_str()).collect::<Vec<_>>(), ["7"]);
    assert_eq!(
        asked.project_roles.iter().map(DeskKey::as_str).collect::<Vec<_>>(),
        ["SUP"]
    );

    observed.lookups.insert(email_key("ada@example.com"), Lookup::Absent);
    observed.pins.insert(Handle("7".into()), None);
    desk_mut(&mut observed, "SUP").project_roles = Some(ProjectRoleMembers {
        members: [Handle("2".into())].into(),
        ..ProjectRoleMembers::default()
    });
    assert!(questions(&roster, &observed, &Ledger::not_kept()).is_empty());
    let plan = planned(&roster, &observed);
    let expected = "create ada@example.com; add ada@example.com to SUP; hold eve@example.com: Jira has no account 7";
    assert_eq!(
        in_words(&plan),
        expected,
        "bob is an agent of the desk, so he has access already"
    );
}

#[test]
fn a_deactivated_member_may_have_a_successor() {
    let roster = roster(&["SUP"], [customer("ada@example.com", &["SUP"])]);
    let gone = Account {
        active: false,
        ..account("1", "ada@example.com")
    };
    let mut observed = with_account(cloud_site(&["SUP"]), gone, &["SUP"]);
    assert_eq!(questions(&roster, &observed, &Ledger::not_kept()).emails.len(), 1);
    observed
        .lookups
        .insert(email_key("ada@example.com"), Lookup::Found(AccountId("2".into())));
    let observed = with_account(observed, account("2", "ada@example.com"), &[]);
    assert_eq!(in_words(&planned(&roster, &observed)), "add ada@example.com to SUP");
}

#[test]
fn a_desk_that_is_not_there_holds_up_nothing_else() {
    let roster = roster(
        &["GONE", "SHUT", "SUP"],
        [
            customer("ada@example.com", &["GONE"]),
            customer("bob@example.com", &["GONE", "SUP"]),
            customer("eve@example.com", &["SHUT"]),
        ],
    );
    let mut observed = cloud_site(&["SUP"]);
    observed.desks.insert(desk_key("GONE"), DeskReading::Missing);
    observed
        .desks
        .insert(desk_key("SHUT"), DeskReading::Unreadable { reason: "403".into() });
    let plan = planned(&roster, &observed);
    assert_eq!(
        in_words(&plan),
        "create bob@example.com; add bob@example.com to SUP; \
         hold GONE: there is no such service desk, or it cannot be seen; \
         hold SHUT: its customers cannot be listed: 403",
        "no account is created without a readable desk"
    );
    assert_eq!(plan.unchanged, 0);
}

#[test]
fn access_is_tightened_before_it_is_loosened() {
    use Access::{Open, Public, Restricted};
    let base = roster(&["A", "B", "C", "D", "E"], []);
    let wanted = [
        ("A", Open),
        ("B", Restricted),
        ("C", Public),
        ("D", Open),
        ("E", Restricted),
    ];
    let wanted = wanted
        .into_iter()
        .fold(base, |roster, (desk, access)| with_access(access, desk, roster));
    let mut observed = cloud_site(&["A", "B", "C", "D", "E"]);
    desk_mut(&mut observed, "B").access = AccessReading::Known(Open);
    desk_mut(&mut observed, "D").access = AccessReading::Unreadable { reason: "404".into() };
    let plan = planned(&wanted, &observed);
    assert_eq!(
        in_words(&plan),
        "set access of B from open to restricted; set access of A from restricted to open; \
         hold C: Jira Cloud has no public desks; hold D: its access mode cannot be read: 404"
    );
    assert_eq!(plan.held.len(), 2);
}

#[test]
fn names_are_noted_and_never_fought() {
    let roster = roster(&["SUP"], [with_name("Ada", customer("ada@example.com", &["SUP"]))]);
    let plan = planned(
        &roster,
        &with_account(cloud_site(&["SUP"]), account("1", "ada@example.com"), &["SUP"]),
    );
    assert_eq!((plan.steps.len(), plan.notes.len(), plan.unchanged), (0, 1, 1));
}

#[test]
fn a_first_import_costs_a_create_each_and_a_call_for_fifty() {
    let people: Vec<_> = (0..2000)
        .map(|n| customer(&format!("p{n:04}@example.com"), &["SUP"]))
        .collect();
    let plan = planned(&roster(&["SUP"], people), &cloud_site(&["SUP"]));
    let calls = calls(&plan);
    assert_eq!(calls.count(), 2040);
    let first_add = calls.people.iter().position(|call| matches!(call, Call::Add { .. }));
    assert_eq!(
        first_add,
        Some(50),
        "the first fifty are whole before the fifty-first is made"
    );
}

#[test]
fn causes() {
    let roster = with_access(
        Access::Restricted,
        "SUP",
        roster(&["SUP"], [customer("ada@example.com", &["SUP"])]),
    );
    let there = with_account(cloud_site(&["SUP"]), account("1", "ada@example.com"), &["SUP"]);
    let cause = |ledger: &Ledger, roster: &Roster, observed: &Observed| {
        plan(roster, observed, ledger, &Policy::default())
            .steps
            .iter()
            .map(|step| step.cause)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        cause(&Ledger::not_kept(), &roster, &cloud_site(&["SUP"])),
        [Cause::Unknown, Cause::Unknown]
    );
    let mut ledger = Ledger::kept();
    assert_eq!(
        cause(&ledger, &roster, &cloud_site(&["SUP"])),
        [Cause::First, Cause::First]
    );

    let seen = plan(&roster, &there, &ledger, &Policy::default());
    ledger.fold(&roster, &seen, &Outcomes::default());
    let mut left = there.clone();
    let desk = desk_mut(&mut left, "SUP");
    desk.members.clear();
    desk.access = AccessReading::Known(Access::Open);
    assert_eq!(cause(&ledger, &roster, &left), [Cause::Drift, Cause::Drift]);

    let opened = with_access(Access::Open, "SUP", roster);
    assert_eq!(cause(&ledger, &opened, &there), [Cause::Edit]);
}

#[test]
fn a_refused_create_is_asked_once() {
    let roster = roster(&["SUP"], [customer("ada@example.com", &["SUP"])]);
    let mut ledger = Ledger::kept();
    let first = plan(&roster, &cloud_site(&["SUP"]), &ledger, &Policy::default());
    let mut outcomes = Outcomes::default();
    outcomes.results.insert(
        first.steps[0].id,
        StepResult {
            refused: true,
            ..StepResult::held(HeldReason::ExistsNotShown(Vec::new()))
        },
    );
    outcomes
        .results
        .insert(first.steps[1].id, StepResult::from_outcome(Outcome::Skipped));
    ledger.fold(&roster, &first, &outcomes);
    let second = plan(&roster, &cloud_site(&["SUP"]), &ledger, &Policy::default());
    assert_eq!(
        in_words(&second),
        "hold ada@example.com: an account with this e-mail exists, but Jira does not show it"
    );
}

/// After a lost response and a lagging search the entry is held too, but Jira refused nothing.
#[test]
fn a_create_that_was_not_refused_is_asked_again() {
    let roster = roster(&["SUP"], [customer("ada@example.com", &["SUP"])]);
    let mut ledger = Ledger::kept();
    let first = plan(&roster, &cloud_site(&["SUP"]), &ledger, &Policy::default());
    let held = StepResult::held(HeldReason::ExistsNotShown(Vec::new()));
    let outcomes = Outcomes {
        results: [(first.steps[0].id, held)].into(),
        ..Outcomes::NONE
    };
    ledger.fold(&roster, &first, &outcomes);
    assert_eq!(
        plan(&roster, &cloud_site(&["SUP"]), &ledger, &Policy::default())
            .steps
            .len(),
        2
    );
}

/// A desk's list may hide an e-mail that the search shows: the search counts, and no second account is created.
#[test]
fn a_person_only_the_search_shows_is_not_created() {
    let roster = roster(&["SUP"], [customer("ada@example.com", &["SUP"])]);
    for lookup in [
        Lookup::Found(AccountId("ada".to_owned())),
        Lookup::Inactive(AccountId("ada".to_owned())),
        Lookup::Several(vec![AccountId("ada".to_owned()), AccountId("ada2".to_owned())]),
    ] {
        let mut seen = cloud_site(&["SUP"]);
        let ada = EmailKey::from_address("ada@example.com");
        seen.lookups.insert(ada, lookup);
        let plan = plan(&roster, &seen, &Ledger::not_kept(), &Policy::default());
        assert_eq!((plan.steps.len(), plan.held.len()), (0, 1), "{}", in_words(&plan));
    }
}

/// Without a ledger, the base roster distinguishes edits from drift.
#[test]
fn a_base_distinguishes_edits_from_drift() {
    let base = roster(&["SUP"], [customer("ada@example.com", &["SUP"])]);
    let both = [
        customer("ada@example.com", &["SUP"]),
        customer("bob@example.com", &["SUP"]),
    ];
    let wanted = with_access(Access::Open, "SUP", roster(&["SUP"], both));
    let there = with_account(cloud_site(&["SUP"]), account("a", "ada@example.com"), &[]);
    let there = with_account(there, account("b", "bob@example.com"), &[]);
    let causes = |ledger: &Ledger| {
        plan(&wanted, &there, ledger, &Policy::default())
            .steps
            .iter()
            .map(|step| step.cause)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        causes(&Ledger::from_base(&base)),
        [Cause::Drift, Cause::Edit, Cause::Edit]
    );
    let nothing = roster(&[], []);
    assert_eq!(causes(&Ledger::from_base(&nothing)), [Cause::First; 3]);
}
