//! What every request has to pass: the forgery check, content types, the experimental opt-in.

use axum::http::{HeaderMap, header};

use super::super::exchange::{Answer, Asked};
use super::errors;
use super::route::Route;

/// What the request should not have, though Jira would not mind: unknown and repeated query parameters.
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
    if route.spot.method == "GET" && !asked.body.is_empty() {
        complaints.push(format!("GET {}: has a body", asked.path));
    }
    complaints
}

/// Why the forgery check refuses: what a browser would send (jira-facts §8).
pub(in crate::sandbox) fn forged(headers: &HeaderMap) -> Option<&'static str> {
    let agent = headers.get(header::USER_AGENT);
    let agent = agent.and_then(|agent| agent.to_str().ok()).unwrap_or("");
    if headers.contains_key(header::ORIGIN) {
        return Some("sends Origin");
    }
    let browser = ["Mozilla/", "Chrome/", "Safari/", "Opera/"];
    let browser = browser.iter().any(|name| agent.contains(name));
    browser.then_some("looks like a browser")
}

/// What is wrong with a request's headers. `is_form`: whether the path takes only what is shown not to be a forged form.
pub(in crate::sandbox) fn headers<O>(
    route: &Route<O>,
    is_form: bool,
    asked: &Asked,
    headers: &HeaderMap,
) -> Option<Answer> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if route.experimental && header("x-experimentalapi") != Some("opt-in") {
        let blame = format!("{} {}: no X-ExperimentalApi", asked.method, asked.path);
        let message = "The operation is experimental. Opt in with the header X-ExperimentalApi: opt-in.";
        return Some(errors::of_path(&asked.path, 412, message).blaming(blame));
    }
    if is_form && header("x-atlassian-token") != Some("no-check") {
        let blame = format!("POST {}: no X-Atlassian-Token", asked.path);
        return Some(Answer::text(403, "text/plain", "XSRF check failed").blaming(blame));
    }
    // A DELETE may do without a body, and then has no type either.
    if route.spot.method != "GET" && (route.spot.method != "DELETE" || !asked.body.is_empty()) {
        let kind = header("content-type").unwrap_or("");
        if kind.split(';').next().map(str::trim) != Some("application/json") {
            let blame = format!("{} {}: not sent as JSON", asked.method, asked.path);
            return Some(errors::of_path(&asked.path, 415, "Unsupported Media Type").blaming(blame));
        }
    }
    None
}
