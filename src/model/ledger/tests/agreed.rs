//! Agreed facts, and their effect on the next plan.

use super::*;
use crate::model::access::Access;
use crate::model::account::{Account, Handle};
use crate::model::fixtures::{data_center_site, with_name, with_previous_emails};
use crate::model::held::HeldReason;
use crate::model::observed::{AccessReading, Lookup, Staff};
use crate::model::step::{AccountRef, Cause, StepId};

fn ada() -> Customer {
    customer("ada@example.com", &["SUP"])
}

fn ada_key() -> EmailKey {
    email_key("ada@example.com")
}

fn id(text: &str) -> AccountId {
    AccountId(text.into())
}

fn planned(roster: &Roster, observed: &Observed, ledger: &Ledger) -> Plan {
    plan(roster, observed, ledger, &Policy::default())
}

fn outcomes_with(plan: &Plan, step: u32, end: StepResult) -> Outcomes {
    let mut outcomes = ended(plan, Outcome::Done);
    outcomes.results.insert(StepId(step), end);
    outcomes
}

fn made(outcome: Outcome) -> StepResult {
    let account = AccountRef {
        id: id("1"),
        handle: Handle("1".into()),
    };
    StepResult::with_account(outcome, account)
}

/// A created or linked account is known from then on; after other outcomes, it is not.
#[test]
fn an_account_that_was_made_is_known() {
    let roster = roster(&["SUP"], [ada()]);
    for (outcome, known) in [
        (Outcome::Done, true),
        (Outcome::Linked, true),
        (Outcome::Failed, false),
        (Outcome::Unknown, false),
    ] {
        let mut ledger = Ledger::kept();
        let plan = planned(&roster, &cloud_site(&["SUP"]), &ledger);
        ledger.fold(&roster, &plan, &outcomes_with(&plan, 1, made(outcome)));
        assert_eq!(
            ledger.known_account(&ada_key()),
            known.then(|| id("1")).as_ref(),
            "{outcome:?}"
        );
    }
}

/// A create with an unknown outcome may have made a new account: the account known before may be another.
#[test]
fn a_create_without_an_answer_makes_an_account_unknown() {
    let roster = roster(&["SUP"], [ada()]);
    let before = |step| {
        let mut ledger = Ledger::kept();
        pass(&mut ledger, &roster, &there(&["ada"]), Outcome::Done);
        let mut gone = cloud_site(&["SUP"]);
        gone.lookups.insert(ada_key(), Lookup::Absent);
        let plan = planned(&roster, &gone, &ledger);
        assert_eq!(plan.steps.len(), 2);
        ledger.fold(
            &roster,
            &plan,
            &outcomes_with(&plan, step, StepResult::from_outcome(Outcome::Unknown)),
        );
        ledger.known_account(&ada_key()).is_some()
    };
    assert!(!before(1), "the create");
    let mut ledger = Ledger::kept();
    pass(&mut ledger, &roster, &there(&["ada"]), Outcome::Done);
    let mut off = there(&["ada"]);
    desk_mut(&mut off, "SUP").members.clear();
    let plan = planned(&roster, &off, &ledger);
    ledger.fold(&roster, &plan, &ended(&plan, Outcome::Unknown));
    assert_eq!(
        ledger.known_account(&ada_key()),
        Some(&id("ada")),
        "an addition does not affect the known account"
    );
}

/// A value that was agreed on has drifted, any other was edited, unless no pass ever completed.
#[test]
fn why_something_differs() {
    let desks = [container("OPS"), container("SUP")];
    let fact = Fact::Access(desk_key("SUP"));
    let (open, restricted) = (Value::Access(Access::Open), Value::Access(Access::Restricted));
    let account = Fact::Account(ada_key());
    let remembering = |completed: &[&str]| {
        let mut parts = Ledger::kept().parts().clone();
        parts.agreed.insert(fact.clone(), open.clone());
        parts.agreed.insert(account.clone(), Value::Account(id("1")));
        parts.completed = completed.iter().map(|desk| container(desk)).collect();
        Ledger::from_parts(parts)
    };
    let (both, ops) = (remembering(&["OPS", "SUP"]), remembering(&["OPS"]));
    let sup = &desks[1..];
    for (ledger, fact, wanted, desks, cause) in [
        (&both, &fact, &open, sup, Cause::Drift),
        (&both, &fact, &restricted, sup, Cause::Edit),
        (&both, &Fact::Access(desk_key("NEW")), &open, sup, Cause::Edit),
        (&both, &account, &Value::Present, sup, Cause::Drift),
        (&both, &account, &open, sup, Cause::Edit),
        (&ops, &fact, &open, sup, Cause::First),
        (&ops, &fact, &open, &desks[..], Cause::Drift),
        (&ops, &fact, &open, &[], Cause::Drift),
        (&remembering(&[]), &fact, &open, &[], Cause::First),
        (&Ledger::not_kept(), &fact, &open, sup, Cause::Unknown),
        (&Ledger::kept(), &fact, &open, sup, Cause::First),
    ] {
        assert_eq!(
            ledger.cause(fact, wanted, desks.iter().cloned()),
            cause,
            "{fact:?} {wanted:?} {desks:?}"
        );
    }
}

/// Names are agreed on where they can be changed: on Data Center.
#[test]
fn names_are_settled_on_data_center_alone() {
    let roster = roster(&["SUP"], [with_name("Ada", ada())]);
    let fact = Fact::Name(ada_key());
    for (mut observed, settled) in [(cloud_site(&["SUP"]), None), (data_center_site(&["SUP"]), Some("Ada"))] {
        observed = with_account(observed, account("ada", "ada@example.com"), &["SUP"]);
        let mut ledger = Ledger::kept();
        pass(&mut ledger, &roster, &observed, Outcome::Done);
        let settled = settled.map(|name| Value::Name(name.into()));
        assert_eq!(ledger.agreed_value(&fact), settled.as_ref());
        assert_eq!(ledger.known_account(&ada_key()), Some(&id("ada")));
    }
}

/// The absence of unlisted people is agreed on for exact desks.
#[test]
fn that_a_desk_is_exact_is_agreed_on() {
    let fact = Fact::Exact(container("SUP"));
    let mut exact = listing(&["ada"]);
    exact.desks.entry(desk_key("SUP")).or_default().membership = Membership::Exact;
    let mut ledger = Ledger::kept();
    pass(&mut ledger, &exact, &there(&["ada"]), Outcome::Done);
    assert!(ledger.agreed_value(&fact).is_some());
    // A stranger who could not be removed: not agreed on now, and drift because of the earlier agreement.
    let mut with_stranger = there(&["ada", "eve"]);
    with_stranger.staff.insert(id("eve"), Staff::No);
    let plan = planned(&exact, &with_stranger, &ledger);
    assert_eq!(plan.steps[0].cause, Cause::Drift);
    let mut new = Ledger::kept();
    new.fold(&exact, &plan, &ended(&plan, Outcome::Failed));
    assert!(new.agreed_value(&fact).is_none());
    pass(&mut ledger, &listing(&["ada"]), &there(&["ada"]), Outcome::Done);
    assert!(ledger.agreed_value(&fact).is_none(), "owned: strangers are ignored");
}

/// A failed step leaves only the facts it would have changed without agreement.
#[test]
fn a_name_that_was_not_given_leaves_the_account_known() {
    let entry = || with_name("Ada Lovelace", ada());
    let wanted = roster(&["SUP"], [entry()]);
    let jira = Account {
        name: "Ada".into(),
        ..account("1", "ada@example.com")
    };
    let seen = with_account(data_center_site(&["SUP"]), jira, &["SUP"]);
    let mut parts = Ledger::kept().parts().clone();
    parts.agreed.insert(Fact::Name(ada_key()), Value::Name("Ada".into()));
    let mut ledger = Ledger::from_parts(parts);
    let plan = planned(&wanted, &seen, &ledger);
    assert_eq!(plan.steps.len(), 1);
    ledger.fold(&wanted, &plan, &ended(&plan, Outcome::Failed));
    assert_eq!(ledger.known_account(&ada_key()), Some(&id("1")));
    assert_eq!(
        ledger.agreed_value(&Fact::Name(ada_key())),
        Some(&Value::Name("Ada".into()))
    );

    let wanted = roster(&["SUP"], [with_previous_emails(&["ada@old.example"], ada())]);
    let mut old = with_account(data_center_site(&["SUP"]), account("1", "ada@old.example"), &["SUP"]);
    old.lookups.insert(ada_key(), Lookup::Absent);
    let mut ledger = Ledger::kept();
    let plan = planned(&wanted, &old, &ledger);
    assert_eq!(plan.steps.len(), 1);
    ledger.fold(&wanted, &plan, &ended(&plan, Outcome::Failed));
    assert_eq!(
        ledger.known_account(&ada_key()),
        None,
        "it does not show the address yet"
    );
}

/// A refused create is stored until the account is visible or the entry leaves the roster.
#[test]
fn a_refusal_is_remembered_until_the_account_shows() {
    let roster = roster(&["SUP"], [ada()]);
    let refused = || {
        let mut ledger = Ledger::kept();
        let plan = planned(&roster, &cloud_site(&["SUP"]), &ledger);
        let end = StepResult {
            refused: true,
            ..StepResult::held(HeldReason::ExistsNotShown(vec![id("7")]))
        };
        ledger.fold(&roster, &plan, &outcomes_with(&plan, 1, end));
        ledger
    };
    let mut ledger = refused();
    pass(&mut ledger, &roster, &cloud_site(&["SUP"]), Outcome::Done);
    assert_eq!(ledger.refused_candidates(&ada_key()), Some(&[id("7")][..]));
    pass(&mut ledger, &roster, &there(&["ada"]), Outcome::Done);
    assert_eq!(ledger.refused_candidates(&ada_key()), None, "seen");
    let mut ledger = refused();
    pass(
        &mut ledger,
        &super::roster(&["SUP"], []),
        &cloud_site(&["SUP"]),
        Outcome::Done,
    );
    assert_eq!(ledger.refused_candidates(&ada_key()), None, "not wanted any more");
}

/// A pass over some desks does not affect the others, and a held fact of a desk does not affect its other facts.
#[test]
fn a_pass_over_a_part_leaves_the_rest_as_it_was() {
    let whole = roster(&["OPS", "SUP"], [customer("ada@example.com", &["OPS", "SUP"])]);
    let everywhere = with_account(
        cloud_site(&["OPS", "SUP"]),
        account("ada", "ada@example.com"),
        &["OPS", "SUP"],
    );
    let mut ledger = Ledger::kept();
    pass(&mut ledger, &whole, &everywhere, Outcome::Done);
    let completed = |ledger: &Ledger| {
        ledger
            .parts()
            .completed
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    assert_eq!(completed(&ledger), ["OPS", "SUP"]);
    let part = whole.clone().narrowed_to(&[desk_key("SUP")]);
    let mut unreadable = with_access(Access::Open, "SUP", part.clone());
    unreadable.desks.entry(desk_key("SUP")).or_default().access = Some(Access::Open);
    let mut seen = everywhere;
    desk_mut(&mut seen, "SUP").access = AccessReading::Unreadable { reason: "403".into() };
    let plan = planned(&unreadable, &seen, &ledger);
    assert_eq!(plan.held.len(), 1);
    ledger.fold_part(&whole, &unreadable, &plan, &Outcomes::default());
    assert_eq!(completed(&ledger), ["OPS", "SUP"]);
    assert_eq!(ledger.agreed_value(&Fact::Access(desk_key("SUP"))), None);
    let on_ops = Fact::Membership(container("OPS"), ada_key());
    assert_eq!(ledger.agreed_value(&on_ops), Some(&Value::Present));
    assert_eq!(listed(&ledger), [ADA], "people listed on OPS are not returned for SUP");
    let other = ledger.listed_on(&container("ZZZ"));
    assert!(other.is_empty(), "{other:?}");
    let before = ledger.listed_on(&container("AAA"));
    assert!(before.is_empty(), "{before:?}");
}

/// An addition that is planned again was ineffective; an update that was verified at once was not.
#[test]
fn what_counts_as_accepted() {
    let count = |ledger: &Ledger| ledger.parts().accepted_effects.values().copied().collect::<Vec<_>>();
    let wanted = with_access(Access::Open, "SUP", roster(&["OPS", "SUP"], [ada()]));
    let mut seen = with_account(cloud_site(&["OPS", "SUP"]), account("ada", "ada@example.com"), &[]);
    let mut ledger = Ledger::kept();
    pass(&mut ledger, &wanted, &seen, Outcome::Done);
    assert_eq!(count(&ledger), [1], "the addition, not the access, which was read back");
    pass(&mut ledger, &wanted, &seen, Outcome::Already);
    assert_eq!(count(&ledger), [1], "still to be done, and not accepted again");
    // A pass over another desk does not affect the count.
    let other = wanted.clone().narrowed_to(&[desk_key("OPS")]);
    let plan = planned(&other, &seen, &ledger);
    ledger.fold_part(&wanted, &other, &plan, &Outcomes::default());
    assert_eq!(count(&ledger), [1]);
    // The effect is observed.
    desk_mut(&mut seen, "SUP").members.insert(Handle("ada".into()));
    pass(&mut ledger, &wanted, &seen, Outcome::Done);
    assert_eq!(count(&ledger), [] as [usize; 0]);

    let plan = planned(&wanted, &seen, &ledger);
    for _ in 0..2 {
        ledger.fold(
            &wanted,
            &plan,
            &outcomes_with(&plan, 1, StepResult::without_effect("no effect")),
        );
    }
    assert_eq!(count(&ledger), [2], "Jira accepted the access mode without effect");
    let again = planned(&wanted, &seen, &ledger);
    assert_eq!((again.steps.len(), again.without_effect.len()), (0, 1));
    ledger.fold(&wanted, &again, &Outcomes::default());
    assert_eq!(count(&ledger), [2], "held, and the count stays");
}

/// Only a refusal by Jira is stored, with its candidates.
#[test]
fn what_is_remembered_as_refused() {
    let wanted = roster(
        &["SUP"],
        [customer("a@example.com", &["SUP"]), customer("b@example.com", &["SUP"])],
    );
    let plan = plan(&wanted, &cloud_site(&["SUP"]), &Ledger::not_kept(), &Policy::default());
    let held = || StepResult::held(HeldReason::ExistsNotShown(vec![id("7")]));
    let refused = StepResult {
        refused: true,
        ..held()
    };
    let ends = plan.steps.iter().map(|step| (step.id, refused.clone()));
    let mut outcomes = Outcomes {
        results: ends.collect(),
        ..Outcomes::NONE
    };
    let second = plan
        .steps
        .iter()
        .filter(|step| step.action.kind().as_str() == "create_customer")
        .nth(1)
        .unwrap();
    outcomes.results.insert(second.id, held());
    let expected = [(email_key("a@example.com"), vec![id("7")])];
    let mut ledger = Ledger::kept();
    ledger.fold(&wanted, &plan, &outcomes);
    assert_eq!(ledger.parts().refused_creates, expected.into());
}
