//! Days on which people leave, with the real program. The fifth, from one token to another, is in `service.rs`.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::collections::BTreeSet;
use std::fs;

use quietdesk::sandbox::{Deployment, DeskAccess, Faults, Seed, SeedDesk, SeedPerson};
use serde_json::Value;
use support::program::{BOTH, ProgramSite};

const PRIVATE: &str = "version: 1\ndefaults: {desks: [PRIV]}\ndesks: {PRIV: {membership: owned}}\ncustomers:\n";

fn private(people: impl Iterator<Item = String>) -> Seed {
    Seed {
        seed: 1,
        desks: vec![SeedDesk::new("PRIV", DeskAccess::Restricted)],
        people: people.map(|email| SeedPerson::customer(email, &["PRIV"])).collect(),
    }
}

fn people(range: std::ops::Range<usize>) -> impl Iterator<Item = String> {
    range.map(|n| format!("p{n:05}@example.com"))
}

fn listing(people: impl Iterator<Item = String>) -> String {
    let customers: String = people.map(|email| format!("  - {email}\n")).collect();
    format!("{PRIVATE}{customers}")
}

fn on_the_desk(day: &ProgramSite) -> BTreeSet<String> {
    day.world.sandbox.snapshot().customers("PRIV")
}

/// A desk in use, with people of unknown origin, is adopted: those in the file from then on come and go with it, and no
/// one else is touched.
#[tokio::test(flavor = "multi_thread")]
async fn adopting_a_desk_with_strangers() {
    for deployment in BOTH {
        let strangers = (0..60).map(|n| format!("stranger{n:02}@example.net"));
        let day = ProgramSite::on(deployment, private(people(0..40).chain(strangers))).await;
        day.does(&["export", "--out", "roster.yaml"], 0);
        let exported = fs::read_to_string(day.folder.path().join("roster.yaml")).unwrap();
        let known = exported.lines().filter(|line| !line.contains("stranger"));
        let known: String = known.map(|line| format!("{line}\n")).collect();
        // No ledger knows them yet: no one is removed.
        let owned = known.replacen("  PRIV:", "  PRIV:\n    membership: owned", 1);
        day.write("roster.yaml", &owned);
        let plan = day.does(&["plan", "roster.yaml", "--detailed-exitcode"], 0);
        assert!(plan.contains("60 people unlisted"), "{plan}");
        day.does(&["apply", "--yes", "roster.yaml"], 0);
        let fewer: String = owned
            .lines()
            .filter(|line| !line.contains("p00007@") && !line.contains("p00008@"))
            .map(|line| format!("{line}\n"))
            .collect();
        day.write("roster.yaml", &fewer);
        let plan = day.does(&["plan", "roster.yaml", "--detailed-exitcode"], 2);
        assert!(
            plan.contains("2 to remove") && plan.contains("-  - email: p00007@example.com"),
            "{plan}"
        );
        let applied = day.does(&["apply", "--yes", "roster.yaml"], 0);
        assert!(applied.contains("2 done"), "{applied}");
        assert_eq!(on_the_desk(&day).len(), 98);
        let again = day.does(&["apply", "--yes", "roster.yaml"], 0);
        assert!(again.contains("nothing to do; 0 writes made"), "{again}");
        day.world.drain();
    }
}

/// A pull request drops all but 20 of 3000 people. No one is removed, neither by the merge nor the day after, and every
/// command reports the finding; if it is meant, it is approved.
#[tokio::test(flavor = "multi_thread")]
async fn a_pull_request_that_truncates_the_file() {
    for deployment in BOTH {
        let day = ProgramSite::on(deployment, private(people(0..3000))).await;
        day.write("before.yaml", &listing(people(0..3000)));
        day.does(&["apply", "--yes", "before.yaml"], 0);
        day.write("roster.yaml", &listing(people(0..20)));
        // The comment on the pull request, made from the target branch alone, without a ledger.
        let comment = ["plan", "roster.yaml", "--base", "before.yaml", "--output", "markdown"];
        let comment = day.does(&comment, 6);
        let first = comment.split("**").nth(1).unwrap_or_default();
        assert_eq!(first, "Refused by a guard", "{comment}");
        assert!(
            comment.contains("20 people on PRIV; the previously applied one listed 3000"),
            "{comment}"
        );
        let full = ["plan", "roster.yaml", "--base", "before.yaml", "--full"];
        assert!(day.does(&full, 6).contains("refused: p02999@example.com stays on PRIV"));
        let masked = day.does(&[&full[..], &["--redact", "--output", "json"]].concat(), 6);
        assert!(
            masked.contains("p…@example.com") && !masked.contains("p02999"),
            "masked"
        );
        for _ in 0..2 {
            let applied = day.run(&["apply", "--yes", "roster.yaml"]);
            assert_eq!(applied.code, 6, "{}", applied.stderr);
            assert_eq!(on_the_desk(&day).len(), 3000);
        }
        day.does(&["apply", "--yes", "before.yaml"], 0);
        assert_eq!(day.world.sandbox.writes(), 0);
        // It was meant after all.
        let plan: Value = serde_json::from_str(&day.does(&["plan", "roster.yaml", "--output", "json"], 6)).unwrap();
        assert_eq!(plan["guard"]["refused"], true);
        for finding in plan["guard"]["findings"].as_array().unwrap() {
            day.does(&["approve", finding["id"].as_str().unwrap()], 0);
        }
        day.does(&["plan", "roster.yaml"], 0);
        day.does(&["apply", "--yes", "roster.yaml"], 0);
        assert_eq!(on_the_desk(&day), people(0..20).collect());
        // Used once, the approval is gone.
        day.write("roster.yaml", &listing(people(0..3)));
        day.does(&["apply", "--yes", "roster.yaml"], 6);
        day.world.drain();
    }
}

/// Jira becomes unreachable in the middle of an import of 3 000 people.
#[tokio::test(flavor = "multi_thread")]
async fn an_outage_in_the_middle_of_an_import() {
    let day = ProgramSite::on(Deployment::Cloud, private(std::iter::empty())).await;
    day.write("roster.yaml", &listing(people(0..3_000)));
    day.world
        .sandbox
        .set_faults(&"create:drop-after@1200+, add:503@20+".parse().unwrap());
    let ran = day.run(&[
        "apply",
        "--yes",
        "roster.yaml",
        "--patience",
        "2s",
        "--report",
        "report.json",
    ]);
    assert_eq!(ran.code, 5, "{}", ran.stderr);
    let report: Value = serde_json::from_slice(&fs::read(day.folder.path().join("report.json")).unwrap()).unwrap();
    assert!(report["stopped"].is_string());
    day.world.sandbox.set_faults(&Faults::default());
    let applied = day.does(&["apply", "--yes", "roster.yaml"], 0);
    assert!(!applied.contains("failed"), "{applied}");
    let snapshot = day.world.sandbox.snapshot();
    assert_eq!(snapshot.customers("PRIV"), people(0..3_000).collect());
    // No account twice: quietdesk's own is the only other one.
    assert_eq!(snapshot.accounts.len(), 3_001);
    day.does(&["plan", "roster.yaml", "--detailed-exitcode"], 0);
    day.world.drain();
}

/// A customer leaves and returns: the same account, no new password, no new hand-off entry.
#[tokio::test(flavor = "multi_thread")]
async fn a_customer_leaves_and_comes_back() {
    for deployment in BOTH {
        let day = ProgramSite::on(deployment, private(people(0..30))).await;
        let ada = match day.is_cloud {
            true => "  - ada@example.com\n",
            false => "  - {email: ada@example.com, initial_password: generate}\n",
        };
        let (with, without) = (listing(people(0..30)) + ada, listing(people(0..30)));
        day.write("roster.yaml", &with);
        day.does(&["apply", "--yes", "roster.yaml"], 0);
        let handed: Value = serde_json::from_str(&day.does(&["handoff", "--output", "json", "--clear"], 0)).unwrap();
        assert!(handed.to_string().contains("ada@example.com"), "{handed}");
        let account = day.world.sandbox.ids_by_email("ada@example.com");
        let password = day.world.sandbox.password_of("ada@example.com");
        for _ in 0..2 {
            day.write("roster.yaml", &without);
            day.does(&["apply", "--yes", "roster.yaml"], 0);
            assert_eq!(on_the_desk(&day).len(), 30);
            day.write("roster.yaml", &with);
            let back = day.does(&["apply", "--yes", "roster.yaml"], 0);
            assert!(back.contains("1 done; 1 write made"), "{back}");
            assert_eq!(on_the_desk(&day).len(), 31);
        }
        assert_eq!(day.world.sandbox.ids_by_email("ada@example.com"), account);
        assert_eq!(day.world.sandbox.password_of("ada@example.com"), password);
        let handed = day.does(&["handoff", "--output", "json"], 0);
        assert!(!handed.contains("ada@example.com"), "{handed}");
        day.world.drain();
    }
}

/// Jira accepts a removal without effect: runs of `apply`, as from a timer, try it twice, then hold it, and never
/// report success. After an operator has fixed the cause, `--retry` tries it again.
#[tokio::test(flavor = "multi_thread")]
async fn what_jira_accepts_without_effect_is_held_by_apply_until_it_is_retried() {
    for deployment in BOTH {
        let day = ProgramSite::on(deployment, private(people(0..1))).await;
        day.write("roster.yaml", &listing(people(0..3)));
        day.does(&["apply", "--yes", "roster.yaml"], 0);
        day.write("roster.yaml", &listing(people(0..2)));
        day.world.sandbox.set_faults(&"remove:ignored".parse().unwrap());
        for _ in 0..2 {
            day.does(&["apply", "--yes", "roster.yaml"], 0);
        }
        for _ in 0..2 {
            let writes = day.world.sandbox.writes();
            let ran = day.run(&["apply", "--yes", "roster.yaml"]);
            assert_eq!(ran.code, 7, "{}\n{}", ran.stdout, ran.stderr);
            assert!(ran.stdout.contains("apply --retry"), "{}\n{}", ran.stdout, ran.stderr);
            assert_eq!(day.world.sandbox.writes(), writes);
        }
        day.world.sandbox.set_faults(&Faults::default());
        day.does(&["apply", "--yes", "--retry", "roster.yaml"], 0);
        assert_eq!(on_the_desk(&day), people(0..2).collect());
        day.does(&["plan", "roster.yaml", "--detailed-exitcode"], 0);
        day.world.drain();
    }
}
