//! What every request has to pass: signing in, the forgery check, content types, the experimental opt-in.

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::ExposeSecret as _;
use serde_json::json;

use super::super::config::Config;
use super::super::exchange::{Answer, Asked, Call};
use super::errors;
use super::routes::{Operation, Route};

/// What the request should not have, though Jira would not mind: unknown and repeated query parameters.
pub(super) fn complaints(route: &Route, asked: &Asked) -> Vec<String> {
    let mut complaints = Vec::new();
    for (at, (name, _)) in asked.query.iter().enumerate() {
        let blame = |what| format!("{} {}: {what} {name}", asked.method, asked.path);
        if !route.query.contains(&name.as_str()) {
            complaints.push(blame("unknown query parameter"));
        }
        if asked.query[..at].iter().any(|(before, _)| before == name) {
            complaints.push(blame("repeated query parameter"));
        }
    }
    if route.spot.method == "GET" && !asked.body.is_empty() {
        complaints.push(format!("GET {}: has a body", asked.path));
    }
    complaints
}

/// The answer to a request that does not get in.
pub(super) fn refuse(route: &Route, call: &Call<'_>, headers: &HeaderMap) -> Option<Answer> {
    let asked = call.asked;
    if let Some(why) = forged(headers) {
        let blame = format!("{} {}: {why}", asked.method, asked.path);
        return Some(Answer::text(403, "text/plain", "XSRF check failed").blaming(blame));
    }
    if call.disturbance.dead_token {
        return (!route.public).then(|| anonymous(route, call));
    }
    match signed_in(call.config, headers) {
        Some(true) => {}
        None if route.public => {}
        Some(false) | None => return Some(errors::unauthorized(asked)),
    }
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if route.experimental && header("x-experimentalapi") != Some("opt-in") {
        let blame = format!("{} {}: no X-ExperimentalApi", asked.method, asked.path);
        let message = "The operation is experimental. Opt in with the header X-ExperimentalApi: opt-in.";
        return Some(errors::of_path(&asked.path, 412, message).blaming(blame));
    }
    if route.operation == Operation::WriteAccess && header("x-atlassian-token") != Some("no-check") {
        let blame = format!("POST {}: no X-Atlassian-Token", asked.path);
        return Some(Answer::text(403, "text/plain", "XSRF check failed").blaming(blame));
    }
    if route.spot.method != "GET" {
        let kind = header("content-type").unwrap_or("");
        if kind.split(';').next().map(str::trim) != Some("application/json") {
            let blame = format!("{} {}: not sent as JSON", asked.method, asked.path);
            return Some(errors::of_path(&asked.path, 415, "Unsupported Media Type").blaming(blame));
        }
    }
    None
}

/// Why the forgery check refuses: what a browser would send (jira-facts §8).
fn forged(headers: &HeaderMap) -> Option<&'static str> {
    let agent = headers.get(header::USER_AGENT);
    let agent = agent.and_then(|agent| agent.to_str().ok()).unwrap_or("");
    if headers.contains_key(header::ORIGIN) {
        return Some("sends Origin");
    }
    let browser = ["Mozilla/", "Chrome/", "Safari/", "Opera/"];
    let browser = browser.iter().any(|name| agent.contains(name));
    browser.then_some("looks like a browser")
}

/// Whether the right credentials were sent; nothing where none were.
fn signed_in(config: &Config, headers: &HeaderMap) -> Option<bool> {
    let sent = headers.get(header::AUTHORIZATION)?.as_bytes();
    let wanted = format!("{}:{}", config.user, config.token.expose_secret());
    let wanted = format!("Basic {}", STANDARD.encode(wanted));
    Some(sent == wanted.as_bytes())
}

/// What a dead token is answered (jira-facts §5): reads look like success and show what strangers see. The header that
/// tells is added to every answer.
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
        Operation::MyPermissions => super::site::permissions(asked, |_| false),
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
