//! Metadata of responses: the server's time, the HTTP version, and the rate limit.

use std::collections::BTreeMap;

use http::{HeaderMap, Version};
use jiff::Timestamp;
use tokio::time::Instant;

use super::transport::Response;

/// The rate limit headers of Cloud and Data Center (docs/jira.md#cloud-429, docs/jira.md#data-center-bucket).
const LIMITS: [&str; 7] = [
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-interval-seconds",
    "x-ratelimit-fillrate",
    "x-ratelimit-nearlimit",
    "x-ratelimit-reset",
    "ratelimit-reason",
];

/// Metadata of the responses so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResponseMetadata {
    /// The server's time in the last response with a date, and when that response arrived.
    server_date: Option<(Timestamp, Instant)>,
    /// The HTTP version of the last response; `None` before the first.
    pub http_version: Option<Version>,
    /// Whether the last response was an HTML page (docs/jira.md#jsm-unlicensed).
    pub is_html: bool,
    /// The rate limit headers of the last response that had any.
    pub rate_limit_headers: BTreeMap<&'static str, String>,
}

impl ResponseMetadata {
    /// Returns the server's current time, to a second or two.
    #[must_use]
    pub fn server_time(&self) -> Option<Timestamp> {
        let (date, came) = self.server_date?;
        date.checked_add(came.elapsed()).ok()
    }

    /// Records the metadata of a response that has just arrived.
    pub(super) fn record(&mut self, answer: &Response) {
        let header = |name| header_text(&answer.headers, name);
        let date = header("date").and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
        self.server_date = date.map(|date| (date.timestamp(), Instant::now())).or(self.server_date);
        self.http_version = Some(answer.version);
        self.is_html = header("content-type").is_some_and(|kind| kind.starts_with("text/html"));
        let limits = LIMITS
            .into_iter()
            .filter_map(|name| Some((name, header(name)?.to_owned())));
        let limits: BTreeMap<_, _> = limits.collect();
        if !limits.is_empty() {
            self.rate_limit_headers = limits;
        }
    }
}

fn header_text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
