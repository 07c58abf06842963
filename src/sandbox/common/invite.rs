//! The calls that invite people (docs/jira.md#invite-calls). They exist so that making one can be proven: each is a
//! violation, and what it would have sent is in the outbox.

use serde_json::{Value, json};

use super::super::exchange::{Answer, Call};
use super::desks;

/// `POST …/servicedesk/{serviceDeskId}/customer/invite`.
pub(in crate::sandbox) fn invite_customers(call: &mut Call<'_>) -> Answer {
    let desk = desks::id(call);
    invite(call, desk)
}

/// `POST /rest/servicedesk/1/pages/people/customers/pagination/{KEY}/invite…`.
pub(in crate::sandbox) fn invite_people(call: &mut Call<'_>) -> Answer {
    let desk = call.state.desk_by_key(call.asked.id(0)).map(|desk| desk.id);
    invite(call, desk)
}

/// Anything ending in `/skip-permission-check`.
pub(in crate::sandbox) fn skip_permission_check(call: &mut Call<'_>) -> Answer {
    invite(call, None)
}

/// Makes, adds and mails everybody the body names.
fn invite(call: &mut Call<'_>, desk: Option<u32>) -> Answer {
    let mut emails = Vec::new();
    addresses(&call.asked.json().unwrap_or_default(), &mut emails);
    let mut answer = Answer::json(200, &json!({"success": emails}));
    for email in emails {
        // Whoever has an account is invited all the same.
        answer.effect |= call.state.create_customer(&email, &email, 0).is_ok();
        for no in call.state.holders(&email) {
            answer.effect |= desk.is_some_and(|desk| call.state.force_member(desk, no, true));
        }
        let why = "you have been invited to a service desk".to_owned();
        answer.mails.push((email, why));
    }
    blamed(call, answer)
}

/// The answer, blaming the client for making the call at all.
pub(in crate::sandbox) fn blamed(call: &Call<'_>, answer: Answer) -> Answer {
    let (method, path) = (&call.asked.method, &call.asked.path);
    answer.blaming(format!("{method} {path}: mails people or takes a licence seat"))
}

/// Everything that looks like an address, wherever it stands: the shapes of these bodies are not documented.
fn addresses(body: &Value, found: &mut Vec<String>) {
    match body {
        Value::String(text) if text.contains('@') => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| addresses(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| addresses(field, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
