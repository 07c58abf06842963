//! How long Jira asks to wait, in whatever form.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use quietdesk::engine::journal::NO_JOURNAL;
use quietdesk::jira::{CallError, JiraWrite};
use quietdesk::model::outcome::Outcome;
use quietdesk::sandbox::{Config, Deployment, Rules, Sandbox, Version};
use tokio::time::Instant;

use super::support::desks::{members, one_desk, people};
use super::support::program::ProgramSite;
use super::support::world::pass_after;
use super::{BOTH, PATIENCE, connect_to, in_process, on, settings_for};

/// When a path was requested, since the start.
fn asked(sandbox: &Sandbox, path: &str) -> Vec<Duration> {
    let exchanges = sandbox.journal().into_iter();
    let asked = exchanges.filter(|exchange| exchange.path.ends_with(path));
    asked.map(|exchange| exchange.at).collect()
}

#[tokio::test(start_paused = true)]
async fn a_retry_after_of_zero_for_ever_is_neither_hammered_nor_waited_for_past_patience() {
    for deployment in BOTH {
        for refused in ["429=0", "429-past", "429-unreadable", "429-bare"] {
            let (sandbox, jira) = in_process(on(deployment), &one_desk(Vec::new())).await;
            sandbox.set_faults(&format!("desks:{refused}").parse().unwrap());
            let start = Instant::now();
            // Many calls share one wait: it counts against patience once, not per call.
            let calls = futures_util::future::join_all((0..100).map(|_| jira.desks())).await;
            for call in calls {
                let error = call.unwrap_err();
                assert!(matches!(error, CallError::RateLimited { .. }), "{refused}: {error}");
            }
            let took = start.elapsed();
            assert!(took <= PATIENCE && took > PATIENCE / 2, "{refused}: {took:?}");
            let asked = asked(&sandbox, "/servicedesk").len();
            assert!(asked < 250, "{refused}: {asked} requests for 100 calls in ten minutes");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn every_way_to_ask_for_a_wait_is_obeyed_to_the_full() {
    for deployment in BOTH {
        for (script, least) in [
            ("429=3", 3.0),
            ("429-fraction=3", 3.5),
            ("429-date=3", 3.0),
            ("429-twice=3", 3.0),
            ("429-reset=3", 2.9),
            ("503=3", 3.0),
        ] {
            let config = Config {
                started: jiff::Timestamp::now(),
                ..on(deployment)
            };
            let (sandbox, jira) = in_process(config, &one_desk(Vec::new())).await;
            sandbox.set_faults(&format!("desks:{script}x2").parse().unwrap());
            jira.desks().await.unwrap();
            let asked = asked(&sandbox, "/servicedesk");
            assert_eq!(asked.len(), 3, "{script}");
            let waits: Vec<_> = asked.windows(2).map(|pair| (pair[1] - pair[0]).as_secs_f64()).collect();
            assert!(waits.iter().all(|wait| *wait >= least), "{script}: {waits:?}");
        }
    }
}

/// No answer so far has a `Date` header: this machine's own clock has to do.
#[tokio::test(start_paused = true)]
async fn a_date_without_the_servers_own_beside_it_is_waited_for() {
    let begun = Instant::now();
    let until = jiff::Timestamp::now() + Duration::from_secs(40);
    let until = until.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let router = axum::Router::new().fallback(move || {
        let until = until.clone();
        async move {
            match begun.elapsed() < Duration::from_secs(30) {
                true => (StatusCode::TOO_MANY_REQUESTS, [("retry-after", until)], "").into_response(),
                false => axum::Json(serde_json::json!({"deploymentType": "Cloud", "version": "x", "accountId": "me"}))
                    .into_response(),
            }
        }
    });
    let jira = connect_to(router, settings_for(&Config::default())).await.unwrap();
    assert_eq!(
        jira.stats().requests,
        3,
        "one refused, one for the kind of Jira, one that signs in"
    );
}

#[tokio::test(start_paused = true)]
async fn a_wait_beyond_all_numbers_is_no_panic() {
    for script in [
        "429=18446744073709551615",
        "429=99999999999",
        "429-date=200000000000",
        "429-reset=200000000000",
        "503=18446744073709551615",
    ] {
        let (sandbox, jira) = in_process(Config::default(), &one_desk(Vec::new())).await;
        sandbox.set_faults(&format!("desks:{script}").parse().unwrap());
        let error = jira.desks().await.unwrap_err();
        assert!(
            matches!(error, CallError::RateLimited { wait, .. } if wait > PATIENCE),
            "{script}: {error}"
        );
        assert_eq!(asked(&sandbox, "/servicedesk").len(), 1, "{script}");
        // The next call neither waits nor sends a request.
        let start = Instant::now();
        assert!(jira.desks().await.is_err());
        assert!(start.elapsed() < Duration::from_secs(1), "{script}");
        assert_eq!(asked(&sandbox, "/servicedesk").len(), 1, "{script}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn plan_apply_and_run_end_with_5_at_a_wait_beyond_patience() {
    let day = ProgramSite::on(Deployment::Cloud, one_desk(Vec::new())).await;
    day.write(
        "roster.yaml",
        "version: 1\ndesks: {SUP: {}}\ncustomers: [{email: ada@example.com, desks: [SUP]}]\n",
    );
    for place in ["desks", "create", "server-info"] {
        let script = format!("{place}:429=18446744073709551615").parse().unwrap();
        for arguments in [
            &["plan", "roster.yaml"][..],
            &["apply", "roster.yaml", "--yes"],
            &["run", "roster.yaml", "--once"],
        ] {
            if place == "create" && arguments[0] == "plan" {
                continue;
            }
            day.world.sandbox.set_faults(&script);
            let ran = day.run(arguments);
            assert_eq!(ran.code, 5, "{place} {arguments:?}\n{}", ran.stderr);
            assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
        }
    }
    day.world
        .sandbox
        .set_faults(&"create:503-after=18446744073709551615x1".parse().unwrap());
    day.does(&["apply", "roster.yaml", "--yes"], 0);
    day.does(&["plan", "roster.yaml", "--detailed-exitcode"], 0);
    day.world.drain();
}

/// Twenty requests a second for all calls together, the way Data Center counts them, even with `Retry-After: 0`.
#[tokio::test(start_paused = true)]
async fn an_import_under_a_token_bucket_is_refused_a_few_times_a_second() {
    for deployment in [Deployment::DataCenter(Version::V9_12), Deployment::Cloud] {
        for limited_says_zero in [false, true] {
            let config = Config {
                rate: Some(20),
                rules: Rules {
                    one_rate_limit: true,
                    limited_says_zero,
                    ..Rules::default()
                },
                ..on(deployment)
            };
            let (sandbox, jira) = in_process(config, &one_desk(Vec::new())).await;
            let (wanted, jira) = (members(&people(100)), JiraWrite::new(jira));
            let (seen, outcomes) = pass_after(&jira, &wanted, &NO_JOURNAL, || ()).await;
            assert_eq!(
                outcomes.count_by_outcome(seen.approved.plan()),
                [(Outcome::Done, 200)].into()
            );
            let mut refused = BTreeMap::<u64, usize>::new();
            let journal = sandbox.journal();
            for exchange in journal.iter().filter(|exchange| exchange.status == Some(429)) {
                *refused.entry(exchange.at.as_secs()).or_default() += 1;
            }
            let (seconds, all) = (
                journal.last().unwrap().at.as_secs_f64(),
                refused.values().sum::<usize>(),
            );
            println!(
                "{deployment:?}, zero: {limited_says_zero}: {all} refused of {} in {seconds} s: {refused:?}",
                journal.len()
            );
            assert!(all as f64 <= 4.0 * seconds, "{all} refused in {seconds} s: {refused:?}");
            assert!(seconds < 60.0, "{seconds} s");
            assert!(sandbox.violations().is_empty());
        }
    }
}
