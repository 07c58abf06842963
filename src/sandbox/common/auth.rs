//! The checks of every request that both deployments share: forgery, content type, experimental opt-in. Each deployment
//! checks the sign-in itself.

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::ExposeSecret as _;

use super::super::config::Config;
use super::super::exchange::{JiraRequest, JiraResponse};
use super::super::routes::Route;
use super::errors;

/// Violations that Jira would accept: unknown and repeated query parameters, and an unexpected body.
pub(in crate::sandbox) fn protocol_violations<O>(route: &Route<O>, asked: &JiraRequest) -> Vec<String> {
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

/// The refusal of a request from a browser (docs/jira.md#no-browser), if it looks like one.
pub(in crate::sandbox) fn reject_browser(asked: &JiraRequest, headers: &HeaderMap) -> Option<JiraResponse> {
    let agent = header(headers, "user-agent").unwrap_or("");
    let browser = ["Mozilla/", "Chrome/", "Safari/", "Opera/"];
    if headers.contains_key(header::ORIGIN) {
        Some(xsrf_check_failed(asked, "sends Origin"))
    } else if browser.iter().any(|name| agent.contains(name)) {
        Some(xsrf_check_failed(asked, "looks like a browser"))
    } else {
        None
    }
}

/// The refusal of an internal write without `X-Atlassian-Token: no-check`.
pub(in crate::sandbox) fn reject_without_xsrf_header(asked: &JiraRequest, headers: &HeaderMap) -> Option<JiraResponse> {
    let checked = header(headers, "x-atlassian-token") == Some("no-check");
    (!checked).then(|| xsrf_check_failed(asked, "no X-Atlassian-Token"))
}

fn xsrf_check_failed(asked: &JiraRequest, why: &str) -> JiraResponse {
    let blame = format!("{} {}: {why}", asked.method, asked.path);
    JiraResponse::text(403, "text/plain", "XSRF check failed").with_violation(blame)
}

/// The refusal of an experimental operation without the opt-in header.
pub(in crate::sandbox) fn reject_without_opt_in(asked: &JiraRequest, headers: &HeaderMap) -> Option<JiraResponse> {
    let opted_in = matches!(header(headers, "x-experimentalapi"), Some("opt-in" | "true"));
    (!opted_in).then(|| {
        let blame = format!("{} {}: no X-ExperimentalApi", asked.method, asked.path);
        let message = "The operation is experimental. Opt in with the header X-ExperimentalApi: opt-in.";
        errors::error_for_path(&asked.path, 412, message).with_violation(blame)
    })
}

/// The refusal of a body that is not sent as JSON.
pub(in crate::sandbox) fn reject_non_json(asked: &JiraRequest, headers: &HeaderMap) -> Option<JiraResponse> {
    let kind = header(headers, "content-type").unwrap_or("");
    let json = kind.split(';').next().map(str::trim) == Some("application/json");
    (!json).then(|| {
        let blame = format!("{} {}: not sent as JSON", asked.method, asked.path);
        errors::error_for_path(&asked.path, 415, "Unsupported Media Type").with_violation(blame)
    })
}

/// The expected `Authorization` header of basic sign-in.
pub(in crate::sandbox) fn basic_authorization(config: &Config) -> String {
    let pair = format!("{}:{}", config.user, config.token.expose_secret());
    format!("Basic {}", STANDARD.encode(pair))
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
