//! The client by itself, under a paused clock: what it waits for, what it repeats, and what it never does.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use quietdesk::engine::journal::NO_JOURNAL;
use quietdesk::engine::passwords::Passwords;
use quietdesk::engine::progress::NoProgress;
use quietdesk::engine::session::Scope;
use quietdesk::jira::{BaseUrl, CallError, ConnectError, Credentials, InProcess, JiraRead, JiraWrite, Settings};
use quietdesk::model::desk::DeskKey;
use quietdesk::model::email::Email;
use quietdesk::model::observed::{Completeness, Deployment};
use quietdesk::model::outcome::Outcome;
use quietdesk::sandbox::{Config, DeskAccess, Sandbox, Seed, SeedDesk, SeedPerson};
use secrecy::ExposeSecret as _;
use support::world::{FreshInputs, pass_after, roster};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

const PATIENCE: Duration = Duration::from_secs(600);

fn settings(config: &Config) -> Settings {
    settings_until(config, CancellationToken::new())
}

fn settings_until(config: &Config, stop: CancellationToken) -> Settings {
    Settings {
        url: BaseUrl::parse("https://sandbox.example").unwrap(),
        credentials: Credentials::parse(Some(&config.user), config.token.expose_secret()).unwrap(),
        deployment: None,
        ca_file: None,
        concurrency: 16,
        patience: PATIENCE,
        stop,
    }
}

/// The sandbox in this process, with 200 customers on one desk, and a client that has signed in.
async fn signed_in(config: Config) -> (Sandbox, JiraRead) {
    signed_in_until(config, CancellationToken::new()).await
}

async fn signed_in_until(config: Config, stop: CancellationToken) -> (Sandbox, JiraRead) {
    let people = (0..200)
        .map(|n| SeedPerson::customer(format!("p{n:03}@example.com"), &["SUP"]))
        .collect();
    let seed = Seed {
        seed: 1,
        desks: vec![SeedDesk::new("SUP", DeskAccess::Restricted)],
        people,
    };
    let settings = settings_until(&config, stop);
    let sandbox = Sandbox::new(config, &seed);
    let transport = InProcess::new(sandbox.router(), settings.url.clone(), &settings.credentials);
    let jira = JiraRead::connect_with_transport(Arc::new(transport), settings)
        .await
        .unwrap();
    (sandbox, jira)
}

async fn customers(jira: &JiraRead) -> Result<(usize, Completeness), CallError> {
    let desk = jira.desks().await?.remove(0);
    let roll = jira.customer_list(&desk, &|_| ()).await?;
    Ok((roll.accounts.len(), roll.completeness))
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_obeyed_to_the_full_and_not_asked_before() {
    let (sandbox, jira) = signed_in(Config::default()).await;
    sandbox.set_faults(&"desks:429=90x2".parse().unwrap());
    let start = Instant::now();
    jira.desks().await.unwrap();
    assert!(start.elapsed() >= Duration::from_secs(180), "{:?}", start.elapsed());
    let asked: Vec<_> = sandbox
        .journal()
        .into_iter()
        .filter(|exchange| exchange.path.ends_with("/servicedesk"))
        .collect();
    assert_eq!(asked.len(), 3);
    assert!(
        asked
            .windows(2)
            .all(|pair| pair[1].at - pair[0].at >= Duration::from_secs(90))
    );
    assert!(jira.stats().rate_limit_wait >= Duration::from_secs(180));
}

#[tokio::test(start_paused = true)]
async fn a_wait_longer_than_patience_is_reported_at_once() {
    let (sandbox, jira) = signed_in(Config::default()).await;
    sandbox.set_faults(&"desks:429=601".parse().unwrap());
    let start = Instant::now();
    let error = jira.desks().await.unwrap_err();
    assert!(
        matches!(error, CallError::RateLimited { wait, .. } if wait == Duration::from_secs(601)),
        "{error}"
    );
    assert!(start.elapsed() < Duration::from_secs(1) && error.ends_pass());
}

#[tokio::test(start_paused = true)]
async fn one_operations_wait_does_not_hold_up_the_others() {
    let (sandbox, jira) = signed_in(Config::default()).await;
    sandbox.set_faults(&"desks:429=60@1".parse().unwrap());
    let start = Instant::now();
    let (desks, account) = tokio::join!(jira.desks(), async {
        let account = jira.check_sign_in().await;
        (account, start.elapsed())
    });
    assert!(desks.is_ok() && account.0.is_ok());
    assert!(account.1 < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn an_outage_shorter_than_patience_is_waited_out_one_probe_at_a_time() {
    let (sandbox, jira) = signed_in(Config::default()).await;
    sandbox.set_faults(&"drop-before".parse().unwrap());
    let recovery = async {
        tokio::time::sleep(Duration::from_secs(300)).await;
        sandbox.set_faults(&"".parse().unwrap());
    };
    let before = sandbox.requests();
    let (read, ()) = tokio::join!(customers(&jira), recovery);
    assert_eq!(read.unwrap(), (200, Completeness::Complete));
    let tried = sandbox.requests() - before;
    assert!(tried < 60, "{tried} requests: an outage is not hammered");
}

/// Many calls wait for a slot when the outage begins: they must not all be sent into it.
#[tokio::test(start_paused = true)]
async fn a_queue_does_not_flood_an_open_breaker() {
    let (sandbox, jira) = signed_in(Config::default()).await;
    sandbox.set_faults(&"500".parse().unwrap());
    let before = sandbox.requests();
    let accounts = (0..100).map(|_| jira.check_sign_in());
    futures_util::future::join_all(accounts).await;
    let tried = sandbox.requests() - before;
    assert!(
        tried < 160,
        "{tried} requests for 100 calls in an outage of ten minutes"
    );
}

/// A 429 is an answer: it ends a series of failures.
#[tokio::test(start_paused = true)]
async fn a_429_between_failures_is_no_outage() {
    let (sandbox, jira) = signed_in(Config::default()).await;
    sandbox.set_faults(&"desks:500x4, desks:429=700@5".parse().unwrap());
    assert!(matches!(jira.desks().await.unwrap_err(), CallError::RateLimited { .. }));
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_every_wait_and_sends_nothing_more() {
    for script in ["desks:429=500", "desks:500", "drop-before"] {
        let stop = CancellationToken::new();
        let (sandbox, jira) = signed_in_until(Config::default(), stop.clone()).await;
        sandbox.set_faults(&script.parse().unwrap());
        let stopping = async {
            tokio::time::sleep(Duration::from_millis(400)).await;
            stop.cancel();
        };
        let start = Instant::now();
        let (ended, ()) = tokio::join!(jira.desks(), stopping);
        assert!(matches!(ended.unwrap_err(), CallError::Stopped { .. }), "{script}");
        assert!(
            start.elapsed() < Duration::from_secs(1),
            "{script}: {:?}",
            start.elapsed()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_ignores_the_start_of_a_page_does_not_turn_for_ever() {
    let same = || {
        axum::Json(serde_json::json!({
            "deploymentType": "Cloud", "version": "x", "accountId": "me", "limit": 1, "isLastPage": false,
            "values": [{"id": "1", "projectKey": "SUP", "projectName": "Support", "accountId": "a"}],
        }))
        .into_response()
    };
    let jira = connect_to(same).await.unwrap();
    let desk = jira.desks().await.unwrap().remove(0);
    let roll = jira.customer_list(&desk, &|_| ()).await.unwrap();
    assert_eq!(roll.accounts.len(), 1);
    assert!(matches!(roll.completeness, Completeness::Partial { .. }));
}

#[tokio::test(start_paused = true)]
async fn a_lost_write_is_not_forgotten_when_the_repetition_is_refused() {
    let (sandbox, jira) = signed_in(Config::default()).await;
    let wanted = roster("version: 1\ndesks: {SUP: {access: open}}\ncustomers: []");
    let jira = JiraWrite::new(jira);
    let (seen, outcomes) = pass_after(&jira, &wanted, &NO_JOURNAL, || {
        sandbox.set_faults(&"write-access:drop-after@1, write-access:401@2".parse().unwrap());
    })
    .await;
    assert_eq!(
        outcomes.count_by_outcome(seen.approved.plan()),
        [(Outcome::Unknown, 1)].into()
    );
}

#[tokio::test(start_paused = true)]
async fn an_outage_longer_than_patience_is_unreachable() {
    let (sandbox, jira) = signed_in(Config::default()).await;
    sandbox.set_faults(&"500".parse().unwrap());
    let start = Instant::now();
    let error = customers(&jira).await.unwrap_err();
    assert!(
        matches!(error, CallError::Unreachable { .. }) && error.ends_pass(),
        "{error}"
    );
    let waited = start.elapsed();
    assert!(
        waited >= PATIENCE && waited < PATIENCE + Duration::from_secs(60),
        "{waited:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_alone_keeps_failing_is_given_up_soon() {
    let (sandbox, jira) = signed_in(Config::default()).await;
    sandbox.set_faults(&"read-access:500".parse().unwrap());
    let others = async {
        loop {
            jira.check_sign_in().await.unwrap();
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let key = DeskKey::parse("SUP").unwrap();
    let error = tokio::select! {
        error = jira.access(&key) => error.unwrap_err(),
        () = others => unreachable!("it never ends"),
    };
    assert!(
        matches!(error, CallError::GaveUp { .. }) && !error.ends_pass(),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn lists_are_whole_whatever_happens_to_their_pages() {
    for script in [
        "",
        "customers:page-limit=7@2+",
        "customers:short-page=3@2x2",
        "customers:500%20",
        "customers:truncated@2",
        "customers:cut@3",
    ] {
        for page_limit in [1, 7, 50, 1000] {
            let (sandbox, jira) = signed_in(Config {
                page_limit,
                ..Config::default()
            })
            .await;
            sandbox.set_faults(&script.parse().unwrap());
            if page_limit <= 3 && script.contains("short-page") {
                let (_, completeness) = customers(&jira).await.unwrap();
                assert!(
                    matches!(completeness, Completeness::Partial { .. }),
                    "an empty page ends the list, and it is partial"
                );
                continue;
            }
            assert_eq!(
                customers(&jira).await.unwrap(),
                (200, Completeness::Complete),
                "{script} {page_limit}"
            );
            assert_eq!(sandbox.violations(), Vec::<String>::new());
        }
    }
    let (sandbox, jira) = signed_in(Config::default()).await;
    sandbox.set_faults(&"customers:repeat-row@2".parse().unwrap());
    let (_, completeness) = customers(&jira).await.unwrap();
    assert!(matches!(completeness, Completeness::Partial { .. }));
}

#[tokio::test(start_paused = true)]
async fn a_look_up_pages_on_behind_a_full_page_of_hits() {
    let people = (0..120).map(|n| SeedPerson::customer(format!("a@example.com.x{n:03}.example"), &[]));
    let people = people.chain([SeedPerson::customer("a@example.com", &[])]).collect();
    let config = Config::default();
    let (settings, sandbox) = (
        settings(&config),
        Sandbox::new(
            config,
            &Seed {
                seed: 1,
                desks: Vec::new(),
                people,
            },
        ),
    );
    let transport = InProcess::new(sandbox.router(), settings.url.clone(), &settings.credentials);
    let jira = JiraRead::connect_with_transport(Arc::new(transport), settings)
        .await
        .unwrap();
    let (_, found) = jira.lookup(&Email::parse("A@example.com").unwrap()).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].email.as_deref(), Some("a@example.com"));
}

#[tokio::test(start_paused = true)]
async fn an_import_under_a_rate_limit_is_whole_and_never_asks_early() {
    let (sandbox, jira) = signed_in(Config {
        rate: Some(20),
        ..Config::default()
    })
    .await;
    let emails: String = (0..300)
        .map(|n| format!("  - {{email: new{n}@example.com, desks: [SUP]}}\n"))
        .collect();
    let roster = roster(&format!("version: 1\ndesks: {{SUP: {{}}}}\ncustomers:\n{emails}"));
    let jira = JiraWrite::new(jira);
    let (seen, outcomes) = pass_after(&jira, &roster, &NO_JOURNAL, || ()).await;
    assert_eq!(
        outcomes.count_by_outcome(seen.approved.plan()),
        [(Outcome::Done, 600)].into()
    );
    let refused = sandbox
        .journal()
        .iter()
        .filter(|exchange| exchange.status == Some(429))
        .count();
    assert!(refused < 300, "{refused} requests were refused");
    assert!(sandbox.violations().is_empty());
}

/// A server with the same answer to every request.
async fn connect_to(answer: impl Fn() -> Response + Clone + Send + Sync + 'static) -> Result<JiraRead, ConnectError> {
    connect_as(answer, settings(&Config::default())).await
}

async fn connect_as(
    answer: impl Fn() -> Response + Clone + Send + Sync + 'static,
    settings: Settings,
) -> Result<JiraRead, ConnectError> {
    let router = axum::Router::new().fallback(move || {
        let answer = answer();
        async move { answer }
    });
    let transport = InProcess::new(router, settings.url.clone(), &settings.credentials);
    JiraRead::connect_with_transport(Arc::new(transport), settings).await
}

#[tokio::test(start_paused = true)]
async fn a_redirect_is_reported_and_not_followed() {
    let error =
        connect_to(|| axum::response::Redirect::temporary("https://evil.example/steal?x=1").into_response()).await;
    let error = error.unwrap_err().to_string();
    assert!(
        error.contains("https://evil.example,") && !error.contains("steal"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_no_jira_is_reported() {
    let error = connect_to(|| "<html>hello</html>".into_response()).await.unwrap_err();
    assert!(
        matches!(error, ConnectError::Call(CallError::InvalidResponse { .. })),
        "{error}"
    );
    let data_center =
        || axum::Json(serde_json::json!({"deploymentType": "Server", "version": "9.12.1"})).into_response();
    let said = Settings {
        deployment: Some(Deployment::Cloud),
        ..settings(&Config::default())
    };
    let other = connect_as(data_center, said).await.unwrap_err();
    assert!(matches!(other, ConnectError::WrongDeployment { .. }), "{other}");
    let forbidden = connect_to(|| StatusCode::FORBIDDEN.into_response()).await.unwrap_err();
    assert!(forbidden.is_refusal(), "{forbidden}");
}

/// An answer that never ends is cut off at a limit, over real HTTP.
#[tokio::test]
async fn an_answer_without_an_end_is_cut_off() {
    let endless = || {
        let chunk = axum::body::Bytes::from(vec![b' '; 1 << 20]);
        let chunks = futures_util::stream::repeat_with(move || Ok::<_, std::io::Error>(chunk.clone()));
        Response::new(axum::body::Body::from_stream(chunks))
    };
    let router = axum::Router::new().fallback(move || async move { endless() });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let settings = Settings {
        url: BaseUrl::parse(&url).unwrap(),
        patience: Duration::from_secs(4),
        ..settings(&Config::default())
    };
    let error = JiraRead::connect(settings).await.unwrap_err().to_string();
    assert!(error.contains("the response is longer than 33554432 bytes"), "{error}");
    server.abort();
}

/// A stop while Jira does not answer: completed steps are kept, and calls in flight end as unknown.
#[tokio::test(start_paused = true)]
async fn a_stop_waits_for_calls_in_flight_but_not_for_ever() {
    let (sandbox, jira) = signed_in(Config::default()).await;
    sandbox.set_faults(&"create:slow=30000@3+".parse().unwrap());
    let people: String = (0..6)
        .map(|n| format!("  - {{email: new{n}@example.com, desks: []}}\n"))
        .collect();
    let roster = roster(&format!("version: 1\ndesks: {{SUP: {{}}}}\ncustomers:\n{people}"));
    let jira = JiraWrite::new(jira);
    let mut unknowing = FreshInputs::new();
    let mut session = unknowing.session(&NO_JOURNAL);
    let planned = session
        .plan(&jira, &roster, Scope::Everything, &NoProgress)
        .await
        .unwrap();
    let stop = CancellationToken::new();
    let stopping = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        stop.cancel();
    };
    let start = Instant::now();
    let none = Passwords::default();
    let (ended, ()) = tokio::join!(session.execute(planned, &jira, &none, &NoProgress, &stop), stopping);
    let ended = ended.unwrap();
    let (seen, outcomes) = (ended.preview, ended.outcomes.unwrap());
    assert!(start.elapsed() <= Duration::from_secs(11), "{:?}", start.elapsed());
    let counts = outcomes.count_by_outcome(seen.approved.plan());
    assert_eq!(
        (counts.get(&Outcome::Done), counts.contains_key(&Outcome::Unknown)),
        (Some(&2), true),
        "{counts:?}"
    );
}
