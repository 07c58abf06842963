use std::collections::BTreeSet;

use super::*;
use crate::model::access::Access;
use crate::model::account::{Account, AccountKind};
use crate::model::account::{AccountId, Handle};
use crate::model::desk::DeskKey;
use crate::model::email::EmailProblem;
use crate::model::fixtures::{account, customer, key, pinned, reading, roster, site, with};
use crate::model::ledger::Ledger;
use crate::model::name::Name;
use crate::model::observed::Team;
use crate::model::observed::{AccessReading, Observed};
use crate::model::plan::plan;
use crate::model::policy::Policy;

fn survey(observed: Observed) -> Survey {
    Survey {
        observed,
        names: [(key("SUP"), "Support".to_owned())].into(),
        own: AccountId("own".into()),
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

/// The entries in words, after making sure that their plan is empty.
fn entries(survey: &Survey, export: &Export) -> Vec<String> {
    let planned = plan(&export.roster(), &survey.observed, &Ledger::none(), &Policy::default());
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

fn withheld(export: &Export) -> Vec<(&str, &Reason)> {
    export
        .withheld
        .iter()
        .map(|it| (it.account.0.as_str(), &it.reason))
        .collect()
}

#[test]
fn by_normalised_email_whatever_the_accounts() {
    let seen = with(site(&["PRIV", "SUP"]), account("1", "Bob@Example.com"), &["SUP"]);
    let seen = survey(with(seen, account("2", "ada@example.com"), &["PRIV", "SUP"]));
    let export = everybody(&seen);
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
    let mut seen = site(&["PRIV", "SUP"]);
    for one in ["own", "app", "licensed", "team"] {
        seen = with(seen, person(one, &format!("{one}@example.com")), &["SUP"]);
    }
    seen = with(seen, person("both", "both@example.com"), &["PRIV", "SUP"]);
    let app = AccountId("app".into());
    seen.accounts.entry(app).and_modify(|app| app.kind = AccountKind::App);
    reading(&mut seen, "SUP").team = Some(Team {
        members: ["team", "both"].map(|id| Handle(id.into())).into(),
        ..Team::default()
    });
    let mut seen = survey(seen);
    seen.licensed.insert(AccountId("licensed".into()));
    let export = everybody(&seen);
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
    let mut seen = site(&["SUP"]);
    for one in [
        account("two-a", "two@example.com"),
        person("two-b", "TWO@example.com"),
        hidden("hidden"),
        inactive(account("gone", "gone@example.com")),
        account("odd", "root@localhost"),
    ] {
        seen = with(seen, one, &["SUP"]);
    }
    let seen = survey(seen);
    let export = everybody(&seen);
    assert_eq!(entries(&seen, &export), Vec::<String>::new());
    assert_eq!(
        withheld(&export),
        [
            ("hidden", &Reason::HiddenEmail),
            ("two-a", &Reason::SeveralAccounts),
            ("two-b", &Reason::SeveralAccounts),
            ("odd", &Reason::NoAddress(EmailProblem::Domain)),
            ("gone", &Reason::Deactivated),
        ]
    );
}

#[test]
fn the_only_customer_of_an_email_is_pinned() {
    let mut seen = site(&["PRIV", "SUP"]);
    seen = with(seen, account("a", "a@example.com"), &["SUP"]);
    seen = with(seen, person("agent", "a@example.com"), &["PRIV"]);
    seen = with(seen, account("b", "b@example.com"), &["SUP"]);
    seen = with(seen, inactive(account("old", "b@example.com")), &["SUP"]);
    let mut seen = survey(seen);
    seen.licensed.insert(AccountId("agent".into()));
    let export = everybody(&seen);
    let expected = ["a@example.com on SUP = a", "b@example.com on SUP"];
    assert_eq!(entries(&seen, &export), expected, "a deactivated one is no rival");
}

#[test]
fn a_username_that_a_roster_refuses_pins_nobody() {
    let odd = Account {
        handle: Handle("a b".into()),
        ..account("a", "a@example.com")
    };
    let seen = with(site(&["SUP"]), odd, &["SUP"]);
    let seen = survey(with(
        seen,
        Account {
            kind: AccountKind::App,
            ..account("app", "a@example.com")
        },
        &["SUP"],
    ));
    assert_eq!(withheld(&everybody(&seen)), [("a b", &Reason::SeveralAccounts)]);
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
        let seen = survey(with(site(&["SUP"]), one, &["SUP"]));
        let export = everybody(&seen);
        assert_eq!(entries(&seen, &export).len(), 1);
        let entry = &export.entries[0];
        assert_eq!(entry.customer.name.as_ref().map(Name::as_str), listed, "{name:?}");
        assert_eq!(entry.odd_name.as_deref(), odd.then_some(name), "{name:?}");
    }
}

#[test]
fn beside_a_roster_only_what_it_does_not_list() {
    let mut seen = site(&["PRIV", "SUP"]);
    for (id, email, desks) in [
        ("1", "listed@example.com", &["SUP"][..]),
        ("2", "more@example.com", &["PRIV", "SUP"]),
        ("3", "stranger@example.com", &["SUP"]),
        ("5", "rival@example.com", &["PRIV"]),
        ("6", "rival@example.com", &["PRIV"]),
    ] {
        let named = Account {
            name: "Somebody".into(),
            ..account(id, email)
        };
        seen = with(seen, named, desks);
    }
    seen = with(seen, hidden("4"), &["PRIV", "SUP"]);
    let seen = survey(seen);
    let wanted = roster(
        &["PRIV", "SUP"],
        [
            customer("listed@example.com", &["SUP"]),
            customer("More@example.com", &["SUP"]),
            customer("rival@example.com", &["SUP"]),
            pinned("4", customer("hidden@example.com", &["SUP"])),
        ],
    );
    let export = unlisted(&seen, &wanted);
    assert_eq!(
        in_words(&export),
        [
            "hidden@example.com on PRIV",
            "More@example.com on PRIV",
            "stranger@example.com (Somebody) on SUP"
        ]
    );
    assert_eq!(withheld(&export), [("5", &Reason::Claimed), ("6", &Reason::Claimed)]);
}

#[test]
fn a_roster_that_pins_somebody_else_keeps_its_entry() {
    let seen = with(site(&["SUP"]), account("a", "a@example.com"), &["SUP"]);
    let seen = survey(with(seen, hidden("b"), &[]));
    let wanted = roster(&["SUP"], [pinned("b", customer("a@example.com", &[]))]);
    assert_eq!(withheld(&unlisted(&seen, &wanted)), [("a", &Reason::Claimed)]);
}

#[test]
fn what_a_roster_would_do_beyond_another_is_counted() {
    let seen = with(site(&["SUP"]), account("a", "a@example.com"), &["SUP"]);
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
    // What waits on a paused desk counts as well.
    let paused = |roster| crate::model::fixtures::pausing("SUP", roster);
    assert_eq!(surplus(&paused(more), &paused(base.clone()), &seen).steps, 2);
    let more = paused(roster(&["SUP"], [customer("b@example.com", &["SUP"])]));
    assert_eq!(surplus(&more, &roster(&["SUP"], []), &seen).steps, 2);
    let export = everybody(&survey(seen));
    assert!(export.is_in(&same) && !export.is_in(&more) && !export.is_in(&roster(&["SUP"], [])));
}

/// How open each desk is, is written down as it was read.
#[test]
fn the_roster_holds_what_was_read() {
    let mut seen = with(site(&["OPS", "SUP"]), account("a", "a@example.com"), &["SUP"]);
    reading(&mut seen, "SUP").access = AccessReading::Known(Access::Open);
    reading(&mut seen, "OPS").access = AccessReading::NotAsked;
    let mut survey = survey(seen);
    survey.names.insert(key("OPS"), "Operations".to_owned());
    let roster = everybody(&survey).roster();
    let access = |desk| roster.desks[&key(desk)].access;
    assert_eq!((access("SUP"), access("OPS")), (Some(Access::Open), None));
    assert_eq!(roster.customers.len(), 1);
}

/// Somebody works on a desk by name, or by a group that was asked for.
#[test]
fn who_works_on_a_desk() {
    let ada = Handle("a".into());
    let groups = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    let works = |team: Option<Team>, of: Option<&[&str]>| {
        let mut seen = site(&["SUP"]);
        reading(&mut seen, "SUP").team = team;
        if let Some(of) = of {
            seen.groups.insert(ada.clone(), groups(of));
        }
        let desk = reading(&mut seen, "SUP").clone();
        survey(seen).works_on(&desk, &ada)
    };
    let by_name = Team {
        members: [ada.clone()].into(),
        ..Team::default()
    };
    let by_group = || Team {
        groups: groups(&["agents"]),
        ..Team::default()
    };
    assert!(works(Some(by_name), None) && works(Some(by_group()), Some(&["agents", "x"])));
    assert!(!works(Some(by_group()), Some(&["x"])) && !works(Some(by_group()), None));
    assert!(!works(None, Some(&["agents"])) && !works(Some(Team::default()), Some(&["agents"])));
}
