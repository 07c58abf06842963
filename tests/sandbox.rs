//! The simulated Jira over real HTTP: every rule of its ledger, tried by a plain client. What it recorded is checked
//! against Atlassian's documents at the end of each test.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use quietdesk::sandbox::{Config, Deployment, DeskAccess, Exchange, Rules, Seed, SeedDesk, SeedPerson};
use serde_json::{Value, json};
use support::site::{CREATE, Site, access, customers, seed, send};

fn emails(rows: &Value) -> Vec<Option<&str>> {
    let rows = rows.as_array().unwrap().iter();
    rows.map(|row| row["emailAddress"].as_str()).collect()
}

fn numbered(n: usize, desks: &[&str]) -> SeedPerson {
    SeedPerson::customer(format!("p{n}@example.com"), desks)
}

#[tokio::test]
async fn it_says_which_jira_it_is_and_who_asks() {
    let site = Site::new().await;
    let info = site.get("/rest/api/3/serverInfo").await.json();
    assert_eq!(info["deploymentType"], "Cloud");
    assert_eq!(info["baseUrl"], site.running.url());
    let info = site.get("/rest/servicedeskapi/info").await.json();
    assert_eq!(info["isLicensedForUse"], true);
    let me = site.get("/rest/api/3/myself").await.json();
    assert_eq!(
        (&me["emailAddress"], &me["active"]),
        (&json!("quietdesk@example.com"), &json!(true))
    );
    let may = site
        .get("/rest/api/3/mypermissions?permissions=ADMINISTER,USER_PICKER")
        .await
        .json();
    assert_eq!(may["permissions"]["ADMINISTER"]["havePermission"], true);
    assert_eq!(may["permissions"].as_object().unwrap().len(), 2);
    let open = send(site.bare("GET", "/rest/servicedeskapi/info")).await;
    assert_eq!(open.status, 200, "no login needed");
    site.finish();
}

#[tokio::test]
async fn a_wrong_token_is_refused_everywhere() {
    let site = Site::new().await;
    for path in ["/rest/api/3/myself", "/rest/servicedeskapi/servicedesk", &access("SUP")] {
        let wrong = site.bare("GET", path).basic_auth("quietdesk@example.com", Some("old"));
        for request in [wrong, site.bare("GET", path)] {
            let got = send(request).await;
            assert_eq!(got.status, 401, "{path}");
            assert_eq!(got.header("x-seraph-loginreason"), Some("AUTHENTICATED_FAILED"));
        }
    }
    let wrong = site.bare("GET", "/rest/servicedeskapi/info").basic_auth("x", Some("y"));
    assert_eq!(
        send(wrong).await.status,
        401,
        "no login is needed, but a wrong one is wrong"
    );
    site.finish();
}

#[tokio::test]
async fn headers_are_judged() {
    let site = Site::new().await;
    let add = customers(2);
    let body = json!({"accountIds": [site.id("grace@example.com")]});
    let browser = site.ask("POST", &add).header("User-Agent", "Mozilla/5.0 (X11)");
    assert_eq!(send(browser.json(&body)).await.text, "XSRF check failed");
    let origin = site.ask("POST", &add).header("Origin", "https://elsewhere.example");
    assert_eq!(send(origin.json(&body)).await.status, 403);
    let not_json = site.ask("POST", &add).body(body.to_string());
    assert_eq!(send(not_json).await.status, 415);
    let signed = |method, path: &str| {
        site.bare(method, path)
            .basic_auth("quietdesk@example.com", Some("sandbox"))
    };
    assert_eq!(send(signed("GET", &add)).await.status, 412, "listing is experimental");
    assert_eq!(send(signed("DELETE", &add).json(&body)).await.status, 412);
    let settings = json!({"manageEnabled": true});
    let unchecked = signed("POST", &access("SUP")).header("X-ExperimentalApi", "opt-in");
    assert_eq!(send(unchecked.json(&settings)).await.status, 403);
    assert!(site.sandbox.journal().iter().all(|exchange| !exchange.effect));
    assert_eq!(
        send(signed("POST", &add).json(&body)).await.status,
        204,
        "adding is not experimental"
    );
    site.finish_with_violations(6);
}

#[tokio::test]
async fn desks_are_listed_page_by_page() {
    let desks = (0..5)
        .map(|n| SeedDesk::new(format!("D{n}"), DeskAccess::Open))
        .collect();
    let config = Config {
        page_limit: 2,
        ..Config::default()
    };
    let site = Site::with(config, Seed::random(desks, 0, 1)).await;
    let mut next = Some("/rest/servicedeskapi/servicedesk?limit=100".to_owned());
    let mut keys = Vec::new();
    while let Some(path) = next {
        let page = site.get(&path).await.json();
        assert_eq!(page["limit"], 2, "lowered and said so");
        assert_eq!(page["isLastPage"].as_bool().unwrap(), page["_links"]["next"].is_null());
        let rows = page["values"].as_array().unwrap();
        assert_eq!(page["size"], rows.len());
        keys.extend(rows.iter().map(|desk| desk["projectKey"].as_str().unwrap().to_owned()));
        let link = page["_links"]["next"].as_str();
        next = link.map(|link| link.strip_prefix(&site.running.url()).unwrap().to_owned());
    }
    assert_eq!(keys, ["D0", "D1", "D2", "D3", "D4"]);
    let one = site.get("/rest/servicedeskapi/servicedesk/3").await.json();
    assert_eq!((&one["id"], &one["projectKey"]), (&json!("3"), &json!("D2")));
    for unknown in ["9", "D9", "10009"] {
        let got = site.get(&format!("/rest/servicedeskapi/servicedesk/{unknown}")).await;
        assert_eq!(got.status, 404, "{unknown}");
    }
    site.finish();
}

#[tokio::test]
async fn customers_are_listed_and_found() {
    let site = Site::new().await;
    let page = site.get(&customers(2)).await.json();
    assert_eq!(
        emails(&page["values"]),
        [Some("Ada@example.com"), Some("gone@example.com")]
    );
    assert_eq!(page["values"][1]["active"], false);
    let found = site
        .get(&format!("{}?query=ada%40EXAMPLE.com&limit=50", customers(2)))
        .await
        .json();
    assert_eq!(emails(&found["values"]), [Some("Ada@example.com")]);
    let found = site.get(&format!("{}?query=grace", customers(2))).await.json();
    assert_eq!((&found["size"], &found["isLastPage"]), (&json!(0), &json!(true)));
    let past = site.get(&format!("{}?start=9", customers(2))).await.json();
    assert_eq!((&past["size"], &past["isLastPage"]), (&json!(0), &json!(true)));
    assert_eq!(site.get(&customers(7)).await.status, 404);
    site.finish();
}

#[tokio::test]
async fn uncertain_listings_can_be_had_otherwise() {
    let rules = Rules {
        full_last_page_says_so: false,
        inactive_are_listed: false,
        ..Rules::default()
    };
    let config = Config {
        rules,
        ..Config::default()
    };
    let site = Site::with(config, seed()).await;
    let page = site.get(&format!("{}?limit=1", customers(2))).await.json();
    assert_eq!(emails(&page["values"]), [Some("Ada@example.com")]);
    assert_eq!(page["isLastPage"], false);
    let page = site.get(&format!("{}?limit=1&start=1", customers(2))).await.json();
    assert_eq!((&page["size"], &page["isLastPage"]), (&json!(0), &json!(true)));
    site.finish();
}

#[tokio::test]
async fn creating_is_silent_and_an_address_is_made_once() {
    let site = Site::new().await;
    let made = site.create("new@example.com").await;
    assert_eq!(made.status, 201);
    let id = made.json()["accountId"].as_str().unwrap().to_owned();
    assert!(id.starts_with("qm:"));
    let user = format!("/rest/api/3/user?accountId={id}");
    assert_eq!(site.get(&user).await.json()["accountType"], "customer");
    for taken in ["NEW@example.com", "shy@example.com", "gone@example.com"] {
        let got = site.create(taken).await;
        assert_eq!(got.status, 409, "{taken}");
        assert!(got.json()["accountId"].is_null());
    }
    let body = json!({"email": "new@example.com"});
    let lax = site.call("POST", "/rest/servicedeskapi/customer", body).await;
    assert_eq!(lax.status, 400);
    assert!(lax.json()["errorMessage"].as_str().unwrap().contains("already exists"));
    let got = site.create("not an address").await;
    assert_eq!(got.status, 400);
    assert_eq!((site.sandbox.writes(), site.sandbox.requests()), (6, 7));
    let effects: Vec<_> = site.sandbox.journal().iter().map(|e| e.effect).collect();
    assert_eq!(effects, [true, false, false, false, false, false, false]);
    site.finish();
}

#[tokio::test]
async fn bodies_are_judged() {
    let site = Site::new().await;
    let id = site.id("grace@example.com");
    let many: Vec<_> = (0..51).map(|n| format!("id-{n}")).collect();
    for body in [
        json!({"accountIds": many}),
        json!({"accountIds": []}),
        json!({"accountIds": [id, id]}),
        json!({"accountIds": [7]}),
        json!({"accountIds": [id], "usernames": ["grace"]}),
        json!([id]),
    ] {
        for method in ["POST", "DELETE"] {
            assert_eq!(
                site.call(method, &customers(2), body.clone()).await.status,
                400,
                "{body}"
            );
        }
    }
    for body in [
        json!({"displayName": "Missing"}),
        json!({"email": "x@example.com", "notify": true}),
        json!({"email": "x@example.com", "displayName": "a\u{7}b"}),
        json!({"email": 7}),
    ] {
        assert_eq!(site.call("POST", CREATE, body.clone()).await.status, 400, "{body}");
    }
    let before = Site::new().await.sandbox.snapshot();
    assert_eq!(site.sandbox.snapshot(), before);
    site.finish_with_violations(16);
}

#[tokio::test]
async fn adding_is_idempotent_and_adds_the_valid_ones() {
    let site = Site::new().await;
    let grace = site.id("grace@example.com");
    let add = |ids: Vec<String>| {
        site.call(
            "POST",
            "/rest/servicedeskapi/servicedesk/2/customer",
            json!({"accountIds": ids}),
        )
    };
    for effect in [true, false] {
        let got = add(vec![grace.clone()]).await;
        assert_eq!((got.status, got.text.as_str()), (204, ""));
        assert_eq!(site.sandbox.journal().last().unwrap().effect, effect);
    }
    let shy = site.id("shy@example.com");
    let got = add(vec!["missing".to_owned(), shy]).await;
    assert_eq!(got.status, 400);
    assert!(site.sandbox.snapshot().customers("HR").contains("shy@example.com"));
    for refused in ["gone@example.com", "app@example.com"] {
        assert_eq!(add(vec![site.id(refused)]).await.status, 400, "{refused}");
    }
    assert_eq!(add(vec![site.id("agent@example.com")]).await.status, 204);
    assert!(site.sandbox.snapshot().customers("HR").contains("agent@example.com"));
    site.finish();
}

#[tokio::test]
async fn no_one_is_removed_while_the_desk_is_open() {
    let site = Site::new().await;
    let body = json!({"accountIds": [site.id("ada@example.com")]});
    let got = site.call("DELETE", &customers(1), body.clone()).await;
    assert_eq!(got.status, 400);
    let key = got.json()["i18nErrorMessage"]["i18nKey"].as_str().unwrap().to_owned();
    assert!(key.starts_with("sd.jsm.error.servicedesk.customer.remove.servicedesk.open.access."));
    assert_eq!(site.call("DELETE", &customers(2), body.clone()).await.status, 204);
    assert_eq!(
        site.call("DELETE", &customers(2), body).await.status,
        204,
        "not on it: passed over"
    );
    let unknown = json!({"accountIds": ["missing"]});
    assert_eq!(site.call("DELETE", &customers(2), unknown).await.status, 400);
    assert!(!site.sandbox.snapshot().customers("HR").contains("ada@example.com"));
    assert!(site.sandbox.snapshot().customers("SUP").contains("ada@example.com"));
    site.finish();
}

#[tokio::test]
async fn the_check_against_the_contracts_notices_what_is_wrong() {
    let site = Site::new().await;
    site.create("new@example.com").await;
    let good = site.sandbox.journal().remove(0);
    let spoilt = |spoil: fn(&mut Exchange)| {
        let mut exchange = good.clone();
        spoil(&mut exchange);
        exchange
    };
    let spoilt = [
        spoilt(|e| e.status = Some(200)),
        spoilt(|e| e.response_body = Some(json!({"accountId": 7}))),
        spoilt(|e| e.response_body = Some(json!({"avatar": "x"}))),
        spoilt(|e| e.response_body = None),
        spoilt(|e| e.request_body = Some(json!({"email": "x", "notify": true}))),
        spoilt(|e| e.request_body = None),
        spoilt(|e| e.query.push(("notify".to_owned(), "1".to_owned()))),
        spoilt(|e| e.query[0].1 = "perhaps".to_owned()),
        spoilt(|e| e.path.push_str("/invite")),
        spoilt(|e| e.method = "PUT".to_owned()),
        spoilt(|e| e.template = None),
    ];
    let problems = support::contracts::problems(Deployment::Cloud, &spoilt, true);
    assert_eq!(problems.len(), spoilt.len(), "{problems:#?}");
    site.finish();
}

/// A write that changes nothing has no effect: this exposes a client that writes what is already so.
#[tokio::test]
async fn only_what_changes_something_is_an_effect() {
    let site = Site::new().await;
    let effect = || site.sandbox.journal().last().is_some_and(|exchange| exchange.effect);
    let ada = || json!({"accountIds": [site.id("ada@example.com")]});
    for (method, effective) in [("DELETE", true), ("DELETE", false), ("POST", true), ("POST", false)] {
        assert_eq!(site.call(method, &customers(2), ada()).await.status, 204);
        assert_eq!(effect(), effective, "{method}");
    }
    assert_eq!(site.create("new@example.com").await.status, 201);
    assert!(effect());
    assert_ne!(site.create("new@example.com").await.status, 201);
    assert!(!effect());
    site.finish();
}

#[tokio::test]
async fn a_call_names_as_many_accounts_as_it_may_and_no_more() {
    let mut seed = seed();
    seed.people.extend((0..51).map(|n| numbered(n, &[])));
    let site = Site::with(Config::default(), seed).await;
    let ids: Vec<_> = (0..51).map(|n| site.id(&format!("p{n}@example.com"))).collect();
    for (most, status) in [(51, 400), (50, 204), (1, 204), (0, 400)] {
        let body = json!({"accountIds": ids[..most]});
        assert_eq!(site.call("POST", &customers(2), body).await.status, status, "{most}");
    }
    let twice = json!({"accountIds": [ids[0], ids[0]]});
    assert_eq!(site.call("POST", &customers(2), twice).await.status, 400);
    site.finish_with_violations(3);
}

/// What Jira accepts as an address: something, one `@`, a domain with a dot inside.
#[tokio::test]
async fn what_is_an_address() {
    let site = Site::new().await;
    let create = async |email: &str| {
        let body = json!({"email": email, "displayName": "Ada"});
        site.call("POST", CREATE, body).await.status
    };
    for wrong in [
        "",
        "ada",
        "@example.com",
        "ada@",
        "ada@example",
        "ada@example.",
        "ada@.example",
        "ada@@example.com",
        "ada@home@example.com",
        "a da@example.com",
        "ada@exam ple.com",
        "ada@example.com\n",
    ] {
        assert_eq!(create(wrong).await, 400, "{wrong:?}");
    }
    for right in ["a@b.example", "ada.lovelace@sub.example.com"] {
        assert_eq!(create(right).await, 201, "{right}");
    }
    site.finish();
}

/// Exactly the permissions asked for are returned, with their real values.
#[tokio::test]
async fn each_permission_is_reported_as_it_is() {
    for (administrator, user_picker) in [(true, false), (false, true)] {
        let config = Config {
            administrator,
            user_picker,
            ..Config::default()
        };
        let site = Site::with(config, seed()).await;
        let has = |answer: &Value, key: &str| answer["permissions"][key]["havePermission"].as_bool();
        let path = "/rest/api/3/mypermissions?permissions=";
        let all = format!("{path}ADMINISTER,USER_PICKER,SYSTEM_ADMIN");
        let all = site.get(&all).await.json();
        assert_eq!(has(&all, "ADMINISTER"), Some(administrator));
        assert_eq!(has(&all, "USER_PICKER"), Some(user_picker));
        assert_eq!(has(&all, "SYSTEM_ADMIN"), Some(false));
        let one = site.get(&format!("{path}USER_PICKER")).await.json();
        assert_eq!(
            (has(&one, "ADMINISTER"), has(&one, "USER_PICKER")),
            (None, Some(user_picker))
        );
        for wrong in [
            path.to_owned(),
            format!("{path}ADMINISTER,MADE_UP"),
            path.replace("?permissions=", ""),
        ] {
            assert_eq!(site.get(&wrong).await.status, 400, "{wrong}");
        }
        site.finish_with_violations(3);
    }
}

/// A page links to the previous and next pages, and to none beyond the ends.
#[tokio::test]
async fn a_page_links_to_those_beside_it() {
    let mut seed = seed();
    seed.people.extend((0..9).map(|n| numbered(n, &["HR"])));
    let site = Site::with(Config::default(), seed).await;
    let page = async |start: u64| {
        site.get(&format!("{}?start={start}&limit=4", customers(2)))
            .await
            .json()
    };
    let leads = |page: &Value, to: &str| {
        let link = page["_links"][to].as_str()?;
        let start = link.split_once("start=")?.1;
        start.split('&').next()?.parse::<u64>().ok()
    };
    let total = 11;
    for (start, next, prev, last) in [
        (0, Some(4), None, false),
        (4, Some(8), Some(0), false),
        (8, None, Some(4), true),
    ] {
        let page = page(start).await;
        assert_eq!(
            (leads(&page, "next"), leads(&page, "prev")),
            (next, prev),
            "from {start}"
        );
        assert_eq!(page["isLastPage"], last);
        assert_eq!(page["size"].as_u64(), Some(4.min(total - start)));
    }
    assert_eq!(leads(&page(2).await, "prev"), Some(0));
    site.finish();
}
