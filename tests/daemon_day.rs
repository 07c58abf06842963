//! A day of the daemon under a paused clock: passes, calls and recoveries as computed beforehand.
//!
//! Reading takes no time here, so full passes are exactly an interval apart.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use quietdesk::daemon::status::{PassKind, PassResult, Status};
use quietdesk::daemon::{Daemon, Settings};
use quietdesk::engine::progress::NoProgress;
use quietdesk::jira::{self, BaseUrl, Credentials, InProcess, JiraRead};
use quietdesk::model::ledger::Ledger;
use quietdesk::model::policy::Policy;
use quietdesk::sandbox::{Config, DeskAccess, Sandbox, Seed, SeedDesk, SeedPerson};
use secrecy::ExposeSecret as _;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

const MEMBERS: usize = 200;
const PATIENCE: Duration = Duration::from_secs(300);

fn wants(roster: &Path, people: usize) {
    let customers: String = (0..people)
        .map(|n| format!("  - {{email: p{n:03}@example.com, desks: [SUP]}}\n"))
        .collect();
    fs::write(
        roster,
        format!("version: 1\ndesks: {{SUP: {{}}}}\ncustomers:\n{customers}"),
    )
    .unwrap();
}

fn settings(sandbox: &Sandbox, config: &Config, roster: &Path, status: Status, stop: &CancellationToken) -> Settings {
    let reached = jira::Settings {
        url: BaseUrl::parse("https://sandbox.example").unwrap(),
        credentials: Credentials::parse(Some(&config.user), config.token.expose_secret()).unwrap(),
        deployment: None,
        ca_file: None,
        concurrency: 16,
        patience: PATIENCE,
        stop: stop.clone(),
    };
    let sandbox = sandbox.clone();
    Settings {
        roster: roster.to_owned(),
        narrow: Box::new(Ok),
        interval: Duration::from_secs(600),
        read_rate: 1e9,
        poll: Duration::from_secs(30),
        observe: false,
        connect: Box::new(move || {
            let transport = InProcess::new(sandbox.router(), reached.url.clone(), &reached.credentials);
            Box::pin(JiraRead::connect_with_transport(Arc::new(transport), reached.clone()))
        }),
        token_file: None,
        hangup: Arc::default(),
        state: None,
        ledger: Ledger::kept(),
        policy: Policy::default(),
        passwords: None,
        status,
        clock: support::status::now,
        progress: Box::new(NoProgress),
        chance: Box::new(|| 0.0),
    }
}

#[tokio::test(start_paused = true)]
async fn a_day_with_edits_drift_an_outage_and_a_rate_limit() {
    let config = Config::default();
    let people = (0..MEMBERS).map(|n| SeedPerson::customer(format!("p{n:03}@example.com"), &["SUP"]));
    let seed = Seed {
        seed: 1,
        desks: vec![SeedDesk::new("SUP", DeskAccess::Restricted)],
        people: people.collect(),
    };
    let sandbox = Sandbox::new(config.clone(), &seed);
    let folder = tempfile::tempdir().unwrap();
    let roster = folder.path().join("roster.yaml");
    wants(&roster, MEMBERS);
    let (status, stop) = (support::status::started(), CancellationToken::new());
    let daemon = Daemon::new(
        settings(&sandbox, &config, &roster, status.clone(), &stop),
        stop.clone(),
    );
    let begin = Instant::now();
    let at = |seconds: u64| sleep_until(begin + Duration::from_secs(seconds));
    let running = tokio::spawn(daemon.run());

    // Every 600 s from 0: 34 full passes until 19 800 s. Four edits, and three removals by hand in Jira.
    for (n, second) in [3000, 6000, 9000, 12_000].into_iter().enumerate() {
        at(second - 1000).await;
        wants(&roster, MEMBERS + n + 1);
        at(second).await;
        assert_eq!(
            sandbox.snapshot().customers("SUP").len(),
            MEMBERS + n + 1,
            "before {second} s"
        );
        if n < 3 {
            let someone = sandbox.ids_by_email(&format!("p{n:03}@example.com")).remove(0);
            sandbox.remove_member("SUP", &someone).unwrap();
        }
    }
    at(19_900).await;
    assert_eq!(
        sandbox.writes(),
        4 * 2 + 3,
        "a create and an add for each edit, an add for each stranger's hand"
    );

    // Nothing answers from 20 000 s to 22 000 s. The pass of 20 400 s and four more end with patience, 300 s each,
    // after 5, 10, 20, 40 s; after 80 s, at 22 055 s, the next one succeeds.
    at(20_000).await;
    sandbox.set_faults(&"drop-before".parse().unwrap());
    at(22_000).await;
    sandbox.set_faults(&"".parse().unwrap());
    let someone = sandbox.ids_by_email("p100@example.com").remove(0);
    sandbox.remove_member("SUP", &someone).unwrap();
    at(22_050).await;
    assert_eq!(sandbox.snapshot().customers("SUP").len(), MEMBERS + 3);
    at(22_060).await;
    assert_eq!(
        sandbox.snapshot().customers("SUP").len(),
        MEMBERS + 4,
        "it recovers by itself"
    );

    // The pass of 40 055 s gets a Retry-After of 1200 s: no request before 41 255 s, not even for an edit.
    at(40_000).await;
    sandbox.set_faults(&"desks:429=1200@1".parse().unwrap());
    at(40_060).await;
    let asked = sandbox.requests();
    wants(&roster, MEMBERS + 5);
    at(41_250).await;
    assert_eq!(sandbox.requests(), asked);
    at(41_260).await;
    assert_eq!(sandbox.snapshot().customers("SUP").len(), MEMBERS + 5);

    at(86_400 - 1).await;
    let passes = status.snapshot().totals.passes;
    let expected = [
        // Before the outage, before the rate limit, and after it.
        (
            PassKind::Full,
            [(PassResult::Done, 34 + 30 + 76), (PassResult::Unreachable, 5 + 1)].into(),
        ),
        (PassKind::Edit, [(PassResult::Done, 5)].into()),
    ];
    assert_eq!(passes, expected.into());
    assert_eq!(sandbox.writes(), 5 * 2 + 3 + 1);
    stop.cancel();
    running.await.unwrap();
    assert_eq!(
        (sandbox.violations(), sandbox.outbox().len(), sandbox.seats()),
        (Vec::new(), 0, 0)
    );
}

/// At one request in 20 s a full read takes longer than the time between two checks of the roster's file: a check does
/// not speed it up, an edit does.
#[tokio::test(start_paused = true)]
async fn a_paced_reading_is_hurried_by_an_edit_alone() {
    let config = Config::default();
    let people = (0..MEMBERS).map(|n| SeedPerson::customer(format!("p{n:03}@example.com"), &["SUP"]));
    let seed = Seed {
        seed: 1,
        desks: vec![SeedDesk::new("SUP", DeskAccess::Restricted)],
        people: people.collect(),
    };
    let sandbox = Sandbox::new(config.clone(), &seed);
    let folder = tempfile::tempdir().unwrap();
    let roster = folder.path().join("roster.yaml");
    wants(&roster, MEMBERS);
    let (status, stop) = (support::status::started(), CancellationToken::new());
    let settings = Settings {
        read_rate: 0.05,
        ..settings(&sandbox, &config, &roster, status.clone(), &stop)
    };
    let running = tokio::spawn(Daemon::new(settings, stop.clone()).run());
    tokio::time::sleep(Duration::from_secs(60)).await;
    let first = sandbox.requests();
    // At that rate, this many requests may take a twentieth of the time.
    let interval = Duration::from_secs(first as u64 * 20 * 20);
    tokio::time::sleep(interval - Duration::from_secs(61)).await;
    assert_eq!(sandbox.requests(), first, "not before the stretched interval is over");
    tokio::time::sleep(Duration::from_secs(65)).await;
    let paced = sandbox.requests() - first;
    assert!(
        (3..=5).contains(&paced),
        "{paced} requests in about 65 s, at one in 20 s"
    );
    wants(&roster, MEMBERS + 1);
    tokio::time::sleep(Duration::from_secs(35)).await;
    assert_eq!(
        sandbox.snapshot().customers("SUP").len(),
        MEMBERS + 1,
        "the edit did not wait for the slow reading"
    );
    stop.cancel();
    running.await.unwrap();
    assert_eq!((sandbox.violations(), sandbox.outbox().len()), (Vec::new(), 0));
}

/// The roster is being written when the daemon starts. The part that is there is valid, but not taken for the whole.
#[tokio::test(start_paused = true)]
async fn half_a_roster_at_the_start_is_waited_for() {
    let config = Config::default();
    let seed = Seed {
        seed: 1,
        desks: vec![SeedDesk::new("SUP", DeskAccess::Restricted)],
        people: Vec::new(),
    };
    let sandbox = Sandbox::new(config.clone(), &seed);
    let folder = tempfile::tempdir().unwrap();
    let roster = folder.path().join("roster.yaml");
    wants(&roster, 1);
    let (status, stop) = (support::status::started(), CancellationToken::new());
    let settings = settings(&sandbox, &config, &roster, status.clone(), &stop);
    let running = tokio::spawn(Daemon::new(settings, stop.clone()).run());
    for people in 2..20 {
        // Shorter than the time after which a file counts as settled.
        tokio::time::sleep(Duration::from_millis(280)).await;
        wants(&roster, people);
        assert_eq!(sandbox.requests(), 0, "while {people} are written");
    }
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(sandbox.snapshot().customers("SUP").len(), 19);
    let passes: Vec<_> = status.snapshot().totals.passes.into_iter().collect();
    assert_eq!(passes, [(PassKind::Full, [(PassResult::Done, 1)].into())]);
    stop.cancel();
    running.await.unwrap();
    assert_eq!((sandbox.violations(), sandbox.outbox().len()), (Vec::new(), 0));
}
