//! What is known about a site that could not be reached.

use crate::jira::client::Client;
use crate::jira::connect_error::ConnectError;
use crate::jira::response_metadata::ResponseMetadata;

/// The error of connecting, and what was learned before it.
#[derive(Debug)]
pub struct UnreachableSite {
    /// The error.
    pub error: ConnectError,
    /// Number of requests made.
    pub requests: u64,
    /// Metadata of the responses.
    pub response_metadata: ResponseMetadata,
}

impl UnreachableSite {
    /// For an error before any request.
    pub(super) fn before_requests(error: ConnectError) -> Self {
        Self {
            error,
            requests: 0,
            response_metadata: ResponseMetadata::default(),
        }
    }

    /// For an error after requests of this client.
    pub(super) fn after_requests(error: ConnectError, client: &Client) -> Self {
        Self {
            error,
            requests: client.stats().requests,
            response_metadata: client.response_metadata(),
        }
    }
}
