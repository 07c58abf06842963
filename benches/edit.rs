//! Measures the daemon with 100,000 customers: requests and time for one edited line, and CPU time when idle.
//!
//! The sandbox runs in this process and `quietdesk run` in another, with a state directory. Each edit appends one new
//! customer to the file: the time is from the save until Jira has the customer on the desk.
//! `cargo bench --bench edit [-- CUSTOMERS]`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]

use std::fs;
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use quietdesk::sandbox::{Config, DeskAccess, Sandbox, Seed, SeedDesk, SeedPerson};

const EDITS: usize = 5;
const IDLE: Duration = Duration::from_secs(60);

fn main() {
    let requested = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let customers: usize = requested.unwrap_or(100_000);
    let emails: Vec<String> = (0..customers).map(|n| format!("member{n:06}@example.com")).collect();
    let folder = tempfile::tempdir().unwrap();
    let roster = folder.path().join("roster.yaml");
    let entries: String = emails.iter().map(|email| entry(email)).collect();
    let head = "version: 1\ndesks: {SUP: {access: restricted}}\ncustomers:\n";
    fs::write(&roster, format!("{head}{entries}")).unwrap();
    let people = emails.iter().map(|email| SeedPerson::customer(email, &["SUP"]));
    let seed = Seed {
        seed: 1,
        desks: vec![SeedDesk::new("SUP", DeskAccess::Restricted)],
        people: people.collect(),
    };
    let config = Config {
        record_bodies: false,
        journal_limit: 1,
        ..Config::default()
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let sandbox = Sandbox::new(config, &seed);
    let running = runtime
        .block_on(sandbox.serve(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))))
        .unwrap();

    let started = Instant::now();
    let mut daemon = Command::new(env!("CARGO_BIN_EXE_quietdesk"))
        .args([
            "run",
            &roster.display().to_string(),
            "--url",
            &running.url(),
            "--state-dir",
        ])
        .arg(folder.path().join("state"))
        .env("QUIETDESK_TOKEN", "quietdesk@example.com:sandbox")
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_until_idle(&sandbox, customers / 50);
    println!(
        "{customers} customers; first pass until the last request: {:.2} s, {} requests",
        (started.elapsed() - QUIET).as_secs_f64(),
        sandbox.requests()
    );
    println!("| edit | requests | writes among them | time |");
    println!("|---|---|---|---|");
    for n in 0..EDITS {
        edit(&sandbox, &roster, n);
    }
    println!(
        "memory after the edits: {} MiB, peak {} MiB",
        status(&daemon, "VmRSS:") / 1024,
        status(&daemon, "VmHWM:") / 1024
    );
    let (before, requests) = (ticks(&daemon), sandbox.requests());
    std::thread::sleep(IDLE);
    let spent = ticks(&daemon) - before;
    println!(
        "idle for {} s: {} ms of CPU, {} requests",
        IDLE.as_secs(),
        spent * 10,
        sandbox.requests() - requests
    );
    daemon.kill().unwrap();
    daemon.wait().unwrap();
    assert_eq!(sandbox.violations(), Vec::<String>::new());
}

fn entry(email: &str) -> String {
    format!("  - {{email: {email}, name: A Name, desks: [SUP]}}\n")
}

/// A pass is over when no request arrives for this long.
const QUIET: Duration = Duration::from_secs(3);

fn wait_until_idle(sandbox: &Sandbox, least: usize) {
    let (mut last, mut since) = (0, Instant::now());
    while last < least || since.elapsed() < QUIET {
        std::thread::sleep(Duration::from_millis(5));
        if sandbox.requests() != last {
            (last, since) = (sandbox.requests(), Instant::now());
        }
    }
}

fn edit(sandbox: &Sandbox, roster: &std::path::Path, n: usize) {
    let (requests, writes) = (sandbox.requests(), sandbox.writes());
    let mut file = fs::OpenOptions::new().append(true).open(roster).unwrap();
    file.write_all(entry(&format!("new{n}@example.com")).as_bytes())
        .unwrap();
    drop(file);
    let saved = Instant::now();
    while sandbox.writes() < writes + 2 {
        std::thread::sleep(Duration::from_millis(2));
    }
    let took = saved.elapsed();
    std::thread::sleep(QUIET);
    let (requests, writes) = (sandbox.requests() - requests, sandbox.writes() - writes);
    println!("| {} | {requests} | {writes} | {:.2} s |", n + 1, took.as_secs_f64());
}

/// Reads a line of the process's status, in KiB.
fn status(process: &Child, name: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// CPU time used so far, in hundredths of a second.
fn ticks(process: &Child) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{}/stat", process.id())).unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}
