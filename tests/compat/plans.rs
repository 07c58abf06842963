//! Saved plans and reports: each holds a step of every kind that Cloud has.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use quietdesk::engine::state::remember_site;
use quietdesk::sandbox::{Config, DeskAccess, Seed, SeedDesk, SeedPerson};

use super::support::program::ProgramSite;
use super::{kept, target};

const SITE: &str = "https://acme.atlassian.net";
const FORMATS: [&str; 1] = ["1"];
const ROSTER: &str = "\
version: 1
desks: {SUP: {access: open}, PRIV: {membership: exact}}
customers:
  - {email: ada@example.com, name: Ada Lovelace, desks: [SUP]}
  - {email: bob@example.com, desks: [PRIV]}
";

/// The site they were made on: always the same accounts, under any address.
async fn site() -> ProgramSite {
    let config = Config {
        site: Some(SITE.to_owned()),
        ..Config::default()
    };
    let seed = Seed {
        seed: 1,
        desks: vec![
            SeedDesk::new("PRIV", DeskAccess::Restricted),
            SeedDesk::new("SUP", DeskAccess::Restricted),
        ],
        people: vec![
            SeedPerson::customer("bob@example.com", &[]),
            SeedPerson::customer("cy@example.com", &["PRIV"]),
        ],
    };
    let day = ProgramSite::with(config, seed).await;
    day.write("roster.yaml", ROSTER);
    // Its addresses when the samples were made, as a state would remember them.
    let state = day.folder.path().join("state");
    fs::create_dir(&state).unwrap();
    fs::set_permissions(&state, Permissions::from_mode(0o700)).unwrap();
    let url = day.world.running.url();
    remember_site(&state, SITE, &[&url, "http://127.0.0.1:34467"]).unwrap();
    day
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "writes files to be kept"]
async fn a_saved_plan_and_a_report_of_the_present_format() {
    let day = site().await;
    fs::create_dir_all(target()).unwrap();
    let path = |name: &str| target().join(name).display().to_string();
    day.does(&["plan", "roster.yaml", "--out", &path("plan.json")], 0);
    day.does(
        &[
            "apply",
            "--plan",
            &path("plan.json"),
            "--yes",
            "--report",
            &path("report.json"),
        ],
        0,
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_plan_of_every_format_is_shown_and_applied() {
    for format in FORMATS {
        let day = site().await;
        let plan = kept().join(format!("plan-{format}.json")).display().to_string();
        let shown = day.does(&["show", &plan], 0);
        for told in ["ada@example.com", "bob@example.com", "cy@example.com", "PRIV", "SUP"] {
            assert!(shown.contains(told), "{format}: {told} in {shown}");
        }
        day.does(&["apply", "--plan", &plan, "--yes"], 0);
        let site = day.world.sandbox.snapshot();
        let on = |desk: &str| site.customers(desk).into_iter().collect::<Vec<_>>();
        assert_eq!(
            (on("SUP"), on("PRIV")),
            (vec!["ada@example.com".to_owned()], vec!["bob@example.com".to_owned()]),
            "{format}"
        );
        assert_eq!(site.desks["SUP"].access, DeskAccess::Open, "{format}");
        let again = day.does(&["plan", "roster.yaml"], 0);
        assert!(again.contains("nothing to do"), "{format}: {again}");
        day.world.drain();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_of_every_format_is_shown() {
    for format in FORMATS {
        let day = site().await;
        let report = kept().join(format!("report-{format}.json")).display().to_string();
        let shown = day.does(&["show", &report], 0);
        for told in ["ada@example.com", "bob@example.com", "cy@example.com"] {
            assert!(shown.contains(told), "{format}: {told} in {shown}");
        }
    }
}
