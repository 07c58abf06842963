//! What every request has to pass: signing in, the forgery check, content types, the experimental opt-in.

use axum::http::{HeaderMap, header};
use secrecy::ExposeSecret as _;
use serde_json::json;

use super::super::common::{door, errors, permissions};
use super::super::exchange::{Answer, Call};
use super::super::routes::cloud::{Operation, Route};

/// The answer to a request that does not get in.
pub(super) fn refuse(route: &Route, call: &Call<'_>, headers: &HeaderMap) -> Option<Answer> {
    let asked = call.asked;
    if let Some(refusal) = door::forged(asked, headers) {
        return Some(refusal);
    }
    if call.disturbance.dead_token {
        return (!route.public).then(|| anonymous(route, call));
    }
    match signed_in(call, headers) {
        Some(true) => {}
        None if route.public => {}
        Some(false) | None => return Some(errors::unauthorized(asked)),
    }
    let mut refusal = None;
    if route.operation.is_experimental() {
        refusal = door::not_opted_in(asked, headers);
    }
    if route.operation == Operation::WriteAccess {
        refusal = refusal.or_else(|| door::unchecked(asked, headers));
    }
    if route.body {
        refusal = refusal.or_else(|| door::not_json(asked, headers));
    }
    refusal
}

/// Whether the right credentials were sent; nothing where none were. The gateway takes a token alone as well.
fn signed_in(call: &Call<'_>, headers: &HeaderMap) -> Option<bool> {
    let sent = headers.get(header::AUTHORIZATION)?.as_bytes();
    let bearer = format!("Bearer {}", call.config.token.expose_secret());
    let is_bearer = call.asked.through_gateway && sent == bearer.as_bytes();
    Some(is_bearer || sent == door::basic(call.config).as_bytes())
}

/// What a dead token is answered (docs/jira.md#dead-token): reads look like success and show what strangers see. The
/// header that tells is added to every answer.
fn anonymous(route: &Route, call: &Call<'_>) -> Answer {
    let asked = call.asked;
    let body = match route.operation {
        Operation::Desks | Operation::Customers => {
            let limit = call.config.page_limit;
            json!({
                "size": 0, "start": 0, "limit": limit, "isLastPage": true, "values": [],
                "_links": {"base": asked.base, "context": "", "self": format!("{}{}", asked.base, asked.path)},
            })
        }
        Operation::UserSearch | Operation::Accounts => json!([]),
        Operation::Roles => json!({}),
        Operation::Myself => json!({
            "accountId": "unidentified", "accountType": "unknown", "active": true,
            "displayName": "Anonymous", "self": format!("{}/rest/api/3/user?accountId=unidentified", asked.base),
        }),
        Operation::MyPermissions => {
            let asked_for = asked.query("permissions").unwrap_or("");
            permissions::spell(|key| asked_for.split(',').any(|asked_for| asked_for == key), |_| false)
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
    Answer::json(200, &body)
}
