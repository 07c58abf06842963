//! One site has one state, by any user and any address: it is found, named, kept to its owner, and never doubled.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use quietdesk::sandbox::{Config, DeskAccess, Running, Sandbox, Seed, SeedDesk};
use tempfile::TempDir;
use tokio::net::TcpSocket;

/// The site's base URL.
const OWN: &str = "https://acme.atlassian.net";
const NO_USER: u32 = 65_534;

/// A site that is reached by two addresses, and a machine with places for states.
struct Machine {
    running: Option<Running>,
    /// Holds the port of a Jira that is down.
    taken: Option<TcpSocket>,
    sandbox: Sandbox,
    runtime: tokio::runtime::Runtime,
    direct: String,
    gateway: String,
    folder: TempDir,
}

struct Ran {
    code: i32,
    out: String,
    log: String,
}

impl Machine {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let config = Config {
            site: Some(OWN.to_owned()),
            ..Config::default()
        };
        let seed = Seed {
            seed: 1,
            desks: vec![SeedDesk::new("SUP", DeskAccess::Restricted)],
            people: Vec::new(),
        };
        let sandbox = Sandbox::new(config, &seed);
        let running = runtime
            .block_on(sandbox.serve(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))))
            .unwrap();
        let direct = running.url();
        let machine = Self {
            gateway: format!("{direct}/ex/jira/1-2-3"),
            direct,
            running: Some(running),
            taken: None,
            sandbox,
            runtime,
            folder: TempDir::new().unwrap(),
        };
        fs::create_dir(machine.path("services")).unwrap();
        machine.wants(12);
        machine
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a roster with this many people, on an `owned` desk.
    fn wants(&self, people: usize) {
        let customers: String = (0..people)
            .map(|n| format!("  - {{email: p{n}@example.com, desks: [SUP]}}\n"))
            .collect();
        let text = format!("version: 1\ndesks: {{SUP: {{membership: owned}}}}\ncustomers:\n{customers}");
        fs::write(self.path("roster.yaml"), text).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_quietdesk"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("QUIETDESK_")) {
            command.env_remove(name);
        }
        command.args(arguments).current_dir(self.folder.path());
        command.env_remove("STATE_DIRECTORY");
        command.env("XDG_STATE_HOME", self.path("home"));
        command.env("QUIETDESK_SERVICES", self.path("services"));
        command
            .env("QUIETDESK_TOKEN", "sandbox")
            .env("QUIETDESK_PATIENCE", "2s");
        command
    }

    /// Through the gateway a service account's token stands alone; the site itself needs a user with it.
    fn run(&self, arguments: &[&str]) -> Ran {
        let mut command = self.command(arguments);
        if !arguments.contains(&self.gateway.as_str()) && arguments[0] != "approve" && arguments[0] != "handoff" {
            command.env("QUIETDESK_USER", "quietdesk@example.com");
        }
        let output = command.output().unwrap();
        Ran {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            log: String::from_utf8(output.stderr).unwrap(),
        }
    }

    #[track_caller]
    fn does(&self, arguments: &[&str], code: i32) -> Ran {
        let ran = self.run(arguments);
        assert_eq!(ran.code, code, "{arguments:?}\n{}\n{}", ran.out, ran.log);
        ran
    }

    /// Stops the site and keeps its port, so that no other process answers there.
    fn jira_goes_down(&mut self) {
        let running = self.running.take().unwrap();
        self.taken = Some(self.runtime.block_on(async {
            let address = running.address();
            running.shutdown().await;
            let port = TcpSocket::new_v4().unwrap();
            port.set_reuseaddr(true).unwrap();
            port.bind(address).unwrap();
            port
        }));
    }

    /// The state directories below the user's own.
    fn own_states(&self) -> Vec<PathBuf> {
        let entries = self.path("home/quietdesk").read_dir().into_iter().flatten();
        entries.map(|entry| entry.unwrap().path()).collect()
    }

    /// Has a guard refuse the removal of three of twelve people, and returns the finding's id.
    fn refused(&self, place: &[&str]) -> String {
        self.does(&[&["apply", "roster.yaml"], place].concat(), 0);
        self.wants(9);
        let ran = self.does(&[&["apply", "roster.yaml"], place].concat(), 6);
        let id = ran.out.split("quietdesk approve ").nth(1).unwrap();
        id.split_whitespace().next().unwrap().to_owned()
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in from.read_dir().unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

fn is_root() -> bool {
    let folder = TempDir::new().unwrap();
    folder.path().metadata().unwrap().uid() == 0
}

#[test]
fn a_gateway_and_the_site_itself_lead_to_one_state() {
    let mut machine = Machine::new();
    let (gateway, direct) = (machine.gateway.clone(), machine.direct.clone());
    machine.does(&["apply", "roster.yaml", "--url", &gateway], 0);
    let states = machine.own_states();
    assert_eq!(states.len(), 1, "{states:?}");
    // A plan finds it by asking Jira, and saves no address.
    let plan = machine.does(&["plan", "roster.yaml", "--url", &direct], 0);
    assert!(plan.log.contains(&states[0].display().to_string()), "{}", plan.log);
    let applied = machine.does(&["apply", "roster.yaml", "--url", &direct], 0);
    assert!(
        applied.log.contains("treated as the same site from now on"),
        "{}",
        applied.log
    );
    assert_eq!(machine.own_states(), states);
    let applied = machine.does(&["run", "roster.yaml", "--once", "--url", &direct], 0);
    assert!(!applied.log.contains("treated as the same site"), "{}", applied.log);
    let site: serde_json::Value = serde_json::from_slice(&fs::read(states[0].join("site.json")).unwrap()).unwrap();
    assert_eq!(
        site,
        serde_json::json!({"identity": OWN, "addresses": [gateway.clone(), direct.clone()]})
    );
    machine.jira_goes_down();
    for url in [&gateway, &direct, OWN] {
        let ran = machine.does(&["handoff", "--url", url], 0);
        assert!(ran.out.contains("p11@example.com"), "{url}: {}", ran.out);
        assert!(ran.log.contains(&states[0].display().to_string()), "{url}: {}", ran.log);
    }
    // The only state needs no address.
    assert!(machine.does(&["handoff"], 0).out.contains("p11@example.com"));
}

#[test]
fn a_plan_saved_by_one_address_is_applied_by_another() {
    let machine = Machine::new();
    let (gateway, direct) = (machine.gateway.clone(), machine.direct.clone());
    machine.does(&["apply", "roster.yaml", "--url", &gateway], 0);
    machine.wants(13);
    machine.does(&["plan", "roster.yaml", "--out", "plan.json", "--url", &gateway], 0);
    machine.does(&["apply", "--plan", "plan.json", "--url", &direct], 0);
    assert_eq!(machine.sandbox.snapshot().customers("SUP").len(), 13);
    assert_eq!(machine.own_states().len(), 1);
    // By an address that belongs to another site, as far as that state knows, the plan is refused.
    let elsewhere = machine.path("elsewhere").display().to_string();
    let ran = machine.does(
        &[
            "apply",
            "--plan",
            "plan.json",
            "--url",
            &direct,
            "--state-dir",
            &elsewhere,
        ],
        3,
    );
    assert!(ran.log.contains("the plan was made for"), "{}", ran.log);
}

#[test]
fn a_start_while_jira_is_down_finds_the_state_by_any_address() {
    let mut machine = Machine::new();
    let (gateway, direct) = (machine.gateway.clone(), machine.direct.clone());
    machine.does(&["apply", "roster.yaml", "--url", &gateway], 0);
    machine.does(&["apply", "roster.yaml", "--url", &direct], 0);
    let states = machine.own_states();
    machine.jira_goes_down();
    for url in [&gateway, &direct] {
        let ran = machine.does(&["run", "roster.yaml", "--once", "--url", url], 5);
        let state = states[0].display().to_string();
        assert!(ran.log.contains(&state) && ran.log.contains(OWN), "{}", ran.log);
    }
    assert_eq!(machine.own_states(), states);
    // The site of an address that no state knows cannot be determined.
    let state = states[0].display().to_string();
    let ran = machine.does(
        &[
            "plan",
            "roster.yaml",
            "--url",
            &format!("{direct}/jira"),
            "--state-dir",
            &state,
        ],
        5,
    );
    assert!(ran.log.contains("belongs to https://acme.atlassian.net"), "{}", ran.log);
}

#[test]
fn the_first_contact_that_shows_two_states_of_one_site_stops() {
    let machine = Machine::new();
    let (gateway, direct) = (machine.gateway.clone(), machine.direct.clone());
    // One of an earlier version, which knew the site by the address typed.
    machine.does(&["apply", "roster.yaml", "--url", &direct], 0);
    let older = machine.own_states().remove(0);
    fs::remove_file(older.join("site.json")).unwrap();
    fs::rename(&older, machine.path("aside")).unwrap();
    machine.does(&["apply", "roster.yaml", "--url", &gateway], 0);
    let newer = machine.own_states().remove(0);
    fs::rename(machine.path("aside"), &older).unwrap();
    let writes = machine.sandbox.writes();
    machine.wants(13);
    for command in [
        &["plan", "roster.yaml"][..],
        &["apply", "roster.yaml"],
        &["run", "roster.yaml", "--once"],
        &["run", "roster.yaml"],
    ] {
        let ran = machine.does(&[command, &["--url", &direct]].concat(), 3);
        for part in [
            "has two state directories",
            "--state-dir",
            &older.display().to_string(),
            &newer.display().to_string(),
        ] {
            assert!(ran.log.contains(part), "{command:?} {part}: {}", ran.log);
        }
    }
    assert_eq!(machine.sandbox.writes(), writes);
    // The named state is used, and the other is warned of.
    let named = ["--url", &direct, "--state-dir", &older.display().to_string()];
    let ran = machine.does(&[&["apply", "roster.yaml"], &named[..]].concat(), 0);
    assert!(ran.log.contains("this site has another state"), "{}", ran.log);
    // Now both know the site, and no command picks one of them by chance.
    let ran = machine.does(&["handoff", "--url", OWN], 3);
    assert!(ran.log.contains("has two state directories"), "{}", ran.log);
}

#[test]
fn an_older_state_is_found_as_before_and_learns_its_site_at_the_first_contact() {
    let machine = Machine::new();
    let url = machine.direct.clone();
    machine.does(&["apply", "roster.yaml", "--url", &url], 0);
    let state = machine.own_states().remove(0);
    let site = state.join("site.json");
    let before = fs::read(&site).unwrap();
    fs::remove_file(&site).unwrap();
    assert!(
        machine
            .does(&["handoff", "--url", &url], 0)
            .out
            .contains("p1@example.com")
    );
    machine.does(&["plan", "roster.yaml", "--url", &url], 0);
    assert!(!site.exists(), "a plan writes nothing");
    machine.does(&["apply", "roster.yaml", "--url", &url], 0);
    assert_eq!((fs::read(&site).unwrap(), machine.own_states()), (before, vec![state]));
    assert_eq!(site.metadata().unwrap().permissions().mode() & 0o777, 0o600);
}

/// A new state in its place would not know the people that `owned` still has to remove.
#[test]
fn a_state_that_is_not_safe_is_refused_and_no_other_is_begun() {
    let machine = Machine::new();
    let url = machine.direct.clone();
    let service = machine.path("services/acme");
    let place = service.display().to_string();
    machine.does(&["apply", "roster.yaml", "--url", &url, "--state-dir", &place], 0);
    let mode = |mode| fs::set_permissions(&service, fs::Permissions::from_mode(mode)).unwrap();
    mode(0o770);
    machine.wants(11);
    for command in [
        &["plan", "roster.yaml"][..],
        &["apply", "roster.yaml"],
        &["run", "roster.yaml", "--once"],
        &["handoff"],
    ] {
        let ran = machine.does(&[command, &["--url", &url]].concat(), 3);
        assert!(
            ran.log.contains("chmod 700") && ran.log.contains(&place),
            "{command:?}: {}",
            ran.log
        );
    }
    assert_eq!(machine.own_states(), Vec::<PathBuf>::new());
    mode(0o700);
    let ran = machine.does(&["apply", "roster.yaml", "--url", &url], 0);
    assert!(ran.log.contains(&place), "{}", ran.log);
    assert_eq!(machine.sandbox.snapshot().customers("SUP").len(), 11);
}

#[test]
fn a_service_s_state_is_used_and_another_is_warned_of() {
    let machine = Machine::new();
    let url = machine.direct.clone();
    let service = machine.path("services/acme").display().to_string();
    machine.does(&["apply", "roster.yaml", "--url", &url], 0);
    let own = machine.own_states().remove(0);
    let id = {
        let place = ["--url", &url, "--state-dir", &service];
        let first = machine.does(&[&["apply", "roster.yaml"], &place[..]].concat(), 0);
        assert!(first.log.contains("this site has another state"), "{}", first.log);
        machine.refused(&place)
    };
    for command in [
        &["plan", "roster.yaml", "--url", &url][..],
        &["approve", &id, "--url", &url],
    ] {
        let ran = machine.run(command);
        assert!(ran.log.contains(&service), "{command:?}: {}", ran.log);
        assert!(
            ran.log.contains("this site has another state") && ran.log.contains(&own.display().to_string()),
            "{command:?}: {}",
            ran.log
        );
    }
    machine.does(&["apply", "roster.yaml", "--url", &url], 0);
    assert_eq!(machine.sandbox.snapshot().customers("SUP").len(), 9);
}

/// Root approves in the state of a service that runs as another user, who must be able to read it.
#[test]
fn what_root_leaves_in_the_state_of_a_service_is_the_service_s() {
    let machine = Machine::new();
    let url = machine.direct.clone();
    let service = machine.path("services/acme");
    let text = service.display().to_string();
    machine.refused(&["--url", &url, "--state-dir", &text]);
    let owner = match is_root() {
        true => NO_USER,
        false => service.metadata().unwrap().uid(),
    };
    if is_root() {
        chown(&service, Some(owner), Some(owner)).unwrap();
        for entry in service.read_dir().unwrap() {
            chown(entry.unwrap().path(), Some(owner), Some(owner)).unwrap();
        }
        // Left behind by an earlier version.
        fs::write(service.join("approvals.jsonl"), "").unwrap();
    }
    machine.wants(8);
    let plan = machine.does(&["plan", "roster.yaml", "--url", &url], 6);
    let id = plan.out.split("quietdesk approve ").nth(1).unwrap();
    let id = id.split_whitespace().next().unwrap();
    let ran = machine.does(&["approve", id, "--url", &url], 0);
    assert!(ran.log.contains(&text), "{}", ran.log);
    machine.does(&["apply", "roster.yaml", "--url", &url], 0);
    machine.does(&["handoff", "--clear", "--url", &url], 0);
    fs::remove_file(service.join("site.json")).unwrap();
    machine.wants(5);
    machine.does(&["apply", "roster.yaml", "--url", &url], 6);
    let mut names = Vec::new();
    for entry in service.read_dir().unwrap() {
        let entry = entry.unwrap();
        let about = entry.metadata().unwrap();
        let is = (about.uid(), about.permissions().mode() & 0o777);
        assert_eq!(is, (owner, 0o600), "{:?}", entry.file_name());
        assert!(!is_root() || about.gid() == owner, "{:?}", entry.file_name());
        names.push(entry.file_name().into_string().unwrap());
    }
    for name in [
        "approvals.jsonl",
        "refused.json",
        "site.json",
        "handoff.jsonl",
        "state.sqlite",
    ] {
        assert!(names.iter().any(|it| it == name), "{name}: {names:?}");
    }
}

#[test]
fn an_id_that_nothing_waits_for_is_no_approval_and_those_that_wait_are_listed() {
    let machine = Machine::new();
    let url = machine.direct.clone();
    let place = ["--url", url.as_str()];
    let id = machine.refused(&place);
    let approvals = machine.own_states()[0].join("approvals.jsonl");
    let ran = machine.does(&["approve", "removals-SUP-00000000", "--url", &url], 3);
    assert!(ran.log.contains("no finding with this id is waiting"), "{}", ran.log);
    assert!(ran.log.contains(&id) && ran.log.contains("3 people"), "{}", ran.log);
    assert!(!approvals.exists() && ran.out.is_empty());
    machine.does(&["approve", &id, "--url", &url], 0);
    machine.does(&[&["apply", "roster.yaml"], &place[..]].concat(), 0);
    // The approval was valid for one pass.
    let ran = machine.does(&["approve", &id, "--url", &url], 3);
    assert!(ran.log.contains("nor any other"), "{}", ran.log);
    // A finding of a plan waits as well, until it is done or changes.
    machine.wants(7);
    let plan = machine.does(&["plan", "roster.yaml", "--url", &url], 6);
    let id = plan.out.split("quietdesk approve ").nth(1).unwrap();
    let id = id.split_whitespace().next().unwrap();
    machine.does(&["approve", id, "--url", &url], 0);
    machine.does(&[&["apply", "roster.yaml"], &place[..]].concat(), 0);
    machine.does(&["approve", id, "--url", &url], 3);
}

#[test]
fn every_advice_to_approve_shows_the_whole_command_before_any_flag() {
    let machine = Machine::new();
    let url = machine.direct.clone();
    let kept = machine.path("kept here").display().to_string();
    let id = machine.refused(&["--url", &url, "--state-dir", &kept]);
    let whole = |place: &str| format!("quietdesk approve {id} {place} or --max-removal-percent 25");
    let named = whole(&format!("--state-dir '{kept}'"));
    let by_name = ["--url", &url, "--state-dir", &kept];
    for output in ["text", "markdown", "json"] {
        let plan = ["plan", "roster.yaml", "--output", output];
        let ran = machine.does(&[&plan[..], &by_name].concat(), 6);
        assert!(ran.out.contains(&named), "{output}: {}", ran.out);
    }
    let ran = machine.does(&[&["run", "roster.yaml", "--once"], &by_name[..]].concat(), 6);
    assert!(
        ran.log.contains(&format!("quietdesk approve {id} --state-dir")),
        "{}",
        ran.log
    );
    // The state directory comes from systemd.
    let mut command = machine.command(&["plan", "roster.yaml", "--url", &url]);
    command
        .env("STATE_DIRECTORY", &kept)
        .env("QUIETDESK_USER", "quietdesk@example.com");
    let out = String::from_utf8(command.output().unwrap().stdout).unwrap();
    assert!(out.contains(&named), "{out}");
    // In a standard place the address is enough; `show` prints the place for the host it runs on.
    let saved = ["plan", "roster.yaml", "--out", "plan.json"];
    machine.does(&[&saved[..], &by_name].concat(), 6);
    assert!(machine.does(&["show", "plan.json"], 0).out.contains(&named));
    copy(Path::new(&kept), &machine.path("services/acme"));
    assert!(
        machine
            .does(&["show", "plan.json"], 0)
            .out
            .contains(&whole(&format!("--url {url}")))
    );
    let ran = machine.does(&["plan", "roster.yaml", "--url", &url], 6);
    assert!(ran.out.contains(&whole(&format!("--url {url}"))), "{}", ran.out);
}

#[test]
fn the_first_lines_name_site_account_and_state() {
    let machine = Machine::new();
    let url = machine.direct.clone();
    let state = machine.path("home/quietdesk").display().to_string();
    for command in [
        &["plan", "roster.yaml"][..],
        &["apply", "roster.yaml"],
        &["run", "roster.yaml", "--once"],
        &["plan", "roster.yaml"],
    ] {
        let ran = machine.does(&[command, &["--url", &url]].concat(), 0);
        let first: Vec<_> = ran.log.lines().take(3).collect();
        assert!(
            first[0].contains(&state) && first[0].contains("user=\"quietdesk\""),
            "{command:?}: {}",
            ran.log
        );
        let account = machine.sandbox.ids_by_email("quietdesk@example.com").remove(0);
        // The daemon reads its roster meanwhile.
        let signed_in = first.iter().find(|line| line.contains("signed in")).unwrap();
        assert!(
            signed_in.contains(&account) && signed_in.contains(OWN),
            "{command:?}: {}",
            ran.log
        );
        assert!(!ran.out.contains(&state), "{}", ran.out);
        // No e-mail, not even the account's own.
        assert!(!first.concat().contains("@example.com"), "{}", ran.log);
    }
}
