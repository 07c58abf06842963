//! The error format of Jira Data Center, and its rate limit headers.

use std::time::Duration;

use serde_json::json;

use super::super::common::errors;
use super::super::exchange::{JiraRequest, JiraResponse, RequestContext};
use super::super::faults::Refusal;
use super::super::limiter::Verdict;

/// The response to an injected refusal.
pub(in crate::sandbox) fn refusal(asked: &JiraRequest, refusal: Refusal) -> JiraResponse {
    errors::refusal(asked, refusal, too_many)
}

/// 429; without `retry_after`, as observed from a gateway.
pub(in crate::sandbox) fn too_many(_asked: &JiraRequest, retry_after: Option<Duration>) -> JiraResponse {
    let answer = JiraResponse::json(429, &json!({"message": "Rate limit exceeded."}));
    match retry_after {
        None => answer,
        Some(wait) => answer.with_header("retry-after", seconds(wait)),
    }
}

/// The rate limit headers of every response: a bucket of `rate` tokens, refilled with `rate` a second
/// (docs/jira.md#data-center-bucket).
pub(in crate::sandbox) fn rate_limit_headers(rate: u32, verdict: Verdict) -> [(&'static str, String); 5] {
    let (left, wait) = match verdict {
        Verdict::Pass { left, .. } => (left, Duration::from_secs(u64::from(left == 0))),
        Verdict::Wait(wait) => (0, wait),
    };
    [
        ("x-ratelimit-limit", rate.to_string()),
        ("x-ratelimit-remaining", left.to_string()),
        ("x-ratelimit-interval-seconds", "1".to_owned()),
        ("x-ratelimit-fillrate", rate.to_string()),
        ("retry-after", seconds(wait)),
    ]
}

fn seconds(wait: Duration) -> String {
    let seconds = wait.as_secs().saturating_add((wait.subsec_nanos() > 0).into());
    seconds.to_string()
}

/// An error of the platform about one field.
pub(super) fn of_field(status: u16, field: &str, message: &str) -> JiraResponse {
    JiraResponse::json(status, &json!({"errorMessages": [], "errors": {field: message}}))
}

/// The refusal of an account that does not administer Jira, if it does not.
pub(super) fn require_administrator(call: &RequestContext<'_>) -> Option<JiraResponse> {
    let message = "You are not an administrator, so you cannot do this.";
    (!call.config.administrator).then(|| errors::error_for_path(&call.request.path, 403, message))
}

/// The refusal of a write to a read-only directory, if it is one.
pub(super) fn require_writable_directory(call: &RequestContext<'_>) -> Option<JiraResponse> {
    let message = "Cannot change the user: the user's directory is read-only.";
    let status = call.config.rules.read_only_status;
    (call.config.read_only_directory).then(|| errors::error_for_path(&call.request.path, status, message))
}

/// The error for an account that does not exist.
pub(super) fn user_not_found(status: u16, name: &str) -> JiraResponse {
    errors::platform(status, &format!("The user named '{name}' does not exist"))
}
