//! `quietdesk export` as a command: exit codes, files, and the file it makes beside a roster.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Output;

use assert_cmd::Command;
use quietdesk::sandbox::{DeskAccess, PersonKind, Seed, SeedDesk, SeedPerson};
use support::world::{World, roster};
use tempfile::TempDir;

const ROSTER: &str = "\
version: 1
desks: {SUP: {}, HR: {access: restricted}}
customers:
  - {email: ada@example.com, desks: [SUP]}
  - {email: Bob@example.com, name: Robert, desks: [HR]}
  - {email: hidden@example.com, desks: [SUP], account: PIN}
";

/// A site with two desks, and a roster of it that is in step but does not list everyone.
struct Bench {
    world: World,
    folder: TempDir,
    _runtime: tokio::runtime::Runtime,
}

impl Bench {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let named = |name: &str, email: &str, desks: &[&str]| SeedPerson {
            name: name.to_owned(),
            ..SeedPerson::customer(email, desks)
        };
        let seed = Seed {
            seed: 1,
            desks: vec![
                SeedDesk::new("HR", DeskAccess::Restricted),
                SeedDesk::new("SUP", DeskAccess::Open),
                SeedDesk::new("LAB", DeskAccess::Restricted),
            ],
            people: vec![
                named("Ada Lovelace", "ada@example.com", &["SUP", "HR"]),
                named("Bob", "bob@example.com", &["HR", "SUP"]),
                named("Eve: #1", "eve@example.com", &["SUP"]),
                named("Lab rat", "rat@example.com", &["LAB"]),
                SeedPerson {
                    email_hidden: true,
                    kind: PersonKind::Atlassian,
                    ..named("Hidden", "hidden@example.com", &["HR", "SUP"])
                },
                SeedPerson {
                    kind: PersonKind::App,
                    ..named("Bridge", "bridge@example.com", &["SUP"])
                },
            ],
        };
        let world = runtime.block_on(World::new(seed));
        let folder = TempDir::new().unwrap();
        fs::create_dir(folder.path().join("rosters")).unwrap();
        let pin = format!("'{}'", world.sandbox.ids_by_email("hidden@example.com")[0]);
        fs::write(folder.path().join("rosters/10.yaml"), ROSTER.replace("PIN", &pin)).unwrap();
        Self {
            world,
            folder,
            _runtime: runtime,
        }
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = bare(arguments);
        command.env("QUIETDESK_URL", self.world.running.url());
        command.env("QUIETDESK_USER", "quietdesk@example.com");
        command.env("QUIETDESK_TOKEN", "sandbox");
        command.env("XDG_STATE_HOME", self.folder.path().join("state"));
        command.current_dir(self.folder.path()).output().unwrap()
    }

    fn stdout(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{errors}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a command that must fail with this code, and returns its stderr; stdout must be empty.
    fn refused(&self, arguments: &[&str], code: i32) -> String {
        let output = self.run(arguments);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{errors}");
        assert!(output.stdout.is_empty());
        errors
    }

    fn drain(&self) {
        assert_eq!(self.world.sandbox.writes(), 0);
        self.world.drain();
    }
}

fn bare(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quietdesk"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("QUIETDESK_")) {
        command.env_remove(name);
    }
    command.env_remove("STATE_DIRECTORY");
    command.args(arguments);
    command
}

#[test]
fn a_missing_folder_is_reported() {
    let bench = Bench::new();
    let errors = bench.refused(&["export", "--out", "nowhere/roster.yaml"], 3);
    assert!(
        errors.contains("the folder nowhere does not exist; create it, or choose another one with --out"),
        "{errors}"
    );
    assert_eq!(bench.world.sandbox.requests(), 0);
}

#[test]
fn what_is_exported_has_nothing_to_do() {
    let bench = Bench::new();
    let written = bench.stdout(&["export"]);
    assert!(written.starts_with("# yaml-language-server: $schema="), "{written}");
    assert!(written.contains("Left out: 1 app.\n"), "{written}");
    assert!(
        written.contains("  # HR desk: 3 customers, 2 of them listed here\n"),
        "{written}"
    );
    assert_eq!(bench.stdout(&["export"]), written, "the same bytes");
    fs::write(bench.folder.path().join("all.yaml"), &written).unwrap();
    bench.stdout(&["plan", "all.yaml", "--detailed-exitcode"]);
    bench.drain();
}

#[test]
fn some_desks_alone() {
    let bench = Bench::new();
    let both = roster(&bench.stdout(&["export", "--desk", "LAB", "--desk", "HR"]));
    let desks: Vec<_> = both.desks.keys().map(ToString::to_string).collect();
    assert_eq!(
        (desks, both.customers.len()),
        (vec!["HR".to_owned(), "LAB".to_owned()], 3)
    );
    let lab = roster(&bench.stdout(&["export", "--desk", "LAB"]));
    assert_eq!(lab.customers.len(), 1);
    let errors = bench.refused(&["export", "--desk", "LABB"], 3);
    assert!(
        errors.contains("service desk LABB does not exist") && errors.contains("Jira shows HR, LAB, SUP"),
        "{errors}"
    );
    bench.refused(&["export", "--desk", "lab"], 3);
    bench.drain();
}

#[test]
fn a_desk_that_cannot_be_listed_is_left_out_unless_it_was_asked_for() {
    let bench = Bench::new();
    bench.world.sandbox.set_faults(&"customers[HR]:403".parse().unwrap());
    let written = bench.stdout(&["export"]);
    assert!(written.contains("# Desk HR is left out, because"), "{written}");
    assert!(!roster(&written).desks.keys().any(|key| key.as_str() == "HR"));
    let errors = bench.refused(&["export", "--desk", "HR"], 4);
    assert!(errors.contains("cannot list the customers of HR"), "{errors}");
}

#[test]
fn a_file_is_for_its_owner_and_never_overwritten() {
    let bench = Bench::new();
    assert_eq!(bench.stdout(&["export", "--out", "made.yaml"]), "");
    let path = bench.folder.path().join("made.yaml");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let written = fs::read_to_string(&path).unwrap();
    assert_eq!(written, bench.stdout(&["export"]));
    let before = bench.world.sandbox.requests();
    let errors = bench.refused(&["export", "--out", "made.yaml"], 3);
    assert!(errors.contains("made.yaml already exists"), "{errors}");
    bench.refused(&["export", "--out", "no/such/folder.yaml"], 3);
    assert_eq!(
        bench.world.sandbox.requests(),
        before,
        "reported before anything is read"
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), written);
    let files = fs::read_dir(bench.folder.path()).unwrap().count();
    assert_eq!(files, 2, "the rosters and the file, nothing half-written");
}

#[test]
fn the_unlisted_go_beside_the_roster_and_together_they_have_nothing_to_do() {
    let bench = Bench::new();
    let plan = [
        "plan",
        "rosters",
        "--detailed-exitcode",
        "--output",
        "json",
        "--unlisted",
    ];
    let before = bench.stdout(&plan);
    assert!(before.contains("eve@example.com"), "{before}");
    bench.stdout(&["export", "--unlisted", "rosters", "--out", "rosters/20-unlisted.yaml"]);
    let written = fs::read_to_string(bench.folder.path().join("rosters/20-unlisted.yaml")).unwrap();
    let body = written.split_once("\nversion: 1\n").unwrap().1;
    assert_eq!(
        body,
        "
customers:
  - email: ada@example.com
    desks: [HR]
  - email: Bob@example.com
    desks: [SUP]
  - email: eve@example.com
    name: \"Eve: #1\"
    desks: [SUP]
  - email: hidden@example.com
    desks: [HR]
"
    );
    bench.stdout(&["validate", "rosters"]);
    let report: serde_json::Value = serde_json::from_str(&bench.stdout(&plan)).unwrap();
    assert_eq!(
        (&report["summary"]["held"], &report["summary"]["unchanged"]),
        (&0.into(), &4.into())
    );
    assert_eq!(
        report["desks"]["SUP"]["unlisted_accounts"].as_array().unwrap().len(),
        1,
        "the app"
    );
    let again = bench.stdout(&["export", "--unlisted", "rosters"]);
    assert!(again.ends_with("\nversion: 1\n\ncustomers: []\n"), "{again}");
    bench.drain();
}

#[test]
fn the_unlisted_of_a_roster_that_has_steps_of_its_own() {
    let bench = Bench::new();
    let pending =
        "version: 1\ndesks: {SUP: {access: restricted}}\ncustomers:\n  - {email: new@example.com, desks: [SUP]}\n";
    fs::write(bench.folder.path().join("pending.yaml"), pending).unwrap();
    let written = bench.stdout(&["export", "--unlisted", "pending.yaml", "--desk", "SUP"]);
    assert!(
        written.contains("\ndefaults:\n  desks: [SUP]\n") && !written.contains("new@"),
        "{written}"
    );
    bench.refused(&["export", "--unlisted", "pending.yaml", "--desk", "HR"], 3);
    bench.refused(&["export", "--unlisted", "missing.yaml"], 3);
    fs::write(bench.folder.path().join("none.yaml"), "version: 1\ncustomers: []\n").unwrap();
    let errors = bench.refused(&["export", "--unlisted", "none.yaml"], 3);
    assert!(errors.contains("declares no desk"), "{errors}");
    bench.drain();
}

#[test]
fn a_site_without_a_visible_desk_is_no_empty_roster() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut bench = Bench::new();
    bench.world = runtime.block_on(World::new(Seed::default()));
    let errors = bench.refused(&["export"], 4);
    assert!(errors.contains("Jira shows no service desks"), "{errors}");
}

#[test]
fn with_a_simulated_jira_there_is_something_to_see() {
    let output = bare(&["export", "--sandbox", "--desk", "SUP"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let written = String::from_utf8(output.stdout).unwrap();
    assert!(roster(&written).customers.len() > 3, "{written}");
    assert!(
        written.contains("# Several accounts have the same e-mail."),
        "{written}"
    );
}
