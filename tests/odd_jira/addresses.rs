//! Jira behind Cloud's gateway.

use quietdesk::jira::{BaseUrl, Credentials, JiraRead, Settings};
use quietdesk::model::observed;
use quietdesk::sandbox::{Config, Deployment};

use super::support::desks::{TWO_DESKS, one_desk, two_desks};
use super::support::program::ProgramSite;
use super::support::world::{World, roster};

const SITE: &str = "https://acme.atlassian.net";

fn behind_gateway() -> Config {
    Config {
        site: Some(SITE.to_owned()),
        ..Config::default()
    }
}

/// As a service account, whose token needs no user.
#[tokio::test]
async fn a_bearer_token_works_through_clouds_gateway_and_nowhere_else() {
    let mut world = World::with(two_desks(Vec::new()), behind_gateway()).await;
    let gateway = format!("{}/ex/jira/11111111-2222-3333-4444-555555555555", world.running.url());
    let alone = Credentials::parse(None, "sandbox").unwrap();
    let straight = Settings {
        credentials: alone.clone(),
        ..world.settings.clone()
    };
    let error = JiraRead::connect(straight).await.unwrap_err();
    assert!(error.is_refusal(), "{error}");
    world.settings = Settings {
        url: BaseUrl::parse(&gateway).unwrap(),
        credentials: alone,
        ..world.settings
    };
    let jira = world.read().await;
    assert_eq!((jira.site().url.as_str(), jira.base_url()), (gateway.as_str(), SITE));
    assert_eq!(jira.site().deployment, observed::Deployment::Cloud);
    world.apply_completely(&roster(TWO_DESKS)).await;
    world.drain();
}

#[tokio::test(flavor = "multi_thread")]
async fn links_to_the_portal_lead_to_the_site_and_not_to_the_gateway() {
    let mut day = ProgramSite::on(Deployment::Cloud, one_desk(Vec::new())).await;
    day.world = World::with(one_desk(Vec::new()), behind_gateway()).await;
    day.write(
        "roster.yaml",
        "version: 1\ndesks: {SUP: {}}\ncustomers: [{email: ada@example.com, desks: [SUP]}]\n",
    );
    let gateway = format!("{}/ex/jira/1-2-3", day.world.running.url());
    for (arguments, code) in [
        (&["apply", "roster.yaml", "--yes"][..], 0),
        (&["plan", "roster.yaml", "--detailed-exitcode"], 0),
        (&["handoff"], 0),
    ] {
        let mut command = day.command(arguments);
        command.env("QUIETDESK_URL", &gateway).env_remove("QUIETDESK_USER");
        let output = command.output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let log = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{text}{log}");
        if arguments[0] == "handoff" {
            assert!(text.contains(&format!("{SITE}/servicedesk/customer/portal")), "{text}");
            assert!(!text.contains("/ex/jira"), "{text}");
        }
    }
}
