//! The binary: exit codes, outputs, and that bad input makes no request.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::fs::{self, Permissions};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Stdio;

use assert_cmd::Command;
use quietdesk::sandbox::{Config, DeskAccess, Seed, SeedDesk, SeedPerson};
use serde_json::Value;
use support::world::World;
use tempfile::TempDir;

const ROSTER: &str = "\
version: 1
desks: {SUP: {access: open}}
customers:
  - {email: ada@example.com, name: Ada Lovelace, desks: [SUP]}
  - {email: bob@example.com, desks: [SUP]}
";

/// A sandbox with one closed desk where Bob and a stranger are, a folder, and the binary pointed at both.
struct Bench {
    world: World,
    folder: TempDir,
    runtime: tokio::runtime::Runtime,
}

impl Bench {
    fn new() -> Self {
        Self::with(Config::default())
    }

    fn with(config: Config) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let people = vec![
            SeedPerson::customer("bob@example.com", &["SUP"]),
            SeedPerson::customer("stranger@example.net", &["SUP"]),
        ];
        let seed = Seed {
            seed: 1,
            desks: vec![SeedDesk::new("SUP", DeskAccess::Restricted)],
            people,
        };
        let world = runtime.block_on(World::with(seed, config));
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("roster.yaml"), ROSTER).unwrap();
        Self { world, folder, runtime }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// The binary with the address of Jira. Patience is short, so that an unreachable Jira is soon given up.
    fn quietdesk(&self, arguments: &[&str]) -> Command {
        let mut command = bare(arguments);
        command.env("QUIETDESK_URL", self.world.running.url());
        command.env("QUIETDESK_USER", "quietdesk@example.com");
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

fn stdout(command: &mut Command, code: i32) -> String {
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "stdout: {text}\nstderr: {errors}");
    text
}

fn stderr(command: &mut Command, code: i32) -> String {
    let output = command.output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{errors}");
    errors
}

#[test]
fn a_plan_as_text_is_a_diff_and_a_summary_line() {
    let bench = Bench::new();
    let text = stdout(&mut bench.quietdesk(&["plan", "roster.yaml"]), 0);
    insta::assert_snapshot!(text);
    bench.world.drain();
    assert_eq!(bench.world.sandbox.writes(), 0);
}

#[test]
fn a_plan_as_json_has_the_contracts_shape() {
    let bench = Bench::new();
    let text = stdout(
        &mut bench.quietdesk(&["plan", "roster.yaml", "--output", "json", "--unlisted"]),
        0,
    );
    let plan: Value = serde_json::from_str(&text).unwrap();
    let text = text.replace(&bench.world.running.url(), "http://sandbox");
    insta::with_settings!({filters => vec![(r#""digest": "[0-9a-f]{64}""#, r#""digest": "…""#)]}, {
        insta::assert_snapshot!(text);
    });
    assert_eq!(plan["summary"]["calls"], 3);
    assert_eq!(plan["mail_sending_calls"], 0);
    bench.world.drain();
}

#[test]
fn detailed_exit_codes_separate_pending_changes_from_none() {
    let bench = Bench::new();
    let plan = ["plan", "roster.yaml", "--detailed-exitcode"];
    stdout(&mut bench.quietdesk(&plan), 2);
    stdout(&mut bench.quietdesk(&["apply", "roster.yaml"]), 0);
    stdout(&mut bench.quietdesk(&plan), 0);
    bench.world.drain();
}

#[test]
fn apply_reports_each_step_and_the_second_time_writes_nothing() {
    let bench = Bench::new();
    let apply = ["apply", "roster.yaml", "--report", "report.json"];
    let report = || -> Value { serde_json::from_slice(&fs::read(bench.path("report.json")).unwrap()).unwrap() };
    let text = stdout(&mut bench.quietdesk(&apply), 0);
    assert!(text.ends_with("3 done; 3 writes made\n"), "{text}");
    assert_eq!(bench.world.sandbox.writes(), 3);
    let first = report();
    let outcomes: Vec<_> = first["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| &step["outcome"])
        .collect();
    assert_eq!(outcomes, ["done", "done", "done"]);
    assert!(first["steps"][0]["account"].is_string());

    stdout(&mut bench.quietdesk(&apply), 0);
    assert_eq!(bench.world.sandbox.writes(), 3);
    assert_eq!(report()["summary"]["unchanged"], 2);
    bench.world.drain();
}

#[test]
fn held_entries_do_not_change_plans_code_but_applys() {
    let bench = Bench::new();
    let id = bench.world.sandbox.ids_by_email("bob@example.com").remove(0);
    bench.world.sandbox.set_active(&id, false).unwrap();
    stdout(&mut bench.quietdesk(&["plan", "roster.yaml"]), 0);
    let text = stdout(&mut bench.quietdesk(&["apply", "roster.yaml"]), 7);
    assert!(
        text.contains("held (needs a decision): bob@example.com: the account is deactivated"),
        "{text}"
    );
    bench.world.drain();
}

#[test]
fn a_desk_can_be_asked_for_alone() {
    let bench = Bench::new();
    let text = stderr(&mut bench.quietdesk(&["plan", "roster.yaml", "--desk", "SUPP"]), 3);
    assert!(text.contains("the roster has no such desk"), "{text}");
    stdout(&mut bench.quietdesk(&["plan", "roster.yaml", "--desk", "SUP"]), 0);
}

#[test]
fn refused_credentials_are_4_and_say_what_to_do() {
    let bench = Bench::new();
    let text = stderr(
        bench
            .quietdesk(&["plan", "roster.yaml"])
            .env("QUIETDESK_TOKEN", "wrong-token"),
        4,
    );
    assert!(text.contains("token") && !text.contains("wrong-token"), "{text}");
    assert_eq!(text.lines().filter(|line| line.starts_with("error:")).count(), 1);
}

#[test]
fn an_unreachable_jira_is_5_and_the_report_is_written_all_the_same() {
    let bench = Bench::new();
    bench.world.sandbox.set_faults(&"myself:drop-before".parse().unwrap());
    stderr(
        &mut bench.quietdesk(&["apply", "roster.yaml", "--report", "report.json"]),
        5,
    );
    let report: Value = serde_json::from_slice(&fs::read(bench.path("report.json")).unwrap()).unwrap();
    assert_eq!(report["format_version"], 1);
    assert!(report["stopped"].is_string());
    assert_eq!(bench.world.sandbox.writes(), 0);
}

#[test]
fn settings_that_are_wrong_are_3_before_any_request() {
    let bench = Bench::new();
    for (name, value, expected) in [
        ("QUIETDESK_URL", "http://jira.example.com", "https"),
        ("QUIETDESK_URL", "not a url", "url"),
        ("QUIETDESK_TOKEN_FILE", "missing.txt", "missing.txt"),
        ("QUIETDESK_CA_FILE", "missing.pem", "--ca-file"),
    ] {
        let text = stderr(bench.quietdesk(&["plan", "roster.yaml"]).env(name, value), 3);
        assert!(text.to_lowercase().contains(expected), "{name}={value}: {text}");
    }
    let text = stderr(
        bench.quietdesk(&["plan", "roster.yaml"]).env_remove("QUIETDESK_TOKEN"),
        3,
    );
    assert!(text.contains("--token-file"), "{text}");
    // At another address a token alone may be a service account's, so Jira is asked.
    for site in ["https://example.atlassian.net", "https://example.jira.com"] {
        let mut command = bench.quietdesk(&["plan", "roster.yaml", "--url", site]);
        let text = stderr(command.env("QUIETDESK_USER", ""), 3);
        assert!(text.contains("--user"), "{text}");
    }
    let text = stderr(&mut bare(&["plan", &bench.path("roster.yaml")]), 3);
    assert!(text.contains("--url") && text.contains("--sandbox"), "{text}");
    let text = stderr(
        &mut bench.quietdesk(&["apply", "roster.yaml", "--report", "no/such/folder/report.json"]),
        3,
    );
    assert!(text.contains("--report"), "{text}");
    assert_eq!(bench.world.sandbox.requests(), 0);
}

#[test]
fn the_sandbox_is_used_whatever_the_environment_says_of_a_site() {
    let bench = Bench::new();
    stdout(&mut bench.quietdesk(&["plan", "--sandbox", "roster.yaml"]), 0);
    assert_eq!(bench.world.sandbox.requests(), 0);
    stdout(
        bench.quietdesk(&["plan", "roster.yaml"]).env("QUIETDESK_SANDBOX", "0"),
        0,
    );
    assert!(bench.world.sandbox.requests() > 0);
}

#[test]
fn what_cannot_be_understood_is_64() {
    for arguments in [
        &["frobnicate"][..],
        &["plan"],
        &["plan", "x.yaml", "--patience", "soon"],
        &[],
    ] {
        stderr(&mut bare(arguments), 64);
    }
    stdout(&mut bare(&["--help"]), 0);
    stdout(&mut bare(&["--version"]), 0);
}

/// Every bad roster: its golden report, exit 3, and no request.
#[test]
fn bad_rosters_are_3_with_no_request() {
    let bench = Bench::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/roster/invalid");
    let mut seen = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() || path.extension().is_some_and(|extension| extension == "yaml") {
            for command in ["validate", "plan", "apply"] {
                let errors = stderr(&mut bench.quietdesk(&[command, &path.display().to_string()]), 3);
                assert!(!errors.is_empty(), "{}", path.display());
            }
            seen += 1;
        }
    }
    assert!(seen >= 20, "{seen} bad rosters");
    assert_eq!(bench.world.sandbox.requests(), 0);
}

#[test]
fn the_schema_completions_and_manual_are_printed() {
    let schema = stdout(&mut bare(&["schema"]), 0);
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/roster.schema.json");
    assert_eq!(schema, fs::read_to_string(committed).unwrap());
    assert!(stdout(&mut bare(&["completions", "bash"]), 0).contains("quietdesk"));
    assert!(stdout(&mut bare(&["man"]), 0).contains(".TH quietdesk"));
}

/// stdout is full or closed: an error is reported, without a panic.
#[test]
fn a_stdout_that_takes_nothing_is_1() {
    let bench = Bench::new();
    let commands: [&[&str]; 9] = [
        &["schema"],
        &["completions", "bash"],
        &["completions", "zsh"],
        &["man"],
        &["--help"],
        &["--version"],
        &["plan", "--help"],
        &["validate", "roster.yaml"],
        &["plan", "roster.yaml"],
    ];
    for arguments in commands {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let (reader, closed) = std::io::pipe().unwrap();
        drop(reader);
        for (what, stdout) in [("full", Stdio::from(full)), ("closed", Stdio::from(closed))] {
            let program = bench.quietdesk(arguments);
            let mut command = std::process::Command::new(program.get_program());
            command.args(arguments).current_dir(bench.folder.path()).stdout(stdout);
            command.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
            let output = command.stderr(Stdio::piped()).output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(1), "{what} {arguments:?}: {said}");
            assert!(
                said.contains("error:") && !said.contains("panicked"),
                "{what} {arguments:?}: {said}"
            );
        }
    }
    // If stderr takes nothing either, only the exit code is left to report it.
    let script = "$0 -vv plan roster.yaml >/dev/full 2>/dev/full";
    let program = bench.quietdesk(&[]);
    let mut command = std::process::Command::new("sh");
    command
        .args(["-c", script])
        .arg(program.get_program())
        .current_dir(bench.folder.path());
    command.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    assert_eq!(command.status().unwrap().code(), Some(1));
}

/// A Jira that repeats in its answers what it was sent, wherever it can.
#[test]
fn a_token_that_jira_repeats_is_in_no_output() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (token, basic) = (
        "s3cr3t-t0k3n-value",
        "cXVpZXRkZXNrQGV4YW1wbGUuY29tOnMzY3IzdC10MGszbi12YWx1ZQ==",
    );
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let mut asked = [0; 8192];
            let length = connection.read(&mut asked).unwrap_or_default();
            assert!(length == 0 || String::from_utf8_lossy(&asked).contains(basic));
            let body = format!("{{\"errorMessages\":[\"no {token} or {basic}\"]}}");
            let head = format!(
                "HTTP/1.1 400 Bad Request\r\nX-AREQUESTID: {token}\r\n\
                 X-Seraph-LoginReason: AUTHENTICATED_FAILED {token}\r\nLocation: https://{token}/"
            );
            let length = body.len();
            let rest = format!("Connection: close\r\nContent-Length: {length}\r\n\r\n{body}");
            let _ = write!(connection, "{head}\r\n{rest}");
        }
    });
    let bench = Bench::new();
    for arguments in [
        &["apply", "--yes", "-vv", "--report", "report.json", "roster.yaml"][..],
        &["doctor", "-vv"],
    ] {
        let mut command = bench.quietdesk(arguments);
        let output = command
            .env("QUIETDESK_URL", &url)
            .env("QUIETDESK_TOKEN", token)
            .output()
            .unwrap();
        let report = fs::read(bench.path("report.json")).unwrap();
        let all = [output.stdout, output.stderr, report].concat();
        let all = String::from_utf8_lossy(&all);
        assert!(all.contains("***") && all.contains("answered"), "{arguments:?}: {all}");
        assert!(!all.contains("s3cr3t") && !all.contains(basic), "{arguments:?}: {all}");
    }
}

/// A token file that holds more than the token is reported before Jira counts a failed sign-in.
#[test]
fn a_token_file_with_more_than_the_token_gets_a_hint() {
    let bench = Bench::new();
    let path = bench.path("token");
    for (content, hint) in [
        (&b"\xef\xbb\xbfsandbox\n"[..], "byte-order mark"),
        (b"\xff\xfes\0a\0n\0d\0", "UTF-8"),
        (b"\"sandbox\"\n", "quotes"),
        (b"QUIETDESK_TOKEN=sandbox\n", "NAME=TOKEN"),
    ] {
        fs::write(&path, content).unwrap();
        let mut command = bench.quietdesk(&["plan", "roster.yaml", "--token-file", &path]);
        let text = stderr(command.env_remove("QUIETDESK_TOKEN"), 3);
        assert!(text.contains(hint) && !text.contains("sandbox"), "{text}");
    }
    assert_eq!(bench.world.sandbox.requests(), 0);
}

#[test]
fn at_trace_no_output_holds_the_token() {
    let bench = Bench::with(Config {
        token: "s3cr3t-t0k3n-value".into(),
        ..Config::default()
    });
    for format in ["text", "json"] {
        let mut apply = bench.quietdesk(&["apply", "roster.yaml", "-vv", "--log-format", format]);
        let output = apply
            .env("QUIETDESK_TOKEN", "s3cr3t-t0k3n-value")
            .env("RUST_BACKTRACE", "1")
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0));
        let all = [output.stdout, output.stderr].concat();
        let all = String::from_utf8_lossy(&all);
        let basic = "cXVpZXRkZXNrQGV4YW1wbGUuY29tOnMzY3IzdC10MGszbi12YWx1ZQ";
        assert!(
            !all.contains("s3cr3t") && !all.contains(basic),
            "the token is in the output"
        );
        assert!(all.contains("/rest/api/3/myself"), "requests are logged at this level");
    }
}

#[test]
fn above_debug_no_log_line_holds_an_email() {
    let bench = Bench::with(Config {
        faults: "add:403".parse().unwrap(),
        ..Config::default()
    });
    let output = bench.quietdesk(&["run", "--once", "roster.yaml"]).output().unwrap();
    assert_eq!(output.status.code(), Some(7));
    let logged = String::from_utf8_lossy(&output.stderr);
    assert!(logged.contains("created=1") && !logged.contains("@example"), "{logged}");
    let _ = &bench.runtime;
}

/// Mounted secrets are often readable by all: this is logged, and the token is used all the same.
#[test]
fn a_token_readable_by_all_is_warned_of() {
    let bench = Bench::new();
    let path = bench.path("token");
    fs::write(&path, "sandbox").unwrap();
    for (mode, warned) in [(0o644, true), (0o640, false), (0o600, false)] {
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        let mut command = bench.quietdesk(&["plan", "roster.yaml", "--token-file", &path]);
        let output = command.env_remove("QUIETDESK_TOKEN").output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{mode:o}");
        let logged = String::from_utf8_lossy(&output.stderr);
        assert_eq!(
            logged.contains("the token file is readable by all users of this machine"),
            warned,
            "{mode:o}: {logged}"
        );
    }
}

/// The page has no sign-in: listening on a network is warned of.
#[test]
fn a_status_page_on_a_network_is_warned_of() {
    for (address, warned) in [("0.0.0.0:0", true), ("127.0.0.1:0", false)] {
        let bench = Bench::new();
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_quietdesk"));
        command.args(["run", "roster.yaml", "--listen", address, "--state-dir", "state"]);
        command.current_dir(bench.folder.path());
        command.env("QUIETDESK_URL", bench.world.running.url());
        command.env("QUIETDESK_USER", "quietdesk@example.com");
        command.env("QUIETDESK_TOKEN", "sandbox");
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut daemon = command.spawn().unwrap();
        let mut seen = false;
        // Reads until the end of the first pass, well after the warning.
        for line in BufReader::new(daemon.stderr.take().unwrap()).lines() {
            let line = line.unwrap();
            seen |= line.contains("the status page has no sign-in");
            if line.contains("created=") {
                break;
            }
        }
        daemon.kill().unwrap();
        daemon.wait().unwrap();
        assert_eq!(seen, warned, "{address}");
    }
}

#[test]
fn the_embedded_sandbox_has_something_to_do_for_the_example() {
    let roster = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/club-members.yaml");
    let text = stdout(
        &mut bare(&["apply", "--sandbox", &roster.display().to_string(), "--output", "json"]),
        0,
    );
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(report["summary"]["create"], 1000);
    assert_eq!(report["summary"]["access"], 1);
    let steps = report["steps"].as_array().unwrap();
    assert!(steps.iter().all(|step| step["outcome"] == "done"));
}

#[test]
fn a_redacted_plan_names_no_one_in_any_format() {
    let bench = Bench::new();
    for format in ["text", "json", "markdown"] {
        let text = stdout(
            &mut bench.quietdesk(&[
                "plan",
                "roster.yaml",
                "--redact",
                "--full",
                "--unlisted",
                "--output",
                format,
            ]),
            0,
        );
        for name in ["ada@", "bob@", "stranger@", "Ada", "Lovelace"] {
            assert!(!text.contains(name), "{format}: {name}\n{text}");
        }
        assert!(text.contains("a…@example.com"), "{format}\n{text}");
    }
}

#[test]
fn a_plan_as_a_pull_request_comment() {
    let bench = Bench::new();
    let plan = ["plan", "roster.yaml", "--output", "markdown", "--detailed-exitcode"];
    let text = stdout(&mut bench.quietdesk(&plan), 2);
    assert!(
        text.starts_with("<!-- quietdesk plan -->\n### quietdesk: 1 to create, 1 to add, 1 access mode to change\n"),
        "{text}"
    );
}

#[test]
fn a_base_explains_why_something_differs() {
    let bench = Bench::new();
    fs::write(bench.path("base.yaml"), ROSTER.replace("access: open", "")).unwrap();
    let plan = ["plan", "roster.yaml", "--output", "json", "--base"];
    let text = stdout(&mut bench.quietdesk(&[&plan[..], &["base.yaml"]].concat()), 0);
    let report: Value = serde_json::from_str(&text).unwrap();
    let causes: Vec<_> = report["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["cause"].as_str().unwrap())
        .collect();
    assert_eq!(causes, ["drift", "drift", "edit"]);
    fs::write(bench.path("bad.yaml"), "version: 2").unwrap();
    stderr(&mut bench.quietdesk(&[&plan[..], &["bad.yaml"]].concat()), 3);
}

/// A deactivated account is not found by a search; only Jira's refusal reveals it, once.
#[test]
fn a_refused_create_is_remembered_by_the_next_apply() {
    let bench = Bench::new();
    let gone = SeedPerson {
        active: false,
        ..SeedPerson::customer("ada@example.com", &[])
    };
    bench.world.sandbox.create_account(&gone);
    let apply = ["apply", "roster.yaml", "--output", "json"];
    stdout(&mut bench.quietdesk(&apply), 7);
    let writes = bench.world.sandbox.writes();
    assert!(writes > 0);
    let report: Value = serde_json::from_str(&stdout(&mut bench.quietdesk(&apply), 7)).unwrap();
    assert_eq!(bench.world.sandbox.writes(), writes, "{report}");
    assert_eq!(report["summary"]["held"], 1);
}

#[test]
fn a_desk_the_roster_does_not_have_is_3_for_one_pass() {
    let bench = Bench::new();
    let text = stderr(
        &mut bench.quietdesk(&["run", "roster.yaml", "--once", "--desk", "TYPO"]),
        3,
    );
    assert!(text.contains("TYPO"), "{text}");
    assert_eq!(bench.world.sandbox.requests(), 0);
}

/// An earlier report must not be taken for this run's.
#[test]
fn a_report_is_written_for_an_invalid_roster_too() {
    let bench = Bench::new();
    fs::write(bench.path("report.json"), "an earlier one").unwrap();
    fs::write(bench.path("roster.yaml"), "version: 2").unwrap();
    stderr(
        &mut bench.quietdesk(&["apply", "roster.yaml", "--report", "report.json"]),
        3,
    );
    let report: Value = serde_json::from_slice(&fs::read(bench.path("report.json")).unwrap()).unwrap();
    assert!(
        report["stopped"].is_string() && report["steps"].as_array().unwrap().is_empty(),
        "{report}"
    );
}
