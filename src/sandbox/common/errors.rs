//! How Jira spells errors (docs/jira.md#error-shapes): each family of paths in its own way.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;

use super::super::exchange::{Answer, Asked};
use super::super::faults::{Refusal, Says};

/// An error of `/rest/servicedeskapi`. The keys are in Atlassian's style; only the one of removing from an open desk is
/// known (docs/jira.md#i18n-keys).
pub(in crate::sandbox) fn jsm(status: u16, key: &str, message: &str) -> Answer {
    let body = json!({
        "errorMessage": message,
        "i18nErrorMessage": {"i18nKey": key, "parameters": []},
    });
    Answer::json(status, &body)
}

/// An error of `/rest/api`.
pub(in crate::sandbox) fn platform(status: u16, message: &str) -> Answer {
    Answer::json(status, &json!({"errorMessages": [message], "errors": {}}))
}

/// An error of the internal `/rest/servicedesk/1`.
fn internal(status: u16, message: &str) -> Answer {
    Answer::json(status, &json!({"message": message}))
}

/// An error in the spelling of the path.
pub(in crate::sandbox) fn of_path(path: &str, status: u16, message: &str) -> Answer {
    if path.starts_with("/rest/servicedeskapi/") {
        jsm(status, &format!("sd.rest.error.{status}"), message)
    } else if path.starts_with("/rest/servicedesk/") {
        internal(status, message)
    } else {
        platform(status, message)
    }
}

/// A query parameter that is missing or does not parse; no client of a kept list of requests sends one. What stands
/// before the service desk's operations answers 404 then, and so does one account
/// (docs/jira.md#parameters-in-any-case).
pub(in crate::sandbox) fn bad_parameter(asked: &Asked, name: &str) -> Answer {
    let (method, path) = (&asked.method, &asked.path);
    let hidden = path.starts_with("/rest/servicedeskapi/") || path.starts_with("/rest/api/") && path.ends_with("/user");
    let status = if hidden { 404 } else { 400 };
    let message = format!("The query parameter '{name}' is missing or not valid.");
    of_path(path, status, &message).blaming(format!("{method} {path}: bad query parameter {name}"))
}

/// A body that is not what it must be.
pub(in crate::sandbox) fn bad_body(asked: &Asked, why: &str) -> Answer {
    let blame = format!("{} {}: {why}", asked.method, asked.path);
    of_path(&asked.path, 400, &format!("Invalid request payload: {why}")).blaming(blame)
}

/// How a deployment answers that there were too many requests; without the time, as a gateway has been seen to.
pub(in crate::sandbox) type TooMany = fn(&Asked, Option<Duration>) -> Answer;

/// A 429 that says how long to wait in one of many ways.
fn limited(asked: &Asked, says: Says, too_many: TooMany) -> Answer {
    let after = |seconds| {
        asked
            .now
            .saturating_add(Duration::from_secs(seconds))
            .unwrap_or(asked.now)
    };
    let bare = too_many(asked, None);
    match says {
        Says::Nothing => bare,
        Says::Seconds(seconds) => too_many(asked, Some(Duration::from_secs(seconds))),
        Says::Fraction(seconds) => bare.with_header("retry-after", format!("{seconds}.5")),
        Says::Date(seconds) => bare
            .with_header("date", http_date(asked.now))
            .with_header("retry-after", http_date(after(seconds))),
        Says::Past => bare.with_header("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT"),
        Says::Unreadable => bare.with_header("retry-after", "-1"),
        Says::Twice(seconds) => bare
            .with_header("retry-after", "0")
            .with_header("retry-after", seconds.to_string()),
        Says::Reset(seconds) => bare.with_header("x-ratelimit-reset", after(seconds).to_string()),
    }
}

fn http_date(time: Timestamp) -> String {
    time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// What stands before Jira refuses.
pub(in crate::sandbox) fn refusal(asked: &Asked, refusal: Refusal, too_many: TooMany) -> Answer {
    match refusal {
        Refusal::TooMany(says) => limited(asked, says, too_many),
        Refusal::Bare(status) => Answer::empty(status),
        Refusal::Status(401) => unauthorized(asked),
        Refusal::Status(status) => {
            let message = match status {
                403 => "You do not have permission to perform this action.",
                404 => "The requested resource was not found, or you cannot see it.",
                _ => "Internal server error",
            };
            of_path(&asked.path, status, message)
        }
        Refusal::Unavailable { retry_after } => {
            of_path(&asked.path, 503, "Service unavailable").with_header("retry-after", retry_after.to_string())
        }
        Refusal::Object => Answer::json(200, &json!({})),
        Refusal::Html(status) => Answer::text(
            status,
            "text/html;charset=UTF-8",
            "<!DOCTYPE html>\n<html><head><title>Oops, you've found a dead link.</title></head>\n\
             <body><h1>Something went wrong</h1></body></html>\n",
        ),
    }
}

/// 401 with the header that tells a dead token.
pub(in crate::sandbox) fn unauthorized(asked: &Asked) -> Answer {
    let message = "Client must be authenticated to access this resource.";
    of_path(&asked.path, 401, message)
        .with_header("www-authenticate", "OAuth realm=\"https%3A%2F%2Fexample\"")
        .with_header("x-seraph-loginreason", "AUTHENTICATED_FAILED")
}

/// A route that does not exist: a plausible 404 would hide the mistake.
pub(in crate::sandbox) fn unknown_route(asked: &Asked) -> Answer {
    let blame = format!("{} {}: no such route", asked.method, asked.path);
    of_path(&asked.path, 501, "the sandbox does not simulate this route").blaming(blame)
}
