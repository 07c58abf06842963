//! Definite answers are no outages, and a missing value means neither yes nor no.

use axum::response::IntoResponse as _;
use quietdesk::doctor::{DiagnosisInput, diagnose};
use quietdesk::jira::{ConnectError, Settings};
use quietdesk::model::observed;
use quietdesk::model::outcome::Outcome;
use quietdesk::sandbox::{Config, Deployment, Rules};
use serde_json::{Value, json};

use super::support::desks::{TWO_DESKS, one_desk, two_desks};
use super::support::program::ProgramSite;
use super::support::world::{World, roster};
use super::{BOTH, connect_to, in_process, on, settings_for};

#[tokio::test(flavor = "multi_thread")]
async fn a_site_without_a_list_of_desks_is_no_outage() {
    for deployment in BOTH {
        let day = ProgramSite::on(deployment, one_desk(Vec::new())).await;
        day.write("roster.yaml", TWO_DESKS);
        for (script, place) in [
            ("desks:404", "/rest/servicedeskapi/servicedesk returns 404"),
            ("desks:html=404", "/rest/servicedeskapi/servicedesk returns 404"),
            ("server-info:404", "there is no Jira at "),
        ] {
            if script.starts_with("server-info") && deployment == Deployment::Cloud {
                // The sandbox has only one of the two paths there.
                continue;
            }
            day.world.sandbox.set_faults(&script.parse().unwrap());
            for arguments in [
                &["plan", "roster.yaml"][..],
                &["apply", "roster.yaml", "--yes"],
                &["run", "roster.yaml", "--once"],
                &["export"],
                &["doctor"],
            ] {
                let ran = day.run(arguments);
                assert_eq!(ran.code, 3, "{script} {arguments:?}: {}{}", ran.stdout, ran.stderr);
                if arguments[0] != "doctor" {
                    let text = &ran.stderr;
                    assert!(text.contains(place) && text.contains("quietdesk doctor"), "{text}");
                    assert!(text.contains(&day.world.running.url()), "{text}");
                }
            }
        }
        assert_eq!(day.world.sandbox.writes(), 0);
    }
}

#[tokio::test]
async fn an_empty_403_on_cloud_is_a_missing_license() {
    let (sandbox, jira) = in_process(Config::default(), &one_desk(Vec::new())).await;
    sandbox.set_faults(&"desks:403-empty".parse().unwrap());
    let error = jira.desks().await.unwrap_err();
    assert!(
        error.is_refusal() && error.to_string().contains("no agent license"),
        "{error}"
    );
    let (sandbox, jira) = in_process(on(BOTH[1]), &one_desk(Vec::new())).await;
    sandbox.set_faults(&"desks:403-empty".parse().unwrap());
    let error = jira.desks().await.unwrap_err();
    assert!(error.is_refusal() && !error.to_string().contains("license"), "{error}");
}

#[tokio::test]
async fn a_permission_jira_does_not_speak_of_is_not_denied() {
    for deployment in BOTH {
        let config = Config {
            rules: Rules {
                states_permissions: false,
                ..Rules::default()
            },
            ..on(deployment)
        };
        let world = World::with(two_desks(Vec::new()), config).await;
        let wanted = roster(TWO_DESKS);
        let applied = world.apply_completely(&wanted).await;
        assert_eq!(applied.count(Outcome::Done), applied.steps().len());
        let warnings = &applied.seen.approved.plan().warnings;
        assert!(
            warnings.iter().any(|warning| warning.contains("does not report")),
            "{warnings:?}"
        );
        assert!(
            !warnings
                .iter()
                .any(|warning| warning.contains("not a Jira administrator")),
            "{warnings:?}"
        );
        let diagnosis = diagnose(DiagnosisInput {
            settings: world.settings.clone(),
            desks: Vec::new(),
            token_expires: None,
            today: jiff::civil::Date::constant(2026, 11, 23),
            clock: jiff::Timestamp::now,
        })
        .await;
        let found: Vec<_> = diagnosis.checks.iter().map(|check| check.finding.as_str()).collect();
        assert!(
            found.contains(&"Jira does not report whether it may look people up"),
            "{found:?}"
        );
        world.drain();
    }
}

#[tokio::test]
async fn a_jira_that_does_not_say_what_it_is_is_known_all_the_same() {
    for deployment in BOTH {
        let config = Config {
            rules: Rules {
                states_deployment_type: false,
                ..Rules::default()
            },
            ..on(deployment)
        };
        let world = World::with(two_desks(Vec::new()), config).await;
        let is_cloud = world.read().await.site().deployment == observed::Deployment::Cloud;
        assert_eq!(is_cloud, deployment == Deployment::Cloud);
        world.apply_completely(&roster(TWO_DESKS)).await;
    }
}

/// A server with the same answer to every request.
fn always(body: &Value) -> axum::Router {
    let body = body.clone();
    axum::Router::new().fallback(move || {
        let body = body.clone();
        async move { axum::Json(body).into_response() }
    })
}

#[tokio::test(start_paused = true)]
async fn what_server_info_leaves_out_overrides_no_setting() {
    use observed::Deployment::{Cloud, DataCenter};
    let user = json!({"accountId": "me", "key": "me", "name": "me"});
    for (info, said, found) in [
        (json!({"version": "9.12.1"}), Some(Cloud), Cloud),
        (json!({"version": "1001.0.0-SNAPSHOT"}), Some(DataCenter), DataCenter),
        (json!({"version": "9.12.1"}), None, DataCenter),
        (
            json!({"version": "nightly", "versionNumbers": [10, 3, 0]}),
            None,
            DataCenter,
        ),
        (json!({"version": "1001.0.0-SNAPSHOT"}), None, Cloud),
    ] {
        let mut body = user.clone();
        body.as_object_mut().unwrap().extend(info.as_object().unwrap().clone());
        let settings = Settings {
            deployment: said,
            ..settings_for(&Config::default())
        };
        let jira = connect_to(always(&body), settings).await.unwrap();
        assert_eq!(jira.site().deployment, found, "{info}");
    }
    let other = json!({"deploymentType": "Server", "version": "9.12.1"});
    let settings = Settings {
        deployment: Some(Cloud),
        ..settings_for(&Config::default())
    };
    let error = connect_to(always(&other), settings).await.unwrap_err();
    assert!(matches!(error, ConnectError::WrongDeployment { .. }), "{error}");
    let error = connect_to(always(&json!({"status": "UP"})), settings_for(&Config::default())).await;
    assert!(
        error
            .unwrap_err()
            .to_string()
            .contains("neither its version nor its kind")
    );
}
