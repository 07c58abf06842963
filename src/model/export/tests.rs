use std::collections::BTreeSet;

use super::*;
use crate::model::access::Access;
use crate::model::account::{Account, AccountKind};
use crate::model::account::{AccountId, Handle};
use crate::model::desk::DeskKey;
use crate::model::email::EmailProblem;
use crate::model::fixtures::{account, cloud_site, customer, desk_key, desk_mut, roster, with_account, with_pin};
use crate::model::ledger::Ledger;
use crate::model::name::Name;
use crate::model::observed::ProjectRoleMembers;
use crate::model::observed::{AccessReading, Observed};
use crate::model::plan::plan;
use crate::model::policy::Policy;

fn snapshot(observed: Observed) -> ExportSnapshot {
    ExportSnapshot {
        observed,
        names: [(desk_key("SUP"), "Support".to_owned())].into(),
        own_account: AccountId("own".into()),
        licensed: BTreeSet::new(),
    }
}

fn person(id: &str, email: &str) -> Account {
    Account {
        kind: AccountKind::Person,
        ..account(id, email)
    }
}

fn hidden(id: &str) -> Account {
    Account {
        email: None,
        ..person(id, "")
    }
}

fn inactive(account: Account) -> Account {
    Account {
        active: false,
        ..account
    }
}

/// Returns the entries in words, after checking that their plan is empty.
fn entries(snapshot: &ExportSnapshot, export: &Export) -> Vec<String> {
    let planned = plan(
        &export.to_roster(),
        &snapshot.observed,
        &Ledger::not_kept(),
        &Policy::default(),
    );
    assert_eq!((planned.steps, planned.held, planned.notes), (vec![], vec![], vec![]));
    in_words(export)
}

fn in_words(export: &Export) -> Vec<String> {
    let words = export.entries.iter().map(|entry| {
        let it = &entry.customer;
        let name = it.name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
        let pin = it.account.as_ref().map(|pin| format!(" = {pin}")).unwrap_or_default();
        let desks: Vec<_> = it.desks.iter().map(DeskKey::as_str).collect();
        format!("{}{name} on {}{pin}", it.email, desks.join("+"))
    });
    words.collect()
}

fn withheld(export: &Export) -> Vec<(&str, &WithholdReason)> {
    export
        .withheld
        .iter()
        .map(|it| (it.account.0.as_str(), &it.reason))
        .collect()
}

#[test]
fn by_normalised_email_whatever_the_accounts() {
    let seen = with_account(cloud_site(&["PRIV", "SUP"]), account("1", "Bob@Example.com"), &["SUP"]);
    let seen = snapshot(with_account(seen, account("2", "ada@example.com"), &["PRIV", "SUP"]));
    let export = export_all(&seen);
    assert_eq!(
        entries(&seen, &export),
        ["ada@example.com on PRIV+SUP", "Bob@Example.com on SUP"]
    );
    let counts: Vec<_> = export
        .desks
        .iter()
        .map(|it| (it.key.as_str(), it.customers, it.listed))
        .collect();
    assert_eq!(counts, [("PRIV", 1, 1), ("SUP", 2, 2)]);
}

#[test]
fn who_is_more_than_a_customer_is_left_out_and_counted() {
    let mut seen = cloud_site(&["PRIV", "SUP"]);
    for one in ["own", "app", "licensed", "team"] {
        seen = with_account(seen, person(one, &format!("{one}@example.com")), &["SUP"]);
    }
    seen = with_account(seen, person("both", "both@example.com"), &["PRIV", "SUP"]);
    let app = AccountId("app".into());
    seen.accounts.entry(app).and_modify(|app| app.kind = AccountKind::App);
    desk_mut(&mut seen, "SUP").project_roles = Some(ProjectRoleMembers {
        members: ["team", "both"].map(|id| Handle(id.into())).into(),
        ..ProjectRoleMembers::default()
    });
    let mut seen = snapshot(seen);
    seen.licensed.insert(AccountId("licensed".into()));
    let export = export_all(&seen);
    assert_eq!(
        entries(&seen, &export),
        ["both@example.com on PRIV"],
        "works on SUP, is a customer of PRIV"
    );
    let expected = LeftOut {
        agents: 2,
        apps: 1,
        own: true,
    };
    assert_eq!((export.left_out, export.withheld), (expected, vec![]));
}

#[test]
fn what_cannot_be_listed_safely_is_withheld_with_the_reason() {
    let mut seen = cloud_site(&["SUP"]);
    for one in [
        account("two-a", "two@example.com"),
        person("two-b", "TWO@example.com"),
        hidden("hidden"),
        inactive(account("gone", "gone@example.com")),
        account("odd", "root@localhost"),
    ] {
        seen = with_account(seen, one, &["SUP"]);
    }
    let seen = snapshot(seen);
    let export = export_all(&seen);
    assert_eq!(entries(&seen, &export), Vec::<String>::new());
    assert_eq!(
        withheld(&export),
        [
            ("hidden", &WithholdReason::HiddenEmail),
            ("two-a", &WithholdReason::SeveralAccounts),
            ("two-b", &WithholdReason::SeveralAccounts),
            ("odd", &WithholdReason::InvalidEmail(EmailProblem::Domain)),
            ("gone", &WithholdReason::Deactivated),
        ]
    );
}

#[test]
fn the_only_customer_of_an_email_is_pinned() {
    let mut seen = cloud_site(&["PRIV", "SUP"]);
    seen = with_account(seen, account("a", "a@example.com"), &["SUP"]);
    seen = with_account(seen, person("agent", "a@example.com"), &["PRIV"]);
    seen = with_account(seen, account("b", "b@example.com"), &["SUP"]);
    seen = with_account(seen, inactive(account("old", "b@example.com")), &["SUP"]);
    let mut seen = snapshot(seen);
    seen.licensed.insert(AccountId("agent".into()));
    let export = export_all(&seen);
    let expected = ["a@example.com on SUP = a", "b@example.com on SUP"];
    assert_eq!(entries(&seen, &export), expected, "the deactivated one is ignored");
}

#[test]
fn a_username_that_a_roster_refuses_is_no_pin() {
    let odd = Account {
        handle: Handle("a b".into()),
        ..account("a", "a@example.com")
    };
    let seen = with_account(cloud_site(&["SUP"]), odd, &["SUP"]);
    let seen = snapshot(with_account(
        seen,
        Account {
            kind: AccountKind::App,
            ..account("app", "a@example.com")
        },
        &["SUP"],
    ));
    assert_eq!(
        withheld(&export_all(&seen)),
        [("a b", &WithholdReason::SeveralAccounts)]
    );
}

#[test]
fn names_are_listed_where_they_say_more_and_a_roster_can_hold_them() {
    let long = "x".repeat(256);
    for (name, listed, odd) in [
        ("Ada", Some("Ada"), false),
        ("a@example.com", None, false),
        ("A@example.com", Some("A@example.com"), false),
        ("", None, false),
        ("Ada ", None, true),
        ("\u{202e}adA", None, true),
        ("Ada\nBcc", None, true),
        (&long, None, true),
    ] {
        let one = Account {
            name: name.into(),
            ..account("a", "a@example.com")
        };
        let seen = snapshot(with_account(cloud_site(&["SUP"]), one, &["SUP"]));
        let export = export_all(&seen);
        assert_eq!(entries(&seen, &export).len(), 1);
        let entry = &export.entries[0];
        assert_eq!(entry.customer.name.as_ref().map(Name::as_str), listed, "{name:?}");
        assert_eq!(entry.odd_name.as_deref(), odd.then_some(name), "{name:?}");
    }
}

#[test]
fn beside_a_roster_only_what_it_does_not_list() {
    let mut seen = cloud_site(&["PRIV", "SUP"]);
    for (id, email, desks) in [
        ("1", "listed@example.com", &["SUP"][..]),
        ("2", "more@example.com", &["PRIV", "SUP"]),
        ("3", "stranger@example.com", &["SUP"]),
        ("5", "rival@example.com", &["PRIV"]),
        ("6", "rival@example.com", &["PRIV"]),
    ] {
        let named = Account {
            name: "Some Name".into(),
            ..account(id, email)
        };
        seen = with_account(seen, named, desks);
    }
    seen = with_account(seen, hidden("4"), &["PRIV", "SUP"]);
    let seen = snapshot(seen);
    let wanted = roster(
        &["PRIV", "SUP"],
        [
            customer("listed@example.com", &["SUP"]),
            customer("More@example.com", &["SUP"]),
            customer("rival@example.com", &["SUP"]),
            with_pin("4", customer("hidden@example.com", &["SUP"])),
        ],
    );
    let export = export_unlisted(&seen, &wanted);
    assert_eq!(
        in_words(&export),
        [
            "hidden@example.com on PRIV",
            "More@example.com on PRIV",
            "stranger@example.com (Some Name) on SUP"
        ]
    );
    assert_eq!(
        withheld(&export),
        [("5", &WithholdReason::Claimed), ("6", &WithholdReason::Claimed)]
    );
}

#[test]
fn a_roster_that_pins_somebody_else_keeps_its_entry() {
    let seen = with_account(cloud_site(&["SUP"]), account("a", "a@example.com"), &["SUP"]);
    let seen = snapshot(with_account(seen, hidden("b"), &[]));
    let wanted = roster(&["SUP"], [with_pin("b", customer("a@example.com", &[]))]);
    assert_eq!(
        withheld(&export_unlisted(&seen, &wanted)),
        [("a", &WithholdReason::Claimed)]
    );
}

#[test]
fn what_a_roster_would_do_beyond_another_is_counted() {
    let seen = with_account(cloud_site(&["SUP"]), account("a", "a@example.com"), &["SUP"]);
    let base = roster(&["SUP"], [customer("new@example.com", &["SUP"])]);
    let same = roster(
        &["SUP"],
        [
            customer("a@example.com", &["SUP"]),
            customer("new@example.com", &["SUP"]),
        ],
    );
    let more = roster(
        &["SUP"],
        [
            customer("b@example.com", &["SUP"]),
            customer("new@example.com", &["SUP"]),
        ],
    );
    assert_eq!(surplus(&same, &base, &seen), Surplus::NONE);
    let steps = surplus(&more, &base, &seen);
    assert_eq!(
        steps,
        Surplus {
            steps: 2,
            ..Surplus::NONE
        }
    );
    // Steps on paused desks count too.
    let paused = |roster| crate::model::fixtures::with_paused("SUP", roster);
    assert_eq!(surplus(&paused(more), &paused(base.clone()), &seen).steps, 2);
    let more = paused(roster(&["SUP"], [customer("b@example.com", &["SUP"])]));
    assert_eq!(surplus(&more, &roster(&["SUP"], []), &seen).steps, 2);
    let export = export_all(&snapshot(seen));
    assert!(
        export.is_included_in(&same) && !export.is_included_in(&more) && !export.is_included_in(&roster(&["SUP"], []))
    );
}

/// Access modes are exported as read.
#[test]
fn the_roster_holds_what_was_read() {
    let mut seen = with_account(cloud_site(&["OPS", "SUP"]), account("a", "a@example.com"), &["SUP"]);
    desk_mut(&mut seen, "SUP").access = AccessReading::Known(Access::Open);
    desk_mut(&mut seen, "OPS").access = AccessReading::NotRead;
    let mut snapshot = snapshot(seen);
    snapshot.names.insert(desk_key("OPS"), "Operations".to_owned());
    let roster = export_all(&snapshot).to_roster();
    let access = |desk| roster.desks[&desk_key(desk)].access;
    assert_eq!((access("SUP"), access("OPS")), (Some(Access::Open), None));
    assert_eq!(roster.customers.len(), 1);
}

/// An account works on a desk by itself, or through a group that was read.
#[test]
fn who_works_on_a_desk() {
    let ada = Handle("a".into());
    let groups = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    let works = |team: Option<ProjectRoleMembers>, of: Option<&[&str]>| {
        let mut seen = cloud_site(&["SUP"]);
        desk_mut(&mut seen, "SUP").project_roles = team;
        if let Some(of) = of {
            seen.groups.insert(ada.clone(), groups(of));
        }
        let desk = desk_mut(&mut seen, "SUP").clone();
        snapshot(seen).has_project_role(&desk, &ada)
    };
    let by_name = ProjectRoleMembers {
        members: [ada.clone()].into(),
        ..ProjectRoleMembers::default()
    };
    let by_group = || ProjectRoleMembers {
        groups: groups(&["agents"]),
        ..ProjectRoleMembers::default()
    };
    assert!(works(Some(by_name), None) && works(Some(by_group()), Some(&["agents", "x"])));
    assert!(!works(Some(by_group()), Some(&["x"])) && !works(Some(by_group()), None));
    assert!(!works(None, Some(&["agents"])) && !works(Some(ProjectRoleMembers::default()), Some(&["agents"])));
}
