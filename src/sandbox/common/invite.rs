//! The calls that invite people (docs/jira.md#invite-calls). They are simulated so that making one is detected: each is
//! a violation, and its e-mails are in the outbox.

use serde_json::{Value, json};

use super::super::exchange::{JiraResponse, RequestContext};
use super::desks;

/// `POST …/servicedesk/{serviceDeskId}/customer/invite`.
pub(in crate::sandbox) fn invite_customers(call: &mut RequestContext<'_>) -> JiraResponse {
    let desk = desks::desk_id(call);
    invite(call, desk)
}

/// `POST /rest/servicedesk/1/pages/people/customers/pagination/{KEY}/invite…`.
pub(in crate::sandbox) fn invite_people(call: &mut RequestContext<'_>) -> JiraResponse {
    let desk = call
        .state
        .desk_by_key(call.request.path_parameter(0))
        .map(|desk| desk.id);
    invite(call, desk)
}

/// Anything ending in `/skip-permission-check`.
pub(in crate::sandbox) fn skip_permission_check(call: &mut RequestContext<'_>) -> JiraResponse {
    invite(call, None)
}

/// Creates, adds and sends e-mail to all addresses in the body.
fn invite(call: &mut RequestContext<'_>, desk: Option<u32>) -> JiraResponse {
    let mut emails = Vec::new();
    addresses(&call.request.json().unwrap_or_default(), &mut emails);
    let mut answer = JiraResponse::json(200, &json!({"success": emails}));
    for email in emails {
        // People with an account are invited too.
        answer.effect |= call.state.create_customer(&email, &email, 0).is_ok();
        for no in call.state.accounts_with_email(&email) {
            answer.effect |= desk.is_some_and(|desk| call.state.force_member(desk, no, true));
        }
        let why = "you have been invited to a service desk".to_owned();
        answer.mails.push((email, why));
    }
    with_invite_violation(call, answer)
}

/// Adds a violation for making the call at all.
pub(in crate::sandbox) fn with_invite_violation(call: &RequestContext<'_>, answer: JiraResponse) -> JiraResponse {
    let (method, path) = (&call.request.method, &call.request.path);
    answer.with_violation(format!("{method} {path}: sends e-mail or takes a license seat"))
}

/// Collects every string with an `@`, at any depth: the shapes of these bodies are not documented.
fn addresses(body: &Value, found: &mut Vec<String>) {
    match body {
        Value::String(text) if text.contains('@') => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| addresses(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| addresses(field, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
