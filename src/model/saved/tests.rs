use std::collections::BTreeSet;

use jiff::civil::Date;

use super::*;
use crate::model::access::Access;
use crate::model::account::{Account, AccountId, Handle};
use crate::model::fixtures::{
    account, cloud_site, container, customer, data_center_site, desk_key, desk_mut, email_key, roster, with_access,
    with_account, with_name, with_previous_emails,
};
use crate::model::guard::{GuardContext, Settings, run_guards};
use crate::model::ledger::History;
use crate::model::ledger::{Fact as Remembered, Ledger, Parts, Value};
use crate::model::observed::Observed;
use crate::model::observed::{AccessReading, Deployment, Lookup, Staff};
use crate::model::plan::Plan;
use crate::model::plan::plan;
use crate::model::policy::Policy;
use crate::model::roster::Customer;
use crate::model::roster::{InitialPassword, Membership, Roster};
use crate::model::step::{Action, StepAccount, StepId};

const DAY: Date = jiff::civil::date(2026, 11, 24);

/// Saves a plan with guards that allow everything.
fn saved(roster: &Roster, observed: &Observed, ledger: &Ledger) -> SavedPlan {
    let plan = plan(roster, observed, ledger, &Policy::default());
    let settings = Settings {
        max_removals: 100,
        max_removal_percent: 100,
        allow_empty: true,
        allow_shrink: true,
    };
    let context = GuardContext {
        settings: &settings,
        history: ledger.history(),
        approved: &BTreeSet::new(),
        now: 0,
    };
    let approved = run_guards(roster, observed, &plan, context).approve(plan);
    let saved = SavedPlan::from_approved(&approved, observed, ledger.history(), DAY, &[]);
    assert!(saved.is_consistent(roster));
    saved
}

fn steps(plan: &Plan) -> Vec<String> {
    plan.steps.iter().map(ToString::to_string).collect()
}

fn what(changed: Vec<ChangedPrecondition>) -> Vec<String> {
    let line = |ChangedPrecondition { what, before, now }| format!("{what}: {before} -> {now}");
    changed.into_iter().map(line).collect()
}

/// Adds a look-up without a result.
fn asked(mut observed: Observed, email: &str) -> Observed {
    observed.lookups.insert(email_key(email), Lookup::Absent);
    observed
}

/// Adds an account and its look-up.
fn found(observed: Observed, id: &str, email: &str, desks: &[&str]) -> Observed {
    let mut observed = with_account(observed, account(id, email), desks);
    observed
        .lookups
        .insert(email_key(email), Lookup::Found(AccountId(id.into())));
    observed
}

fn owned(desk: &str, mut roster: Roster) -> Roster {
    roster.desks.entry(desk_key(desk)).or_default().membership = Membership::Exact;
    roster
}

/// Returns a desk with Mallory, who is not listed.
fn leaving() -> (Roster, Observed) {
    let roster = owned("SUP", roster(&["SUP"], [customer("ada@example.com", &["SUP"])]));
    let mut observed = with_account(cloud_site(&["SUP"]), account("a", "ada@example.com"), &["SUP"]);
    observed = with_account(observed, account("m", "mallory@example.com"), &["SUP"]);
    observed.staff.insert(AccountId("m".into()), Staff::No);
    (roster, observed)
}

#[test]
fn what_is_as_it_was_is_done_as_planned() {
    let roster = with_access(
        Access::Open,
        "PRIV",
        roster(&["PRIV", "SUP"], [customer("ada@example.com", &["PRIV", "SUP"])]),
    );
    let observed = asked(cloud_site(&["PRIV", "SUP"]), "ada@example.com");
    let saved = saved(&roster, &observed, &Ledger::not_kept());
    let left = saved.recheck(&roster, &observed).unwrap();
    assert_eq!(left.plan.steps, saved.steps);
    assert_eq!((left.plan.steps.len(), left.already.len()), (4, 0));
}

#[test]
fn an_account_made_by_another_client_is_added_where_it_is_missing() {
    let roster = roster(&["PRIV", "SUP"], [customer("ada@example.com", &["PRIV", "SUP"])]);
    let saved = saved(
        &roster,
        &asked(cloud_site(&["PRIV", "SUP"]), "ada@example.com"),
        &Ledger::not_kept(),
    );
    let now = found(cloud_site(&["PRIV", "SUP"]), "a", "ada@example.com", &["PRIV"]);
    let left = saved.recheck(&roster, &now).unwrap();
    assert_eq!(steps(&left.plan), ["add ada@example.com to SUP"]);
    let Action::AddToDesk { who, .. } = &left.plan.steps[0].action else {
        panic!("{:?}", left.plan.steps);
    };
    assert!(matches!(who, StepAccount::Existing(account) if account.id == AccountId("a".into())));
    assert_eq!(left.already.len(), 2);
    assert_eq!(left.plan.accounts.len(), 1);
    assert_eq!(saved.accounts_already_made(&now).len(), 1);
    // Steps keep their ids.
    assert_eq!(left.plan.steps[0].id, saved.steps[2].id);
}

#[test]
fn an_address_that_several_or_a_deactivated_account_has_is_a_change() {
    let roster = roster(&["SUP"], [customer("ada@example.com", &["SUP"])]);
    let saved = saved(
        &roster,
        &asked(cloud_site(&["SUP"]), "ada@example.com"),
        &Ledger::not_kept(),
    );
    let ids = |ids: &[&str]| ids.iter().map(|id| AccountId((*id).into())).collect::<Vec<_>>();
    for (lookup, now) in [
        (Lookup::Several(ids(&["a", "b"])), "accounts a, b"),
        (Lookup::Inactive(AccountId("a".into())), "accounts a"),
        (Lookup::UsernameTaken(AccountId("a".into())), "accounts a"),
    ] {
        let mut observed = cloud_site(&["SUP"]);
        observed.lookups.insert(email_key("ada@example.com"), lookup);
        let changed = saved.recheck(&roster, &observed).unwrap_err();
        let expected = format!("accounts with the address ada@example.com: none -> {now}");
        assert_eq!(what(changed), [expected]);
    }
    // An account with a hidden address may be any account: Jira refuses a second one.
    let mut observed = cloud_site(&["SUP"]);
    observed
        .lookups
        .insert(email_key("ada@example.com"), Lookup::Hidden(ids(&["h"])));
    assert_eq!(saved.recheck(&roster, &observed).unwrap().plan.steps, saved.steps);
}

#[test]
fn only_accounts_known_to_be_customers_are_removed_whatever_the_file_contains() {
    let (roster, observed) = leaving();
    let mut saved = saved(&roster, &observed, &Ledger::not_kept());
    assert_eq!(
        saved.steps.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["remove mallory@example.com from SUP"]
    );
    let m = AccountId("m".into());
    for (staff, now) in [
        (Some(Staff::Yes), "yes"),
        (Some(Staff::Unknown), "unknown"),
        (None, "unknown"),
    ] {
        let mut observed = observed.clone();
        match staff {
            Some(staff) => observed.staff.insert(m.clone(), staff),
            None => observed.staff.remove(&m),
        };
        for before in [
            Observation::Is(false),
            Observation::from_observed(&Precondition::Staff(m.clone()), &observed),
        ] {
            saved
                .preconditions
                .insert(Precondition::Staff(m.clone()), before.clone());
            let changed = saved.recheck(&roster, &observed).unwrap_err();
            let expected = format!("whether account m is more than a customer: {before} -> {now}");
            assert_eq!(what(changed), [expected]);
        }
        saved.preconditions.remove(&Precondition::Staff(m.clone()));
        assert!(saved.recheck(&roster, &observed).is_err(), "a file without the value");
    }
    saved.preconditions.clear();
    assert!(saved.recheck(&roster, &observed).is_err());
}

#[test]
fn a_removal_is_reached_where_somebody_left_or_is_no_more_and_stale_where_the_desk_is_open() {
    let (roster, before) = leaving();
    let saved = saved(&roster, &before, &Ledger::not_kept());
    let m = AccountId("m".into());
    let mut left = before.clone();
    desk_mut(&mut left, "SUP").members.remove(&Handle("m".into()));
    let mut gone = left.clone();
    gone.accounts.remove(&m);
    gone.missing_accounts.insert(m);
    for observed in [left, gone] {
        let left = saved.recheck(&roster, &observed).unwrap();
        assert_eq!((left.plan.steps.len(), left.already.len()), (0, 1));
    }
    let mut open = before.clone();
    desk_mut(&mut open, "SUP").access = AccessReading::Known(Access::Open);
    let changed = what(saved.recheck(&roster, &open).unwrap_err());
    assert_eq!(changed, ["access of SUP: restricted -> open"]);
    // An unread desk proves no removal.
    let mut unread = before;
    unread.desks.clear();
    let changed = what(saved.recheck(&roster, &unread).unwrap_err());
    assert!(
        changed.contains(&"desk SUP: id 1 -> unknown".to_owned()),
        "changed: {changed:?}"
    );
}

#[test]
fn where_the_plan_closes_the_desk_itself_its_being_open_is_no_change() {
    let (roster, mut observed) = leaving();
    let roster = with_access(Access::Restricted, "SUP", roster);
    desk_mut(&mut observed, "SUP").access = AccessReading::Known(Access::Open);
    let saved = saved(&roster, &observed, &Ledger::not_kept());
    assert_eq!(saved.steps.len(), 2);
    desk_mut(&mut observed, "SUP").access = AccessReading::Known(Access::Restricted);
    let left = saved.recheck(&roster, &observed).unwrap();
    assert_eq!(steps(&left.plan), ["remove mallory@example.com from SUP"]);
    desk_mut(&mut observed, "SUP").access = AccessReading::Known(Access::Public);
    let changed = what(saved.recheck(&roster, &observed).unwrap_err());
    assert_eq!(changed, ["access of SUP: open -> public"]);
}

/// Returns a change of Dora's name on Data Center.
fn renaming() -> (Roster, Observed, SavedPlan) {
    let roster = roster(
        &["SUP"],
        [with_name("Dora Day", customer("dora@example.com", &["SUP"]))],
    );
    let dora = Account {
        name: "Dora".into(),
        ..account("d", "dora@example.com")
    };
    let mut observed = with_account(cloud_site(&["SUP"]), dora, &[]);
    observed.site.deployment = Deployment::DataCenter;
    observed.staff.insert(AccountId("d".into()), Staff::No);
    let ledger = Ledger::from_parts(Parts {
        completed: [container("SUP")].into(),
        agreed: [(
            Remembered::Name(email_key("dora@example.com")),
            Value::Name("Dora".into()),
        )]
        .into(),
        ..Parts::default()
    });
    let saved = saved(&roster, &observed, &ledger);
    assert_eq!(saved.steps.len(), 2, "{:?}", saved.steps);
    (roster, observed, saved)
}

#[test]
fn a_change_of_an_account_is_reached_or_stale_by_what_it_changes() {
    let (roster, observed, saved) = renaming();
    let as_now = |name: &str, active: bool| {
        let mut observed = observed.clone();
        let dora = observed.accounts.get_mut(&AccountId("d".into())).unwrap();
        (dora.name, dora.active) = (name.into(), active);
        observed
    };
    let left = saved.recheck(&roster, &as_now("Dora Day", true)).unwrap();
    assert_eq!(steps(&left.plan), ["add dora@example.com to SUP"]);
    assert_eq!(left.already.len(), 1);
    let changed = what(saved.recheck(&roster, &as_now("Dodo", true)).unwrap_err());
    assert_eq!(changed, [r#"name of account d: "Dora" -> "Dodo""#]);
    let changed = what(saved.recheck(&roster, &as_now("Dora Day", false)).unwrap_err());
    assert!(changed.iter().any(|line| line.ends_with("deactivated")), "{changed:?}");
}

#[test]
fn an_entry_expired_since_is_not_added() {
    let until = Date::constant(2026, 11, 25);
    let mut ada = customer("ada@example.com", &["SUP"]);
    ada.until = Some(until);
    let roster = roster(&["SUP"], [ada]);
    let observed = asked(cloud_site(&["SUP"]), "ada@example.com");
    let saved = saved(&roster, &observed, &Ledger::not_kept());
    assert!(saved.recheck(&roster.clone().as_of(DAY), &observed).is_ok());
    let changed = what(saved.recheck(&roster.as_of(until), &observed).unwrap_err());
    assert_eq!(
        changed,
        ["roster entry ada@example.com: wanted until 2026-11-25 -> expired"]
    );
}

#[test]
fn what_does_not_fit_together_is_found_out() {
    let all = roster(&["PRIV", "SUP"], [customer("ada@example.com", &["SUP"])]);
    let (_, leaving) = leaving();
    let whole = saved(
        &all,
        &asked(cloud_site(&["PRIV", "SUP"]), "ada@example.com"),
        &Ledger::not_kept(),
    );
    let broken: [fn(&mut SavedPlan); 5] = [
        |plan| drop(plan.steps.remove(0)),
        |plan| plan.steps.reverse(),
        |plan| plan.steps[1].id = plan.steps[0].id,
        |plan| {
            if let Action::AddToDesk { desk, .. } = &mut plan.steps[1].action {
                *desk = desk_key("PRIV");
            }
        },
        |plan| {
            if let Action::AddToDesk { email, .. } = &mut plan.steps[1].action {
                *email = crate::model::email::Email::parse("eve@example.com").unwrap();
            }
        },
    ];
    for (n, brk) in broken.iter().enumerate() {
        let mut plan = whole.clone();
        brk(&mut plan);
        assert!(!plan.is_consistent(&all), "{n}");
    }
    let without = roster(&["SUP"], []);
    assert!(!whole.is_consistent(&without));
    let email = "new@example.com";
    let making = saved(
        &roster(&["OPS", "SUP"], [customer(email, &["OPS", "SUP"])]),
        &asked(cloud_site(&["OPS", "SUP"]), email),
        &Ledger::not_kept(),
    );
    assert!(
        !making.is_consistent(&roster(&["SUP"], [customer(email, &["SUP"])])),
        "a desk it does not know"
    );
    let nowhere = saved(
        &roster(&[], [customer(email, &[])]),
        &asked(cloud_site(&[]), email),
        &Ledger::not_kept(),
    );
    assert!(!nowhere.is_consistent(&roster(&[], [])), "nor on any desk");
    let desks = roster(&["OPS", "SUP"], []);
    assert!(!making.is_consistent(&desks), "a person it does not list");
    let (listed, _) = self::leaving();
    let removing = saved(&listed, &leaving, &Ledger::not_kept());
    assert!(!removing.is_consistent(&roster(&["PRIV"], [])));
    let opening = saved(
        &with_access(Access::Open, "SUP", without.clone()),
        &cloud_site(&["SUP"]),
        &Ledger::not_kept(),
    );
    assert!(!opening.is_consistent(&without));
}

/// The desk was opened since the plan, and Jira refuses removals from an open desk: the plan is stale.
#[test]
fn a_desk_that_was_opened_early_stops_the_removals_planned_before() {
    let (roster, observed) = leaving();
    let roster = with_access(Access::Open, "SUP", roster);
    let saved = saved(&roster, &observed, &Ledger::not_kept());
    assert_eq!(saved.steps.len(), 2, "{:?}", saved.steps);
    assert!(saved.recheck(&roster, &observed).is_ok());
    let mut opened = observed;
    desk_mut(&mut opened, "SUP").access = AccessReading::Known(Access::Open);
    assert!(!saved.recheck(&roster, &opened).unwrap_err().is_empty());
}

/// A removal does not wait for steps already done.
#[test]
fn a_removal_waits_only_for_what_is_left_to_do() {
    let entry = with_previous_emails(&["bob@old.example"], customer("bob@example.com", &["SUP"]));
    let roster = roster(&["SUP"], [entry]);
    let staff = |mut observed: Observed| {
        for id in ["old", "new"] {
            observed.staff.insert(AccountId(id.into()), Staff::No);
        }
        observed
    };
    let before = staff(with_account(
        cloud_site(&["SUP"]),
        account("old", "bob@old.example"),
        &["SUP"],
    ));
    let before = asked(before, "bob@example.com");
    let saved = saved(&roster, &before, &Ledger::not_kept());
    let after = |observed: &Observed| {
        let left = saved.recheck(&roster, observed).unwrap().plan;
        let removal = left.steps.last().map(|step| step.action.clone());
        let Some(Action::RemoveFromDesk { after, .. }) = removal else {
            panic!("{removal:?}");
        };
        (left.steps.len(), after)
    };
    assert_eq!(after(&before), (3, vec![StepId(2)]));
    let made = found(before.clone(), "new", "bob@example.com", &[]);
    assert_eq!(after(&made), (2, vec![StepId(2)]));
    let added = found(before, "new", "bob@example.com", &["SUP"]);
    assert_eq!(after(&added), (1, vec![]));
}

/// An update is done if all its changes are; a partly changed account was not planned.
#[test]
fn an_update_is_reached_where_all_of_it_is() {
    let entry = with_name("Ada Lovelace", customer("ada@example.com", &["SUP"]));
    let roster = roster(&["SUP"], [with_previous_emails(&["ada@old.example"], entry)]);
    let jira = |email: &str, handle: &str, name: &str| Account {
        handle: Handle(handle.into()),
        name: name.into(),
        ..account("1", email)
    };
    let seen = |account: Account| {
        let mut observed = with_account(data_center_site(&["SUP"]), account, &["SUP"]);
        for email in ["ada@example.com", "ada@old.example"] {
            observed.lookups.insert(email_key(email), Lookup::Absent);
        }
        observed.staff.insert(AccountId("1".into()), Staff::No);
        observed
    };
    let (old, new) = ("ada@old.example", "ada@example.com");
    let mut parts = Parts::default();
    parts
        .agreed
        .insert(Remembered::Name(email_key(old)), Value::Name("Ada".into()));
    let before = seen(jira(old, old, "Ada"));
    let saved = saved(&roster, &before, &Ledger::from_parts(parts));
    assert_eq!(saved.steps.len(), 1, "{:?}", saved.steps);
    assert_eq!(saved.recheck(&roster, &before).unwrap().plan.steps.len(), 1);
    let done = saved.recheck(&roster, &seen(jira(new, new, "Ada Lovelace"))).unwrap();
    assert_eq!((done.plan.steps.len(), done.already.len()), (0, 1));
    for half in [
        jira(new, new, "Ada"),
        jira(new, old, "Ada Lovelace"),
        jira(old, old, "Ada Lovelace"),
        jira(old, new, "Ada Lovelace"),
        Account {
            active: false,
            ..jira(new, new, "Ada Lovelace")
        },
    ] {
        let words = format!("{half:?}");
        let left = saved.recheck(&roster, &seen(half));
        assert!(!left.is_ok_and(|left| left.plan.steps.is_empty()), "{words}");
    }
}

#[test]
fn who_gets_a_password_from_the_file() {
    let with_password = |email, kind| Customer {
        initial_password: Some(kind),
        ..customer(email, &["SUP"])
    };
    let entries = [
        with_password("ada@example.com", InitialPassword::Provided),
        with_password("bob@example.com", InitialPassword::Generate),
        customer("eve@example.com", &["SUP"]),
    ];
    let roster = roster(&["SUP"], entries);
    let policy = Policy {
        provided_passwords: [email_key("ada@example.com")].into(),
        ..Policy::default()
    };
    let observed = data_center_site(&["SUP"]);
    let plan = plan(&roster, &observed, &Ledger::not_kept(), &policy);
    let (settings, history) = (Settings::default(), History::default());
    let context = GuardContext {
        settings: &settings,
        history: &history,
        approved: &BTreeSet::new(),
        now: 0,
    };
    let approved = run_guards(&roster, &observed, &plan, context).approve(plan);
    let saved = SavedPlan::from_approved(&approved, &observed, &history, DAY, &[]);
    assert_eq!(saved.steps.len(), 6);
    assert_eq!(saved.passwords_wanted(), [&email_key("ada@example.com")].into());
}

#[test]
fn a_removal_both_know_of_counts_once() {
    let place = |account: &str| (container("SUP"), Handle(account.into()));
    let history = |removed: &[(&str, i64)], applied: usize| History {
        removed: removed.iter().map(|(account, at)| (place(account), *at)).collect(),
        applied_counts: [(container("SUP"), applied)].into(),
        list_sizes: [(container("SUP"), applied)].into(),
        used_approvals: [("removals-SUP-00000000".to_owned(), 1)].into(),
        ..History::default()
    };
    let (roster, observed) = leaving();
    let mut plan = saved(&roster, &observed, &Ledger::not_kept());
    plan.history = history(&[("a", 1), ("b", 5)], 30);
    let own = history(&[("a", 2), ("c", 3)], 20);
    let both = plan.merged_history(&own);
    assert_eq!(both.removed, [(place("a"), 2), (place("b"), 5), (place("c"), 3)].into());
    assert_eq!(
        (
            both.applied_counts[&container("SUP")],
            both.list_sizes[&container("SUP")]
        ),
        (20, 20)
    );
    assert_eq!(both.used_approvals, own.used_approvals);
    let both = plan.merged_history(&History::default());
    assert_eq!(
        (
            both.applied_counts[&container("SUP")],
            both.list_sizes[&container("SUP")]
        ),
        (30, 30)
    );
}

#[test]
fn what_is_remembered_afterwards_is_what_its_steps_were_about() {
    let all = with_access(
        Access::Restricted,
        "PRIV",
        with_access(
            Access::Open,
            "SUP",
            owned(
                "SUP",
                roster(
                    &["PRIV", "SUP"],
                    [
                        customer("ada@example.com", &["PRIV", "SUP"]),
                        customer("bob@example.com", &["PRIV"]),
                    ],
                ),
            ),
        ),
    );
    let observed = with_account(cloud_site(&["PRIV", "SUP"]), account("a", "ada@example.com"), &["PRIV"]);
    let observed = with_account(observed, account("b", "bob@example.com"), &["PRIV"]);
    let saved = saved(&all, &observed, &Ledger::not_kept());
    let edit = saved.to_edit(&all);
    assert!(edit.people.iter().eq([&email_key("ada@example.com")]));
    assert_eq!(
        edit.roster.customers[&email_key("ada@example.com")].desks,
        BTreeSet::from([desk_key("SUP")])
    );
    assert!(edit.roster.desks.keys().eq([&desk_key("SUP")]));
    let desk = &edit.roster.desks[&desk_key("SUP")];
    assert_eq!((desk.access, desk.membership), (Some(Access::Open), Membership::Owned));
    assert!(edit.complete_desks.is_empty());
}
