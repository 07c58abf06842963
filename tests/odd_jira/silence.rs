//! Servers that never answer, never end an answer, or are no Jira: patience bounds them.

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use quietdesk::jira::{BaseUrl, CallError, ConnectError, JiraRead, Settings};
use quietdesk::sandbox::{Config, Deployment};
use tokio::net::TcpListener;
use tokio::time::{Instant, timeout};

use super::support::desks::{one_desk, two_desks};
use super::support::program::ProgramSite;
use super::support::world::World;
use super::{in_process, settings_for};

/// Longer than any of these tests needs, and shorter than waiting without patience.
const BOUND: Duration = Duration::from_secs(60);

#[tokio::test(start_paused = true)]
async fn patience_covers_silence_and_answers_that_drip() {
    for script in ["desks:slow=4000000000", "desks:drip"] {
        for patience in [4, 90, 600] {
            let patience = Duration::from_secs(patience);
            let config = Config::default();
            let settings = Settings {
                patience,
                ..settings_for(&config)
            };
            let sandbox = quietdesk::sandbox::Sandbox::new(config, &one_desk(Vec::new()));
            let jira = super::connect_to(sandbox.router(), settings).await.unwrap();
            sandbox.set_faults(&script.parse().unwrap());
            let start = Instant::now();
            let error = jira.desks().await.unwrap_err();
            assert!(matches!(error, CallError::Unreachable { .. }), "{script}: {error}");
            let took = start.elapsed();
            assert!(
                took >= patience && took <= patience + Duration::from_secs(1),
                "{script} {patience:?}: {took:?}"
            );
        }
    }
}

/// One slow answer while others arrive is no outage.
#[tokio::test(start_paused = true)]
async fn a_slow_answer_within_patience_is_taken() {
    let (sandbox, jira) = in_process(Config::default(), &one_desk(Vec::new())).await;
    sandbox.set_faults(&"desks:slow=50000".parse().unwrap());
    assert_eq!(jira.desks().await.unwrap().len(), 1);
}

async fn connect(url: &str, patience: Duration) -> ConnectError {
    let settings = Settings {
        url: BaseUrl::parse(url).unwrap(),
        patience,
        ..settings_for(&Config::default())
    };
    let connected = timeout(BOUND, JiraRead::connect(settings)).await;
    connected.expect("it does not end").unwrap_err()
}

#[tokio::test]
async fn a_server_that_accepts_and_says_nothing_ends_with_patience() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let accepting = tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((connection, _)) = listener.accept().await {
            kept.push(connection);
        }
    });
    for scheme in ["http", "https"] {
        let error = connect(&format!("{scheme}://{address}"), Duration::from_millis(500)).await;
        assert!(error.to_string().contains("no response in time"), "{error}");
    }
    accepting.abort();
}

#[tokio::test]
async fn plain_http_under_https_ends_with_patience() {
    let world = World::new(one_desk(Vec::new())).await;
    let url = format!("https://{}", world.running.address());
    let error = connect(&url, Duration::from_millis(500)).await;
    assert!(
        matches!(error, ConnectError::Call(CallError::Unreachable { .. })),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_endless_pages_can_be_stopped() {
    let day = ProgramSite::on(Deployment::Cloud, two_desks(Vec::new())).await;
    day.write("roster.yaml", "version: 1\ndesks: {SUP: {}}\ncustomers: []\n");
    day.world.sandbox.set_faults(&"customers:endless".parse().unwrap());
    let stopped = run_until_signal("INT", &day, &["apply", "roster.yaml", "--yes"], 40).await;
    assert_eq!(stopped.0, 7, "{}", stopped.1);
    assert_eq!(day.world.sandbox.writes(), 0);
}

/// Starts the program and sends it a signal after this many requests; returns its exit code and stderr.
async fn run_until_signal(signal: &str, day: &ProgramSite, arguments: &[&str], requests: usize) -> (i32, String) {
    let mut command = tokio::process::Command::from(day.command(arguments));
    let before = day.world.sandbox.requests();
    let child = command.stderr(Stdio::piped()).stdout(Stdio::null()).kill_on_drop(true);
    let child = child.spawn().unwrap();
    let asked = async {
        while day.world.sandbox.requests() < before + requests {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(BOUND, asked).await.expect("it asks nothing");
    let id = child.id().unwrap().to_string();
    let sent = tokio::process::Command::new("kill")
        .args(["-s", signal, &id])
        .status()
        .await;
    assert!(sent.unwrap().success());
    let output = timeout(BOUND, child.wait_with_output())
        .await
        .expect("it does not stop")
        .unwrap();
    (
        output.status.code().unwrap_or(-1),
        String::from_utf8(output.stderr).unwrap(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn apply_obeys_signals_during_its_first_calls() {
    let day = ProgramSite::on(Deployment::Cloud, two_desks(Vec::new())).await;
    day.write("roster.yaml", "version: 1\ndesks: {SUP: {}}\ncustomers: []\n");
    for silent in [
        "server-info:slow=100000",
        "myself:slow=100000",
        "desks:slow=100000",
        "desks:429=300",
    ] {
        day.world.sandbox.set_faults(&silent.parse().unwrap());
        for signal in ["INT", "TERM"] {
            let (code, text) = run_until_signal(signal, &day, &["apply", "roster.yaml", "--yes"], 1).await;
            assert_eq!(code, 7, "{silent} {signal}: {text}");
            assert!(text.contains("before any change was made"), "{text}");
        }
    }
}

/// If no connection was ever made, the client gives up long before its patience of ten minutes.
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_address_is_reported_in_seconds() {
    let day = ProgramSite::on(Deployment::Cloud, one_desk(Vec::new())).await;
    day.write("roster.yaml", "version: 1\ndesks: {SUP: {}}\ncustomers: []\n");
    let refused: SocketAddr = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap()
    };
    let mut runs = Vec::new();
    for url in [format!("http://{refused}"), "https://jira.invalid".to_owned()] {
        for arguments in [
            &["plan", "roster.yaml"][..],
            &["apply", "roster.yaml", "--yes"],
            &["export"],
        ] {
            let mut command = tokio::process::Command::from(day.command(arguments));
            command.env("QUIETDESK_URL", &url).env_remove("QUIETDESK_STATE_DIR");
            command.env("XDG_STATE_HOME", day.folder.path());
            runs.push(async move { (arguments[0], timeout(BOUND, command.kill_on_drop(true).output()).await) });
        }
    }
    for (command, output) in futures_util::future::join_all(runs).await {
        let output = output.expect("it waits for minutes").unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(5), "{command}: {text}");
        assert!(
            text.contains("no connection to Jira (") && text.contains("check --url"),
            "{text}"
        );
    }
}
