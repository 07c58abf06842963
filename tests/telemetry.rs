//! The daemon's HTTP endpoints: truthful, safe whatever Jira and the roster contain, and without an e-mail.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::collections::BTreeSet;
use std::time::Duration;

use base64::Engine as _;
use quietdesk::daemon::status::{About, PassEnded, PassKind, PassResult, Status};
use quietdesk::model::outcome::Outcome;
use quietdesk::model::report::{Report, ReportInput, RosterSource};
use quietdesk::sandbox::{DeskAccess, Seed, SeedDesk};
use reqwest::Method;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use support::server::Server;
use support::status::{
    about, full, held, in_step, later, now, pass, report, started, stats, step, troubled, troubled_report, unusable,
    valid,
};
use support::world::{World, roster};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const PATHS: [&str; 5] = ["/", "/healthz", "/readyz", "/metrics", "/api/status"];

/// The page without its style, which has at-rules.
fn without_style(page: &str) -> String {
    let (head, rest) = page.split_once("<style>").unwrap();
    let (_, body) = rest.split_once("</style>").unwrap();
    format!("{head}{body}")
}

#[tokio::test]
async fn hostile_texts_are_escaped() {
    let hostile = "<script>alert(1)</script> \"><img src=x onerror='alert(1)'> \u{202e}gnp.exe & `</code><b>`";
    let status = Status::new(
        About {
            roster: hostile.into(),
            site_url: hostile.into(),
            ..about()
        },
        now,
    );
    let mut report = troubled_report();
    report.held.push(held("x", hostile, hostile));
    report
        .steps
        .push(step("create_customer", Some("y"), Some(Outcome::Failed), Some(hostile)));
    report.guard.findings[0].what = hostile.into();
    report.guard.findings[0].override_hint = hostile.into();
    status.set_roster(valid(hostile));
    full(&status, PassResult::Partial, Some(&report), Some(hostile));
    status.set_roster(unusable(hostile, true));
    status.set_credentials(Some(hostile.into()));
    let server = Server::of(&status).await;
    let page = server.text("/").await;
    let body = without_style(&page);
    for raw in ["<script", "<img", "onerror='", "\"><", "</code><b>", "\u{202e}"] {
        assert!(!body.contains(raw), "{raw}: {body}");
    }
    assert!(body.matches("&lt;script&gt;").count() >= 8, "{body}");
    assert!(body.contains("\\u{202e}"));
    for path in PATHS {
        assert!(!server.text(path).await.contains('\u{202e}'), "{path}");
    }
}

#[tokio::test]
async fn no_endpoint_answers_with_an_email() {
    let seed = Seed {
        seed: 1,
        desks: vec![SeedDesk::new("SUP", DeskAccess::Restricted)],
        people: Vec::new(),
    };
    let world = World::new(seed).await;
    let people: Vec<_> = (0..40).map(|number| format!("person{number}@secret.example")).collect();
    let roster = roster(&format!(
        "version: 1\ndefaults: {{desks: [SUP]}}\ndesks: {{SUP: {{}}}}\ncustomers: [{}]\n",
        people.join(", ")
    ));
    let applied = world.apply(&roster).await;
    let mut report = Report::new(ReportInput {
        roster: &roster,
        source: &RosterSource::default(),
        observed: &applied.seen.observed,
        plan: applied.seen.approved.plan(),
        already: &[],
        findings: &[],
        calls: applied.planned,
        mail_sending_calls: 0,
        outcomes: Some(&applied.outcomes),
        name_unlisted: true,
    });
    for (number, entry) in report.steps.iter_mut().enumerate().take(30) {
        entry.outcome = [Some(Outcome::Failed), Some(Outcome::Unknown), Some(Outcome::Held), None][number % 4];
        entry.error = entry
            .email
            .as_ref()
            .map(|email| format!("no <{email}>,\n{email}:\tsays /user?q={}", email.replace('@', "%40")));
    }
    for email in &people[..20] {
        report.held.push(held(
            email,
            &format!("account \"{email}\" shows another e-mail"),
            &format!("ask {email}."),
        ));
    }
    let status = Status::new(
        About {
            roster: "/etc/ada@secret.example/roster.yaml".into(),
            ..about()
        },
        now,
    );
    full(
        &status,
        PassResult::Partial,
        Some(&report),
        Some(&format!("no {}", people[0])),
    );
    status.set_roster(unusable(&format!("`{}` twice", people[1]), false));
    status.set_credentials(Some(format!("the token of {} has expired", people[2])));
    let server = Server::of(&status).await;
    for path in PATHS {
        let text = server.text(path).await;
        let text = if path == "/" { without_style(&text) } else { text };
        assert!(!text.contains('@') && !text.contains("%40"), "{path}: {text}");
        for email in &people {
            let local = email.split('@').next().unwrap();
            assert!(!text.contains(email) && !text.contains(local), "{path}: {text}");
        }
    }
    world.drain();
}

#[tokio::test]
async fn ready_only_while_the_work_is_done() {
    let status = Status::new(about(), now);
    let server = Server::of(&status).await;
    let not_ready = |why: &'static str| {
        let (status, server) = (&status, &server);
        async move {
            let (code, text) = server.get("/readyz").await;
            assert_eq!(code, 503, "{why}");
            assert!(text.contains(why), "{text:?} says {why:?}");
            assert!(status.ready().unwrap_err().contains(why));
            assert_eq!(server.metric("quietdesk_ready").await, Some(0.0));
            assert_eq!(server.get("/healthz").await.0, 200, "it lives");
        }
    };
    let ready = || async {
        assert_eq!(server.get("/readyz").await, (200, "ready\n".to_owned()));
        assert_eq!(server.metric("quietdesk_ready").await, Some(1.0));
    };
    not_ready("no roster has been read yet").await;
    status.set_roster(unusable("no such file", false));
    not_ready("there is no valid roster: no such file").await;
    status.set_roster(valid("d"));
    not_ready("no full pass has completed yet").await;
    for result in [PassResult::Refused, PassResult::Unreachable, PassResult::Interrupted] {
        full(&status, result, None, Some("down"));
        not_ready("no full pass has completed yet").await;
    }
    for result in [PassResult::Done, PassResult::Partial, PassResult::Guarded] {
        full(&status, result, Some(&report()), None);
        ready().await;
    }
    full(&status, PassResult::Unreachable, None, Some("down"));
    ready().await;
    full(&status, PassResult::Refused, None, Some("401"));
    not_ready("refuses the credentials: 401").await;
    full(&status, PassResult::Done, Some(&report()), None);
    ready().await;
    status.set_credentials(Some("the new token is refused".into()));
    full(&status, PassResult::Done, Some(&report()), None);
    not_ready("the new token is refused").await;
    status.set_credentials(None);
    ready().await;
    status.set_save_error(Some("cannot write state.sqlite".into()));
    not_ready("the results of the last pass could not be saved: cannot write state.sqlite").await;
    assert_eq!(server.metric("quietdesk_state_saved").await, Some(0.0));
    status.set_save_error(None);
    assert_eq!(server.metric("quietdesk_state_saved").await, Some(1.0));
    ready().await;
    status.set_roster(unusable("line 3", true));
    not_ready("the roster file cannot be used: line 3").await;
    status.set_roster(valid("d"));
    later(1799);
    ready().await;
    pass(&status, PassKind::Edit, PassResult::Done, Some(&report()), None);
    later(2);
    not_ready("1803 s ago; the interval is 600 s").await;
}

#[test]
fn a_stretched_interval_gives_more_time() {
    let status = started();
    full(&status, PassResult::Done, Some(&report()), None);
    status.set_next_full(now() + Duration::from_secs(3600));
    later(3 * 3600);
    status.ready().unwrap();
    full(&status, PassResult::Unreachable, None, Some("down"));
    assert!(status.snapshot().interval_seconds > 3599.0, "a retry is no interval");
    assert!(status.ready().is_err());
    full(&status, PassResult::Done, Some(&report()), None);
    assert!(status.snapshot().interval_seconds < 601.0);
}

#[tokio::test]
async fn in_step_since_every_full_pass_found_nothing() {
    let status = started();
    let server = Server::of(&status).await;
    let standing = |of: &Value| {
        (
            of["standing"].as_str().unwrap().to_owned(),
            of["since"].as_str().map(str::to_owned),
        )
    };
    assert_eq!(standing(&server.json().await), ("starting".into(), None));
    full(&status, PassResult::Done, Some(&report()), None);
    let first = now().to_string();
    later(600);
    full(&status, PassResult::Done, Some(&report()), None);
    assert_eq!(standing(&server.json().await), ("in_step".into(), Some(first.clone())));
    full(&status, PassResult::Unreachable, None, Some("down"));
    assert_eq!(standing(&server.json().await).0, "unknown");
    full(&status, PassResult::Done, Some(&report()), None);
    assert_eq!(standing(&server.json().await), ("in_step".into(), Some(first)));
    full(&status, PassResult::Partial, Some(&troubled_report()), None);
    assert_eq!(
        standing(&server.json().await),
        ("not_in_step".into(), Some(now().to_string()))
    );
    assert_eq!(server.json().await["pending"], 25);
    assert!(server.text("/").await.contains("<h1>Not in step</h1>"));
    let mut fixed = report();
    fixed
        .steps
        .push(step("add_to_desk", Some("a@b.example"), Some(Outcome::Done), None));
    fixed.held.push(held("c@d.example", "held", "decide"));
    full(&status, PassResult::Partial, Some(&fixed), None);
    assert_eq!(
        standing(&server.json().await),
        ("in_step_except_held".into(), Some(now().to_string()))
    );
    assert_eq!(server.json().await["desks"]["SUP"]["listed"], 2042);
    later(60);
    status.set_roster(valid("another"));
    assert_eq!(standing(&server.json().await).0, "applying");
    let mut edit = report();
    edit.steps
        .push(step("add_to_desk", Some("C@d.example"), Some(Outcome::Done), None));
    pass(&status, PassKind::Edit, PassResult::Done, Some(&edit), None);
    assert_eq!(server.json().await["held"], 0, "the edit settled the held entry");
    assert_eq!(standing(&server.json().await).0, "in_step");
}

#[tokio::test]
async fn every_line_of_the_metrics_can_be_read() {
    let status = troubled();
    status.set_credentials(Some("\"quoted\\\" and\nbroken".into()));
    let server = Server::of(&status).await;
    let answer = server.ask(Method::GET, "/metrics", None).await;
    let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
    assert_eq!(kind, "application/openmetrics-text; version=1.0.0; charset=utf-8");
    let text = answer.text().await.unwrap();
    assert!(text.ends_with("# EOF\n"));
    let mut names = BTreeSet::new();
    for line in text.trim_end().lines().filter(|line| *line != "# EOF") {
        if let Some(comment) = line.strip_prefix("# ") {
            let mut words = comment.splitn(3, ' ');
            assert!(["HELP", "TYPE"].contains(&words.next().unwrap()), "{line}");
            assert!(words.next().unwrap().starts_with("quietdesk_"), "{line}");
            assert!(!words.next().unwrap().is_empty(), "{line}");
            continue;
        }
        let (series, value) = line.rsplit_once(' ').unwrap();
        value.parse::<f64>().unwrap_or_else(|_| panic!("{line}"));
        let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
        for label in labels.strip_suffix('}').unwrap().split_terminator(',') {
            let (key, value) = label.split_once('=').unwrap();
            assert!(key.bytes().all(|byte| byte.is_ascii_lowercase()), "{line}");
            let value = value.strip_prefix('"').unwrap().strip_suffix('"').unwrap();
            assert!(!value.contains(['"', '\\', '@']), "{line}");
        }
        names.insert(name.to_owned());
    }
    let expected = "build_info last_success_timestamp_seconds passes_total steps_total held refused pending drift_total \
        requests_total rate_limit_wait_seconds_total requests_in_flight roster_valid state_saved ready interval_seconds \
        desk_customers desk_role_unreadable last_pass_duration_seconds";
    let expected: BTreeSet<_> = expected
        .split_whitespace()
        .map(|name| format!("quietdesk_{name}"))
        .collect();
    assert_eq!(names, expected);
    assert_eq!(text, server.text("/metrics").await, "the order is the same each time");
    for (series, value) in [
        ("build_info{version=\"0.1.0\"}", 1.0),
        ("passes_total{kind=\"full\",result=\"guarded\"}", 1.0),
        ("steps_total{kind=\"create_customer\",outcome=\"failed\"}", 12.0),
        ("drift_total{kind=\"set_access\"}", 1.0),
        (
            "requests_total{method=\"GET\",endpoint=\"/rest/api/3/user/search\",status=\"429\"}",
            46.0,
        ),
        ("rate_limit_wait_seconds_total", 34.5),
        ("desk_customers{desk=\"SUP\",listed=\"true\"}", 2042.0),
        ("requests_in_flight", 6.0),
        ("held", 2.0),
        ("refused", 1.0),
    ] {
        assert_eq!(
            server.metric(&format!("quietdesk_{series}")).await,
            Some(value),
            "{series}"
        );
    }
}

#[tokio::test]
async fn a_new_connection_counts_anew() {
    let status = started();
    let nothing = quietdesk::jira::Stats::default();
    for (before, after) in [(&nothing, &stats(3)), (&stats(3), &stats(1)), (&stats(1), &stats(1))] {
        status.pass_ended(PassEnded {
            kind: PassKind::Full,
            result: PassResult::Done,
            took: Duration::from_secs(1),
            report: None,
            problem: None,
            stats_before: before,
            stats_after: after,
        });
    }
    assert_eq!(status.snapshot().requests.sent, 44 * 4);
}

#[tokio::test]
async fn the_headers_let_nothing_in_but_the_style() {
    let server = Server::of(&in_step()).await;
    for path in PATHS.into_iter().chain(["/nothing"]) {
        let answer = server.ask(Method::GET, path, None).await;
        let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(header("cache-control"), "no-store", "{path}");
        let policy = header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        assert!(
            policy.ends_with("frame-ancestors 'none'") && !policy.contains("unsafe"),
            "{policy}"
        );
        if path == "/" {
            let page = answer.text().await.unwrap();
            let style = page.split("<style>").nth(1).unwrap().split("</style>").next().unwrap();
            let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(style));
            assert!(policy.contains(&format!("'sha256-{hash}'")), "{policy}");
            assert!(
                !page.contains("style=") && !page.contains("<script"),
                "nothing the policy would refuse"
            );
        }
    }
}

#[tokio::test]
async fn only_get_and_only_what_there_is() {
    let server = Server::of(&in_step()).await;
    for path in PATHS {
        for method in [Method::POST, Method::PUT, Method::DELETE] {
            let answer = server.ask(method, path, None).await;
            assert_eq!(answer.status(), 405, "{path}");
            assert!(answer.headers().contains_key("content-security-policy"), "{path}");
        }
    }
    for path in ["/nothing", "/api", "/metrics/", "/..%2f", "/favicon.ico"] {
        assert_eq!(server.get(path).await.0, 404, "{path}");
    }
}

#[tokio::test]
async fn a_name_another_site_chose_is_turned_away() {
    let server = Server::of(&in_step()).await;
    for (host, status) in [
        ("evil.example", 421),
        ("localhost:9466", 200),
        ("127.0.0.1", 200),
        ("[::1]:1", 200),
    ] {
        let answer = server.ask(Method::GET, "/api/status", Some(host)).await;
        assert_eq!(answer.status(), status, "{host}");
    }
}

/// A browser sends one `Host`; with several, or with a host in the request line, each of them is judged.
#[tokio::test]
async fn every_host_a_request_names_is_judged() {
    let server = Server::of(&in_step()).await;
    for (head, status) in [
        (
            "GET /api/status HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n",
            "421",
        ),
        (
            "GET /api/status HTTP/1.1\r\nHost: evil.example\r\nHost: 127.0.0.1\r\n",
            "421",
        ),
        (
            "GET http://evil.example/api/status HTTP/1.1\r\nHost: 127.0.0.1\r\n",
            "421",
        ),
        ("GET http://127.0.0.1/api/status HTTP/1.1\r\nHost: 127.0.0.1\r\n", "200"),
        (
            "GET /api/status HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: localhost\r\n",
            "200",
        ),
        ("GET /api/status HTTP/1.0\r\n", "200"),
    ] {
        let mut connection = tokio::net::TcpStream::connect(server.address).await.unwrap();
        let request = format!("{head}Connection: close\r\n\r\n");
        connection.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).await.unwrap();
        assert_eq!(answer.split(' ').nth(1), Some(status), "{head}\n{answer}");
    }
}

/// Jumps the test's clock ahead whenever all tasks wait.
#[tokio::test(start_paused = true)]
async fn who_sends_no_whole_request_is_not_waited_for() {
    let server = Server::of(&in_step()).await;
    for begun in [
        "",
        "GET / HTTP/1.1\r\n",
        "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ",
    ] {
        let mut connection = tokio::net::TcpStream::connect(server.address).await.unwrap();
        let begin = tokio::time::Instant::now();
        connection.write_all(begun.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let ended = connection.read_to_end(&mut answer);
        let _ = tokio::time::timeout(Duration::from_secs(60), ended).await.expect(begun);
        assert!(begin.elapsed() < Duration::from_secs(30), "{begun:?}");
    }
}

#[tokio::test]
async fn stop_ends_the_server() {
    let server = Server::of(&in_step()).await;
    let idle = tokio::net::TcpStream::connect(server.address).await.unwrap();
    assert_eq!(server.get("/healthz").await.0, 200);
    server.stop.cancel();
    tokio::time::timeout(Duration::from_secs(3), server.task)
        .await
        .unwrap()
        .unwrap();
    drop(idle);
    assert!(tokio::net::TcpStream::connect(server.address).await.is_err());
}
