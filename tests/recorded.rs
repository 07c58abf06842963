//! Answers of real Jira sites: quietdesk reads them, and the sandbox answers alike. See `tests/recorded/README.md`.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use quietdesk::jira::{BaseUrl, Credentials, InProcess, JiraRead, Settings};
use quietdesk::model::account::{AccountKind, Handle};
use quietdesk::model::desk::DeskKey;
use quietdesk::model::observed::Completeness;
use quietdesk::sandbox::{Config, Deployment, DeskAccess, PersonKind, Sandbox, Seed, SeedDesk, SeedPerson, Version};
use serde_json::{Value, json};
use support::site::{Site, customers};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

const DATA_CENTER: Deployment = Deployment::DataCenter(Version::V10_3);

/// One recorded answer: method, path, status, body.
type Recording = (&'static str, &'static str, u16, &'static str);

const CREATE: &str = "/rest/servicedeskapi/customer";
const DESKS: &str = "/rest/servicedeskapi/servicedesk";
const CUSTOMERS: &str = "/rest/servicedeskapi/servicedesk/1/customer";
const NO_CUSTOMERS: &str = "/rest/servicedeskapi/servicedesk/2/customer";
const ROLES: &str = "/rest/api/3/project/HARBOR/role";
const USER: &str = "/rest/api/3/user";
const ACCOUNTS: &str = "/rest/api/3/users/search";
const ROLE: &str = "/rest/api/2/project/HARBOR/role/10100";

const CREATED: &str = include_str!("recorded/create-201.json");
const CUSTOMERS_PAGE: &str = include_str!("recorded/customers-page.json");
const CUSTOMERS_PAGE_EMPTY: &str = include_str!("recorded/customers-page-empty.json");
const DESKS_WITHOUT_ENVELOPE: &str = include_str!("recorded/desks-without-envelope.json");
const ROLES_OF_A_PROJECT: &str = include_str!("recorded/roles.json");
const USER_EXPANDED: &str = include_str!("recorded/user-expanded.json");
const ALL_ACCOUNTS: &str = include_str!("recorded/accounts.json");
const REMOVE_WHILE_OPEN: &str = include_str!("recorded/remove-while-open-400.json");
const ROLE_OF_DATA_CENTER: &str = include_str!("recorded/role-data-center.json");

/// The recorded answers of Cloud.
const CLOUD: &[Recording] = &[
    ("GET", DESKS, 200, DESKS_WITHOUT_ENVELOPE),
    ("GET", CUSTOMERS, 200, CUSTOMERS_PAGE),
    ("GET", NO_CUSTOMERS, 200, CUSTOMERS_PAGE_EMPTY),
    ("GET", ROLES, 200, ROLES_OF_A_PROJECT),
    ("GET", USER, 200, USER_EXPANDED),
    ("GET", ACCOUNTS, 200, ALL_ACCOUNTS),
    // Further roles differ from site to site; these are empty.
    (
        "GET",
        "/rest/api/3/project/HARBOR/role/10200",
        200,
        r#"{"name": "Developers", "id": 10200}"#,
    ),
    (
        "GET",
        "/rest/api/3/project/HARBOR/role/10300",
        200,
        r#"{"name": "add-ons", "id": 10300, "actors": []}"#,
    ),
];

/// HARBOR (open: sven), PILOT (olga), the agent dock, and an app.
fn seed() -> Seed {
    Seed {
        seed: 1,
        desks: vec![
            SeedDesk::new("HARBOR", DeskAccess::Open),
            SeedDesk::new("PILOT", DeskAccess::Restricted),
        ],
        people: vec![
            SeedPerson::customer("sven@example.com", &["HARBOR"]),
            SeedPerson::customer("olga@example.com", &["PILOT"]),
            SeedPerson {
                kind: PersonKind::Agent,
                ..SeedPerson::customer("dock@example.com", &["HARBOR"])
            },
            SeedPerson {
                kind: PersonKind::App,
                ..SeedPerson::customer("app@example.com", &[])
            },
        ],
    }
}

/// A simulated Jira that replays the recorded answers where there are any.
fn replay(deployment: Deployment, recordings: &'static [Recording]) -> axum::Router {
    let config = Config {
        deployment,
        ..Config::default()
    };
    let site = Sandbox::new(config, &seed()).router();
    axum::Router::new().fallback(move |request: Request| {
        let site = site.clone();
        async move { recorded(recordings, &request).unwrap_or(site.oneshot(request).await.unwrap()) }
    })
}

fn recorded(recordings: &[Recording], request: &Request) -> Option<Response> {
    let (method, uri) = (request.method().as_str(), request.uri());
    let found = recordings
        .iter()
        .find(|(m, path, ..)| (*m, *path) == (method, uri.path()));
    let (.., status, body) = found?;
    // A bare list ends with an empty page.
    let goes_on = uri
        .query()
        .unwrap_or("")
        .split('&')
        .any(|pair| pair.starts_with("startAt=") && pair != "startAt=0");
    let body = if goes_on { "[]" } else { body };
    let json = [(header::CONTENT_TYPE, "application/json;charset=UTF-8")];
    Some((StatusCode::from_u16(*status).unwrap(), json, body).into_response())
}

async fn client(deployment: Deployment, recordings: &'static [Recording]) -> JiraRead {
    let user = (deployment == Deployment::Cloud).then_some("quietdesk@example.com");
    let settings = Settings {
        url: BaseUrl::parse("https://harbor.example").unwrap(),
        credentials: Credentials::parse(user, "sandbox").unwrap(),
        deployment: None,
        ca_file: None,
        concurrency: 4,
        patience: Duration::from_secs(10),
        stop: CancellationToken::new(),
    };
    let router = replay(deployment, recordings);
    let transport = InProcess::new(router, settings.url.clone(), &settings.credentials);
    JiraRead::connect_with_transport(Arc::new(transport), settings)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_list_of_desks_without_its_envelope_is_read() {
    let desks = client(Deployment::Cloud, CLOUD).await.desks().await.unwrap();
    let desks: Vec<_> = desks.iter().map(|desk| (&*desk.id, &*desk.key, &*desk.name)).collect();
    assert_eq!(desks, [("1", "HARBOR", "Harbor desk"), ("2", "PILOT", "Pilots")]);
}

#[tokio::test]
async fn rows_are_believed_beside_a_size_of_0_and_without_name_and_key() {
    let jira = client(Deployment::Cloud, CLOUD).await;
    let desks = jira.desks().await.unwrap();
    let roll = jira.customer_list(&desks[0], &|_| ()).await.unwrap();
    assert_eq!(roll.completeness, Completeness::Complete);
    let [sven] = roll.accounts.as_slice() else {
        panic!("{roll:?}")
    };
    assert_eq!((sven.email.as_deref(), sven.active), (Some("sven@example.com"), true));
    assert_eq!(sven.kind, AccountKind::Customer);
    let roll = jira.customer_list(&desks[1], &|_| ()).await.unwrap();
    assert_eq!((roll.accounts.len(), roll.completeness), (0, Completeness::Complete));
}

#[tokio::test]
async fn roles_a_site_has_of_its_own_are_read() {
    let jira = client(Deployment::Cloud, CLOUD).await;
    let team = jira
        .project_role_members(&DeskKey::parse("HARBOR").unwrap())
        .await
        .unwrap();
    // The members of the administrators' and the team's role, which the simulated Jira fills.
    assert_eq!((team.members.len(), team.is_incomplete), (2, false));
}

#[tokio::test]
async fn an_account_with_its_licenses_is_read() {
    let jira = client(Deployment::Cloud, CLOUD).await;
    let handle = Handle("6aa0c1d20000000000000001".to_owned());
    let account = jira.account(&handle).await.unwrap().unwrap();
    assert_eq!(
        (account.email.as_deref(), account.kind),
        (Some("dock@example.com"), AccountKind::Person)
    );
    let standing = jira.account_access(&handle).await.unwrap().unwrap();
    assert!(standing.is_licensed());
    assert_eq!(standing.groups.len(), 3);
}

#[tokio::test]
async fn apps_without_an_address_are_met_in_the_sweep() {
    let jira = client(Deployment::Cloud, CLOUD).await;
    let mut met = BTreeMap::new();
    let end = jira
        .sweep(10, &mut |account| {
            drop(met.insert(account.name, (account.kind, account.email)))
        })
        .await
        .unwrap();
    assert!(end.finished);
    let app = (AccountKind::App, None);
    assert_eq!((&met["Automation for Jira"], &met["Jira Outlook"]), (&app, &app));
    assert_eq!(
        met["Dock bot"],
        (AccountKind::Person, Some("dock@example.com".to_owned()))
    );
}

#[tokio::test]
async fn people_and_groups_in_a_role_of_data_center_are_distinguished() {
    const RECORDINGS: &[Recording] = &[("GET", ROLE, 200, ROLE_OF_DATA_CENTER)];
    let jira = client(DATA_CENTER, RECORDINGS).await;
    let roll = jira.customer_list_by_role("HARBOR").await.unwrap();
    assert_eq!(roll.members, [Handle("nora".to_owned())].into());
    assert_eq!(roll.groups, ["harbor-crew".to_owned()].into());
}

/// Applies a roster with the program, at a site that replays these answers, and returns the report.
async fn report(recordings: &'static [Recording], roster: &str) -> Value {
    let listener = tokio::net::TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
        .await
        .unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move { axum::serve(listener, replay(Deployment::Cloud, recordings)).await });
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("roster.yaml"), roster).unwrap();
    let mut program = tokio::process::Command::new(env!("CARGO_BIN_EXE_quietdesk"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("QUIETDESK_")) {
        program.env_remove(name);
    }
    program
        .args([
            "--quiet",
            "apply",
            "roster.yaml",
            "--yes",
            "--max-removal-percent",
            "100",
            "--state-dir",
            "state",
        ])
        .args([
            "--url",
            &url,
            "--user",
            "quietdesk@example.com",
            "--report",
            "report.json",
        ])
        .env("QUIETDESK_TOKEN", "sandbox")
        .current_dir(folder.path());
    let said = program.output().await.unwrap();
    server.abort();
    let report = std::fs::read(folder.path().join("report.json"));
    serde_json::from_slice(&report.unwrap_or_else(|_| panic!("{said:?}"))).unwrap()
}

fn outcome(report: &Value, kind: &str) -> Value {
    let steps = report["steps"].as_array().unwrap();
    let found = steps.iter().find(|step| step["kind"] == kind);
    found.unwrap_or_else(|| panic!("no {kind} in {report:#}")).clone()
}

#[tokio::test]
async fn a_created_customer_without_name_and_key_is_done() {
    const RECORDINGS: &[Recording] = &[("POST", CREATE, 201, CREATED)];
    let roster = "version: 1\ncustomers: [{email: nora@example.com, name: Nora N. North, desks: []}]\n";
    let step = outcome(&report(RECORDINGS, roster).await, "create_customer");
    assert_eq!(step["outcome"], "done", "{step:#}");
    assert!(
        step.to_string().contains("70000001-0000-4000-8000-00000000000a"),
        "{step:#}"
    );
}

#[tokio::test]
async fn a_removal_from_a_desk_that_turns_out_to_be_open_is_held() {
    const RECORDINGS: &[Recording] = &[("DELETE", NO_CUSTOMERS, 400, REMOVE_WHILE_OPEN)];
    let roster = "version: 1\ndesks: {PILOT: {}}\n\
                  customers: [{email: olga@example.com, desks: [PILOT], until: 2026-01-31}, {email: sven@example.com, desks: [PILOT]}]\n";
    let step = outcome(&report(RECORDINGS, roster).await, "remove_from_desk");
    assert_eq!(step["outcome"], "held", "{step:#}");
    assert!(step.to_string().contains("while the desk is open"), "{step:#}");
}

/// What the recorded answer has and the other lacks or has differently.
fn lacks(recorded: &Value, answered: &Value, at: &str) -> Vec<String> {
    match (recorded, answered) {
        (Value::Object(recorded), Value::Object(answered)) => {
            let lacks = recorded.iter().map(|(key, value)| match answered.get(key) {
                Some(answered) => lacks(value, answered, &format!("{at}/{key}")),
                None => vec![format!("{at}/{key} is missing")],
            });
            lacks.flatten().collect()
        }
        // Each recorded row needs a row like it.
        (Value::Array(recorded), Value::Array(answered)) => {
            let lacks = recorded.iter().filter_map(|row| {
                let each = answered.iter().map(|answered| lacks(row, answered, &format!("{at}[]")));
                each.min_by_key(Vec::len)
                    .or_else(|| Some(vec![format!("{at} has no row")]))
            });
            lacks.flatten().collect()
        }
        (Value::String(recorded), Value::String(answered)) if !is_same_link(recorded, answered) => {
            vec![format!("{at} is {answered}, like {recorded}")]
        }
        (Value::String(_), Value::String(_))
        | (Value::Number(_), Value::Number(_))
        | (Value::Bool(_), Value::Bool(_)) => Vec::new(),
        (recorded, answered) => vec![format!("{at} is {answered}, like {recorded}")],
    }
}

/// Whether both texts are links to the same path in Jira's API, whatever ids they hold, or neither is a link.
/// Parameters are compared where one was recorded: the first one's name, and whether its value is encoded.
fn is_same_link(recorded: &str, answered: &str) -> bool {
    let place = |text: &str| text.split_once("/rest/").map(|(_, place)| place.to_owned());
    let (recorded, answered) = match (place(recorded), place(answered)) {
        (Some(recorded), Some(answered)) => (recorded, answered),
        (recorded, answered) => return recorded == answered,
    };
    // The version of the API matters, the ids in the path do not.
    let about = |(at, part): (usize, &str)| match part.parse::<u32>() {
        Ok(_) if at > 1 => "0".to_owned(),
        _ => part.to_owned(),
    };
    let path = |place: &str| -> Vec<_> {
        place
            .split('?')
            .next()
            .unwrap()
            .split('/')
            .enumerate()
            .map(about)
            .collect()
    };
    let query = |place: &str| {
        let (_, query) = place.split_once('?')?;
        Some((query.split('=').next().unwrap().to_owned(), query.contains("%3A")))
    };
    path(&recorded) == path(&answered) && query(&recorded).is_none_or(|wanted| query(&answered) == Some(wanted))
}

#[track_caller]
fn alike(recorded: &str, answered: &Value) {
    let lacks = lacks(&serde_json::from_str(recorded).unwrap(), answered, "");
    assert_eq!(lacks, Vec::<String>::new(), "{answered:#}");
}

#[tokio::test]
async fn the_simulated_cloud_answers_as_recorded() {
    let site = Site::with(Config::default(), seed()).await;
    alike(CREATED, &site.create("nora@example.com").await.json());
    alike(DESKS_WITHOUT_ENVELOPE, &site.get(DESKS).await.json());
    alike(CUSTOMERS_PAGE, &site.get(CUSTOMERS).await.json());
    let found = format!("{CUSTOMERS}?query=unknown");
    alike(CUSTOMERS_PAGE_EMPTY, &site.get(&found).await.json());
    let dock = site.id("dock@example.com");
    let expanded = format!("{USER}?accountId={dock}&expand=groups,applicationRoles");
    alike(USER_EXPANDED, &site.get(&expanded).await.json());
    let sven = json!({"accountIds": [site.id("sven@example.com")]});
    let refused = site.call("DELETE", &customers(1), sven).await;
    assert_eq!(refused.status, 400);
    alike(REMOVE_WHILE_OPEN, &refused.json());
    assert_eq!(
        refused.json(),
        serde_json::from_str::<Value>(REMOVE_WHILE_OPEN).unwrap()
    );
    // Recorded apps show no address: the simulated Jira shows more, not less.
    alike(ALL_ACCOUNTS, &site.get(ACCOUNTS).await.json());
    // Further roles differ from site to site.
    let mut roles: Value = serde_json::from_str(ROLES_OF_A_PROJECT).unwrap();
    roles
        .as_object_mut()
        .unwrap()
        .retain(|name, _| name.starts_with("Service Desk") || name == "Administrators");
    alike(
        &roles.to_string(),
        &site.get("/rest/api/2/project/HARBOR/role").await.json(),
    );
    site.finish_with_violations(0);
}

#[tokio::test]
async fn the_simulated_data_center_answers_as_documented() {
    let config = Config {
        deployment: DATA_CENTER,
        ..Config::default()
    };
    let mut seed = seed();
    seed.desks[0].customer_groups.push("harbor-crew".to_owned());
    let site = Site::with(config, seed).await;
    // The link is by the project's id here and by its key in the document.
    let mut role = serde_json::from_str::<Value>(ROLE_OF_DATA_CENTER).unwrap();
    role["self"] = json!("https://jira.harbor.example/rest/api/2/project/10001/role/10100");
    alike(&role.to_string(), &site.get(ROLE).await.json());
    site.finish_with_violations(0);
}
