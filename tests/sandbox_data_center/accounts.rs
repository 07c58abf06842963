//! Accounts: creating, finding, changing them, and the seats they take.

use quietdesk::sandbox::{Config, Rules, Seed, SeedPerson, Version};
use serde_json::{Value, json};

use super::support::contracts;
use super::support::site::{Site, access, send};
use super::{CREATE, USER, config, create, names, new_user, role, ruled, seed, site, user};

#[tokio::test]
async fn the_service_management_makes_customers_silently() {
    let site = site().await;
    let before = site.sandbox.seats_in_use();
    let made = create(&site, "New.One@example.com").await;
    assert_eq!(made.status, 201);
    let made = made.json();
    assert_eq!(
        (&made["name"], &made["emailAddress"], &made["displayName"]),
        (
            &json!("new.one@example.com"),
            &json!("New.One@example.com"),
            &json!("Some One")
        )
    );
    assert_eq!(
        site.sandbox.ids_by_email("new.one@example.com"),
        [made["key"].as_str().unwrap()]
    );
    let read = user(&site, "new.one@example.com").await;
    assert_eq!(
        (&read["groups"]["size"], &read["applicationRoles"]["size"]),
        (&json!(0), &json!(0))
    );
    assert_eq!(site.sandbox.seats_in_use(), before);
    for taken in ["NEW.one@example.com", "king@example.com", "gone@example.com"] {
        let got = create(&site, taken).await;
        assert_eq!(got.status, 400, "{taken}");
        assert!(got.json()["errorMessage"].as_str().unwrap().contains("already exists"));
    }
    assert_eq!(create(&site, "missing").await.status, 400);
    site.finish();
}

#[tokio::test]
async fn uncertain_creating_can_be_had_otherwise() {
    let site = ruled(Rules {
        lowercase_usernames: false,
        create_answers_conflict: true,
        create_checks_emails_only_as_usernames: true,
        ..Rules::default()
    })
    .await;
    assert_eq!(create(&site, "New@example.com").await.json()["name"], "New@example.com");
    assert_eq!(create(&site, "Ada@example.com").await.status, 409);
    assert_eq!(create(&site, "king@example.com").await.status, 201, "lovelace has it");
    assert_eq!(site.sandbox.ids_by_email("king@example.com").len(), 2);
    site.finish();

    let site = ruled(Rules {
        usernames_ignore_case: false,
        ..Rules::default()
    })
    .await;
    assert_eq!(site.get("/rest/api/2/user?username=Lovelace").await.status, 404);
    assert_eq!(site.get("/rest/api/2/user?username=lovelace").await.status, 200);
    site.finish();
}

#[tokio::test]
async fn the_platform_makes_an_account_with_a_password_and_no_seat() {
    let site = site().await;
    let before = site.sandbox.seats_in_use();
    let made = site.call("POST", USER, new_user("new@example.com")).await;
    assert_eq!((made.status, &made.json()["name"]), (201, &json!("new@example.com")));
    assert_eq!(
        site.sandbox.password_of("new@example.com").as_deref(),
        Some("correct horse")
    );
    assert_eq!(site.sandbox.password_of("lovelace"), None);
    let journal = json!(site.sandbox.journal()).to_string();
    assert!(!journal.contains("correct horse"), "passwords are not written down");
    let read = user(&site, "NEW@example.com").await;
    let none = json!({"size": 0, "items": []});
    assert_eq!((&read["groups"], &read["applicationRoles"]), (&none, &none));
    let taken = site.call("POST", USER, new_user("LOVELACE")).await;
    let text = "A user with that username already exists.";
    assert_eq!((taken.status, &taken.json()["errors"]["username"]), (400, &json!(text)));
    let twice = site.call("POST", USER, new_user("another")).await;
    assert_eq!(twice.status, 201, "two accounts may have one address");
    assert_eq!(site.sandbox.ids_by_email("new@example.com").len(), 2);
    for field in ["name", "emailAddress", "displayName", "password"] {
        let mut body = new_user("x");
        body.as_object_mut().unwrap().remove(field);
        let got = site.call("POST", USER, body).await;
        assert_eq!(got.status, 400, "{field}");
        assert_eq!(got.json()["errors"].as_object().unwrap().len(), 1, "{field}");
    }
    assert_eq!(site.call("POST", USER, new_user("a<b")).await.status, 400);
    assert_eq!(site.sandbox.seats_in_use(), before);
    site.finish();

    let site = ruled(Rules {
        platform_refuses_taken_emails: true,
        ..Rules::default()
    })
    .await;
    assert_eq!(site.call("POST", USER, new_user("one")).await.status, 201);
    assert_eq!(site.call("POST", USER, new_user("two")).await.status, 400);
    let rename = json!({"emailAddress": "new@example.com"});
    assert_eq!(
        site.call("PUT", &format!("{USER}?username=lovelace"), rename)
            .await
            .status,
        400
    );
    site.finish();
}

#[tokio::test]
async fn a_seat_that_is_taken_is_blamed_and_counted() {
    let site = site().await;
    let before = site.sandbox.seats_in_use();
    let mut body = new_user("one");
    body.as_object_mut().unwrap().remove("applicationKeys");
    assert_eq!(site.call("POST", USER, body).await.status, 201);
    let mut body = new_user("two");
    body["applicationKeys"] = json!(["jira-servicedesk"]);
    body["notification"] = json!("false");
    assert_eq!(site.call("POST", USER, body).await.status, 201);
    let grant = format!("{USER}/application?username=lovelace&applicationKey=jira-software");
    assert_eq!(send(site.ask("POST", &grant)).await.status, 200);
    assert_eq!((site.sandbox.seats(), site.sandbox.seats_in_use()), (3, before + 3));
    assert_eq!(site.sandbox.violations().len(), 4, "three seats, one mail");
    assert_eq!(site.sandbox.outbox()[0].to, "new@example.com");
    let read = user(&site, "two").await;
    assert_eq!(read["applicationRoles"]["items"][0]["key"], "jira-servicedesk");
    assert_eq!(read["groups"]["items"][0]["name"], "jira-servicedesk-users");
    contracts::check_answers(site.sandbox.deployment(), &site.sandbox.journal());
}

#[tokio::test]
async fn an_empty_list_of_applications_may_take_a_seat_which_can_be_taken_back() {
    let site = ruled(Rules {
        empty_application_keys_take_a_seat: true,
        ..Rules::default()
    })
    .await;
    let before = site.sandbox.seats_in_use();
    assert_eq!(site.call("POST", USER, new_user("one")).await.status, 201);
    let read = user(&site, "one").await;
    assert_eq!(read["applicationRoles"]["items"][0]["key"], "jira-software");
    assert_eq!((site.sandbox.seats(), site.sandbox.seats_in_use()), (1, before + 1));
    let revoke = format!("{USER}/application?username=one&applicationKey=jira-software");
    for effect in [true, false] {
        assert_eq!(send(site.ask("DELETE", &revoke)).await.status, 204);
        assert_eq!(site.sandbox.journal().last().unwrap().effect, effect);
    }
    assert_eq!((site.sandbox.seats(), site.sandbox.seats_in_use()), (1, before));
    assert_eq!(user(&site, "one").await["groups"]["size"], 0);
    for wrong in [
        "username=missing&applicationKey=jira-software",
        "username=one&applicationKey=jira-core",
    ] {
        let path = format!("{USER}/application?{wrong}");
        assert_eq!(send(site.ask("DELETE", &path)).await.status, 400, "{wrong}");
    }
    contracts::check(site.sandbox.deployment(), &site.sandbox.journal());
    assert_eq!(site.sandbox.violations(), Vec::<String>::new(), "no client could know");
}

#[tokio::test]
async fn one_account_is_found_by_username_or_key() {
    let site = site().await;
    let lovelace = site.get(&format!("{USER}?username=LoveLace")).await.json();
    assert_eq!(lovelace["emailAddress"], "king@example.com");
    let key = lovelace["key"].as_str().unwrap();
    let same = site.get(&format!("{USER}?key={key}&includeDeleted=false")).await.json();
    assert_eq!(same, lovelace);
    assert_eq!(
        site.get(&format!("{USER}?username=king%40example.com")).await.status,
        404
    );
    let agent = user(&site, "agent@example.com").await;
    assert_eq!(agent["groups"]["items"][0]["name"], "jira-servicedesk-users");
    assert_eq!(agent["applicationRoles"]["items"][0]["key"], "jira-servicedesk");
    let agent = site.get(&format!("{USER}?username=agent%40example.com")).await.json();
    assert_eq!(
        agent["applicationRoles"],
        json!({"size": 1, "items": []}),
        "not expanded"
    );
    assert_eq!(user(&site, "gone@example.com").await["active"], false);
    site.finish();
}

#[tokio::test]
async fn a_search_matches_beginnings_and_only_active_accounts_unless_asked() {
    let site = site().await;
    let search = async |query: &str| {
        let path = format!("/rest/api/2/user/search?username={query}");
        let rows = site.get(&path).await.json();
        names(&rows).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(search("KING%40").await, ["lovelace"], "by address");
    assert_eq!(search("love").await, ["lovelace"], "by username");
    assert_eq!(search("king").await, ["lovelace"], "by a later word of the name");
    assert_eq!(search("ada").await, ["ada@example.com", "lovelace"]);
    assert_eq!(search("gone").await, <[&str; 0]>::default());
    assert_eq!(search("gone&includeInactive=true").await, ["gone@example.com"]);
    assert_eq!(search("gone&includeInactive=true&includeActive=false").await.len(), 1);
    assert_eq!(search(".").await.len(), 4);
    assert_eq!(search(".&includeInactive=true&startAt=1&maxResults=2").await.len(), 2);
    site.finish();

    let config = Config {
        user_picker: false,
        ..config(Version::V10_3)
    };
    let site = Site::with(config, seed()).await;
    assert_eq!(site.get("/rest/api/2/user/search?username=ada").await.json(), json!([]));
    assert_eq!(site.get("/rest/api/2/user/list").await.status, 403);
    site.finish();

    let site = ruled(Rules {
        dot_finds_everybody: false,
        ..Rules::default()
    })
    .await;
    assert_eq!(site.get("/rest/api/2/user/search?username=.").await.json(), json!([]));
    site.finish();
}

fn crowd() -> Seed {
    let people = (0..2200).map(|n| SeedPerson::customer(format!("p{n}@example.com"), &["SUP"]));
    Seed {
        seed: 1,
        desks: vec![],
        people: people.collect(),
    }
}

#[tokio::test]
async fn everybody_is_found_in_the_way_of_the_version() {
    for (version, pages, list) in [
        (Version::V9_12, [1000, 1000, 201, 0], 404),
        (Version::V10_0, [100, 0, 0, 0], 404),
        (Version::V10_3, [100, 0, 0, 0], 200),
    ] {
        let site = Site::with(config(version), crowd()).await;
        for (at, rows) in pages.into_iter().enumerate() {
            let start = at * 1000;
            let path =
                format!("/rest/api/2/user/search?username=.&includeInactive=true&startAt={start}&maxResults=5000");
            assert_eq!(
                site.get(&path).await.json().as_array().unwrap().len(),
                rows,
                "{version}"
            );
        }
        assert_eq!(site.get("/rest/api/2/user/list").await.status, list, "{version}");
        site.finish();
    }
}

#[tokio::test]
async fn the_list_of_all_accounts_goes_on_from_its_cursor() {
    let site = Site::with(config(Version::V10_3), crowd()).await;
    let first = site.get("/rest/api/2/user/list?maxResults=5000").await.json();
    assert_eq!((&first["maxResults"], &first["isLast"]), (&json!(2000), &json!(false)));
    assert_eq!(names(&first["values"]).len(), 2000);
    let cursor = first["nextCursor"].as_str().unwrap();
    let path = format!("/rest/api/2/user/list?cursor={cursor}&maxResults=5000");
    let last = site.get(&path).await.json();
    assert_eq!((&last["isLast"], &last["nextCursor"]), (&json!(true), &Value::Null));
    assert_eq!(names(&last["values"]).len(), 201);
    site.finish();

    for (user_list_has_inactive, rows) in [(true, 5), (false, 4)] {
        let rules = Rules {
            user_list_has_inactive,
            ..Rules::default()
        };
        let site = ruled(rules).await;
        let page = site.get("/rest/api/2/user/list").await.json();
        assert_eq!(names(&page["values"]).len(), rows);
        site.finish();
    }
}

#[tokio::test]
async fn an_account_is_changed_by_what_the_body_has() {
    let site = site().await;
    let put = async |name: &str, body: Value| {
        let path = format!("{USER}?username={name}");
        site.call("PUT", &path, body).await
    };
    let got = put("lovelace", json!({"displayName": "Countess"})).await;
    assert_eq!(
        (got.status, &got.json()["emailAddress"]),
        (200, &json!("king@example.com"))
    );
    let got = put("lovelace", json!({"emailAddress": "c@example.com", "name": "countess"})).await;
    assert_eq!((got.status, &got.json()["name"]), (200, &json!("countess")));
    assert_eq!(put("lovelace", json!({"active": false})).await.status, 404, "renamed");
    assert_eq!(put("countess", json!({"active": false})).await.json()["active"], false);
    let found = site
        .get("/rest/api/2/user/search?username=c%40example&includeInactive=true")
        .await;
    assert_eq!(names(&found.json()), ["countess"]);
    let taken = put("countess", json!({"name": "ADA@example.com"})).await;
    assert_eq!(
        (taken.status, taken.json()["errors"]["username"].is_string()),
        (400, true)
    );
    assert_eq!(
        put("countess", json!({"name": "Countess"})).await.status,
        200,
        "one's own"
    );
    for wrong in [
        json!({"displayName": " "}),
        json!({"emailAddress": "x"}),
        json!({"name": ""}),
    ] {
        assert_eq!(put("countess", wrong.clone()).await.status, 400, "{wrong}");
    }
    let set = async |body: Value| {
        site.call("PUT", &format!("{USER}/password?username=countess"), body)
            .await
    };
    assert_eq!(set(json!({"password": "s3cret"})).await.status, 204);
    assert_eq!(site.sandbox.password_of("countess").as_deref(), Some("s3cret"));
    assert_eq!(set(json!({"password": ""})).await.status, 400);
    let missing = format!("{USER}/password?username=missing");
    assert_eq!(site.call("PUT", &missing, json!({"password": "x"})).await.status, 404);
    site.finish();

    let site = ruled(Rules {
        rename_by_put: false,
        put_active: false,
        ..Rules::default()
    })
    .await;
    let before = site.sandbox.snapshot();
    let body = json!({"name": "countess", "active": false});
    assert_eq!(
        site.call("PUT", &format!("{USER}?username=lovelace"), body)
            .await
            .status,
        200
    );
    assert_eq!(site.sandbox.snapshot(), before);
    site.finish();
}

#[tokio::test]
async fn a_snapshot_shows_what_changed() {
    let site = site().await;
    let path = format!("{USER}/password?username=lovelace");
    let mut seen = vec![site.sandbox.snapshot()];
    for password in ["one", "two"] {
        site.call("PUT", &path, json!({"password": password})).await;
        seen.push(site.sandbox.snapshot());
    }
    assert!(seen[0] != seen[1] && seen[1] != seen[2]);
    let id = site.id("king@example.com");
    let account = seen[2].accounts[&id].user.clone().unwrap();
    assert_eq!(account.username, "lovelace");
    assert!(!json!(seen[2]).to_string().contains("\"two\""));
    assert_eq!(seen[0].desks["SUP"].customer_groups.len(), 1);
    site.finish();
}

#[tokio::test]
async fn only_administrators_write_and_only_to_a_directory_that_can_be_written_to() {
    let writes = [
        ("POST", CREATE.to_owned(), json!({"email": "new@example.com"})),
        ("POST", USER.to_owned(), new_user("new")),
        ("PUT", format!("{USER}?username=lovelace"), json!({"displayName": "X"})),
        (
            "PUT",
            format!("{USER}/password?username=lovelace"),
            json!({"password": "x"}),
        ),
    ];
    for (administrator, read_only_status, wanted) in [(false, 400, 403), (true, 400, 400), (true, 403, 403)] {
        let config = Config {
            administrator,
            read_only_directory: administrator,
            rules: Rules {
                read_only_status,
                ..Rules::default()
            },
            ..config(Version::V10_3)
        };
        let site = Site::with(config, seed()).await;
        let before = site.sandbox.snapshot();
        for (method, path, body) in &writes {
            assert_eq!(
                site.call(method, path, body.clone()).await.status,
                wanted,
                "{method} {path}"
            );
        }
        let remove = format!("{}?user=lovelace", role("SUP"));
        if !administrator {
            assert_eq!(send(site.ask("DELETE", &remove)).await.status, 404);
            assert_eq!(site.get(&access("SUP")).await.status, 403);
        }
        assert_eq!(site.sandbox.snapshot(), before);
        site.finish();
    }
}

#[tokio::test]
async fn addresses_can_be_masked() {
    for (search_finds_hidden_emails, found) in [(true, 1), (false, 0)] {
        let site = ruled(Rules {
            mask_emails: true,
            search_finds_hidden_emails,
            ..Rules::default()
        })
        .await;
        let lovelace = user(&site, "lovelace").await;
        assert_eq!(lovelace["emailAddress"], json!("king at example dot com"));
        let rows = site
            .get("/rest/api/2/user/search?username=king@example.com")
            .await
            .json();
        assert_eq!(rows.as_array().unwrap().len(), found);
        site.finish();
    }
}
