//! What real sites answered, rewritten: each is understood. `tests/recorded` has them.

use axum::http::{HeaderMap, HeaderName, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use quietdesk::jira::{CallError, JiraRead, Settings};
use quietdesk::model::account::{Account, AccountKind, Handle};
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
async fn client(deployment: Deployment, desks: impl Fn() -> Response + Clone + Send + Sync + 'static) -> JiraRead {
    let own = json!({"deploymentType": "Cloud", "version": "x", "accountId": "me", "key": "me", "name": "me"});
    let answer = move |uri: Uri| {
        let answer = match uri.path() {
            "/rest/servicedeskapi/servicedesk" => desks(),
            "/rest/api/3/users/search" => with_status(200, recorded!("cloud-users-search.json")),
            "/rest/api/3/user" => with_status(200, recorded!("cloud-user-expanded.json")),
            "/rest/api/2/project/HELP/role" => with_status(200, recorded!("project-roles.json")),
            "/rest/api/2/project/HELP/role/10110" => with_status(200, recorded!("data-center-role.json")),
            "/rest/api/2/serverInfo" => axum::Json(json!({"version": "10.3.4"})).into_response(),
            _ => axum::Json(own.clone()).into_response(),
        };
        async move { answer }
    };
    let settings = Settings {
        deployment: Some(deployment),
        ..settings_for(&Config::default())
    };
    connect_to(axum::Router::new().fallback(answer), settings)
        .await
        .unwrap()
}

#[tokio::test(start_paused = true)]
async fn recorded_lists_and_accounts_are_understood() {
    let desks = || with_status(200, recorded!("cloud-service-desks.json"));
    let cloud = client(Deployment::Cloud, desks).await;
    let keys: Vec<_> = cloud.desks().await.unwrap().into_iter().map(|desk| desk.key).collect();
    assert_eq!(keys, ["HELP", "FAC"]);
    let mut kinds = Vec::new();
    let mut visit = |account: Account| kinds.push((account.kind, account.email.is_some()));
    cloud.sweep(2, &mut visit).await.unwrap();
    let app = (AccountKind::App, false);
    assert_eq!(kinds, [(AccountKind::Person, true), app, app]);
    let standing = cloud
        .standing(&Handle("60aa11bb22cc33dd44ee55ff".into()))
        .await
        .unwrap()
        .unwrap();
    assert!(standing.is_licensed() && standing.groups.contains("jira-administrators"));
    let own = client(Deployment::DataCenter, desks).await;
    let roll = own.roll_of("HELP").await.unwrap();
    assert_eq!(roll.members, [Handle("mary".into())].into());
    assert_eq!(roll.groups, ["partners".to_owned()].into());
}

#[tokio::test(start_paused = true)]
async fn recorded_refusals_are_understood() {
    let open = || with_status(400, recorded!("cloud-remove-while-open-400.json"));
    let error = client(Deployment::Cloud, open).await.desks().await.unwrap_err();
    assert!(matches!(error, CallError::DeskIsOpen { .. }), "{error}");
    let refused = || with_status(403, recorded!("cloud-create-customer-403.json"));
    let error = client(Deployment::Cloud, refused).await.desks().await.unwrap_err();
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
            let mut answer = with_status(status, recorded!("cloud-service-desks.json"));
            answer.headers_mut().extend(headers.clone());
            answer
        };
        let read = client(Deployment::Cloud, desks).await.desks().await;
        let refused = matches!(read, Err(CallError::SignInRefused { .. }));
        let (ok, expected) = (read.is_ok(), recording["signed_in"] == true);
        assert_eq!((ok, refused), (expected, !expected), "{}", recording["what"]);
    }
}
