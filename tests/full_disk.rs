//! The disk is full, and then it is not: nothing that was written is lost, and success is never reported wrongly.
//!
//! A limit on the size of files stands for the full disk, so that no privileges are needed.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use quietdesk::sandbox::{Deployment, SeedPerson};
use support::program::{ProgramSite, two_desks};

/// So many that the ledger of a full pass does not fit in the file that the first save made.
const PEOPLE: usize = 3_000;

fn people(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("member{n:05}@example.com")).collect()
}

fn roster(count: usize) -> String {
    let listed: String = people(count).iter().map(|email| format!("  - {email}\n")).collect();
    format!("version: 1\ndefaults: {{desks: [PRIV]}}\ndesks: {{PRIV: {{}}}}\ncustomers:\n{listed}")
}

/// All are on the desk, and the ledger knows the first one.
async fn prepare() -> ProgramSite {
    let there = people(PEOPLE);
    let there = there.iter().map(|email| SeedPerson::customer(email, &["PRIV"]));
    let day = ProgramSite::on(Deployment::Cloud, two_desks(there.collect())).await;
    day.write("roster.yaml", &roster(1));
    day.does(&["apply", "--yes", "roster.yaml"], 0);
    day.write("roster.yaml", &roster(PEOPLE));
    day
}

/// The program, with no space for a longer ledger.
fn without_space(day: &ProgramSite, arguments: &[&str]) -> Command {
    let store = day.folder.path().join("state/state.sqlite").metadata().unwrap().len();
    let program = day.command(arguments);
    let mut command = Command::new("sh");
    let script = format!("trap '' XFSZ; ulimit -S -f {}; exec \"$0\" \"$@\"", store.div_ceil(512));
    command.args(["-c", &script]).arg(program.get_program()).args(arguments);
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.current_dir(day.folder.path());
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn an_apply_that_cannot_save_what_it_saw_is_1() {
    let day = prepare().await;
    for arguments in [
        &["apply", "--yes", "roster.yaml"][..],
        &["run", "--once", "roster.yaml"],
    ] {
        let output = without_space(&day, arguments).output().unwrap();
        let logged = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {logged}");
        assert!(
            logged.contains("is not remembered") && logged.contains("state.sqlite"),
            "{logged}"
        );
    }
    day.does(&["apply", "--yes", "roster.yaml"], 0);
    let output = without_space(&day, &["apply", "--yes", "roster.yaml"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "saved already");
    assert_eq!(day.world.sandbox.writes(), 0);
    day.world.drain();
}

/// A daemon that is killed when its test ends.
struct Daemon(Child);

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn get(port: u16, path: &str) -> String {
    let Ok(mut connection) = TcpStream::connect(("127.0.0.1", port)) else {
        return String::new();
    };
    let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_cannot_save_is_not_ready_until_there_is_space() {
    let day = prepare().await;
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let listen = format!("127.0.0.1:{port}");
    let mut command = without_space(&day, &["run", "roster.yaml", "--interval", "1s", "--listen", &listen]);
    let mut daemon = Daemon(command.stderr(Stdio::null()).spawn().unwrap());
    let until = |path: &str, text: &str| {
        let begin = Instant::now();
        while !get(port, path).contains(text) {
            assert!(
                begin.elapsed() < Duration::from_secs(60),
                "never {text:?}: {}",
                get(port, path)
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    until(
        "/readyz",
        "the results of the last pass could not be saved: cannot write",
    );
    assert!(get(port, "/metrics").contains("\nquietdesk_state_saved 0"));
    assert!(get(port, "/").contains("not saved"));
    let id = daemon.0.id().to_string();
    let lifted = Command::new("prlimit")
        .args(["--fsize=unlimited:", "--pid", &id])
        .status();
    assert!(lifted.unwrap().success());
    until("/readyz", "\r\n\r\nready");
    assert!(get(port, "/metrics").contains("\nquietdesk_state_saved 1"));
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    assert_eq!(daemon.0.wait().unwrap().code(), Some(0));
    // The next start knows what this process saw last.
    fs::write(day.folder.path().join("roster.yaml"), "version: 2").unwrap();
    let mut command = day.command(&["run", "roster.yaml", "--listen", &listen]);
    let daemon = Daemon(command.stderr(Stdio::null()).spawn().unwrap());
    until("/api/status", &format!("\"listed\":{PEOPLE}"));
    drop(daemon);
    day.world.drain();
}
