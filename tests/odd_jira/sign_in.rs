//! What the headers of answers say about the sign-in.

use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::IntoResponse as _;
use quietdesk::jira::{CallError, ConnectError, Credentials, JiraRead, Settings};
use quietdesk::sandbox::{Config, LoginReasons, Rules};
use serde_json::json;

use super::support::desks::{TWO_DESKS, two_desks};
use super::support::world::{World, roster};
use super::{BOTH, connect_to, on, settings_for};

#[tokio::test]
async fn a_sign_in_that_succeeded_in_a_list_or_two_headers_is_one() {
    for deployment in BOTH {
        for login_reasons in [LoginReasons::Listed, LoginReasons::Twice] {
            let config = Config {
                rules: Rules {
                    login_reasons,
                    ..Rules::default()
                },
                ..on(deployment)
            };
            let world = World::with(two_desks(Vec::new()), config).await;
            world.apply_completely(&roster(TWO_DESKS)).await;
            world.drain();
            // The failure is the second one.
            world.sandbox.set_faults(&"desks:dead-token".parse().unwrap());
            let error = world.read().await.desks().await.unwrap_err();
            assert!(matches!(error, CallError::SignInRefused { .. }), "{error}");
            world.sandbox.set_faults(&"".parse().unwrap());
            let wrong = Settings {
                credentials: Credentials::parse(Some("quietdesk@example.com"), "wrong").unwrap(),
                ..world.settings.clone()
            };
            let error = JiraRead::connect(wrong).await.unwrap_err();
            assert!(
                matches!(error, ConnectError::Call(CallError::SignInRefused { .. })),
                "{error}"
            );
        }
    }
}

/// A server whose list of desks has these headers.
async fn list_desks_with(status: u16, reasons: &'static [&'static str]) -> Result<usize, CallError> {
    let page = json!({"values": [{"id": "1", "projectKey": "SUP"}], "isLastPage": true});
    let info = json!({"deploymentType": "Cloud", "version": "x", "accountId": "me"});
    let desks = move || async move {
        let mut headers = HeaderMap::new();
        for reason in reasons {
            headers.append(HeaderName::from_static("x-seraph-loginreason"), reason.parse().unwrap());
        }
        (StatusCode::from_u16(status).unwrap(), headers, axum::Json(page.clone())).into_response()
    };
    let router = axum::Router::new()
        .route("/rest/servicedeskapi/servicedesk", axum::routing::get(desks))
        .fallback(move || async move { axum::Json(info.clone()).into_response() });
    let jira = connect_to(router, settings_for(&Config::default())).await.unwrap();
    jira.desks().await.map(|desks| desks.len())
}

#[tokio::test(start_paused = true)]
async fn a_missing_permission_is_not_a_dead_token() {
    for status in [401, 403, 200] {
        let error = list_desks_with(status, &["OUT, AUTHORISATION_FAILED"])
            .await
            .unwrap_err();
        assert!(
            matches!(&error, CallError::Forbidden { detail, .. } if detail.contains("AUTHORISATION_FAILED")),
            "{status}: {error}"
        );
    }
    let both = &["AUTHORISATION_FAILED", "OUT, AUTHENTICATED_FAILED"];
    let error = list_desks_with(200, both).await.unwrap_err();
    assert!(matches!(error, CallError::SignInRefused { .. }), "{error}");
    assert_eq!(list_desks_with(200, &["OUT", "OK"]).await, Ok(1));
}
