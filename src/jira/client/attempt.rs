//! What one attempt of a call came to, and what is known of it.

use std::time::Duration;

use tokio::time::Instant;

use crate::jira::errors::CallError;
use crate::jira::transport::Answer;

/// What one attempt came to.
pub(super) enum Attempt {
    Done(Answer),
    /// Jira asks to wait, perhaps saying how long, and refused a request of that round; nothing was done.
    Wait(Option<Duration>, u64),
    /// It was not sent, because Jira stopped answering while it waited for its place.
    Closed,
    /// Surely nothing was done.
    NotSent(String),
    /// Perhaps it was done; Jira may ask to wait before anything else is asked, and refused a request of that round.
    Lost(String, Option<(Duration, u64)>),
    Refused(CallError),
}

/// What is known of a request that was answered.
pub(super) struct Sent {
    pub(super) start: Instant,
    /// The round of its operation's gate.
    pub(super) round: u64,
    /// How long the answer asks to wait.
    pub(super) wait: Option<Duration>,
}
