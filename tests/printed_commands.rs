//! The binary: the advice it prints, and that the advice fits the Jira that answered.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use assert_cmd::Command;
use quietdesk::sandbox::{Config, Deployment, DeskAccess, Seed, SeedDesk, SeedPerson, Version};
use support::world::World;
use tempfile::TempDir;

const ROSTER: &str = "\
version: 1
desks: {SUP: {access: open}}
customers:
  - {email: ada@example.com, name: Ada Lovelace, desks: [SUP]}
  - {email: bob@example.com, desks: [SUP]}
";

/// A sandbox with one closed desk, a folder with a roster, and the binary pointed at both.
struct Bench {
    world: World,
    folder: TempDir,
    user: Option<&'static str>,
    _runtime: tokio::runtime::Runtime,
}

impl Bench {
    fn cloud(people: Vec<SeedPerson>) -> Self {
        Self::of(Deployment::Cloud, people)
    }

    fn data_center(people: Vec<SeedPerson>) -> Self {
        Self::of(Deployment::DataCenter(Version::V10_3), people)
    }

    fn of(deployment: Deployment, people: Vec<SeedPerson>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let seed = Seed {
            seed: 1,
            desks: vec![SeedDesk::new("SUP", DeskAccess::Restricted)],
            people,
        };
        let config = Config {
            deployment,
            ..Config::default()
        };
        let world = runtime.block_on(World::with(seed, config));
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("roster.yaml"), ROSTER).unwrap();
        Self {
            world,
            folder,
            user: (deployment == Deployment::Cloud).then_some("quietdesk@example.com"),
            _runtime: runtime,
        }
    }

    fn quietdesk(&self, arguments: &[&str]) -> Command {
        let mut command = bare(arguments);
        command.env("QUIETDESK_URL", self.world.running.url());
        command.env("QUIETDESK_USER", self.user.unwrap_or_default());
        command.env("QUIETDESK_TOKEN", "sandbox");
        command.env("QUIETDESK_PATIENCE", "2s");
        command.env("XDG_STATE_HOME", self.folder.path().join("state"));
        command.current_dir(self.folder.path());
        command
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

/// Runs a command, checks its exit code, and returns stdout and stderr.
fn run_expecting(command: &mut Command, code: i32) -> (String, String) {
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let (out, errors) = (text(output.stdout), text(output.stderr));
    assert_eq!(output.status.code(), Some(code), "stdout: {out}\nstderr: {errors}");
    (out, errors)
}

#[test]
fn a_wrong_token_is_spoken_of_as_the_kind_of_token_it_is() {
    let (cloud, data_center) = (Bench::cloud(Vec::new()), Bench::data_center(Vec::new()));
    let passes: [&[&str]; 3] = [
        &["plan", "roster.yaml"],
        &["apply", "roster.yaml"],
        &["run", "--once", "roster.yaml"],
    ];
    for arguments in passes {
        let refused = |bench: &Bench, user: &str, deployment: &str| {
            let mut command = bench.quietdesk(arguments);
            command.env("QUIETDESK_TOKEN", "wr0ng");
            command.env("QUIETDESK_USER", user);
            command.env("QUIETDESK_DEPLOYMENT", deployment);
            let (_, errors) = run_expecting(&mut command, 4);
            assert!(errors.contains("Jira refuses the sign-in"), "{errors}");
            errors
        };
        let alone = refused(&data_center, "", "auto");
        assert!(alone.contains("Personal Access Tokens"), "{alone}");
        assert!(
            !alone.contains("API token") && !alone.contains("id.atlassian"),
            "{alone}"
        );
        let alone = refused(&data_center, "", "data-center");
        assert!(
            alone.contains("Personal Access Tokens") && !alone.contains("--user"),
            "{alone}"
        );
        let basic = refused(&data_center, "admin", "data-center");
        assert!(
            basic.contains("basic sign-in") && !basic.contains("id.atlassian"),
            "{basic}"
        );
        let named = refused(&cloud, "quietdesk@example.com", "cloud");
        assert!(
            named.contains("id.atlassian.com") && !named.contains("ersonal access"),
            "{named}"
        );
        // Nothing answers, not even the request for the kind of Jira.
        let unknown = refused(&data_center, "admin", "auto");
        assert!(
            unknown.contains("on Cloud") && unknown.contains("on Data Center"),
            "{unknown}"
        );
    }
    assert_eq!(cloud.world.sandbox.writes() + data_center.world.sandbox.writes(), 0);
}

#[test]
fn basic_sign_in_that_is_switched_off_is_no_missing_permission() {
    let bench = Bench::of(Deployment::DataCenter(Version::V11), Vec::new());
    let mut command = bench.quietdesk(&["plan", "roster.yaml", "--user", "admin"]);
    let (_, errors) = run_expecting(&mut command, 4);
    assert!(errors.contains("Basic Authentication has been disabled"), "{errors}");
    assert!(
        errors.contains("omit --user") && !errors.contains("permission"),
        "{errors}"
    );
}

const HANDED_OFF: &str = "\
version: 1
customers:
  - {email: ada@example.com, desks: [SUP], initial_password: generate}
  - {email: bob@example.com, desks: [SUP]}
  - {email: carol@example.com, desks: []}
  - {email: dan@example.com, desks: [SUP], initial_password: provided}
desks: {SUP: {}}
";

#[test]
fn applys_end_lists_what_is_held_and_who_is_to_be_handed_off() {
    let bench = Bench::data_center(Vec::new());
    fs::write(bench.folder.path().join("roster.yaml"), HANDED_OFF).unwrap();
    let (out, _) = run_expecting(&mut bench.quietdesk(&["apply", "roster.yaml"]), 7);
    let url = bench.world.running.url();
    let end = format!(
        "2 new accounts to hand off: `quietdesk handoff --url {url}` lists portal links and first passwords\n\
         5 done; 1 held; 4 writes made\n"
    );
    assert!(out.ends_with(&end), "{out}");
    let (handed, _) = run_expecting(&mut bench.quietdesk(&["handoff", "--url", &url]), 0);
    assert!(
        handed.contains("ada@example.com") && handed.contains("/portal"),
        "{handed}"
    );
    let (out, _) = run_expecting(&mut bench.quietdesk(&["apply", "roster.yaml"]), 7);
    assert!(out.ends_with("\nnothing to do; 1 held; 0 writes made\n"), "{out}");
    assert!(!out.contains("hand off"), "{out}");
}

#[test]
fn the_command_that_hands_off_names_the_folder_that_was_named() {
    let bench = Bench::cloud(vec![SeedPerson::customer("bob@example.com", &["SUP"])]);
    let (out, _) = run_expecting(
        &mut bench.quietdesk(&["apply", "roster.yaml", "--state-dir", "kept here"]),
        0,
    );
    assert!(
        out.contains("1 new account to hand off: `quietdesk handoff --state-dir 'kept here'`"),
        "{out}"
    );
    assert!(out.ends_with("lists portal links\n3 done; 3 writes made\n"), "{out}");
    // No state is kept for a simulated Jira unless a folder is given.
    let (out, _) = run_expecting(
        bare(&["apply", "--yes", "--sandbox", "roster.yaml"]).current_dir(bench.folder.path()),
        0,
    );
    assert!(!out.contains("hand off"), "{out}");
}

#[test]
fn one_pass_of_run_lists_who_is_to_be_handed_off() {
    let bench = Bench::cloud(Vec::new());
    let (_, log) = run_expecting(&mut bench.quietdesk(&["run", "--once", "roster.yaml"]), 0);
    let url = bench.world.running.url();
    let line = format!("2 new accounts to hand off: `quietdesk handoff --url {url}` lists portal links");
    assert!(log.contains(&line), "{log}");
    let (_, log) = run_expecting(&mut bench.quietdesk(&["run", "--once", "roster.yaml"]), 0);
    assert!(!log.contains("hand off"), "{log}");
}

/// A Jira whose desk has only this person, and a roster that lists only this person.
fn bench_with_ada(deployment: Deployment, person: SeedPerson, more: &str) -> Bench {
    let bench = Bench::of(deployment, vec![person]);
    let text =
        format!("version: 1\ndesks: {{SUP: {{}}}}\ncustomers: [{{email: ada@example.com, desks: [SUP]{more}}}]\n");
    fs::write(bench.folder.path().join("roster.yaml"), text).unwrap();
    bench
}

fn ada() -> SeedPerson {
    SeedPerson {
        name: "Countess".to_owned(),
        ..SeedPerson::customer("ada@example.com", &["SUP"])
    }
}

#[test]
fn a_noted_name_says_how_to_change_it() {
    let named = ", name: Ada Lovelace";
    let full = ["plan", "roster.yaml", "--full"];
    let cloud = bench_with_ada(Deployment::Cloud, ada(), named);
    let (out, _) = run_expecting(&mut cloud.quietdesk(&full), 0);
    let line = "which quietdesk leaves alone (on Data Center, quietdesk sets a name that changes in the roster; \
                otherwise change it in Jira)\n";
    assert!(
        out.contains("noted: ada@example.com: Jira has the name \"Countess\", ") && out.contains(line),
        "{out}"
    );
    let data_center = bench_with_ada(Deployment::DataCenter(Version::V10_3), ada(), named);
    run_expecting(&mut data_center.quietdesk(&["apply", "roster.yaml"]), 0);
    let (out, _) = run_expecting(&mut data_center.quietdesk(&full), 0);
    assert!(out.contains(line), "{out}");
    let (out, _) = run_expecting(&mut data_center.quietdesk(&[&full[..], &["--redact"]].concat()), 0);
    assert!(
        out.contains("Jira has another name, which quietdesk leaves alone") && !out.contains("Countess"),
        "{out}"
    );
    // The advice works.
    let path = data_center.folder.path().join("roster.yaml");
    let edited = fs::read_to_string(&path)
        .unwrap()
        .replace("Ada Lovelace", "A. Lovelace");
    fs::write(&path, edited).unwrap();
    let (out, _) = run_expecting(&mut data_center.quietdesk(&["apply", "roster.yaml"]), 0);
    assert!(out.ends_with("\n1 done; 1 write made\n"), "{out}");
}

#[test]
fn a_missing_first_password_is_reported_with_its_source() {
    let bench = bench_with_ada(
        Deployment::DataCenter(Version::V10_3),
        SeedPerson::customer("bob@example.com", &["SUP"]),
        ", initial_password: provided",
    );
    let (out, _) = run_expecting(&mut bench.quietdesk(&["plan", "roster.yaml"]), 0);
    assert!(
        out.contains("add a line for the e-mail to the --passwords file (create one if there is none)"),
        "{out}"
    );
    let file = bench.folder.path().join("passwords.csv");
    fs::write(&file, "email,password\nzoe@example.com,zoes-0wn-passw0rd\n").unwrap();
    fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let (out, _) = run_expecting(
        &mut bench.quietdesk(&["plan", "roster.yaml", "--passwords", "passwords.csv"]),
        0,
    );
    assert!(
        out.contains("add a line for the e-mail to the --passwords file"),
        "{out}"
    );
}

#[test]
fn an_exported_deactivated_account_can_be_listed_and_brought_back() {
    let gone = SeedPerson { active: false, ..ada() };
    let bench = bench_with_ada(Deployment::DataCenter(Version::V10_3), gone, "");
    let (out, _) = run_expecting(&mut bench.quietdesk(&["export"]), 0);
    assert!(
        out.contains("On Data Center, list it and use --reactivate; otherwise reactivate it in Jira."),
        "{out}"
    );
    let listed = out.replace("customers: []", "customers:").replace("  # - {", "  - {");
    fs::write(bench.folder.path().join("roster.yaml"), &listed).unwrap();
    let (out, _) = run_expecting(&mut bench.quietdesk(&["apply", "roster.yaml", "--reactivate"]), 0);
    assert!(out.ends_with("\n1 done; 1 write made\n"), "{listed}\n{out}");
}

/// A running `quietdesk sandbox`, and its address.
struct SandboxProcess(Child, String);

impl SandboxProcess {
    fn start(more: &[&str]) -> Self {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_quietdesk"));
        command.args([
            "sandbox",
            "--listen",
            "127.0.0.1:0",
            "--desk",
            "SUP:open",
            "--customers",
            "2",
        ]);
        let mut child = command.args(more).stdout(Stdio::piped()).spawn().unwrap();
        let first = BufReader::new(child.stdout.take().unwrap())
            .lines()
            .next()
            .unwrap()
            .unwrap();
        let url = first.rsplit(' ').next().unwrap().to_owned();
        Self(child, url)
    }
}

impl Drop for SandboxProcess {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_simulated_site_lets_a_desk_be_public_where_anyone_may_sign_up() {
    let folder = TempDir::new().unwrap();
    let public = "version: 1\ndesks: {SUP: {access: public}}\ncustomers: []\n";
    fs::write(folder.path().join("roster.yaml"), public).unwrap();
    let plan = |more: &[&str]| {
        let mut command = bare(&[&["plan", "roster.yaml"], more].concat());
        command.env("QUIETDESK_TOKEN", "sandbox").current_dir(folder.path());
        run_expecting(&mut command, 0).0
    };
    let embedded = plan(&["--sandbox", "--deployment", "data-center"]);
    assert!(
        embedded.contains("+    access: public") && embedded.contains("; 0 held;"),
        "{embedded}"
    );
    let open = SandboxProcess::start(&["--deployment", "data-center", "--public-signup"]);
    let planned = plan(&["--url", &open.1]);
    assert!(
        planned.contains("+    access: public") && planned.contains("; 0 held;"),
        "{planned}"
    );
    let closed = SandboxProcess::start(&["--deployment", "data-center"]);
    let held = plan(&["--url", &closed.1]);
    assert!(
        held.contains("held (needs a decision): SUP: the site does not allow public sign-up"),
        "{held}"
    );
    let (_, errors) = run_expecting(&mut bare(&["sandbox", "--public-signup"]), 3);
    assert!(
        errors.contains("--public-signup needs --deployment data-center"),
        "{errors}"
    );
}
