//! `export`: from a site in use to a roster whose plan has no steps, over real HTTP.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use quietdesk::engine::observe::read_export_snapshot;
use quietdesk::engine::progress::NoProgress;
use quietdesk::model::desk::DeskKey;
use quietdesk::model::export::{Export, WithholdReason, export_all};
use quietdesk::model::roster::Roster;
use quietdesk::render::roster_yaml::{ExportForm, render};
use quietdesk::sandbox::{
    Config, Deployment, DeskAccess, PersonKind, Rules, Seed, SeedDesk, SeedPerson, SettingsSpelling, Version,
};
use support::desks::one_desk;
use support::world::{World, roster};

/// Names that break a careless YAML writer, or move a terminal's cursor.
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
    let seen = read_export_snapshot(&world.read().await, only, true, &NoProgress)
        .await
        .unwrap();
    let export = export_all(&seen);
    (render(&export, ExportForm::Roster, day()), export)
}

/// Exports, parses the result, and plans it: no steps, nothing held, nothing noted. A second export gives the same
/// bytes, and nothing was written.
async fn in_step(world: &World) -> (String, Export) {
    let (written, export) = exported(world, &[]).await;
    let parsed = roster(&written);
    assert_eq!(parsed, export.to_roster(), "{written}");
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

fn person_of_kind(kind: PersonKind, email: &str, desks: &[&str]) -> SeedPerson {
    SeedPerson {
        kind,
        ..SeedPerson::customer(email, desks)
    }
}

/// A site with one of every difficult case. One desk has a key that YAML 1.1 reads as a boolean.
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
        site.people.push(person_of_kind(kind, "two@example.com", &["NO"]));
        site.people.push(person_of_kind(
            kind,
            "apart@example.com",
            &[if kind == PersonKind::Atlassian { "NO" } else { "PRIV" }],
        ));
    }
    site.people.extend([
        person_of_kind(PersonKind::PortalOnly, "worker@example.com", &["PRIV"]),
        person_of_kind(PersonKind::App, "bridge@example.com", &["NO"]),
        person_of_kind(PersonKind::PortalOnly, "BRIDGE@example.com", &["NO"]),
        person_of_kind(PersonKind::PortalOnly, "root@localhost", &["NO"]),
        person_of_kind(PersonKind::PortalOnly, "'=#&*@example.com", &["PRIV"]),
        person_of_kind(PersonKind::PortalOnly, "1984@example.com", &["PRIV"]),
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
            .create_account(&person_of_kind(PersonKind::Agent, "worker@example.com", &["PRIV"]));
        for (desk, id) in [
            ("NO", &agent),
            ("NO", &world.sandbox.ids_by_email("quietdesk@example.com")[0]),
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
        assert_eq!(export.unreadable_desks.is_empty(), seed % 4 != 3, "{written}");
        assert!(!written.contains('\u{202e}'), "{written:?}");
    }
}

#[tokio::test]
async fn agents_are_recognized_by_license_and_role_and_portal_only_accounts_are_not_looked_up() {
    let person = |email: &str| person_of_kind(PersonKind::Atlassian, email, &["SUP"]);
    let mut people: Vec<_> = (0..200)
        .map(|n| SeedPerson::customer(format!("p{n}@example.com"), &["SUP"]))
        .collect();
    people.extend([
        person("employee@example.com"),
        person_of_kind(PersonKind::Agent, "team@example.com", &["SUP"]),
    ]);
    let world = World::new(one_desk(people)).await;
    let elsewhere = world
        .sandbox
        .create_account(&person_of_kind(PersonKind::Agent, "agent@example.com", &["OTHER"]));
    world.sandbox.add_member("SUP", &elsewhere).unwrap();
    world
        .sandbox
        .add_member("SUP", &world.sandbox.ids_by_email("team@example.com")[0])
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
async fn roles_and_licenses_that_cannot_be_read_are_reported_and_stop_nothing() {
    let person = person_of_kind(PersonKind::Atlassian, "employee@example.com", &["SUP"]);
    for (script, warning) in [("roles:403", "project roles of SUP"), ("user:403", "licenses")] {
        let world = World::new(one_desk(vec![person.clone()])).await;
        world.sandbox.set_faults(&script.parse().unwrap());
        let seen = read_export_snapshot(&world.read().await, &[], true, &NoProgress).await;
        let export = export_all(&seen.unwrap());
        assert_eq!(export.entries.len(), 1);
        assert!(
            export.warnings.iter().any(|it| it.contains(warning)),
            "{:?}",
            export.warnings
        );
        assert!(render(&export, ExportForm::Roster, day()).contains("# Warning: "));
    }
}

/// Each commented line becomes an entry when its `#` is removed, and then needs no step.
#[tokio::test]
async fn what_is_commented_can_be_uncommented() {
    let person = |email: &str| person_of_kind(PersonKind::Atlassian, email, &["SUP"]);
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

#[tokio::test]
async fn a_desk_with_a_key_that_no_roster_accepts_is_reported_and_left_out() {
    let mut site = one_desk(vec![SeedPerson::customer("ada@example.com", &["SUP", "lower"])]);
    site.desks.push(SeedDesk::new("lower", DeskAccess::Open));
    let world = World::new(site).await;
    let (written, export) = in_step(&world).await;
    assert_eq!(export.desks.len(), 1);
    assert!(
        written.contains("# Warning: the desk \"lower\" cannot be in a roster"),
        "{written}"
    );
}

#[tokio::test]
async fn the_same_on_every_data_center() {
    for (seed, version) in [Version::V9_12, Version::V10_0, Version::V10_3, Version::V11]
        .into_iter()
        .enumerate()
    {
        let config = Config {
            deployment: Deployment::DataCenter(version),
            ..Config::default()
        };
        let world = World::with(odd_site(seed as u64), config).await;
        let agent =
            world
                .sandbox
                .create_account(&person_of_kind(PersonKind::Agent, "elsewhere@example.com", &["EMPTY"]));
        world.sandbox.add_member("NO", &agent).unwrap();
        let (written, export) = in_step(&world).await;
        assert!(written.contains("(Jira Data Center)"), "{written}");
        assert!(
            export.entries.len() > 40 && !written.contains("elsewhere@"),
            "{written}"
        );
        let reasons: Vec<_> = export.withheld.iter().map(|it| &it.reason).collect();
        assert!(reasons.contains(&&WithholdReason::SeveralAccounts), "{written}");
        assert!(reasons.contains(&&WithholdReason::Deactivated), "{written}");
    }
}
