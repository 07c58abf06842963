//! The simulated Data Center over real HTTP: every rule of its ledger, tried by a plain client. What it recorded is
//! checked against Atlassian's document at the end of each test.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod accounts;
mod desks;
#[path = "../support/mod.rs"]
mod support;

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use quietdesk::sandbox::{Config, Deployment, DeskAccess, Rules, Seed, SeedDesk, SeedPerson, Version};
use serde_json::{Value, json};
use support::site::{HttpResponse, Site, access, customers, send};

pub(crate) const CREATE: &str = "/rest/servicedeskapi/customer";
pub(crate) const USER: &str = "/rest/api/2/user";

/// SUP (open: ada, lovelace, an agent in its team, the group partners), HR (restricted: ada, and gone, who is
/// deactivated). The username of ada is her address, that of lovelace is not.
pub(crate) fn seed() -> Seed {
    let cloud = support::site::seed();
    let person = |email, desks: &[_]| SeedPerson::customer(email, desks);
    Seed {
        seed: 1,
        desks: vec![
            SeedDesk {
                customer_groups: vec!["partners".to_owned()],
                ..SeedDesk::new("SUP", DeskAccess::Open)
            },
            SeedDesk::new("HR", DeskAccess::Restricted),
        ],
        people: vec![
            person("Ada@example.com", &["SUP", "HR"]),
            SeedPerson {
                name: "Ada King Lovelace".to_owned(),
                username: Some("lovelace".to_owned()),
                ..person("king@example.com", &["SUP"])
            },
            cloud.people[3].clone(),
            SeedPerson {
                active: false,
                ..person("gone@example.com", &["HR"])
            },
        ],
    }
}

pub(crate) fn config(version: Version) -> Config {
    Config {
        deployment: Deployment::DataCenter(version),
        ..Config::default()
    }
}

pub(crate) async fn site() -> Site {
    Site::with(config(Version::V10_3), seed()).await
}

pub(crate) async fn ruled(rules: Rules) -> Site {
    let config = Config {
        rules,
        ..config(Version::V10_3)
    };
    Site::with(config, seed()).await
}

pub(crate) async fn create(site: &Site, email: &str) -> HttpResponse {
    let body = json!({"email": email, "fullName": "Some One"});
    site.call("POST", CREATE, body).await
}

pub(crate) fn new_user(name: &str) -> Value {
    json!({
        "name": name, "emailAddress": "new@example.com", "displayName": "New One",
        "password": "correct horse", "applicationKeys": [],
    })
}

pub(crate) async fn user(site: &Site, name: &str) -> Value {
    let path = format!("{USER}?username={name}&expand=groups,applicationRoles");
    site.get(&path).await.json()
}

pub(crate) fn names(rows: &Value) -> Vec<&str> {
    let rows = rows.as_array().unwrap().iter();
    rows.map(|row| row["name"].as_str().unwrap()).collect()
}

pub(crate) fn role(desk: &str) -> String {
    format!("/rest/api/2/project/{desk}/role/10100")
}

#[tokio::test]
async fn it_says_which_jira_it_is_and_who_asks() {
    for (version, text, numbers) in [
        (Version::V9_12, "9.12.15", json!([9, 12, 15])),
        (Version::V10_0, "10.0.1", json!([10, 0, 1])),
        (Version::V10_3, "10.3.4", json!([10, 3, 4])),
        (Version::V11, "11.1.0", json!([11, 1, 0])),
    ] {
        let site = Site::with(config(version), seed()).await;
        let info = send(site.bare("GET", "/rest/api/2/serverInfo")).await.json();
        assert_eq!(
            (&info["deploymentType"], &info["version"], &info["versionNumbers"]),
            (&json!("Server"), &json!(text), &numbers)
        );
        assert_eq!(info["baseUrl"], site.running.url());
        site.finish();
    }
    let site = site().await;
    let info = send(site.bare("GET", "/rest/servicedeskapi/info")).await.json();
    assert_eq!(info["isLicensedForUse"], true);
    let me = site.get("/rest/api/2/myself").await;
    assert!(me.header("x-arequestid").is_some_and(|number| number.ends_with("x2x1")));
    let me = me.json();
    assert_eq!(
        (&me["name"], &me["key"]),
        (&json!("quietdesk@example.com"), &json!("JIRAUSER10100"))
    );
    let may = site.get("/rest/api/2/mypermissions").await.json();
    assert_eq!(may["permissions"]["ADMINISTER"]["havePermission"], true);
    assert_eq!(may["permissions"]["USER_PICKER"]["havePermission"], true);
    assert!(may["permissions"].as_object().unwrap().len() > 2);
    let desks = site.get("/rest/servicedeskapi/servicedesk?limit=1").await.json();
    assert_eq!(
        (&desks["values"][0]["id"], &desks["isLastPage"]),
        (&json!("1"), &json!(false))
    );
    let desk = site.get("/rest/servicedeskapi/servicedesk/2").await.json();
    assert_eq!(desk["projectKey"], "HR");
    site.finish();
}

#[tokio::test]
async fn the_account_that_signs_in_has_a_username() {
    let config = Config {
        user: "robot".to_owned(),
        ..config(Version::V9_12)
    };
    let site = Site::with(config, seed()).await;
    let got = send(
        site.bare("GET", "/rest/api/2/myself")
            .header("X-ExperimentalApi", "opt-in")
            .basic_auth("robot", Some("sandbox")),
    )
    .await;
    assert_eq!(
        (&got.json()["name"], &got.json()["emailAddress"]),
        (&json!("robot"), &json!("robot@example.com"))
    );
    site.finish();
}

#[tokio::test]
async fn a_token_signs_in_and_a_password_where_the_version_or_the_site_allows_it() {
    for (version, allowed, basic) in [
        (Version::V10_3, None, 200),
        (Version::V10_3, Some(false), 403),
        (Version::V11, None, 403),
        (Version::V11, Some(true), 200),
    ] {
        let config = Config {
            basic_sign_in: allowed,
            ..config(version)
        };
        let site = Site::with(config, seed()).await;
        let ask = || {
            site.bare("GET", "/rest/api/2/myself")
                .header("X-ExperimentalApi", "opt-in")
        };
        let got = send(ask().basic_auth("quietdesk@example.com", Some("sandbox"))).await;
        assert_eq!(got.status, basic, "{version}");
        if basic == 403 {
            let message = "Basic Authentication has been disabled on this instance.";
            assert_eq!(got.json(), json!({"message": message}));
        }
        assert_eq!(send(ask().bearer_auth("sandbox")).await.status, 200);
        for wrong in [ask(), ask().bearer_auth("old")] {
            let got = send(wrong).await;
            assert_eq!(got.status, 401);
            assert_eq!(got.header("x-seraph-loginreason"), Some("AUTHENTICATED_FAILED"));
        }
        site.finish();
    }
    let site = site().await;
    let wrong = site
        .bare("GET", "/rest/api/2/myself")
        .basic_auth("quietdesk@example.com", Some("old"));
    assert_eq!(send(wrong).await.status, 401);
    site.finish();
}

#[tokio::test]
async fn without_a_license_the_service_management_answers_in_html() {
    let config = Config {
        licensed: false,
        ..config(Version::V10_3)
    };
    let site = Site::with(config, seed()).await;
    let info = site.get("/rest/servicedeskapi/info").await.json();
    assert_eq!(info["isLicensedForUse"], false);
    for path in ["/rest/servicedeskapi/servicedesk", &access("SUP")] {
        let got = site.get(path).await;
        assert_eq!((got.status, got.text.starts_with("<!DOCTYPE")), (403, true), "{path}");
    }
    assert_eq!(create(&site, "new@example.com").await.status, 403);
    assert_eq!(site.get("/rest/api/2/myself").await.status, 200);
    site.finish();
}

#[tokio::test]
async fn headers_are_judged() {
    let site = site().await;
    let body = json!({"usernames": ["lovelace"]});
    let browser = site
        .ask("POST", &customers(2))
        .header("User-Agent", "Mozilla/5.0 (X11)");
    assert_eq!(send(browser.json(&body)).await.text, "XSRF check failed");
    let not_json = site.ask("POST", &customers(2)).body(body.to_string());
    assert_eq!(send(not_json).await.status, 415);
    let signed = |method, path: &str| site.bare(method, path).bearer_auth("sandbox");
    assert_eq!(send(signed("POST", &customers(2)).json(&body)).await.status, 412);
    let one = json!({"email": "new@example.com"});
    assert_eq!(send(signed("POST", CREATE).json(&one)).await.status, 412);
    assert_eq!(send(signed("GET", &access("SUP"))).await.status, 412);
    let unchecked = signed("POST", &access("SUP")).header("X-ExperimentalApi", "opt-in");
    assert_eq!(send(unchecked.json(&json!({}))).await.status, 403);
    site.finish_with_violations(6);

    let site = ruled(Rules {
        customer_calls_are_experimental: false,
        account_calls_are_experimental: false,
        ..Rules::default()
    })
    .await;
    let own = site.bare("GET", "/rest/api/2/myself").bearer_auth("sandbox");
    assert_eq!(send(own).await.status, 200);
    let plain = site.bare("POST", &customers(2)).bearer_auth("sandbox");
    assert_eq!(send(plain.json(&body)).await.status, 200);
    site.finish();
}

/// By Atlassian's own document, which calls them experimental.
#[tokio::test]
async fn calls_about_accounts_want_the_experimental_header() {
    let site = site().await;
    let calls = [
        ("GET", "/rest/api/2/myself"),
        ("POST", "/rest/api/2/user"),
        ("PUT", "/rest/api/2/user?username=lovelace"),
        ("PUT", "/rest/api/2/user/password?username=lovelace"),
        ("POST", "/rest/api/2/user/application?username=lovelace"),
        ("DELETE", "/rest/api/2/user/application?username=lovelace"),
    ];
    for (method, path) in calls {
        let plain = site.bare(method, path).bearer_auth("sandbox");
        assert_eq!(send(plain).await.status, 412, "{method} {path}");
    }
    site.finish_with_violations(calls.len());
}

#[tokio::test]
async fn what_only_cloud_knows_is_refused() {
    let site = site().await;
    let strict = format!("{CREATE}?strictConflictStatusCode=true");
    let body = json!({"email": "new@example.com", "fullName": "New"});
    assert_eq!(
        site.call("POST", &strict, body).await.status,
        201,
        "blamed all the same"
    );
    let body = json!({"email": "x@example.com", "displayName": "New"});
    assert_eq!(site.call("POST", CREATE, body).await.status, 400);
    let body = json!({"accountIds": ["JIRAUSER10101"]});
    assert_eq!(site.call("POST", &customers(2), body).await.status, 400);
    assert_eq!(site.get(&customers(2)).await.status, 404);
    let body = json!({"usernames": ["lovelace"]});
    assert_eq!(site.call("DELETE", &customers(2), body).await.status, 404);
    assert_eq!(site.get("/rest/api/3/myself").await.status, 501);
    site.finish_with_violations(6);
}

#[tokio::test]
async fn invitations_mail_and_are_blamed() {
    let site = site().await;
    for path in [
        format!("{}/invite", customers(2)),
        "/rest/servicedesk/1/pages/people/customers/pagination/HR/invite".to_owned(),
        "/rest/anything/skip-permission-check".to_owned(),
    ] {
        let got = site.call("POST", &path, json!({"emails": ["who@example.com"]})).await;
        assert_eq!(got.status, 200, "{path}");
    }
    assert_eq!((site.sandbox.outbox().len(), site.sandbox.violations().len()), (3, 3));
}

#[tokio::test]
async fn every_answer_states_what_is_left_of_the_rate_limit() {
    let config = Config {
        rate: Some(2),
        ..config(Version::V10_3)
    };
    let site = Site::with(config, seed()).await;
    let first = site.get("/rest/api/2/myself").await;
    for (name, value) in [
        ("x-ratelimit-limit", "2"),
        ("x-ratelimit-remaining", "1"),
        ("x-ratelimit-interval-seconds", "1"),
        ("x-ratelimit-fillrate", "2"),
        ("retry-after", "0"),
    ] {
        assert_eq!(first.header(name), Some(value), "{name}");
    }
    site.get("/rest/servicedeskapi/servicedesk").await;
    let refused = site.get("/rest/api/2/mypermissions").await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("1")));
    assert_eq!(refused.header("x-ratelimit-remaining"), Some("0"));
    site.finish();
}

#[tokio::test]
async fn faults_strike_the_routes_of_data_center_too() {
    let site = site().await;
    site.faults("create:403, add[HR]:429=7, role:empty, user-search:hide-emails, create-user:drop-after, users-list:page-limit=2");
    assert_eq!(create(&site, "new@example.com").await.status, 403);
    let refused = site
        .call("POST", &customers(2), json!({"usernames": ["lovelace"]}))
        .await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("7")));
    assert_eq!(site.get(&role("SUP")).await.json()["actors"], json!([]));
    let found = site.get("/rest/api/2/user/search?username=love").await.json();
    assert_eq!((names(&found), found[0].get("emailAddress")), (vec!["lovelace"], None));
    let lost = site.ask("POST", USER).json(&new_user("lost"));
    assert!(support::site::try_send(lost).await.is_err());
    assert!(site.sandbox.password_of("lost").is_some(), "created all the same");
    let page = site.get("/rest/api/2/user/list").await.json();
    assert_eq!((names(&page["values"]).len(), &page["maxResults"]), (2, &json!(2)));
    site.faults(
        "update-user:ignored, set-password:ignored, remove:ignored, create:search-lag=1, revoke-application:500",
    );
    let before = site.sandbox.snapshot();
    let body = json!({"displayName": "X"});
    assert_eq!(
        site.call("PUT", &format!("{USER}?username=lovelace"), body)
            .await
            .status,
        200
    );
    let path = format!("{USER}/password?username=lovelace");
    assert_eq!(site.call("PUT", &path, json!({"password": "x"})).await.status, 204);
    assert_eq!(
        send(site.ask("DELETE", &format!("{}?user=lovelace", role("SUP"))))
            .await
            .status,
        204
    );
    let revoke = format!("{USER}/application?username=lovelace&applicationKey=jira-software");
    assert_eq!(send(site.ask("DELETE", &revoke)).await.status, 500);
    assert_eq!(site.sandbox.snapshot(), before);
    create(&site, "late@example.com").await;
    for found in [0, 1] {
        let rows = site.get("/rest/api/2/user/search?username=late").await.json();
        assert_eq!(names(&rows).len(), found);
    }
    site.faults("dead-token");
    let dead = site.get("/rest/api/2/user/search?username=love").await;
    assert_eq!((dead.status, dead.text.as_str()), (200, "[]"));
    assert_eq!(dead.header("x-seraph-loginreason"), Some("AUTHENTICATED_FAILED"));
    assert_eq!(site.get("/rest/api/2/myself").await.status, 401);
    site.finish();
}

#[tokio::test]
async fn made_up_people_make_sense() {
    let desks = vec![SeedDesk::new("SUP", DeskAccess::Restricted)];
    let site = Site::with(config(Version::V10_3), Seed::random(desks, 300, 1)).await;
    let snapshot = site.sandbox.snapshot();
    let accounts: Vec<_> = snapshot.accounts.values().collect();
    let named = |a: &&&quietdesk::sandbox::AccountSnapshot| a.user.as_ref().unwrap().username != a.email;
    let otherwise = accounts.iter().filter(named).count();
    assert!((1..20).contains(&otherwise), "{otherwise}");
    let agent = user(&site, "agent1@example.com").await;
    assert_eq!(agent["groups"]["items"][0]["name"], "jira-servicedesk-users");
    assert_eq!(site.sandbox.seats_in_use(), 2, "the agent and who signs in");
    let rows = site.get("/rest/api/2/user/list?maxResults=500").await.json();
    assert!(
        rows["values"]
            .as_array()
            .unwrap()
            .iter()
            .all(|row| row["emailAddress"].is_string())
    );
    site.finish();
}

#[test]
fn versions_are_read_as_people_write_them() {
    for (text, version) in [
        ("9.12", Version::V9_12),
        ("10.0", Version::V10_0),
        ("10.3", Version::V10_3),
        ("11", Version::V11),
    ] {
        assert_eq!(text.parse(), Ok(version));
    }
    assert!("8.20".parse::<Version>().is_err());
}

#[test]
fn the_command_line_starts_one() {
    let command = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_quietdesk"));
        command.args(["sandbox", "--listen", "127.0.0.1:0"]).args(more);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    };
    for (more, name) in [
        (&["--deployment", "data-center"][..], "Data Center 10.3.4"),
        (
            &["--deployment=data-center", "--jira-version=9.12"],
            "Data Center 9.12.15",
        ),
        (&[], "Cloud"),
    ] {
        let mut running = command(more).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(running.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        running.kill().unwrap();
        running.wait().unwrap();
        assert!(
            line.starts_with(&format!("A simulated Jira {name} is running")),
            "{line}"
        );
    }
    for wrong in [
        &["--jira-version", "11"][..],
        &["--deployment=data-center", "--jira-version=8"],
    ] {
        assert!(!command(wrong).output().unwrap().status.success(), "{wrong:?}");
    }
}
