//! The errors that only Jira Cloud spells this way.

use std::time::Duration;

use serde_json::json;

use super::super::common::errors;
use super::super::exchange::{Answer, Asked};
use super::super::faults::Refusal;

/// What stands before Jira refuses.
pub(in crate::sandbox) fn refusal(asked: &Asked, refusal: Refusal) -> Answer {
    errors::refusal(asked, refusal, too_many)
}

/// 429; without `retry_after` as a gateway has been seen to answer.
pub(in crate::sandbox) fn too_many(asked: &Asked, retry_after: Option<Duration>) -> Answer {
    let body = json!({"code": 429, "message": "HTTP 429 Too Many Requests"});
    let answer = Answer::json(429, &body);
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
