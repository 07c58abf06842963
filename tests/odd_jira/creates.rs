//! Refused creates whose account exists.

use std::collections::BTreeSet;

use quietdesk::engine::journal::NO_JOURNAL;
use quietdesk::jira::JiraWrite;
use quietdesk::model::outcome::Outcome;
use quietdesk::sandbox::{Config, Rules, SeedPerson};

use super::support::desks::one_desk;
use super::support::world::{World, pass_after, roster};
use super::{BOTH, on};

#[tokio::test]
async fn a_create_refused_in_another_language_links_who_is_there() {
    for create_answers_conflict in [false, true] {
        let config = Config {
            rules: Rules {
                create_answers_in_german: true,
                create_answers_conflict,
                platform_refuses_taken_emails: true,
                ..Rules::default()
            },
            ..on(BOTH[1])
        };
        let world = World::with(one_desk(Vec::new()), config).await;
        let wanted = roster(
            "version: 1\ndefaults: {desks: [SUP]}\ndesks: {SUP: {}}\ncustomers: [ada@example.com, bob@example.com]",
        );
        let jira = JiraWrite::new(world.read().await);
        let (seen, outcomes) = pass_after(&jira, &wanted, &NO_JOURNAL, || {
            // Another client creates the account in the meantime.
            world
                .sandbox
                .create_account(&SeedPerson::customer("Ada@example.com", &[]));
        })
        .await;
        let counts = outcomes.count_by_outcome(seen.approved.plan());
        assert_eq!(counts, [(Outcome::Done, 3), (Outcome::Linked, 1)].into());
        assert_eq!(world.sandbox.ids_by_email("ada@example.com").len(), 1);
        world.is_in_step(&wanted).await;
        world.drain();
    }
}

/// Refused for another reason: no account with the address exists, and the step fails with Jira's message.
#[tokio::test]
async fn a_create_refused_for_good_is_looked_up_and_fails() {
    for deployment in BOTH {
        let world = World::with(one_desk(Vec::new()), on(deployment)).await;
        let wanted = roster("version: 1\ndesks: {SUP: {}}\ncustomers: [{email: ada@example.com, desks: [SUP]}]");
        world.sandbox.set_faults(&"create:html=400".parse().unwrap());
        let applied = world.apply(&wanted).await;
        assert_eq!(applied.outcomes(), BTreeSet::from(["failed", "skipped"]));
        assert!(
            applied.unsuccessful()[0].contains("Jira returned 400"),
            "{:?}",
            applied.unsuccessful()
        );
        let searches = world.sandbox.journal();
        let looked_up = searches
            .iter()
            .skip_while(|exchange| exchange.method != "POST")
            .any(|exchange| exchange.path.ends_with("/user/search"));
        assert!(looked_up, "it was looked up after the refusal");
        world.sandbox.set_faults(&"".parse().unwrap());
        world.apply_completely(&wanted).await;
    }
}

/// Otherwise Data Center's errors come in the language of quietdesk's account.
#[tokio::test(start_paused = true)]
async fn answers_are_asked_for_in_english() {
    let router = axum::Router::new().fallback(|headers: axum::http::HeaderMap| async move {
        let english = headers["accept-language"] == "en-US" && headers["x-force-accept-language"] == "true";
        let version = if english { "1" } else { "no" };
        axum::Json(serde_json::json!({"deploymentType": "Cloud", "version": version, "accountId": "me"}))
    });
    let jira = super::connect_to(router, super::settings_for(&Config::default()))
        .await
        .unwrap();
    assert_eq!(jira.site().version, "1");
}
