//! What answers tell besides what was asked for: the server's time, how it was reached, and how the rate is limited.

use std::collections::BTreeMap;

use http::{HeaderMap, Version};
use jiff::Timestamp;
use tokio::time::Instant;

use super::transport::Answer;

/// The headers that tell of the rate limit (docs/jira.md#cloud-429, docs/jira.md#data-center-bucket): Cloud's, and Data
/// Center's.
const LIMITS: [&str; 7] = [
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-interval-seconds",
    "x-ratelimit-fillrate",
    "x-ratelimit-nearlimit",
    "x-ratelimit-reset",
    "ratelimit-reason",
];

/// What answers told besides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// The server's time in the last answer that had one, and when that came.
    date: Option<(Timestamp, Instant)>,
    /// The HTTP spoken in the last answer; nothing where none came.
    pub http: Option<Version>,
    /// Whether the last answer was a page for people (docs/jira.md#jsm-unlicensed).
    pub page: bool,
    /// How the rate is limited, by the headers of the last answer that said so.
    pub limits: BTreeMap<&'static str, String>,
}

impl Told {
    /// What the server's clock shows now, to a second or two.
    #[must_use]
    pub fn server_time(&self) -> Option<Timestamp> {
        let (date, came) = self.date?;
        date.checked_add(came.elapsed()).ok()
    }

    /// Takes in an answer that has just come.
    pub(super) fn listen(&mut self, answer: &Answer) {
        let header = |name| text(&answer.headers, name);
        let date = header("date").and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
        self.date = date.map(|date| (date.timestamp(), Instant::now())).or(self.date);
        self.http = Some(answer.version);
        self.page = header("content-type").is_some_and(|kind| kind.starts_with("text/html"));
        let limits = LIMITS
            .into_iter()
            .filter_map(|name| Some((name, header(name)?.to_owned())));
        let limits: BTreeMap<_, _> = limits.collect();
        if !limits.is_empty() {
            self.limits = limits;
        }
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
