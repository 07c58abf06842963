//! The JSON of Jira's errors (docs/jira.md#error-shapes), one format for each family of paths.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;

use super::super::exchange::{JiraRequest, JiraResponse};
use super::super::faults::{Refusal, RetryAfter};

/// An error of `/rest/servicedeskapi`. The keys are in Atlassian's style; only the one of removing from an open desk is
/// known (docs/jira.md#i18n-keys).
pub(in crate::sandbox) fn jsm(status: u16, key: &str, message: &str) -> JiraResponse {
    let body = json!({
        "errorMessage": message,
        "i18nErrorMessage": {"i18nKey": key, "parameters": []},
    });
    JiraResponse::json(status, &body)
}

/// An error of `/rest/api`.
pub(in crate::sandbox) fn platform(status: u16, message: &str) -> JiraResponse {
    JiraResponse::json(status, &json!({"errorMessages": [message], "errors": {}}))
}

/// An error of the internal `/rest/servicedesk/1`.
fn internal(status: u16, message: &str) -> JiraResponse {
    JiraResponse::json(status, &json!({"message": message}))
}

/// An error in the format of its path.
pub(in crate::sandbox) fn error_for_path(path: &str, status: u16, message: &str) -> JiraResponse {
    if path.starts_with("/rest/servicedeskapi/") {
        jsm(status, &format!("sd.rest.error.{status}"), message)
    } else if path.starts_with("/rest/servicedesk/") {
        internal(status, message)
    } else {
        platform(status, message)
    }
}

/// The error for a query parameter that is missing or invalid: a violation. 404 for the service desk's operations and
/// for one account, else 400 (docs/jira.md#parameters-in-any-case).
pub(in crate::sandbox) fn bad_parameter(asked: &JiraRequest, name: &str) -> JiraResponse {
    let (method, path) = (&asked.method, &asked.path);
    let hidden = path.starts_with("/rest/servicedeskapi/") || path.starts_with("/rest/api/") && path.ends_with("/user");
    let status = if hidden { 404 } else { 400 };
    let message = format!("The query parameter '{name}' is missing or not valid.");
    error_for_path(path, status, &message).with_violation(format!("{method} {path}: bad query parameter {name}"))
}

/// The error for an invalid body: a violation.
pub(in crate::sandbox) fn bad_body(asked: &JiraRequest, why: &str) -> JiraResponse {
    let blame = format!("{} {}: {why}", asked.method, asked.path);
    error_for_path(&asked.path, 400, &format!("Invalid request payload: {why}")).with_violation(blame)
}

/// Creates the 429 of a deployment; without a duration, as observed from a gateway.
pub(in crate::sandbox) type TooMany = fn(&JiraRequest, Option<Duration>) -> JiraResponse;

/// A 429 with one of many encodings of the time to wait.
fn limited(asked: &JiraRequest, says: RetryAfter, too_many: TooMany) -> JiraResponse {
    let after = |seconds| {
        asked
            .now
            .saturating_add(Duration::from_secs(seconds))
            .unwrap_or(asked.now)
    };
    let bare = too_many(asked, None);
    match says {
        RetryAfter::Nothing => bare,
        RetryAfter::Seconds(seconds) => too_many(asked, Some(Duration::from_secs(seconds))),
        RetryAfter::Fraction(seconds) => bare.with_header("retry-after", format!("{seconds}.5")),
        RetryAfter::Date(seconds) => bare
            .with_header("date", http_date(asked.now))
            .with_header("retry-after", http_date(after(seconds))),
        RetryAfter::Past => bare.with_header("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT"),
        RetryAfter::Unreadable => bare.with_header("retry-after", "-1"),
        RetryAfter::Twice(seconds) => bare
            .with_header("retry-after", "0")
            .with_header("retry-after", seconds.to_string()),
        RetryAfter::Reset(seconds) => bare.with_header("x-ratelimit-reset", after(seconds).to_string()),
    }
}

fn http_date(time: Timestamp) -> String {
    time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// The response to an injected refusal.
pub(in crate::sandbox) fn refusal(asked: &JiraRequest, refusal: Refusal, too_many: TooMany) -> JiraResponse {
    match refusal {
        Refusal::TooMany(says) => limited(asked, says, too_many),
        Refusal::Bare(status) => JiraResponse::empty(status),
        Refusal::Status(401) => unauthorized(asked),
        Refusal::Status(status) => {
            let message = match status {
                403 => "You do not have permission to perform this action.",
                404 => "The requested resource was not found, or you cannot see it.",
                _ => "Internal server error",
            };
            error_for_path(&asked.path, status, message)
        }
        Refusal::Unavailable { retry_after } => {
            error_for_path(&asked.path, 503, "Service unavailable").with_header("retry-after", retry_after.to_string())
        }
        Refusal::Object => JiraResponse::json(200, &json!({})),
        Refusal::Html(status) => JiraResponse::text(
            status,
            "text/html;charset=UTF-8",
            "<!DOCTYPE html>\n<html><head><title>Oops, you've found a dead link.</title></head>\n\
             <body><h1>Something went wrong</h1></body></html>\n",
        ),
    }
}

/// 401 with the header that marks a failed sign-in.
pub(in crate::sandbox) fn unauthorized(asked: &JiraRequest) -> JiraResponse {
    let message = "Client must be authenticated to access this resource.";
    error_for_path(&asked.path, 401, message)
        .with_header("www-authenticate", "OAuth realm=\"https%3A%2F%2Fexample\"")
        .with_header("x-seraph-loginreason", "AUTHENTICATED_FAILED")
}

/// The error for an unknown route: 501, as a plausible 404 would hide the mistake.
pub(in crate::sandbox) fn unknown_route(asked: &JiraRequest) -> JiraResponse {
    let blame = format!("{} {}: no such route", asked.method, asked.path);
    error_for_path(&asked.path, 501, "the sandbox does not simulate this route").with_violation(blame)
}
