//! The simulated Jira over real HTTP: every fault, and the same without a connection.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Response};
use quietdesk::sandbox::{Config, DeskAccess, Dropped, Exchange, Sandbox, Seed, SeedDesk, places};
use serde_json::json;
use support::site::{CREATE, Site, access, customers, seed, try_send};
use tower::ServiceExt as _;

/// A made-up site with 120 customers on SUP, the first of them at offset 0.
async fn crowd(script: &str) -> Site {
    let desks = vec![SeedDesk::new("SUP", DeskAccess::Open)];
    let site = Site::with(Config::default(), Seed::random(desks, 120, 1)).await;
    site.faults(script);
    site
}

fn last(site: &Site) -> Exchange {
    site.sandbox.journal().pop().unwrap()
}

#[tokio::test]
async fn refusals_have_no_effect_and_the_headers_of_jira() {
    let site = Site::new().await;
    for (script, status, retry_after) in [
        ("create:429=7", 429, Some("7")),
        ("create:429-bare", 429, None),
        ("create:500", 500, None),
        ("create:503=2", 503, Some("2")),
        ("create:403", 403, None),
        ("create:401", 401, None),
        ("create:html", 503, None),
        ("POST /rest/servicedeskapi/customer:html=200", 200, None),
    ] {
        site.faults(script);
        let got = site.create("new@example.com").await;
        assert_eq!(
            (got.status, got.header("retry-after")),
            (status, retry_after),
            "{script}"
        );
        let exchange = last(&site);
        assert_eq!((exchange.fault.as_deref(), exchange.effect), (Some(script), false));
        assert_eq!(got.text.starts_with("<!DOCTYPE"), script.contains("html"), "{script}");
        assert_eq!(
            site.get("/rest/api/3/myself").await.status,
            200,
            "other places are free"
        );
    }
    site.faults("429=7");
    let got = site.get("/rest/api/3/myself").await;
    assert_eq!(got.header("ratelimit-reason"), Some("jira-burst-based"));
    assert!(
        got.header("x-ratelimit-reset")
            .unwrap()
            .starts_with("1970-01-01T00:00:0")
    );
    assert_eq!(site.sandbox.ids_by_email("new@example.com"), [""; 0]);
    site.finish();
}

#[tokio::test]
async fn a_connection_ends_before_or_after_the_effect() {
    let site = Site::new().await;
    for (script, made) in [("drop-before", 0), ("drop-after", 1), ("truncated", 1)] {
        site.faults(&format!("create:{script}"));
        let email = format!("{script}@example.com");
        let body = json!({"email": email, "displayName": "New"});
        let got = try_send(site.ask("POST", CREATE).json(&body)).await;
        assert!(got.is_err(), "{script}");
        assert_eq!(site.sandbox.ids_by_email(&email).len(), made, "{script}");
        let exchange = last(&site);
        assert_eq!(exchange.status, (script == "truncated").then_some(201));
        assert_eq!(exchange.effect, made == 1, "{script}");
    }
    // An answer without a body can only be lost whole.
    site.faults("add:truncated");
    let body = json!({"accountIds": [site.id("grace@example.com")]});
    assert!(try_send(site.ask("POST", &customers(2)).json(&body)).await.is_err());
    assert!(last(&site).effect);
    site.finish();
}

#[tokio::test]
async fn answers_are_spoilt_after_the_effect() {
    let site = Site::faulty("create:cut@1, create:500-after@2").await;
    let got = site.create("a@example.com").await;
    assert_eq!(got.status, 201);
    assert!(serde_json::from_str::<serde_json::Value>(&got.text).is_err());
    assert_eq!(site.create("b@example.com").await.status, 500);
    for email in ["a@example.com", "b@example.com"] {
        assert_eq!(site.sandbox.ids_by_email(email).len(), 1, "{email}");
        assert_eq!(site.create(email).await.status, 409, "{email}");
    }
    site.finish();
}

#[tokio::test]
async fn a_write_can_be_answered_and_not_done() {
    let site = Site::faulty("writes:ignored").await;
    let before = site.sandbox.snapshot();
    assert_eq!(site.create("new@example.com").await.status, 201);
    let grace = json!({"accountIds": [site.id("grace@example.com")]});
    assert_eq!(site.call("POST", &customers(2), grace).await.status, 204);
    let ada = json!({"accountIds": [site.id("ada@example.com")]});
    assert_eq!(site.call("DELETE", &customers(2), ada).await.status, 204);
    let open = json!({"serviceDeskOpenAccess": true, "manageEnabled": true, "autocompleteEnabled": false});
    let got = site.call("POST", &access("HR"), open).await.json();
    assert_eq!(got["serviceDeskOpenAccess"], false);
    assert_eq!(site.sandbox.snapshot(), before);
    assert!(site.sandbox.journal().iter().all(|exchange| !exchange.effect));
    site.finish();
}

#[tokio::test]
async fn a_dead_token_looks_like_success() {
    let site = Site::faulty("dead-token").await;
    for (path, empty) in [
        (customers(1), json!([])),
        ("/rest/servicedeskapi/servicedesk".to_owned(), json!([])),
    ] {
        let got = site.get(&path).await;
        assert_eq!(got.status, 200, "{path}");
        assert_eq!(got.header("x-seraph-loginreason"), Some("AUTHENTICATED_FAILED"));
        assert_eq!(got.json()["values"], empty);
    }
    assert_eq!(site.get("/rest/api/3/user/search?query=ada").await.json(), json!([]));
    assert_eq!(site.get("/rest/api/3/myself").await.json()["displayName"], "Anonymous");
    let may = site
        .get("/rest/api/3/mypermissions?permissions=ADMINISTER")
        .await
        .json();
    assert_eq!(may["permissions"]["ADMINISTER"]["havePermission"], false);
    let got = site.get("/rest/api/3/serverInfo").await;
    assert_eq!((got.status, got.header("x-seraph-loginreason").is_some()), (200, true));
    assert_eq!(site.create("new@example.com").await.status, 401);
    site.finish();
}

#[tokio::test]
async fn listings_are_disturbed() {
    let script = "customers:page-limit=20@2, customers:repeat-row@3, customers:skip-row@4, \
                  customers:short-page=5@5, customers:hide-emails@6, customers:empty@7";
    let site = crowd(script).await;
    let all: Vec<_> = site.sandbox.snapshot().desks["SUP"].customers.iter().cloned().collect();
    assert_eq!(all.len(), 120);
    let page = async |start: usize| {
        let path = format!("{}?start={start}&limit=50", customers(1));
        site.get(&path).await.json()
    };
    let id = |page: &serde_json::Value, row: usize| page["values"][row]["accountId"].clone();
    let first = page(0).await;
    assert_eq!((&first["limit"], &first["size"]), (&json!(50), &json!(50)));
    let lowered = page(20).await;
    assert_eq!((&lowered["limit"], &lowered["size"]), (&json!(20), &json!(20)));
    assert_eq!(id(&lowered, 0), id(&first, 20));
    let repeated = page(20).await;
    assert_eq!((id(&repeated, 0), &repeated["start"]), (id(&first, 19), &json!(20)));
    assert_eq!(id(&page(20).await, 0), id(&first, 21), "one skipped");
    let short = page(100).await;
    assert_eq!((&short["size"], &short["isLastPage"]), (&json!(15), &json!(false)));
    assert_eq!(page(0).await["values"][0].get("emailAddress"), None);
    let empty = page(0).await;
    assert_eq!((&empty["size"], &empty["isLastPage"]), (&json!(0), &json!(true)));
    site.finish();
}

#[tokio::test]
async fn arrays_are_disturbed_too() {
    let site = crowd("accounts:page-limit=7, accounts:short-page=2@2, user-search:empty").await;
    let rows = async |path: &str| site.get(path).await.json().as_array().unwrap().len();
    assert_eq!(rows("/rest/api/3/users/search?maxResults=1000").await, 7);
    assert_eq!(rows("/rest/api/3/users/search?maxResults=1000").await, 5);
    assert_eq!(rows("/rest/api/3/user/search?query=agent").await, 0);
    site.finish();
}

#[tokio::test]
async fn a_created_account_is_found_late() {
    let site = Site::faulty("create:search-lag=2").await;
    let id = site.create("new@example.com").await.json()["accountId"].clone();
    let mut found = Vec::new();
    for _ in 0..3 {
        let rows = site.get("/rest/api/3/user/search?query=new@example.com").await.json();
        found.push(rows.as_array().unwrap().len());
    }
    assert_eq!(found, [0, 0, 1]);
    let body = json!({"accountIds": [id]});
    assert_eq!(site.call("POST", &customers(2), body).await.status, 204);
    site.finish();
}

#[tokio::test]
async fn one_desk_can_be_the_only_one_disturbed() {
    let site = Site::faulty("[HR]:403, read-access[SUP]:html=404").await;
    let add = json!({"accountIds": [site.id("grace@example.com")]});
    assert_eq!(site.call("POST", &customers(2), add.clone()).await.status, 403);
    assert_eq!(site.get(&access("HR")).await.status, 403);
    assert_eq!(site.call("POST", &customers(1), add).await.status, 204);
    assert_eq!(site.get(&access("SUP")).await.status, 404);
    site.finish();
}

#[tokio::test]
async fn every_place_can_be_named() {
    for (name, method, template) in places() {
        for place in [name.to_owned(), template.to_owned(), format!("{method} {template}")] {
            let script = format!("{place}:500@2");
            let faults: quietdesk::sandbox::Faults = script.parse().unwrap();
            assert_eq!(faults.to_string(), script);
        }
    }
}

fn request(path: &str) -> Request<Body> {
    use base64::Engine as _;
    let sign = base64::engine::general_purpose::STANDARD.encode("quietdesk@example.com:sandbox");
    let request = Request::get(path).header("authorization", format!("Basic {sign}"));
    request.body(Body::empty()).unwrap()
}

async fn in_process(sandbox: &Sandbox, path: &str) -> Response<Body> {
    sandbox.router().oneshot(request(path)).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn waiting_takes_no_time_under_a_paused_clock() {
    let config = Config {
        latency: Duration::from_secs(3600),
        ..Config::default()
    };
    let sandbox = Sandbox::new(config, &seed());
    sandbox.set_faults(&"slow=1000@2".parse().unwrap());
    let start = tokio::time::Instant::now();
    for seconds in [3600, 7201] {
        let answer = in_process(&sandbox, "/rest/api/3/myself").await;
        assert_eq!(answer.status(), 200);
        assert_eq!(start.elapsed().as_secs(), seconds);
    }
    assert_eq!(sandbox.journal()[1].at.as_secs(), 3600);
}

#[tokio::test(start_paused = true)]
async fn too_many_requests_wait() {
    let config = Config {
        rate: Some(5),
        ..Config::default()
    };
    let sandbox = Sandbox::new(config, &seed());
    let mut near = 0;
    for _ in 0..5 {
        let answer = in_process(&sandbox, "/rest/api/3/myself").await;
        assert_eq!(answer.status(), 200);
        near += usize::from(answer.headers().contains_key("x-ratelimit-nearlimit"));
    }
    assert_eq!(near, 1, "the last of them");
    let refused = in_process(&sandbox, "/rest/api/3/myself").await;
    assert_eq!(
        (refused.status().as_u16(), &refused.headers()["retry-after"]),
        (429, &"1".parse().unwrap())
    );
    let other = in_process(&sandbox, "/rest/api/3/serverInfo").await;
    assert_eq!(other.status(), 200, "each operation has its own limit");
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(in_process(&sandbox, "/rest/api/3/myself").await.status(), 200);
    assert_eq!(sandbox.journal()[5].fault.as_deref(), Some("rate"));
}

#[tokio::test]
async fn a_caller_of_the_router_can_detect_a_dropped_connection() {
    let sandbox = Sandbox::new(Config::default(), &seed());
    sandbox.set_faults(&"drop-before@1, truncated@2".parse().unwrap());
    let dropped = in_process(&sandbox, "/rest/api/3/myself").await;
    assert_eq!(dropped.extensions().get::<Dropped>(), Some(&Dropped));
    assert!(axum::body::to_bytes(dropped.into_body(), usize::MAX).await.is_err());
    let truncated = in_process(&sandbox, "/rest/api/3/myself").await;
    assert_eq!(truncated.status(), 200);
    assert!(axum::body::to_bytes(truncated.into_body(), usize::MAX).await.is_err());
}

#[tokio::test]
async fn it_can_be_looked_into_without_being_noticed() {
    let site = Site::new().await;
    site.create("new@example.com").await;
    let open = async |what: &str| {
        let request = site.bare("GET", &format!("/_sandbox/{what}"));
        support::site::send(request).await.json()
    };
    assert_eq!(open("state").await["state"]["desks"]["HR"]["access"], "restricted");
    assert_eq!(open("state").await["writes"], 1);
    let journal = open("journal").await;
    assert_eq!(journal.as_array().unwrap().len(), 1);
    assert_eq!(journal[0]["response_body"]["emailAddress"], "new@example.com");
    assert_eq!(open("outbox").await, json!([]));
    assert_eq!(site.sandbox.requests(), 1);
    site.finish();
}

#[tokio::test]
async fn the_journal_can_forget() {
    let config = Config {
        record_bodies: false,
        journal_limit: 2,
        ..Config::default()
    };
    let site = Site::with(config, seed()).await;
    for email in ["a@example.com", "b@example.com", "c@example.com"] {
        site.create(email).await;
    }
    let kept = site.sandbox.journal();
    assert_eq!(kept.iter().map(|e| e.seq).collect::<Vec<_>>(), [2, 3]);
    assert!(
        kept.iter()
            .all(|e| e.status == Some(201) && e.response_body.is_none() && e.request_body.is_none())
    );
    assert_eq!((site.sandbox.requests(), site.sandbox.writes()), (3, 3));
    site.sandbox.clear_journal();
    assert_eq!((site.sandbox.requests(), site.sandbox.journal().len()), (0, 0));
}

#[tokio::test]
async fn it_stops_when_it_is_dropped() {
    let site = Site::new().await;
    assert_eq!(site.get("/rest/api/3/myself").await.status, 200);
    let address = site.running.address();
    let other = Site::new().await;
    let other_address = other.running.address();
    other.running.shutdown().await;
    assert!(tokio::net::TcpStream::connect(other_address).await.is_err());
    drop(site.running);
    // The listener ends on a task of its own: wait for it, within bounds.
    let closed = async {
        while tokio::net::TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), closed).await.unwrap();
}
