//! Recorded answers of real sites, rewritten: each is understood. `tests/recorded` has them.

use axum::http::{HeaderMap, HeaderName, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use quietdesk::jira::{CallError, JiraRead, Settings};
use quietdesk::model::observed::Deployment;
use quietdesk::sandbox::Config;
use serde_json::{Value, json};

use super::{connect_to, settings_for};

macro_rules! recorded {
    ($name:literal) => {
        include_str!(concat!("../recorded/", $name))
    };
}

fn with_status(status: u16, body: &'static str) -> Response {
    (
        StatusCode::from_u16(status).unwrap(),
        [("content-type", "application/json")],
        body,
    )
        .into_response()
}

/// A client of a server that answers as recorded; `desks` answers the list of desks.
async fn client(desks: impl Fn() -> Response + Clone + Send + Sync + 'static) -> JiraRead {
    let own = json!({"deploymentType": "Cloud", "version": "x", "accountId": "me"});
    let answer = move |uri: Uri| {
        let answer = match uri.path() {
            "/rest/servicedeskapi/servicedesk" => desks(),
            _ => axum::Json(own.clone()).into_response(),
        };
        async move { answer }
    };
    let settings = Settings {
        deployment: Some(Deployment::Cloud),
        ..settings_for(&Config::default())
    };
    connect_to(axum::Router::new().fallback(answer), settings)
        .await
        .unwrap()
}

#[tokio::test(start_paused = true)]
async fn recorded_refusals_are_understood() {
    let open = || with_status(400, recorded!("remove-while-open-400.json"));
    let error = client(open).await.desks().await.unwrap_err();
    assert!(matches!(error, CallError::DeskIsOpen { .. }), "{error}");
    let refused = || with_status(403, recorded!("create-403.json"));
    let error = client(refused).await.desks().await.unwrap_err();
    assert!(
        matches!(&error, CallError::Forbidden { detail, .. } if detail.contains("global permission is required")),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn recorded_sign_in_headers_are_understood() {
    let recordings: Vec<Value> = serde_json::from_str(recorded!("sign-in-headers.json")).unwrap();
    for recording in recordings {
        let status = u16::try_from(recording["status"].as_u64().unwrap()).unwrap();
        let pairs = recording["headers"].as_object().unwrap().iter();
        let headers: HeaderMap = pairs
            .map(|(name, value)| {
                let name: HeaderName = name.parse().unwrap();
                (name, value.as_str().unwrap().parse().unwrap())
            })
            .collect();
        let desks = move || {
            let mut answer = with_status(status, recorded!("desks-without-envelope.json"));
            answer.headers_mut().extend(headers.clone());
            answer
        };
        let read = client(desks).await.desks().await;
        let refused = matches!(read, Err(CallError::SignInRefused { .. }));
        let (ok, expected) = (read.is_ok(), recording["signed_in"] == true);
        assert_eq!((ok, refused), (expected, !expected), "{}", recording["what"]);
    }
}
