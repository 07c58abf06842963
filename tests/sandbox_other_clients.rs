//! Requests of clients other than quietdesk that Jira accepts. `tests/clients` runs some of these clients; here each of
//! their habits is tried alone.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use quietdesk::jira::requests::{ACCESS, ALL};
use quietdesk::sandbox::{Config, Deployment, Seed, Version};
use serde_json::{Value, json};
use support::contracts;
use support::site::{CREATE, Site, access, customers, seed, send};
use tokio::io::AsyncBufReadExt as _;

const DATA_CENTER: Deployment = Deployment::DataCenter(Version::V10_3);

async fn site(deployment: Deployment) -> Site {
    let config = Config {
        deployment,
        ..Config::default()
    };
    Site::with(config, seed()).await
}

/// The id that membership calls use for an account: its id on Cloud, its username on Data Center.
fn handle(site: &Site, email: &str) -> String {
    let account = site.sandbox.snapshot().accounts.remove(&site.id(email)).unwrap();
    account.user.map_or_else(|| site.id(email), |user| user.username)
}

#[tokio::test]
async fn the_other_deployments_list_of_accounts_may_be_there_and_empty() {
    for deployment in [Deployment::Cloud, DATA_CENTER] {
        let site = site(deployment).await;
        let (field, other) = match deployment {
            Deployment::Cloud => ("accountIds", "usernames"),
            Deployment::DataCenter(_) => ("usernames", "accountIds"),
        };
        let name = handle(&site, "grace@example.com");
        let got = site
            .call("POST", &customers(2), json!({field: [name], other: []}))
            .await;
        assert!(matches!(got.status, 200 | 204), "{deployment:?}: {}", got.text);
        assert!(site.sandbox.snapshot().customers("HR").contains("grace@example.com"));
        if deployment == Deployment::Cloud {
            let got = site
                .call("DELETE", &customers(2), json!({field: [name], other: []}))
                .await;
            assert_eq!(got.status, 204);
            assert!(!site.sandbox.snapshot().customers("HR").contains("grace@example.com"));
        }
        site.finish_with_violations(0);

        let site = self::site(deployment).await;
        for body in [json!({field: [name], other: [name]}), json!({field: [], other: []})] {
            assert_eq!(site.call("POST", &customers(2), body).await.status, 400);
        }
        site.finish_with_violations(2);
    }
}

#[tokio::test]
async fn other_versions_of_the_platforms_api_answer_alike() {
    for (deployment, own, others) in [
        (Deployment::Cloud, "3", &["2", "latest"][..]),
        (DATA_CENTER, "2", &["latest"]),
    ] {
        let site = site(deployment).await;
        for path in [
            "serverInfo",
            "myself",
            "mypermissions?permissions=ADMINISTER",
            "project/HR/role/10100",
        ] {
            let mut expected = site.get(&format!("/rest/api/{own}/{path}")).await.json();
            assert!(expected.as_object_mut().unwrap().remove("serverTime").is_some() == (path == "serverInfo"));
            for version in others {
                let got = site.get(&format!("/rest/api/{version}/{path}")).await;
                assert_eq!(got.status, 200, "{deployment:?} {version} {path}");
                let mut got = got.json();
                got.as_object_mut().unwrap().remove("serverTime");
                // Links are of version 2, unless 3 was requested.
                let expected = expected.to_string().replace("/rest/api/3/", "/rest/api/2/");
                assert_eq!(got.to_string(), expected, "{deployment:?} {version} {path}");
            }
        }
        assert_eq!(site.get("/rest/api/4/myself").await.status, 501);
        site.finish_with_violations(1);
    }
}

#[tokio::test]
async fn a_role_is_where_its_link_says() {
    for deployment in [Deployment::Cloud, DATA_CENTER] {
        let site = site(deployment).await;
        for project in ["HR", "10002"] {
            let roles = site.get(&format!("/rest/api/2/project/{project}/role")).await.json();
            for (name, link) in roles.as_object().unwrap() {
                let path = link.as_str().unwrap().strip_prefix(&site.running.url()).unwrap();
                let role = site.get(path).await.json();
                assert_eq!((&role["name"], &role["self"]), (&json!(name), link));
            }
        }
        site.finish_with_violations(0);
    }
}

#[tokio::test]
async fn a_desk_is_named_by_its_id_or_by_its_projects_key_or_id() {
    for deployment in [Deployment::Cloud, DATA_CENTER] {
        let site = site(deployment).await;
        for name in ["2", "HR", "10002"] {
            let desk = site
                .get(&format!("/rest/servicedeskapi/servicedesk/{name}"))
                .await
                .json();
            assert_eq!((&desk["id"], &desk["projectKey"]), (&json!("2"), &json!("HR")));
        }
        let grace = handle(&site, "grace@example.com");
        let body = match deployment {
            Deployment::Cloud => json!({"accountIds": [grace]}),
            Deployment::DataCenter(_) => json!({"usernames": [grace]}),
        };
        let path = "/rest/servicedeskapi/servicedesk/HR/customer";
        assert!(site.call("POST", path, body).await.status < 300);
        assert!(site.sandbox.snapshot().customers("HR").contains("grace@example.com"));
        // A fault of a desk applies under any of its names.
        site.faults("desk[HR]:403");
        for name in ["2", "HR", "10002"] {
            let got = site.get(&format!("/rest/servicedeskapi/servicedesk/{name}")).await;
            assert_eq!(got.status, 403, "{name}");
        }
        site.finish_with_violations(0);
    }
}

#[tokio::test]
async fn true_and_false_are_spelled_in_any_case() {
    let site = site(Deployment::Cloud).await;
    for (spelled, status) in [
        ("True", 409),
        ("TRUE", 409),
        ("true", 409),
        ("False", 400),
        ("false", 400),
    ] {
        let path = format!("/rest/servicedeskapi/customer?strictConflictStatusCode={spelled}");
        let body = json!({"email": "ada@example.com", "displayName": "Ada"});
        assert_eq!(site.call("POST", &path, body).await.status, status, "{spelled}");
    }
    let gone = |role: Value| role["actors"].as_array().unwrap().len();
    let role = |flag: &str| format!("/rest/api/3/project/HR/role/10100?excludeInactiveUsers={flag}");
    assert_eq!(gone(site.get(&role("True")).await.json()), 1);
    assert_eq!(gone(site.get(&role("False")).await.json()), 2);
    // Cloud's search ignores these two parameters.
    let search = "/rest/api/2/user/search?query=gone&includeActive=True&includeInactive=True";
    assert_eq!(site.get(search).await.json(), json!([]));
    assert_eq!(
        site.get("/rest/api/3/serverInfo?doHealthCheck=False").await.json()["healthChecks"],
        Value::Null
    );
    assert!(site.get("/rest/api/3/serverInfo?doHealthCheck=True").await.json()["healthChecks"].is_array());
    site.finish_with_violations(0);

    let site = self::site(DATA_CENTER).await;
    let search = |flag: &str| format!("/rest/api/2/user/search?username=gone&includeInactive={flag}");
    assert_eq!(site.get(&search("True")).await.json().as_array().unwrap().len(), 1);
    assert_eq!(site.get(&search("False")).await.json(), json!([]));
    assert_eq!(site.get(&search("yes")).await.status, 400);
    site.finish_with_violations(1);
}

#[tokio::test]
async fn the_experimental_header_says_opt_in_or_true() {
    for deployment in [Deployment::Cloud, DATA_CENTER] {
        for (value, status) in [("opt-in", 200), ("true", 200), ("yes", 412)] {
            let site = site(deployment).await;
            let request = site.bare("GET", &access("HR")).header("X-ExperimentalApi", value);
            let request = match deployment {
                Deployment::Cloud => request.basic_auth("quietdesk@example.com", Some("sandbox")),
                Deployment::DataCenter(_) => request.bearer_auth("sandbox"),
            };
            assert_eq!(send(request).await.status, status, "{value}");
            site.finish_with_violations(usize::from(status == 412));
        }
    }
}

#[tokio::test]
async fn each_api_spells_its_errors_in_its_own_shape() {
    for deployment in [Deployment::Cloud, DATA_CENTER] {
        let site = site(deployment).await;
        for (path, status, keys) in [
            ("/rest/api/2/project/NONE/role", 404, &["errorMessages", "errors"][..]),
            (
                "/rest/api/2/mypermissions?permissions=ADMINISTER&projectKey=NONE",
                404,
                &["errorMessages", "errors"],
            ),
            ("/rest/api/2/groups", 501, &["errorMessages", "errors"]),
            (
                "/rest/servicedeskapi/servicedesk/9",
                404,
                &["errorMessage", "i18nErrorMessage"],
            ),
            (
                "/rest/servicedeskapi/request",
                501,
                &["errorMessage", "i18nErrorMessage"],
            ),
            (
                "/rest/servicedesk/1/servicedesk/NONE/settings/requestsecurity",
                404,
                &["message"],
            ),
            ("/rest/servicedesk/1/portals", 501, &["message"]),
        ] {
            let got = site.get(path).await;
            assert_eq!(got.status, status, "{path}");
            let body = got.json();
            let found: Vec<_> = body.as_object().unwrap().keys().collect();
            assert_eq!(found, keys, "{path}");
        }
        site.finish_with_violations(3);
    }
}

#[tokio::test]
async fn the_servers_time_is_that_of_its_start_and_what_has_passed_since() {
    for deployment in [Deployment::Cloud, DATA_CENTER] {
        let config = Config {
            deployment,
            started: "2026-11-28T23:59:59.5Z".parse().unwrap(),
            ..Config::default()
        };
        let site = Site::with(config, Seed::default()).await;
        let info = site.get("/rest/api/latest/serverInfo").await.json();
        let time = info["serverTime"].as_str().unwrap();
        assert!(
            time.starts_with("2026-11-28T23:59:59.") || time.starts_with("2026-11-29T00:"),
            "{time}"
        );
        site.finish_with_violations(0);
    }
}

#[tokio::test]
async fn the_sandbox_command_reports_todays_time() {
    for deployment in ["cloud", "data-center"] {
        let mut program = tokio::process::Command::new(env!("CARGO_BIN_EXE_quietdesk"));
        program
            .args(["sandbox", "--listen", "127.0.0.1:0", "--deployment", deployment])
            .stdout(std::process::Stdio::piped())
            .kill_on_drop(true);
        let mut program = program.spawn().unwrap();
        let mut lines = tokio::io::BufReader::new(program.stdout.take().unwrap()).lines();
        let first = lines.next_line().await.unwrap().unwrap();
        let (_, url) = first.split_once("running at ").unwrap();
        let _ = rustls::crypto::ring::default_provider().install_default();
        let info = reqwest::Client::builder().no_proxy().build().unwrap();
        let info = info.get(format!("{url}/rest/api/latest/serverInfo")).send();
        let info: Value = info.await.unwrap().json().await.unwrap();
        let said = info["serverTime"].as_str().unwrap().replace("+0000", "Z");
        let away = said
            .parse::<jiff::Timestamp>()
            .unwrap()
            .duration_since(jiff::Timestamp::now());
        assert!(away.abs() < jiff::SignedDuration::from_mins(5), "{said}");
    }
}

#[tokio::test]
async fn permissions_are_asked_for_by_name_and_for_a_project() {
    let site = site(Deployment::Cloud).await;
    let path = "/rest/api/2/mypermissions?permissions=BROWSE_PROJECTS,ADMINISTER&projectKey=HR";
    let permissions = site.get(path).await.json()["permissions"].clone();
    let keys: Vec<_> = permissions.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["ADMINISTER", "BROWSE_PROJECTS"]);
    site.finish_with_violations(0);

    let site = self::site(DATA_CENTER).await;
    let permissions = site
        .get("/rest/api/latest/mypermissions?permissions=ADMINISTER&projectId=10001")
        .await;
    assert!(
        permissions.json()["permissions"]["USER_PICKER"].is_object(),
        "Data Center returns all of them"
    );
    site.finish_with_violations(0);
}

#[tokio::test]
async fn an_account_is_found_by_its_id_and_made_by_its_full_name() {
    let site = site(Deployment::Cloud).await;
    let id = site.id("ada@example.com");
    let found = site
        .get(&format!("/rest/api/3/user/search?accountId={id}"))
        .await
        .json();
    assert_eq!(found[0]["accountId"], json!(id));
    assert_eq!(
        site.get("/rest/api/3/user/search?accountId=unknown").await.json(),
        json!([])
    );
    let got = site
        .call("POST", CREATE, json!({"email": "new@example.com", "fullName": "New"}))
        .await;
    assert_eq!((got.status, &got.json()["displayName"]), (201, &json!("New")));
    site.finish_with_violations(0);
}

/// The contracts hold every request of quietdesk, and agree on which ones need the experimental header.
#[test]
fn every_request_quietdesk_makes_is_in_the_contracts() {
    let cloud = contracts::operations(Deployment::Cloud);
    let data_center = contracts::operations(DATA_CENTER);
    for endpoint in ALL {
        let is_it = |(method, template): &&(String, String)| {
            let literal = template
                .split('/')
                .map(|part| if part.starts_with('{') { "{}" } else { part });
            method == endpoint.method.as_str() && literal.collect::<Vec<_>>().join("/") == endpoint.template
        };
        let known = cloud.keys().find(is_it).map(|key| &cloud[key]);
        let known = known.or_else(|| data_center.keys().find(is_it).map(|key| &data_center[key]));
        // Internal, and has no document.
        if endpoint.template == ACCESS.template {
            assert!(known.is_none());
            continue;
        }
        let known = known.unwrap_or_else(|| panic!("{} {} is not there", endpoint.method, endpoint.template));
        assert!(endpoint.experimental || !known.experimental, "{}", endpoint.template);
    }
}
