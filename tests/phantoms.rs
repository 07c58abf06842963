//! Accounts that a desk's list shows although they are off the desk, with the real program: what is remembered of the
//! role of its customers between runs, saved plans, and exports.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::fs;

use quietdesk::sandbox::{Config, Faults, Rules, SeedPerson};
use serde_json::Value;
use support::program::{ProgramSite, two_desks};
use support::world::World;
use tempfile::TempDir;

/// So many people that the removal of one is no finding of a guard.
const PEOPLE: usize = 30;

/// Thirty people and Eve are in the role of PRIV; its list also shows Gina, by a group, and every removed account.
async fn day() -> ProgramSite {
    let mut people: Vec<_> = (0..PEOPLE)
        .map(|n| SeedPerson::customer(format!("person{n}@example.com"), &["PRIV"]))
        .collect();
    people.push(SeedPerson::customer("eve@example.com", &["PRIV"]));
    people.push(SeedPerson {
        groups: vec!["staff".to_owned()],
        ..SeedPerson::customer("gina@example.com", &[])
    });
    let mut seed = two_desks(people);
    seed.desks[1].browsing_groups = vec!["staff".to_owned()];
    let rules = Rules {
        removed_stay_listed: true,
        people_by_group_are_listed: true,
        ..Rules::default()
    };
    let config = Config {
        rules,
        ..Config::default()
    };
    ProgramSite {
        world: World::with(seed, config).await,
        folder: TempDir::new().unwrap(),
        is_cloud: true,
    }
}

fn roster(day: &ProgramSite, others: &[&str]) {
    let mut text = "version: 1\ndefaults: {desks: [PRIV]}\ndesks:\n  PRIV: {access: restricted, membership: exact}\n\
                    customers:\n"
        .to_owned();
    let people = (0..PEOPLE).map(|n| format!("person{n}@example.com"));
    for email in people.chain(others.iter().map(|email| (*email).to_owned())) {
        text += &format!("  - {email}\n");
    }
    day.write("roster.yaml", &text);
}

fn plan(day: &ProgramSite) -> Value {
    let plan = day.does(&["plan", "roster.yaml", "--output", "json"], 0);
    serde_json::from_str(&plan).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_role_held_is_remembered_from_run_to_run() {
    let day = day().await;
    roster(&day, &[]);
    day.does(&["apply", "roster.yaml", "--yes"], 0);
    assert_eq!(day.world.sandbox.snapshot().customers("PRIV").len(), PEOPLE);
    let writes = day.world.sandbox.writes();
    let output = day.does(&["apply", "roster.yaml", "--yes"], 0);
    assert_eq!(day.world.sandbox.writes(), writes, "{output}");
    let planned = plan(&day);
    assert_eq!(planned["notes"].as_array().unwrap().len(), 2, "{planned:#}");
    assert_eq!(planned["desks"]["PRIV"]["customers"], PEOPLE);
    // A role with nine of ten earlier members is believed, one with fewer is not, however many the list shows besides.
    for _ in 0..4 {
        day.world.sandbox.set_faults(&"role:half".parse().unwrap());
        let planned = plan(&day);
        assert_eq!(planned["notes"], Value::Array(Vec::new()), "{planned:#}");
        let warning = planned["warnings"][0].as_str().unwrap();
        assert!(
            warning.contains("holds 15 of the 30 people on the desk's list who were in it before"),
            "{warning}"
        );
        day.world.sandbox.set_faults(&Faults::default());
        assert_eq!(plan(&day)["steps"], Value::Array(Vec::new()));
    }
    day.world.drain();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_plan_adds_people_who_are_only_on_the_list() {
    for keeps_memory in [true, false] {
        let day = day().await;
        roster(&day, &["gina@example.com"]);
        day.does(&["plan", "roster.yaml", "--out", "p.json"], 0);
        let elsewhere = day.folder.path().join("elsewhere").display().to_string();
        let mut apply = vec!["apply", "--plan", "p.json", "--yes", "--report", "r.json"];
        if !keeps_memory {
            apply.extend(["--state-dir", &elsewhere]);
        }
        let outcomes = || {
            let report = fs::read_to_string(day.folder.path().join("r.json")).unwrap();
            let report: Value = serde_json::from_str(&report).unwrap();
            let steps = report["steps"].as_array().unwrap().iter();
            let outcomes = steps.map(|step| format!("{} {}", step["kind"], step["outcome"]).replace('"', ""));
            outcomes.collect::<Vec<_>>()
        };
        day.does(&apply, 0);
        assert_eq!(outcomes(), ["add_to_desk done", "remove_from_desk done"]);
        let there = day.world.sandbox.snapshot().customers("PRIV");
        assert!(there.contains("gina@example.com") && !there.contains("eve@example.com"));
        // The list still shows Eve, who is off the desk.
        let writes = day.world.sandbox.writes();
        day.does(&apply, 0);
        assert_eq!(outcomes(), ["add_to_desk already", "remove_from_desk already"]);
        assert_eq!(day.world.sandbox.writes(), writes);
        assert_eq!(plan(&day)["steps"], Value::Array(Vec::new()));
        day.world.drain();
    }
}

/// Where the plan was made, enough of the role was remembered to believe it; where it is applied, nothing is
/// remembered, and the role holds too few of the accounts on the list.
#[tokio::test(flavor = "multi_thread")]
async fn a_saved_plan_adds_people_who_are_only_on_the_list_of_a_doubted_role() {
    let day = day().await;
    roster(&day, &["eve@example.com"]);
    day.does(&["apply", "roster.yaml", "--yes"], 0);
    for n in 0..10 {
        day.world.sandbox.create_account(&SeedPerson {
            groups: vec!["staff".to_owned()],
            ..SeedPerson::customer(format!("guest{n}@example.com"), &[])
        });
    }
    roster(&day, &["eve@example.com", "gina@example.com"]);
    day.does(&["plan", "roster.yaml", "--out", "p.json"], 0);
    let elsewhere = day.folder.path().join("elsewhere").display().to_string();
    let apply = ["apply", "--plan", "p.json", "--yes", "--state-dir", &elsewhere];
    day.does(&apply, 0);
    assert!(
        day.world
            .sandbox
            .snapshot()
            .customers("PRIV")
            .contains("gina@example.com")
    );
    assert_eq!(plan(&day)["steps"], Value::Array(Vec::new()));
    day.world.drain();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_brings_no_one_back() {
    let day = day().await;
    let exported = day.does(&["export"], 0);
    assert!(
        exported.contains("eve@example.com") && !exported.contains("gina@example.com"),
        "{exported}"
    );
    day.write("exported.yaml", &exported);
    let planned = day.does(&["plan", "exported.yaml", "--output", "json", "--detailed-exitcode"], 0);
    let planned: Value = serde_json::from_str(&planned).unwrap();
    assert_eq!(planned["steps"], Value::Array(Vec::new()));
    day.world.drain();
}
