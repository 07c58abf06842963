//! The simulated Jira over real HTTP: accounts, searches, permissions, and the forbidden calls.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use quietdesk::sandbox::{Config, DeskAccess, Rules, Seed, SeedDesk, SeedPerson};
use serde_json::{Value, json};
use support::site::{Site, access, customers, seed};

fn emails(rows: &Value) -> Vec<Option<String>> {
    let rows = rows.as_array().unwrap().iter();
    rows.map(|row| row["emailAddress"].as_str().map(str::to_owned))
        .collect()
}

fn shown(email: &str) -> Option<String> {
    Some(email.to_owned())
}

#[tokio::test]
async fn a_search_matches_beginnings_and_only_active_accounts() {
    let site = Site::new().await;
    let search = async |query: &str| {
        let path = format!("/rest/api/3/user/search?query={query}");
        emails(&site.get(&path).await.json())
    };
    assert_eq!(search("ADA@example").await, [shown("Ada@example.com")]);
    assert_eq!(search("grace@example.com").await.len(), 2, "one address, two accounts");
    assert_eq!(search("da@example.com").await, []);
    assert_eq!(search("gone@example.com").await, []);
    assert_eq!(search("shy@example.com").await, [None], "found, and not shown");
    assert_eq!(search("person").await, [None], "by the later word of a name");
    site.finish();
}

#[tokio::test]
async fn a_search_ends_at_the_thousandth() {
    let desks = vec![SeedDesk::new("SUP", DeskAccess::Open)];
    let people = (0..1200).map(|n| SeedPerson::customer(format!("p{n}@example.com"), &["SUP"]));
    let seed = Seed {
        seed: 1,
        desks,
        people: people.collect(),
    };
    let site = Site::with(Config::default(), seed).await;
    let rows = async |query: &str| {
        let path = format!("/rest/api/3/{query}");
        site.get(&path).await.json().as_array().unwrap().len()
    };
    assert_eq!(rows("user/search?query=p").await, 50);
    assert_eq!(rows("user/search?query=p&startAt=990&maxResults=500").await, 10);
    assert_eq!(rows("user/search?query=p&startAt=1000").await, 0);
    assert_eq!(
        rows("users/search?maxResults=5000").await,
        975,
        "a thousand, one in forty left out"
    );
    site.finish();
}

#[tokio::test]
async fn a_sweep_meets_every_account_once_and_only_an_empty_page_ends_it() {
    for (sweep_gap, short_pages) in [(Some(3), true), (None, false)] {
        let config = Config {
            rules: Rules {
                sweep_gap,
                ..Rules::default()
            },
            ..Config::default()
        };
        let desks = vec![SeedDesk::new("SUP", DeskAccess::Open)];
        let site = Site::with(config, Seed::random(desks, 50, 1)).await;
        let (mut start, mut short, mut met) = (0, false, Vec::new());
        loop {
            let path = format!("/rest/api/3/users/search?startAt={start}&maxResults=10");
            let page = site.get(&path).await.json();
            let rows = page.as_array().unwrap();
            if rows.is_empty() {
                break;
            }
            short |= rows.len() < 10 && start < 40;
            met.extend(rows.iter().map(|row| row["accountId"].as_str().unwrap().to_owned()));
            start += 10;
        }
        assert_eq!(short, short_pages);
        let count = met.len();
        met.sort();
        met.dedup();
        assert_eq!(met.len(), count, "no account twice");
        assert_eq!(met, site.sandbox.snapshot().accounts.into_keys().collect::<Vec<_>>());
        site.finish();
    }
}

#[tokio::test]
async fn an_account_shows_what_it_is() {
    let site = Site::new().await;
    let user = async |email: &str, expand: &str| {
        let path = format!("/rest/api/3/user?accountId={}{expand}", site.id(email));
        site.get(&path).await.json()
    };
    let agent = user("agent@example.com", "&expand=groups,applicationRoles").await;
    assert_eq!(agent["applicationRoles"]["items"][0]["key"], "jira-servicedesk");
    assert_eq!(agent["groups"]["size"], 1);
    let agent = user("agent@example.com", "").await;
    let roles = json!({"size": 1, "items": []});
    assert_eq!(agent["applicationRoles"], roles, "not expanded");
    let ada = user("ada@example.com", "&expand=groups,applicationRoles").await;
    assert_eq!(
        (&ada["accountType"], &ada["applicationRoles"]["size"]),
        (&json!("customer"), &json!(0))
    );
    assert_eq!(user("app@example.com", "").await["accountType"], "app");
    let shy = user("shy@example.com", "").await;
    assert_eq!(
        (&shy["accountType"], shy.get("emailAddress")),
        (&json!("atlassian"), None)
    );
    assert_eq!(user("gone@example.com", "").await["active"], false);
    assert_eq!(site.get("/rest/api/3/user?accountId=missing").await.status, 404);
    site.finish();
}

#[tokio::test]
async fn roles_show_who_else_reaches_a_desk() {
    let site = Site::new().await;
    let roles = site.get("/rest/api/3/project/SUP/role").await.json();
    let actors = async |name: &str| {
        let link = roles[name].as_str().unwrap();
        let path = link.strip_prefix(&site.running.url()).unwrap();
        let actors = site.get(path).await.json()["actors"].clone();
        let actors = actors.as_array().unwrap().iter();
        actors
            .map(|actor| actor["actorUser"]["accountId"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(actors("Service Desk Team").await, [site.id("agent@example.com")]);
    assert_eq!(actors("Administrators").await, [site.id("quietdesk@example.com")]);
    assert_eq!(actors("Service Desk Customers").await.len(), 2);
    assert_eq!(site.get("/rest/api/3/project/10001/role").await.status, 200);
    assert_eq!(site.get("/rest/api/3/project/NONE/role").await.status, 404);
    assert_eq!(site.get("/rest/api/3/project/SUP/role/1").await.status, 404);
    site.finish();
}

#[tokio::test]
async fn hidden_addresses_and_unfound_accounts_can_be_had() {
    let rules = Rules {
        hide_atlassian_emails: true,
        search_finds_hidden_emails: false,
        search_finds_portal_only: false,
        agents_are_listed: false,
        ..Rules::default()
    };
    let config = Config {
        rules,
        ..Config::default()
    };
    let site = Site::with(config, seed()).await;
    let found = site.get("/rest/api/3/user/search?query=grace@example.com").await.json();
    // The names of the seed's people are their addresses: the Atlassian account is found by its name.
    assert_eq!(emails(&found), [None]);
    let add = json!({"accountIds": [site.id("agent@example.com")]});
    assert_eq!(site.call("POST", &customers(2), add).await.status, 204);
    assert!(!site.sandbox.journal()[1].effect);
    let me = site.get("/rest/api/3/myself").await.json();
    assert_eq!(me["emailAddress"], "quietdesk@example.com", "one's own is never hidden");
    site.finish();
}

#[tokio::test]
async fn without_permissions_creating_is_refused_and_searches_are_empty() {
    let config = Config {
        administrator: false,
        user_picker: false,
        ..Config::default()
    };
    let site = Site::with(config, seed()).await;
    assert_eq!(site.create("new@example.com").await.status, 403);
    let may = site
        .get("/rest/api/3/mypermissions?permissions=ADMINISTER")
        .await
        .json();
    assert_eq!(may["permissions"]["ADMINISTER"]["havePermission"], false);
    let found = site.get("/rest/api/3/user/search?query=ada").await;
    assert_eq!((found.status, found.json()), (200, json!([])));
    assert_eq!(site.get("/rest/api/3/users/search").await.status, 403);
    assert_eq!(site.get(&access("SUP")).await.status, 403);
    let ada = json!({"accountIds": [site.id("ada@example.com")]});
    assert_eq!(site.call("DELETE", &customers(2), ada).await.status, 403);
    let grace = json!({"accountIds": [site.id("grace@example.com")]});
    assert_eq!(
        site.call("POST", &customers(2), grace).await.status,
        204,
        "an agent may add"
    );
    site.finish();
}

#[tokio::test]
async fn unknown_routes_and_parameters_are_held_against_the_client() {
    let site = Site::new().await;
    assert_eq!(site.get("/rest/api/3/groups").await.status, 501);
    assert_eq!(site.call("PUT", &customers(1), json!({})).await.status, 501);
    let twice = format!("{}?start=0&start=0", customers(1));
    assert_eq!(site.get(&twice).await.status, 200);
    assert_eq!(site.get(&format!("{}?page=2", customers(1))).await.status, 200);
    let limit = format!("{}?limit=all", customers(1));
    assert_eq!(site.get(&limit).await.status, 404);
    assert_eq!(site.get("/rest/api/3/user/search").await.status, 400);
    assert_eq!(site.get("/rest/api/3/mypermissions").await.status, 400);
    assert_eq!(site.get("/rest/api/3/users/search?maxResults=0").await.status, 400);
    assert_eq!(site.get("/rest/api/3/user?accountId=x&expand=all").await.status, 404);
    let bodied = site.ask("GET", "/rest/api/3/myself").json(&json!({}));
    assert_eq!(support::site::send(bodied).await.status, 200);
    site.finish_with_violations(10);
}

#[tokio::test]
async fn calls_that_mail_or_take_a_seat_are_recorded() {
    let site = Site::new().await;
    let invite = json!({"emails": ["new@example.com", "ada@example.com"]});
    for (path, body, mails, seats) in [
        (
            "/rest/api/3/user",
            json!({"emailAddress": "a@example.com", "products": []}),
            1,
            0,
        ),
        ("/rest/api/3/user", json!({"emailAddress": "b@example.com"}), 2, 1),
        (
            "/rest/servicedeskapi/servicedesk/2/customer/invite",
            invite.clone(),
            4,
            1,
        ),
        (
            "/rest/servicedesk/1/pages/people/customers/pagination/SUP/invite",
            invite.clone(),
            6,
            1,
        ),
        ("/rest/servicedesk/1/anything/skip-permission-check", invite, 8, 1),
    ] {
        assert!(site.call("POST", path, body).await.status < 300, "{path}");
        assert_eq!(site.sandbox.outbox().len(), mails, "{path}");
        assert_eq!(site.sandbox.seats(), seats, "{path}");
    }
    assert_eq!(site.sandbox.violations().len(), 5);
    let mail = &site.sandbox.outbox()[3];
    assert_eq!((mail.seq, mail.to.as_str()), (3, "ada@example.com"));
    assert!(site.sandbox.snapshot().customers("HR").contains("new@example.com"));
}

#[tokio::test]
async fn somebody_else_changes_things() {
    let site = Site::new().await;
    let (sandbox, ada) = (&site.sandbox, site.id("ada@example.com"));
    assert_eq!(sandbox.remove_member("HR", &ada), Ok(true));
    assert_eq!(sandbox.remove_member("HR", &ada), Ok(false));
    assert_eq!(sandbox.add_member("HR", &ada), Ok(true));
    assert_eq!(sandbox.set_access("HR", DeskAccess::Open), Ok(true));
    assert_eq!(sandbox.set_active(&ada, false), Ok(true));
    assert_eq!(sandbox.set_email_hidden(&ada, true), Ok(true));
    let new = sandbox.create_account(&SeedPerson::customer("new@example.com", &["SUP"]));
    let page = site.get(&customers(2)).await.json();
    assert_eq!(
        (&page["values"][0]["active"], page["values"][0].get("emailAddress")),
        (&json!(false), None)
    );
    assert!(sandbox.snapshot().customers("SUP").contains("new@example.com"));
    assert_eq!(sandbox.delete_account(&new), Ok(()));
    for error in [
        sandbox.delete_account(&new).unwrap_err(),
        sandbox.add_member("NONE", &ada).unwrap_err(),
        sandbox.set_access("NONE", DeskAccess::Open).unwrap_err(),
    ] {
        assert!(error.to_string().starts_with("the sandbox has no "));
    }
    assert_eq!(sandbox.writes(), 0, "the client did none of it");
    site.finish();
}

/// A client that looks up only one spelling creates a second account for the same person.
#[tokio::test]
async fn addresses_are_compared_as_they_are_written_apart_from_case() {
    let site = Site::new().await;
    for (email, status) in [
        ("ren\u{e9}@example.com", 201),
        ("REN\u{c9}@example.com", 409),
        ("rene\u{301}@example.com", 201),
        ("a@b\u{fc}cher.example", 201),
        ("a@xn--bcher-kva.example", 201),
        ("a@bu\u{308}cher.example", 201),
    ] {
        assert_eq!(site.create(email).await.status, status, "{email}");
    }
    let found = site.get("/rest/api/3/user/search?query=ren%C3%A9@example.com").await;
    assert_eq!(emails(&found.json()), [shown("ren\u{e9}@example.com")]);
    site.finish();
}

/// The clock in the `Date` header of answers.
#[tokio::test]
async fn the_clock_can_be_set() {
    let site = Site::new().await;
    let difference = async || {
        let got = site.get("/rest/api/3/myself").await;
        let date = jiff::fmt::rfc2822::parse(got.header("date").unwrap()).unwrap();
        date.timestamp().as_second() - jiff::Timestamp::now().as_second()
    };
    assert!(difference().await.abs() < 30);
    for ahead in [7200, -7200, 0] {
        site.sandbox.set_clock(ahead);
        assert!((difference().await - ahead).abs() < 30, "{ahead}");
    }
    site.finish();
}
