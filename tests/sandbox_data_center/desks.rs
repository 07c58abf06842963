//! Desks: their customers, and their access modes.

use quietdesk::sandbox::{AddAnswer, Rules};
use serde_json::{Value, json};

use super::support::site::{access, customers, send};
use super::{names, role, ruled, site};

#[tokio::test]
async fn customers_are_the_actors_of_a_role() {
    let site = site().await;
    let roles = site.get("/rest/api/2/project/SUP/role").await.json();
    let link = |name: &str| {
        roles[name]
            .as_str()
            .unwrap()
            .strip_prefix(&site.running.url())
            .unwrap()
            .to_owned()
    };
    assert_eq!(link("Service Desk Customers"), role("10001"));
    let customers = site.get(&role("SUP")).await.json();
    assert_eq!(
        (&customers["id"], &customers["name"]),
        (&json!(10_100), &json!("Service Desk Customers"))
    );
    assert_eq!(names(&customers["actors"]), ["ada@example.com", "lovelace", "partners"]);
    let types: Vec<_> = customers["actors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|a| &a["type"])
        .collect();
    assert_eq!(types[1..], ["atlassian-user-role-actor", "atlassian-group-role-actor"]);
    assert!(!customers.to_string().contains("king@example.com"), "no address");
    let team = site.get(&link("Service Desk Team")).await.json();
    assert_eq!(names(&team["actors"]), ["agent@example.com"]);
    let administrators = site.get(&link("Administrators")).await.json();
    assert_eq!(names(&administrators["actors"]), ["jira-administrators"]);
    assert_eq!(
        names(&site.get(&role("HR")).await.json()["actors"]).len(),
        2,
        "also deactivated ones"
    );
    assert_eq!(site.get(&role("NO")).await.status, 404);
    assert_eq!(site.get("/rest/api/2/project/SUP/role/7").await.status, 404);
    site.finish();

    let site = ruled(Rules {
        inactive_are_listed: false,
        ..Rules::default()
    })
    .await;
    assert_eq!(
        names(&site.get(&role("HR")).await.json()["actors"]),
        ["ada@example.com"]
    );
    site.finish();
}

#[tokio::test]
async fn an_actor_is_removed_also_while_the_desk_is_open() {
    let site = site().await;
    let remove = async |desk: &str, actor: &str| {
        let path = format!("{}?{actor}", role(desk));
        send(site.ask("DELETE", &path)).await.status
    };
    assert_eq!(remove("SUP", "user=LOVELACE").await, 204);
    assert!(!site.sandbox.snapshot().customers("SUP").contains("king@example.com"));
    assert_eq!(remove("SUP", "user=lovelace").await, 404, "no actor any more");
    assert_eq!(remove("SUP", "user=missing").await, 404);
    assert_eq!(remove("SUP", "group=partners").await, 204);
    let body = json!({"user": ["lovelace"], "group": ["partners"]});
    let got = site.call("POST", &role("SUP"), body).await;
    assert_eq!(
        names(&got.json()["actors"]),
        ["ada@example.com", "lovelace", "partners"]
    );
    let body = json!({"user": ["gone@example.com", "missing"]});
    assert_eq!(site.call("POST", &role("SUP"), body).await.status, 404);
    site.finish();

    let site = ruled(Rules {
        removing_non_member_is_not_found: false,
        ..Rules::default()
    })
    .await;
    let path = format!("{}?user=lovelace", role("HR"));
    assert_eq!(send(site.ask("DELETE", &path)).await.status, 204);
    site.finish();
}

#[tokio::test]
async fn no_other_role_is_changed() {
    let site = site().await;
    let team = "/rest/api/2/project/SUP/role/10101";
    assert_eq!(
        send(site.ask("DELETE", &format!("{team}?user=agent%40example.com")))
            .await
            .status,
        501
    );
    assert_eq!(site.call("POST", team, json!({"user": ["lovelace"]})).await.status, 501);
    assert_eq!(
        send(site.ask("DELETE", &format!("{}?user=a&group=b", role("SUP"))))
            .await
            .status,
        400
    );
    site.finish_with_violations(3);
}

#[tokio::test]
async fn adding_answers_in_one_of_several_shapes() {
    for add_answer in [
        AddAnswer::Users,
        AddAnswer::User,
        AddAnswer::Page,
        AddAnswer::Empty,
        AddAnswer::NoContent,
    ] {
        let site = ruled(Rules {
            add_answer,
            ..Rules::default()
        })
        .await;
        for effect in [true, false] {
            let got = site
                .call("POST", &customers(2), json!({"usernames": ["lovelace"]}))
                .await;
            let name = match add_answer {
                AddAnswer::Users => got.json()[0]["name"].clone(),
                AddAnswer::User => got.json()["name"].clone(),
                AddAnswer::Page => got.json()["values"][0]["name"].clone(),
                AddAnswer::Empty | AddAnswer::NoContent => {
                    assert_eq!(got.text, "");
                    json!("lovelace")
                }
            };
            assert_eq!(name, "lovelace");
            assert_eq!(got.status, if add_answer == AddAnswer::NoContent { 204 } else { 200 });
            assert_eq!(site.sandbox.journal().last().unwrap().effect, effect);
        }
        site.finish();
    }
}

#[tokio::test]
async fn the_valid_ones_are_added_beside_the_others() {
    let site = site().await;
    let add = async |names: Value| site.call("POST", &customers(2), json!({"usernames": names})).await;
    let got = add(json!(["missing", "lovelace"])).await;
    assert_eq!(got.status, 400);
    assert!(got.json()["errorMessage"].as_str().unwrap().contains("missing"));
    assert!(site.sandbox.snapshot().customers("HR").contains("king@example.com"));
    assert_eq!(add(json!(["gone@example.com"])).await.status, 400, "deactivated");
    assert_eq!(add(json!(["agent@example.com"])).await.status, 200);
    site.finish();
}

#[tokio::test]
async fn public_signup_is_for_sites_that_allow_it() {
    for (public_signup, status) in [(false, 400), (true, 200)] {
        let site = ruled(Rules {
            public_signup,
            ..Rules::default()
        })
        .await;
        let settings = site.get(&access("HR")).await.json();
        assert_eq!(settings["globalPublicSignup"], public_signup);
        let mut wanted = json!({
            "manageEnabled": true, "autocompleteEnabled": false,
            "serviceDeskOpenAccess": true, "serviceDeskPublicSignup": false,
        });
        let got = site.call("POST", &access("HR"), wanted.clone()).await;
        assert_eq!((got.status, &got.json()["serviceDeskOpenAccess"]), (200, &json!(true)));
        wanted["serviceDeskPublicSignup"] = json!(true);
        assert_eq!(site.call("POST", &access("HR"), wanted).await.status, status);
        site.finish();
    }
}

/// A write that changes nothing has no effect: this exposes a client that writes what is already so.
#[tokio::test]
async fn only_what_changes_something_is_an_effect() {
    let site = site().await;
    let effect = || site.sandbox.journal().last().is_some_and(|exchange| exchange.effect);
    let both = || json!({"user": ["lovelace", "ada@example.com"]});
    for (body, effective) in [
        (both(), true),
        (both(), false),
        (json!({"group": ["partners"]}), true),
        (json!({"group": ["partners"]}), false),
        (json!({"user": ["lovelace"], "group": ["partners"]}), false),
    ] {
        let got = site.call("POST", &role("HR"), body.clone()).await;
        assert_eq!((got.status, effect()), (200, effective), "{body}");
    }
    let remove = format!("{}?user=lovelace", role("HR"));
    assert_eq!(send(site.ask("DELETE", &remove)).await.status, 204);
    assert!(effect());
    assert_eq!(send(site.ask("DELETE", &remove)).await.status, 404);
    assert!(!effect());
    site.finish();
}

/// A setting is true or false, or the word; anything else is no setting.
#[tokio::test]
async fn a_setting_is_true_or_false() {
    let site = site().await;
    let set = async |open: Value| {
        let body = json!({
            "serviceDeskOpenAccess": open, "serviceDeskPublicSignup": false,
            "manageEnabled": false, "autocompleteEnabled": false,
        });
        let got = site.call("POST", &access("HR"), body).await;
        (
            got.status,
            got.status == 200 && got.json()["serviceDeskOpenAccess"] == json!(true),
        )
    };
    for (open, expected) in [
        (json!("true"), true),
        (json!("false"), false),
        (json!(true), true),
        (json!(false), false),
    ] {
        assert_eq!(set(open.clone()).await, (200, expected), "{open}");
    }
    for wrong in [json!("yes"), json!(1), json!(null)] {
        assert_eq!(set(wrong.clone()).await.0, 400, "{wrong}");
    }
    site.finish_with_violations(3);
}
