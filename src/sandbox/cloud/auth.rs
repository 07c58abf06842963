//! The checks of every request: sign-in, forgery, content type, experimental opt-in.

use axum::http::{HeaderMap, header};
use secrecy::ExposeSecret as _;
use serde_json::json;

use super::super::common::{auth, errors, permissions};
use super::super::exchange::{JiraResponse, RequestContext};
use super::super::routes::cloud::{Operation, Route};

/// Returns the response to a request that fails a check.
pub(super) fn check_request(route: &Route, call: &RequestContext<'_>, headers: &HeaderMap) -> Option<JiraResponse> {
    let asked = call.request;
    if let Some(refusal) = auth::reject_browser(asked, headers) {
        return Some(refusal);
    }
    if call.fault.dead_token {
        return (!route.public).then(|| anonymous_response(route, call));
    }
    match signed_in(call, headers) {
        Some(true) => {}
        None if route.public => {}
        Some(false) | None => return Some(errors::unauthorized(asked)),
    }
    let mut refusal = None;
    if route.operation.is_experimental() {
        refusal = auth::reject_without_opt_in(asked, headers);
    }
    if route.operation == Operation::WriteAccess {
        refusal = refusal.or_else(|| auth::reject_without_xsrf_header(asked, headers));
    }
    if route.body {
        refusal = refusal.or_else(|| auth::reject_non_json(asked, headers));
    }
    refusal
}

/// Whether the right credentials were sent; `None` where none were. The gateway also accepts a token alone.
fn signed_in(call: &RequestContext<'_>, headers: &HeaderMap) -> Option<bool> {
    let sent = headers.get(header::AUTHORIZATION)?.as_bytes();
    let bearer = format!("Bearer {}", call.config.token.expose_secret());
    let is_bearer = call.request.through_gateway && sent == bearer.as_bytes();
    Some(is_bearer || sent == auth::basic_authorization(call.config).as_bytes())
}

/// The response to a dead token (docs/jira.md#dead-token): reads return 200 with what anonymous users see.
/// `X-Seraph-LoginReason` is added to every response.
fn anonymous_response(route: &Route, call: &RequestContext<'_>) -> JiraResponse {
    let asked = call.request;
    let body = match route.operation {
        Operation::Desks | Operation::Customers => {
            let limit = call.config.page_limit;
            json!({
                "size": 0, "start": 0, "limit": limit, "isLastPage": true, "values": [],
                "_links": {"base": asked.site_url, "context": "", "self": format!("{}{}", asked.site_url, asked.path)},
            })
        }
        Operation::UserSearch | Operation::Accounts => json!([]),
        Operation::Roles => json!({}),
        Operation::Myself => json!({
            "accountId": "unidentified", "accountType": "unknown", "active": true,
            "displayName": "Anonymous", "self": format!("{}/rest/api/3/user?accountId=unidentified", asked.site_url),
        }),
        Operation::MyPermissions => {
            let asked_for = asked.query("permissions").unwrap_or("");
            permissions::permissions_json(|key| asked_for.split(',').any(|asked_for| asked_for == key), |_| false)
        }
        Operation::ServerInfo
        | Operation::Info
        | Operation::Desk
        | Operation::Create
        | Operation::Add
        | Operation::Remove
        | Operation::User
        | Operation::Role
        | Operation::ReadAccess
        | Operation::WriteAccess
        | Operation::InviteUser
        | Operation::InviteCustomers
        | Operation::InvitePeople
        | Operation::SkipPermissionCheck => return errors::unauthorized(asked),
    };
    JiraResponse::json(200, &body)
}
