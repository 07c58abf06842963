//! The result of one attempt of a call.

use std::time::Duration;

use tokio::time::Instant;

use crate::jira::errors::CallError;
use crate::jira::transport::Response;

/// The result of one attempt.
pub(super) enum Attempt {
    Done(Response),
    /// Jira rate limits the operation, perhaps with a wait time; the `u64` is the request's round. Nothing was done.
    Wait(Option<Duration>, u64),
    /// Not sent: the breaker opened while the request waited for a slot.
    BreakerOpened,
    /// Certainly not done.
    NotSent(String),
    /// Possibly done; Jira may ask to wait. The `u64` is the request's round.
    ResponseLost(String, Option<(Duration, u64)>),
    Refused(CallError),
}

/// Facts about a request that received a response.
pub(super) struct SentRequest {
    pub(super) start: Instant,
    /// The round of its operation's gate when it was sent.
    pub(super) round: u64,
    /// How long the response asks to wait.
    pub(super) wait: Option<Duration>,
}
