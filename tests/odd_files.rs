//! A pipe, a device, a folder or a file larger than memory where a file is expected: nothing waits for it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};

use quietdesk::sandbox::{Deployment, Version};
use support::program::{ProgramSite, Ran, two_desks};

const ROSTER: &str = "version: 1\ndesks: {PRIV: {}}\ncustomers: [{email: ada@example.com, desks: [PRIV]}]\n";

/// What can stand where a file is expected, and a part of its error.
const KINDS: [(&str, &str); 5] = [
    ("pipe", "pipe"),
    ("device", "it is a device"),
    ("folder", "it is a directory"),
    ("sparse", "it is larger than"),
    ("socket", "it is a socket"),
];

fn put(kind: &str, at: &Path) {
    match kind {
        "pipe" => assert!(Command::new("mkfifo").arg(at).status().unwrap().success()),
        "device" => symlink("/dev/zero", at).unwrap(),
        "folder" => fs::create_dir(at).unwrap(),
        "sparse" => File::create(at).unwrap().set_len(2 << 30).unwrap(),
        "socket" => drop(std::os::unix::net::UnixListener::bind(at).unwrap()),
        other => panic!("{other}"),
    }
    let mode = if kind == "folder" { 0o700 } else { 0o600 };
    if kind != "device" {
        fs::set_permissions(at, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    }
}

fn remove_entry(at: &Path) {
    if at.is_dir() {
        fs::remove_dir(at).unwrap();
    } else {
        fs::remove_file(at).unwrap();
    }
}

/// The program, killed by `timeout` if it does not end by itself.
fn run(day: &ProgramSite, arguments: &[&str]) -> Ran {
    let program = day.command(arguments);
    let mut command = Command::new("timeout");
    command.args(["--signal=KILL", "60"]).arg(program.get_program());
    command.args(arguments).current_dir(day.folder.path());
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let output = command.stdin(Stdio::null()).output().unwrap();
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_stands_where_a_file_is_expected_is_reported_with_3() {
    let day = ProgramSite::on(Deployment::DataCenter(Version::V10_3), two_desks(Vec::new())).await;
    day.write("roster.yaml", ROSTER);
    fs::create_dir(day.folder.path().join("team.d")).unwrap();
    day.write("team.d/a.yaml", ROSTER);
    let uses: [(&str, &[&str]); 10] = [
        ("odd", &["validate", "odd"]),
        ("odd", &["apply", "--yes", "odd"]),
        ("odd", &["run", "--once", "odd"]),
        ("odd", &["plan", "roster.yaml", "--base", "odd"]),
        ("odd", &["apply", "--yes", "--plan", "odd"]),
        ("odd", &["show", "odd"]),
        ("odd", &["plan", "roster.yaml", "--token-file", "odd"]),
        ("odd", &["plan", "roster.yaml", "--passwords", "odd"]),
        ("odd", &["plan", "roster.yaml", "--ca-file", "odd"]),
        ("team.d/odd.yaml", &["validate", "team.d"]),
    ];
    for (kind, error) in KINDS {
        for (name, arguments) in uses {
            let at = day.folder.path().join(name);
            put(kind, &at);
            let ran = run(&day, arguments);
            // A folder is a roster without files; as an entry of a roster's folder, it is ignored.
            let error = match (kind, name, arguments[0]) {
                ("folder", "team.d/odd.yaml", _) => {
                    assert_eq!(ran.code, 0, "{}", ran.stderr);
                    remove_entry(&at);
                    continue;
                }
                ("folder", _, _) if ran.stderr.contains("no roster in the folder") => "no roster in the folder",
                _ => error,
            };
            assert_eq!(ran.code, 3, "{kind} {arguments:?}: {}", ran.stderr);
            assert!(ran.stderr.contains(error), "{kind} {arguments:?}: {}", ran.stderr);
            remove_entry(&at);
        }
    }
    assert_eq!(day.world.sandbox.requests(), 0);
}

/// A state directory is private: whatever replaces one of its files is reported, and neither read nor written to.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_stands_in_the_state_directory_is_reported_with_1() {
    let day = ProgramSite::on(Deployment::Cloud, two_desks(Vec::new())).await;
    day.write("roster.yaml", ROSTER);
    day.does(&["apply", "--yes", "roster.yaml"], 0);
    let (requests, state) = (day.world.sandbox.requests(), day.folder.path().join("state"));
    for (kind, _) in KINDS.iter().filter(|(kind, _)| *kind != "sparse") {
        for name in [
            "approvals.jsonl",
            "handoff.jsonl",
            "audit.jsonl",
            "state.sqlite",
            "lock",
        ] {
            let (at, kept) = (state.join(name), state.join("kept"));
            let was_there = fs::rename(&at, &kept).is_ok();
            put(kind, &at);
            let ran = run(&day, &["apply", "--yes", "roster.yaml"]);
            assert_eq!(ran.code, 1, "{kind} {name}: {}", ran.stderr);
            assert!(ran.stderr.contains(name), "{kind} {name}: {}", ran.stderr);
            remove_entry(&at);
            if was_there {
                fs::rename(&kept, &at).unwrap();
            }
        }
    }
    assert_eq!(day.world.sandbox.requests(), requests);
    day.does(&["apply", "--yes", "roster.yaml"], 0);
    day.world.drain();
}

/// `<(…)` of a shell is a pipe with a writer: commands that read a file once accept it.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_shell_substitutes_for_a_file_is_read() {
    let day = ProgramSite::on(Deployment::Cloud, two_desks(Vec::new())).await;
    day.write("roster.yaml", ROSTER);
    day.write("token", "sandbox\n");
    let shell = |script: &str| {
        let program = day.command(&[]);
        let mut command = Command::new("bash");
        command.args(["-c", script]).current_dir(day.folder.path());
        command.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let output = command.env("QUIETDESK", program.get_program()).output().unwrap();
        assert_eq!(
            output.status.code(),
            Some(0),
            "{script}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    };
    shell("$QUIETDESK validate <(cat roster.yaml)");
    shell("$QUIETDESK validate <(sleep 0.1; head -c 20 roster.yaml; sleep 0.1; tail -c +21 roster.yaml)");
    shell("cat roster.yaml | $QUIETDESK validate /dev/stdin");
    let plan = shell("$QUIETDESK plan --out plan.json --base <(cat roster.yaml) <(cat roster.yaml)");
    assert!(plan.contains("ada@example.com"), "{plan}");
    assert!(shell("$QUIETDESK show <(cat plan.json)").contains("ada@example.com"));
    shell("unset QUIETDESK_TOKEN; $QUIETDESK apply --yes --token-file <(cat token) <(cat roster.yaml)");
    assert!(
        day.world
            .sandbox
            .snapshot()
            .customers("PRIV")
            .contains("ada@example.com")
    );
    day.does(&["plan", "--detailed-exitcode", "roster.yaml"], 0);
    day.world.drain();
}
