//! What every request has to pass: signing in, a licence, and what Cloud asks for too.

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::ExposeSecret as _;
use serde_json::json;

use super::super::common::route::Route;
use super::super::common::{door, errors};
use super::super::config::{Config, Deployment, Version};
use super::super::exchange::{Answer, Call};
use super::routes::Operation;

/// The answer to a request that does not get in.
pub(super) fn refuse(route: &Route<Operation>, call: &Call<'_>, headers: &HeaderMap) -> Option<Answer> {
    let asked = call.asked;
    if let Some(why) = door::forged(headers) {
        let blame = format!("{} {}: {why}", asked.method, asked.path);
        return Some(Answer::text(403, "text/plain", "XSRF check failed").blaming(blame));
    }
    if call.disturbance.dead_token {
        return (!route.public).then(|| anonymous(route, call));
    }
    match signed_in(call.config, headers) {
        Some(SignIn::Good) => {}
        None if route.public => {}
        Some(SignIn::BasicIsOff) => {
            let message = "Basic Authentication has been disabled on this instance.";
            return Some(Answer::json(403, &json!({"message": message})));
        }
        Some(SignIn::Wrong) | None => return Some(errors::unauthorized(asked)),
    }
    // Every path of the service management but `info` (jira-facts §1, H).
    let is_jsm = asked.path.starts_with("/rest/servicedesk");
    if is_jsm && !call.config.licensed && route.operation != Operation::Info {
        let page = "<!DOCTYPE html>\n<html><body>Jira Service Management is not licensed.</body></html>\n";
        return Some(Answer::text(403, "text/html;charset=UTF-8", page));
    }
    door::headers(route, route.operation == Operation::WriteAccess, asked, headers)
}

enum SignIn {
    Good,
    Wrong,
    BasicIsOff,
}

/// What was sent; nothing where nothing was. A personal access token stands alone, a password with its user (jira-facts
/// §8, H).
fn signed_in(config: &Config, headers: &HeaderMap) -> Option<SignIn> {
    let sent = headers.get(header::AUTHORIZATION)?.as_bytes();
    let token = config.token.expose_secret();
    let judged = |wanted: String| match sent == wanted.as_bytes() {
        true => SignIn::Good,
        false => SignIn::Wrong,
    };
    if sent.starts_with(b"Bearer ") {
        return Some(judged(format!("Bearer {token}")));
    }
    let by_default = !matches!(config.deployment, Deployment::DataCenter(Version::V11));
    if !config.basic_sign_in.unwrap_or(by_default) {
        return Some(SignIn::BasicIsOff);
    }
    Some(judged(format!(
        "Basic {}",
        STANDARD.encode(format!("{}:{token}", config.user))
    )))
}

/// What a dead token is answered: that Data Center does so too is I; where it does, it is as on Cloud (jira-facts §5).
fn anonymous(route: &Route<Operation>, call: &Call<'_>) -> Answer {
    let shown = [
        (Operation::UserSearch, json!([])),
        (Operation::Accounts, json!({"values": [], "isLast": true})),
        (Operation::Roles, json!({})),
    ];
    match shown.into_iter().find(|(operation, _)| *operation == route.operation) {
        Some((_, empty)) => Answer::json(200, &empty),
        None => errors::unauthorized(call.asked),
    }
}
