//! The error format of Jira Cloud.

use std::time::Duration;

use serde_json::json;

use super::super::common::errors;
use super::super::exchange::{JiraRequest, JiraResponse};
use super::super::faults::Refusal;

/// The response to an injected refusal.
pub(in crate::sandbox) fn refusal(asked: &JiraRequest, refusal: Refusal) -> JiraResponse {
    errors::refusal(asked, refusal, too_many)
}

/// 429; without `retry_after`, as observed from a gateway.
pub(in crate::sandbox) fn too_many(asked: &JiraRequest, retry_after: Option<Duration>) -> JiraResponse {
    let body = json!({"code": 429, "message": "HTTP 429 Too Many Requests"});
    let answer = JiraResponse::json(429, &body);
    let Some(wait) = retry_after else {
        return answer;
    };
    let seconds = wait.as_secs().saturating_add((wait.subsec_nanos() > 0).into());
    let reset = asked.now.saturating_add(wait).unwrap_or(asked.now);
    answer
        .with_header("retry-after", seconds.to_string())
        .with_header("x-ratelimit-reset", reset.to_string())
        .with_header("ratelimit-reason", "jira-burst-based")
}
