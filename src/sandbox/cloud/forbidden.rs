//! The call of the platform that mails people and takes licence seats (docs/jira.md#mailing-calls). It exists so that
//! making it can be proven, as the others of its sort do.

use serde_json::json;

use super::super::common::invite::blamed;
use super::super::exchange::{Answer, Call};

/// `POST /rest/api/3/user`: mails whoever has no Atlassian account, even with `products: []`; with products, or
/// without saying, it takes a seat.
pub(super) fn invite_user(call: &mut Call<'_>) -> Answer {
    let body = call.asked.json().unwrap_or_default();
    let email = body["emailAddress"].as_str().unwrap_or("").to_owned();
    if body["products"].as_array().is_none_or(|list| !list.is_empty()) {
        call.state.take_seat();
    }
    let made = call.state.create_customer(&email, &email, 0).is_ok();
    let mut answer = Answer::json(201, &json!({"emailAddress": email, "active": true}));
    answer.mails.push((email, "you have been invited to Jira".to_owned()));
    blamed(call, answer.with_effect(made))
}
