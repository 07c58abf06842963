//! Measures `quietdesk plan` with 100,000 customers already in place.
//!
//! The sandbox runs in this process and `quietdesk plan` in another, so that only the client is measured. For each
//! latency: requests, wall-clock time and peak memory of the client. `cargo bench --bench plan [-- CUSTOMERS]`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use quietdesk::sandbox::{Config, DeskAccess, Sandbox, Seed, SeedDesk, SeedPerson};

fn main() {
    let requested = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let customers: usize = requested.unwrap_or(100_000);
    let emails: Vec<String> = (0..customers).map(|n| format!("member{n:06}@example.com")).collect();
    let folder = tempfile::tempdir().unwrap();
    let roster = folder.path().join("roster.yaml");
    let entries: String = emails
        .iter()
        .map(|email| format!("  - {{email: {email}, name: A Name, desks: [SUP]}}\n"))
        .collect();
    fs::write(
        &roster,
        format!("version: 1\ndesks: {{SUP: {{access: restricted}}}}\ncustomers:\n{entries}"),
    )
    .unwrap();
    let seed = Seed {
        seed: 1,
        desks: vec![SeedDesk::new("SUP", DeskAccess::Restricted)],
        people: emails
            .iter()
            .map(|email| SeedPerson::customer(email, &["SUP"]))
            .collect(),
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    println!("plan of {customers} customers already in place");
    println!("| latency | page | requests | time | peak memory |");
    println!("|---|---|---|---|---|");
    for (latency, page_limit) in [(0, 50), (50, 50), (0, 1000), (50, 1000)] {
        let config = Config {
            latency: Duration::from_millis(latency),
            page_limit,
            record_bodies: false,
            journal_limit: 1,
            ..Config::default()
        };
        let sandbox = Sandbox::new(config, &seed);
        let running = runtime
            .block_on(sandbox.serve(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))))
            .unwrap();
        let (time, cache) = plan(&roster.display().to_string(), &running.url());
        assert_eq!(sandbox.violations(), Vec::<String>::new());
        assert_eq!(sandbox.writes(), 0);
        let requests = sandbox.requests();
        println!(
            "| {latency} ms | {page_limit} | {requests} | {:.2} s | {} MiB |",
            time.as_secs_f64(),
            cache / 1024
        );
    }
    let started = Instant::now();
    let status = Command::new(env!("CARGO_BIN_EXE_quietdesk"))
        .arg("validate")
        .arg(&roster)
        .stdout(Stdio::null())
        .status();
    assert!(status.unwrap().success());
    println!("\nvalidate alone: {:.2} s", started.elapsed().as_secs_f64());
}

/// Runs `quietdesk plan` and returns its time, and its peak memory in KiB.
fn plan(roster: &str, url: &str) -> (Duration, u64) {
    let started = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_quietdesk"))
        .args(["plan", roster, "--url", url, "--detailed-exitcode"])
        .env("QUIETDESK_TOKEN", "quietdesk@example.com:sandbox")
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut peak = 0;
    let status = loop {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        peak = peak.max(kib.unwrap_or(0));
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    assert_eq!(status.code(), Some(0), "everything is in place");
    (started.elapsed(), peak)
}
