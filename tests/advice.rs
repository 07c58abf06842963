//! The binary: what it tells people to do, and that this fits the Jira that answered.

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

/// What it says on stdout and stderr, and its exit code.
fn told(command: &mut Command, code: i32) -> (String, String) {
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
            let (_, errors) = told(&mut command, 4);
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
        // It answers nothing, not even which kind of Jira it is.
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
    let (_, errors) = told(&mut command, 4);
    assert!(errors.contains("Basic Authentication has been disabled"), "{errors}");
    assert!(
        errors.contains("leave --user away") && !errors.contains("permission"),
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
fn applys_end_tells_what_is_held_and_who_is_to_be_handed_off() {
    let bench = Bench::data_center(Vec::new());
    fs::write(bench.folder.path().join("roster.yaml"), HANDED_OFF).unwrap();
    let (out, _) = told(&mut bench.quietdesk(&["apply", "roster.yaml"]), 7);
    let url = bench.world.running.url();
    let end = format!(
        "2 new accounts to hand off: `quietdesk handoff --url {url}` lists who, with the portal and a first password\n\
         5 done; 1 held; 4 writes made\n"
    );
    assert!(out.ends_with(&end), "{out}");
    let (handed, _) = told(&mut bench.quietdesk(&["handoff", "--url", &url]), 0);
    assert!(
        handed.contains("ada@example.com") && handed.contains("/portal"),
        "{handed}"
    );
    let (out, _) = told(&mut bench.quietdesk(&["apply", "roster.yaml"]), 7);
    assert!(out.ends_with("\nnothing to do; 1 held; 0 writes made\n"), "{out}");
    assert!(!out.contains("hand off"), "{out}");
}

#[test]
fn the_command_that_hands_off_names_the_folder_that_was_named() {
    let bench = Bench::cloud(vec![SeedPerson::customer("bob@example.com", &["SUP"])]);
    let (out, _) = told(
        &mut bench.quietdesk(&["apply", "roster.yaml", "--state-dir", "kept here"]),
        0,
    );
    assert!(
        out.contains("1 new account to hand off: `quietdesk handoff --state-dir 'kept here'`"),
        "{out}"
    );
    assert!(out.ends_with("with the portal\n3 done; 3 writes made\n"), "{out}");
    // Nothing is remembered of a simulated Jira, unless somebody names a folder.
    let (out, _) = told(
        bare(&["apply", "--yes", "--sandbox", "roster.yaml"]).current_dir(bench.folder.path()),
        0,
    );
    assert!(!out.contains("hand off"), "{out}");
}

#[test]
fn one_pass_of_run_tells_who_is_to_be_handed_off() {
    let bench = Bench::cloud(Vec::new());
    let (_, log) = told(&mut bench.quietdesk(&["run", "--once", "roster.yaml"]), 0);
    let url = bench.world.running.url();
    let line = format!("2 new accounts to hand off: `quietdesk handoff --url {url}` lists who, with the portal");
    assert!(log.contains(&line), "{log}");
    let (_, log) = told(&mut bench.quietdesk(&["run", "--once", "roster.yaml"]), 0);
    assert!(!log.contains("hand off"), "{log}");
}

/// A roster of one customer, on the desk that a Jira has whose only person is this one.
fn one_of(deployment: Deployment, person: SeedPerson, more: &str) -> Bench {
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
    let cloud = one_of(Deployment::Cloud, ada(), named);
    let (out, _) = told(&mut cloud.quietdesk(&full), 0);
    let line = "which quietdesk leaves alone (on Data Center, a name that changes in the file is set; else it is the \
                person's own to change)\n";
    assert!(
        out.contains("noted: ada@example.com: Jira has the name \"Countess\", ") && out.contains(line),
        "{out}"
    );
    let data_center = one_of(Deployment::DataCenter(Version::V10_3), ada(), named);
    told(&mut data_center.quietdesk(&["apply", "roster.yaml"]), 0);
    let (out, _) = told(&mut data_center.quietdesk(&full), 0);
    assert!(out.contains(line), "{out}");
    let (out, _) = told(&mut data_center.quietdesk(&[&full[..], &["--redact"]].concat()), 0);
    assert!(
        out.contains("Jira has another name, which quietdesk leaves alone") && !out.contains("Countess"),
        "{out}"
    );
    // And so it is.
    let path = data_center.folder.path().join("roster.yaml");
    let edited = fs::read_to_string(&path)
        .unwrap()
        .replace("Ada Lovelace", "A. Lovelace");
    fs::write(&path, edited).unwrap();
    let (out, _) = told(&mut data_center.quietdesk(&["apply", "roster.yaml"]), 0);
    assert!(out.ends_with("\n1 done; 1 write made\n"), "{out}");
}

#[test]
fn who_lacks_a_first_password_is_told_where_it_comes_from() {
    let bench = one_of(
        Deployment::DataCenter(Version::V10_3),
        SeedPerson::customer("bob@example.com", &["SUP"]),
        ", initial_password: provided",
    );
    let (out, _) = told(&mut bench.quietdesk(&["plan", "roster.yaml"]), 0);
    assert!(
        out.contains("add a line for the address to the file that --passwords names (give one, if none is given)"),
        "{out}"
    );
    let file = bench.folder.path().join("passwords.csv");
    fs::write(&file, "email,password\nzoe@example.com,zoes-0wn-passw0rd\n").unwrap();
    fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let (out, _) = told(
        &mut bench.quietdesk(&["plan", "roster.yaml", "--passwords", "passwords.csv"]),
        0,
    );
    assert!(
        out.contains("add a line for the address to the file that --passwords names"),
        "{out}"
    );
}

#[test]
fn an_exported_deactivated_account_can_be_listed_and_brought_back() {
    let gone = SeedPerson { active: false, ..ada() };
    let bench = one_of(Deployment::DataCenter(Version::V10_3), gone, "");
    let (out, _) = told(&mut bench.quietdesk(&["export"]), 0);
    assert!(
        out.contains("List them, and on Data Center --reactivate brings them back; else do so in Jira."),
        "{out}"
    );
    let listed = out.replace("customers: []", "customers:").replace("  # - {", "  - {");
    fs::write(bench.folder.path().join("roster.yaml"), &listed).unwrap();
    let (out, _) = told(&mut bench.quietdesk(&["apply", "roster.yaml", "--reactivate"]), 0);
    assert!(out.ends_with("\n1 done; 1 write made\n"), "{listed}\n{out}");
}

/// `quietdesk sandbox`, and where it is.
struct Served(Child, String);

impl Served {
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

impl Drop for Served {
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
        told(&mut command, 0).0
    };
    let embedded = plan(&["--sandbox", "--deployment", "data-center"]);
    assert!(
        embedded.contains("+    access: public") && embedded.contains("; 0 held;"),
        "{embedded}"
    );
    let open = Served::start(&["--deployment", "data-center", "--public-signup"]);
    let planned = plan(&["--url", &open.1]);
    assert!(
        planned.contains("+    access: public") && planned.contains("; 0 held;"),
        "{planned}"
    );
    let closed = Served::start(&["--deployment", "data-center"]);
    let held = plan(&["--url", &closed.1]);
    assert!(held.contains("held: SUP: the site lets nobody sign up"), "{held}");
    let (_, errors) = told(&mut bare(&["sandbox", "--public-signup"]), 3);
    assert!(
        errors.contains("--public-signup is for --deployment data-center"),
        "{errors}"
    );
}
