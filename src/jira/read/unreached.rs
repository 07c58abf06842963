//! What is known of a Jira that could not be reached.

use crate::jira::client::Client;
use crate::jira::connect_error::ConnectError;
use crate::jira::told::Told;

/// A Jira that could not be reached, and what was learnt of it all the same.
#[derive(Debug)]
pub struct Unreached {
    /// Why.
    pub error: ConnectError,
    /// Requests made.
    pub requests: u64,
    /// What its answers told besides.
    pub told: Told,
}

impl Unreached {
    /// Before anything was sent.
    pub(super) fn unsent(error: ConnectError) -> Self {
        Self {
            error,
            requests: 0,
            told: Told::default(),
        }
    }

    /// After what this client has sent.
    pub(super) fn after(error: ConnectError, client: &Client) -> Self {
        Self {
            error,
            requests: client.stats().requests,
            told: client.told(),
        }
    }
}
