//! The errors that only Jira Data Center spells this way, and what it tells of its rate limit.

use std::time::Duration;

use serde_json::json;

use super::super::common::errors;
use super::super::exchange::{Answer, Asked, Call};
use super::super::faults::Refusal;
use super::super::limiter::Verdict;

/// What stands before Jira refuses.
pub(in crate::sandbox) fn refusal(asked: &Asked, refusal: Refusal) -> Answer {
    errors::refusal(asked, refusal, too_many)
}

/// 429; without `retry_after` as a gateway has been seen to answer.
pub(in crate::sandbox) fn too_many(_asked: &Asked, retry_after: Option<Duration>) -> Answer {
    let answer = Answer::json(429, &json!({"message": "Rate limit exceeded."}));
    match retry_after {
        None => answer,
        Some(wait) => answer.with_header("retry-after", seconds(wait)),
    }
}

/// What every answer tells of the rate limit: a bucket of `rate` tokens that `rate` a second fill
/// (docs/jira.md#data-center-bucket).
pub(in crate::sandbox) fn limits(rate: u32, verdict: Verdict) -> [(&'static str, String); 5] {
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

/// An error of the platform that is about one field.
pub(super) fn of_field(status: u16, field: &str, message: &str) -> Answer {
    Answer::json(status, &json!({"errorMessages": [], "errors": {field: message}}))
}

/// Who does not administer Jira changes no account.
pub(super) fn not_an_administrator(call: &Call<'_>) -> Option<Answer> {
    let message = "You are not an administrator, so you cannot do this.";
    (!call.config.administrator).then(|| errors::of_path(&call.asked.path, 403, message))
}

/// Nobody changes accounts in a directory Jira cannot write to.
pub(super) fn read_only(call: &Call<'_>) -> Option<Answer> {
    let message = "Cannot change the user: the user's directory is read-only.";
    let status = call.config.rules.read_only_status;
    (call.config.read_only_directory).then(|| errors::of_path(&call.asked.path, status, message))
}

/// There is no such account.
pub(super) fn no_user(status: u16, name: &str) -> Answer {
    errors::platform(status, &format!("The user named '{name}' does not exist"))
}
