//! The call of the platform that sends e-mail and takes license seats (docs/jira.md#mailing-calls). It is simulated so
//! that making it is detected, like the invite calls.

use serde_json::json;

use super::super::common::invite::with_invite_violation;
use super::super::exchange::{JiraResponse, RequestContext};

/// `POST /rest/api/3/user`: sends e-mail to a person without an Atlassian account, even with `products: []`; takes a
/// seat with products, or without the field.
pub(super) fn invite_user(call: &mut RequestContext<'_>) -> JiraResponse {
    let body = call.request.json().unwrap_or_default();
    let email = body["emailAddress"].as_str().unwrap_or("").to_owned();
    if body["products"].as_array().is_none_or(|list| !list.is_empty()) {
        call.state.take_seat();
    }
    let made = call.state.create_customer(&email, &email, 0).is_ok();
    let mut answer = JiraResponse::json(201, &json!({"emailAddress": email, "active": true}));
    answer.mails.push((email, "you have been invited to Jira".to_owned()));
    with_invite_violation(call, answer.with_effect(made))
}
