//! What every request has to pass, and how it fails: the forgery check, content types, the experimental opt-in. Who may
//! sign in, each deployment decides.

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::ExposeSecret as _;

use super::super::config::Config;
use super::super::exchange::{Answer, Asked};
use super::super::routes::Route;
use super::errors;

/// What the request should not have, though Jira would not mind: unknown and repeated query parameters, and a body.
pub(in crate::sandbox) fn complaints<O>(route: &Route<O>, asked: &Asked) -> Vec<String> {
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
    if !route.body && !asked.body.is_empty() {
        complaints.push(format!("{} {}: has a body", asked.method, asked.path));
    }
    complaints
}

/// The answer to what a browser would send (docs/jira.md#no-browser).
pub(in crate::sandbox) fn forged(asked: &Asked, headers: &HeaderMap) -> Option<Answer> {
    let agent = header(headers, "user-agent").unwrap_or("");
    let browser = ["Mozilla/", "Chrome/", "Safari/", "Opera/"];
    if headers.contains_key(header::ORIGIN) {
        Some(forgery(asked, "sends Origin"))
    } else if browser.iter().any(|name| agent.contains(name)) {
        Some(forgery(asked, "looks like a browser"))
    } else {
        None
    }
}

/// The answer to an internal write without `X-Atlassian-Token: no-check`.
pub(in crate::sandbox) fn unchecked(asked: &Asked, headers: &HeaderMap) -> Option<Answer> {
    let checked = header(headers, "x-atlassian-token") == Some("no-check");
    (!checked).then(|| forgery(asked, "no X-Atlassian-Token"))
}

fn forgery(asked: &Asked, why: &str) -> Answer {
    let blame = format!("{} {}: {why}", asked.method, asked.path);
    Answer::text(403, "text/plain", "XSRF check failed").blaming(blame)
}

/// The answer to an experimental operation that was not opted in to.
pub(in crate::sandbox) fn not_opted_in(asked: &Asked, headers: &HeaderMap) -> Option<Answer> {
    let opted_in = matches!(header(headers, "x-experimentalapi"), Some("opt-in" | "true"));
    (!opted_in).then(|| {
        let blame = format!("{} {}: no X-ExperimentalApi", asked.method, asked.path);
        let message = "The operation is experimental. Opt in with the header X-ExperimentalApi: opt-in.";
        errors::of_path(&asked.path, 412, message).blaming(blame)
    })
}

/// The answer to a body that is not sent as JSON.
pub(in crate::sandbox) fn not_json(asked: &Asked, headers: &HeaderMap) -> Option<Answer> {
    let kind = header(headers, "content-type").unwrap_or("");
    let json = kind.split(';').next().map(str::trim) == Some("application/json");
    (!json).then(|| {
        let blame = format!("{} {}: not sent as JSON", asked.method, asked.path);
        errors::of_path(&asked.path, 415, "Unsupported Media Type").blaming(blame)
    })
}

/// The header basic sign-in sends.
pub(in crate::sandbox) fn basic(config: &Config) -> String {
    let pair = format!("{}:{}", config.user, config.token.expose_secret());
    format!("Basic {}", STANDARD.encode(pair))
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
