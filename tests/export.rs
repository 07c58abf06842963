//! `export`: from a living site to a roster whose plan has no steps, over real HTTP.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::collections::BTreeSet;

use proptest::prelude::*;
use quietdesk::engine::progress::Silent;
use quietdesk::engine::survey::survey;
use quietdesk::model::account::Handle;
use quietdesk::model::desk::DeskKey;
use quietdesk::model::email::{Email, EmailProblem};
use quietdesk::model::export::{Entry, Export, ExportedDesk, LeftOut, Reason, Withheld, everybody};
use quietdesk::model::name::Name;
use quietdesk::model::observed::{AccessReading, Deployment, Site};
use quietdesk::model::roster::{Customer, Roster};
use quietdesk::render::roster_yaml::{Form, text};
use quietdesk::sandbox::{Config, DeskAccess, PersonKind, Rules, Seed, SeedDesk, SeedPerson, SettingsSpelling};
use support::desks::one_desk;
use support::world::{World, roster};

/// Names that break a careless writer of YAML, or steer a terminal.
const HOSTILE: [&str; 20] = [
    "no",
    "Y",
    "null",
    "~",
    "1984",
    "0x1F",
    "- dash",
    "? what",
    "a: b",
    "a #b",
    "#1",
    "*alias",
    "&anchor",
    "!tag",
    "%YAML",
    "@at",
    "\"quoted\\\"",
    "it's: 'so'",
    "new\nline: [x]",
    "\u{202e}adA",
];

fn day() -> jiff::civil::Date {
    jiff::civil::date(2027, 1, 31)
}

async fn exported(world: &World, only: &[DeskKey]) -> (String, Export) {
    let seen = survey(&world.read().await, only, true, &Silent).await.unwrap();
    let export = everybody(&seen);
    (text(&export, Form::Roster, day()), export)
}

/// Exports, parses what came out, and plans it: nothing to do, nothing held, nothing noted. Exporting again gives the
/// same bytes, and nothing was written.
async fn in_step(world: &World) -> (String, Export) {
    let (written, export) = exported(world, &[]).await;
    let parsed = roster(&written);
    assert_eq!(parsed, export.roster(), "{written}");
    is_settled(world, &parsed, &written).await;
    assert_eq!(exported(world, &[]).await.0, written);
    assert_eq!(world.sandbox.writes(), 0);
    world.drain();
    (written, export)
}

async fn is_settled(world: &World, roster: &Roster, written: &str) {
    let preview = world.plan(roster).await;
    let plan = preview.approved.plan();
    assert!(
        plan.steps.is_empty() && plan.paused.is_empty(),
        "{:?}\n{written}",
        plan.steps
    );
    assert!(plan.held.is_empty(), "{:?}\n{written}", plan.held);
    assert!(plan.notes.is_empty(), "{:?}\n{written}", plan.notes);
}

fn of_kind(kind: PersonKind, email: &str, desks: &[&str]) -> SeedPerson {
    SeedPerson {
        kind,
        ..SeedPerson::customer(email, desks)
    }
}

/// A site with one of everything that could go wrong. One desk has a key that YAML 1.1 reads as a boolean.
fn odd_site(seed: u64) -> Seed {
    let desks = vec![
        SeedDesk::new("NO", DeskAccess::Open),
        SeedDesk {
            name: HOSTILE[seed as usize % HOSTILE.len()].to_owned(),
            ..SeedDesk::new("PRIV", DeskAccess::Restricted)
        },
        SeedDesk::new("EMPTY", DeskAccess::Restricted),
    ];
    let mut site = Seed::random(desks, 30 + seed as usize * 7, seed);
    for person in &mut site.people {
        person.desks.retain(|desk| desk != "EMPTY");
    }
    for (n, name) in HOSTILE.iter().enumerate() {
        site.people.push(SeedPerson {
            name: (*name).to_owned(),
            ..SeedPerson::customer(format!("hostile{n}@example.com"), &["NO"])
        });
    }
    for kind in [PersonKind::PortalOnly, PersonKind::Atlassian] {
        site.people.push(of_kind(kind, "two@example.com", &["NO"]));
        site.people.push(of_kind(
            kind,
            "apart@example.com",
            &[if kind == PersonKind::Atlassian { "NO" } else { "PRIV" }],
        ));
    }
    site.people.extend([
        of_kind(PersonKind::PortalOnly, "worker@example.com", &["PRIV"]),
        of_kind(PersonKind::App, "bridge@example.com", &["NO"]),
        of_kind(PersonKind::PortalOnly, "BRIDGE@example.com", &["NO"]),
        of_kind(PersonKind::PortalOnly, "root@localhost", &["NO"]),
        of_kind(PersonKind::PortalOnly, "'=#{}@example.com", &["PRIV"]),
        of_kind(PersonKind::PortalOnly, "1984@example.com", &["PRIV"]),
        SeedPerson {
            active: false,
            ..SeedPerson::customer("gone@example.com", &["NO", "PRIV"])
        },
        SeedPerson::customer("Gone@example.com", &["PRIV"]),
    ]);
    site
}

#[tokio::test]
async fn whatever_the_site_the_plan_of_its_export_has_no_steps() {
    for seed in 0..10 {
        let rules = Rules {
            settings_spelling: if seed % 2 == 0 {
                SettingsSpelling::Texts
            } else {
                SettingsSpelling::Booleans
            },
            hide_atlassian_emails: seed % 3 == 2,
            inactive_are_listed: seed % 4 != 3,
            search_finds_portal_only: seed % 5 != 4,
            ..Rules::default()
        };
        let faults = ["", "read-access[PRIV]:404", "read-access:403", "customers[PRIV]:403"];
        let config = Config {
            rules,
            page_limit: 7 + seed as u32,
            faults: faults[seed as usize % faults.len()].parse().unwrap(),
            ..Config::default()
        };
        let world = World::with(odd_site(seed), config).await;
        let agent = world
            .sandbox
            .create_account(&of_kind(PersonKind::Agent, "worker@example.com", &["PRIV"]));
        for (desk, id) in [
            ("NO", &agent),
            ("NO", &world.sandbox.accounts_of("quietdesk@example.com")[0]),
        ] {
            world.sandbox.add_member(desk, id).unwrap();
        }
        let (written, export) = in_step(&world).await;
        assert_eq!((export.left_out.agents, export.left_out.apps), (1, 1), "{written}");
        assert!(export.left_out.own && !written.contains("quietdesk@example.com"));
        let entry = |email: &str| export.entries.iter().find(|it| it.customer.email.as_str() == email);
        // Jira may hide that the app has the same e-mail.
        let pin = &entry("BRIDGE@example.com").unwrap().customer.account;
        assert_eq!(pin.is_some(), !rules.hide_atlassian_emails, "{written}");
        assert!(
            entry("two@example.com").is_none() || rules.hide_atlassian_emails,
            "{written}"
        );
        assert_eq!(export.unread.is_empty(), seed % 4 != 3, "{written}");
        assert!(!written.contains('\u{202e}'), "{written:?}");
    }
}

#[tokio::test]
async fn agents_are_told_by_their_licence_and_by_their_role_and_portal_only_accounts_are_not_asked_for() {
    let person = |email: &str| of_kind(PersonKind::Atlassian, email, &["SUP"]);
    let mut people: Vec<_> = (0..200)
        .map(|n| SeedPerson::customer(format!("p{n}@example.com"), &["SUP"]))
        .collect();
    people.extend([
        person("employee@example.com"),
        of_kind(PersonKind::Agent, "team@example.com", &["SUP"]),
    ]);
    let world = World::new(one_desk(people)).await;
    let elsewhere = world
        .sandbox
        .create_account(&of_kind(PersonKind::Agent, "agent@example.com", &["OTHER"]));
    world.sandbox.add_member("SUP", &elsewhere).unwrap();
    world
        .sandbox
        .add_member("SUP", &world.sandbox.accounts_of("team@example.com")[0])
        .unwrap();
    world.sandbox.clear_journal();
    let (_, export) = exported(&world, &[DeskKey::parse("SUP").unwrap()]).await;
    let asked = world
        .sandbox
        .journal()
        .into_iter()
        .filter(|it| it.template == Some("/rest/api/3/user"))
        .count();
    assert_eq!(
        asked, 2,
        "the employee and the agent of the other desk; the team is known by its role"
    );
    assert_eq!((export.entries.len(), export.left_out.agents), (201, 2));
    in_step(&world).await;
}

#[tokio::test]
async fn roles_and_licences_that_cannot_be_read_are_told_and_stop_nothing() {
    let person = of_kind(PersonKind::Atlassian, "employee@example.com", &["SUP"]);
    for (script, told) in [("roles:403", "who works on SUP"), ("user:403", "licence")] {
        let world = World::new(one_desk(vec![person.clone()])).await;
        world.sandbox.set_faults(&script.parse().unwrap());
        let seen = survey(&world.read().await, &[], true, &Silent).await;
        let export = everybody(&seen.unwrap());
        assert_eq!(export.entries.len(), 1);
        assert!(
            export.warnings.iter().any(|it| it.contains(told)),
            "{:?}",
            export.warnings
        );
        assert!(text(&export, Form::Roster, day()).contains("# Beware: "));
    }
}

/// Each commented line becomes an entry when its `#` is taken away, and is in step then.
#[tokio::test]
async fn what_is_commented_can_be_uncommented() {
    let person = |email: &str| of_kind(PersonKind::Atlassian, email, &["SUP"]);
    let hidden = SeedPerson {
        email_hidden: true,
        name: "no".to_owned(),
        ..person("hidden@example.com")
    };
    let people = vec![
        SeedPerson::customer("ada@example.com", &["SUP"]),
        hidden,
        SeedPerson::customer("two@example.com", &["SUP"]),
        person("two@example.com"),
    ];
    let world = World::new(one_desk(people)).await;
    let (written, _) = in_step(&world).await;
    let mut pinned = 0;
    let mut uncommented = String::new();
    for line in written.lines() {
        match line.strip_prefix("  # - ") {
            Some(entry) if pinned < 2 => {
                pinned += 1;
                uncommented += &format!("  - {}\n", entry.replace("\"?\"", "hidden@example.com"));
            }
            Some(_) | None => uncommented += &format!("{line}\n"),
        }
    }
    let parsed = roster(&uncommented);
    assert_eq!((parsed.customers.len(), pinned), (3, 2), "{uncommented}");
    is_settled(&world, &parsed, &uncommented).await;
    world.drain();
}

#[tokio::test]
async fn a_desk_that_changes_while_it_is_read_says_so() {
    let people = (0..40)
        .map(|n| SeedPerson::customer(format!("p{n}@example.com"), &["SUP"]))
        .collect();
    let world = World::with(
        one_desk(people),
        Config {
            page_limit: 10,
            ..Config::default()
        },
    )
    .await;
    world.sandbox.set_faults(&"customers:repeat-row@3".parse().unwrap());
    let (written, _) = exported(&world, &[]).await;
    assert!(
        written.contains("# The list of SUP changed while it was read"),
        "{written}"
    );
    is_settled(&world, &roster(&written), &written).await;
}

fn desk_keys() -> impl Strategy<Value = BTreeSet<DeskKey>> {
    let key = prop_oneof![
        Just("NO"),
        Just("Y"),
        Just("NULL"),
        Just("TRUE"),
        Just("SUP"),
        Just("E1")
    ];
    proptest::collection::btree_set(key.prop_map(|key| DeskKey::parse(key).unwrap()), 1..4)
}

/// Every kind of character there is, and those that matter to YAML much more often.
fn any_text() -> impl Strategy<Value = String> {
    let special: Vec<char> =
        " \t\n\r\u{85}\u{2028}\u{feff}\u{fffe}\u{ffff}\u{7f}\0\u{1b}\u{9b}\u{202e}:#-?,[]{}&*!|>'\"%@`\\~=yno01."
            .chars()
            .collect();
    let any = prop_oneof![3 => proptest::sample::select(special), 1 => any::<char>()];
    proptest::collection::vec(any, 0..12).prop_map(|chars| chars.into_iter().collect())
}

fn any_email() -> impl Strategy<Value = Email> {
    "[a-zA-Z0-9!#$%&'*+/=?^_`{|}~é-]{1,10}@(no|[a-z]{1,6})\\.(example|com)"
        .prop_map(|text| Email::parse(&text).unwrap())
}

fn any_entry() -> impl Strategy<Value = Entry> {
    let account = proptest::option::of("[!-~é]{1,20}".prop_map(Handle));
    (any_email(), any_text(), desk_keys(), account).prop_map(|(email, name, desks, account)| {
        let listed = Name::parse(&name).ok();
        Entry {
            odd_name: listed.is_none().then_some(name),
            customer: Customer {
                email,
                name: listed,
                desks,
                account,
            },
        }
    })
}

fn any_withheld() -> impl Strategy<Value = Withheld> {
    let reason = prop_oneof![
        Just(Reason::HiddenEmail),
        Just(Reason::SeveralAccounts),
        Just(Reason::Claimed),
        Just(Reason::Deactivated),
        Just(Reason::NoAddress(EmailProblem::At))
    ];
    (
        reason,
        proptest::option::of(any_text()),
        any_text(),
        any_text(),
        desk_keys(),
    )
        .prop_map(|(reason, email, account, name, desks)| Withheld {
            reason,
            email,
            account: Handle(account),
            name: Name::parse(&name).ok(),
            odd_name: Some(name),
            desks,
        })
}

fn any_export() -> impl Strategy<Value = Export> {
    let entries = proptest::collection::vec(any_entry(), 0..6);
    let withheld = proptest::collection::vec(any_withheld(), 0..4);
    (entries, withheld, proptest::collection::vec(any_text(), 5)).prop_map(|(mut entries, withheld, texts)| {
        let (mut emails, mut pins) = (BTreeSet::new(), BTreeSet::new());
        entries.retain(|it| emails.insert(it.customer.email.key().clone()));
        entries.retain(|it| it.customer.account.as_ref().is_none_or(|pin| pins.insert(pin.clone())));
        entries.sort_by(|a, b| a.customer.email.key().cmp(b.customer.email.key()));
        let keys = ["E1", "NO", "NULL", "SUP", "TRUE", "Y"].map(|key| DeskKey::parse(key).unwrap());
        let desks = keys.map(|key| ExportedDesk {
            key,
            name: texts[0].clone(),
            access: AccessReading::Unreadable {
                reason: texts[1].clone(),
            },
            customers: 3,
            listed: 2,
            gap: Some(texts[2].clone()),
        });
        Export {
            site: Site {
                url: texts[3].clone(),
                deployment: Deployment::DataCenter,
                version: String::new(),
            },
            desks: desks.to_vec(),
            unread: vec![(DeskKey::parse("LAB").unwrap(), texts[4].clone())],
            entries,
            withheld,
            left_out: LeftOut::default(),
            warnings: texts,
        }
    })
}

proptest! {
    /// Through the real parser, whatever the names, and with nothing in it that a terminal would obey.
    #[test]
    fn whatever_jira_says_reads_back_as_it_was(export in any_export()) {
        let written = text(&export, Form::Roster, day());
        prop_assert!(!written.chars().any(|c| c != '\n' && quietdesk::model::name::is_hostile(c)), "{:?}", written);
        prop_assert_eq!(roster(&written), export.roster(), "{}", written);
    }
}
