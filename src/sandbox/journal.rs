//! The record of exchanges, e-mails and violations.

use std::collections::VecDeque;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use tokio::sync::watch;

/// One request and its response.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Exchange {
    /// Counts from 1, in the order of arrival.
    pub seq: u64,
    /// When it arrived, after the start of the sandbox, by tokio's clock.
    pub at: Duration,
    /// The HTTP method.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The path template of the contracts; `None` for an unknown route.
    pub template: Option<&'static str>,
    /// The query, decoded, in the order sent.
    pub query: Vec<(String, String)>,
    /// The request's JSON body; `None` when bodies are not recorded.
    pub request_body: Option<Value>,
    /// The response status; `None` if the connection was dropped, and until the response is sent.
    pub status: Option<u16>,
    /// The response body: JSON, or a JSON string of a body that is not JSON; `None` when it was empty, not sent
    /// completely, or bodies are not recorded.
    pub response_body: Option<Value>,
    /// Whether the request changed the state.
    pub effect: bool,
    /// The rules of the fault script that applied, or `rate` for the rate limit.
    pub fault: Option<String>,
}

/// An e-mail Jira would have sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mail {
    /// The exchange that caused it.
    pub seq: u64,
    /// The recipient.
    pub to: String,
    /// The reason.
    pub why: String,
}

/// The record of a sandbox.
#[derive(Debug)]
pub(super) struct Journal {
    exchanges: VecDeque<Exchange>,
    limit: usize,
    next: u64,
    /// The number of requests received; wakes up waiting tasks.
    pub(super) requests: watch::Sender<usize>,
    pub(super) writes: usize,
    pub(super) outbox: Vec<Mail>,
    pub(super) violations: Vec<String>,
}

impl Journal {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            exchanges: VecDeque::new(),
            limit: limit.max(1),
            next: 1,
            requests: watch::Sender::new(0),
            writes: 0,
            outbox: Vec::new(),
            violations: Vec::new(),
        }
    }

    /// Records a request that has arrived and returns its number.
    pub(super) fn record_request(&mut self, mut exchange: Exchange) -> u64 {
        let seq = self.next;
        self.next += 1;
        self.requests.send_modify(|requests| *requests += 1);
        self.writes += usize::from(exchange.method != "GET");
        exchange.seq = seq;
        if self.exchanges.len() >= self.limit {
            self.exchanges.pop_front();
        }
        self.exchanges.push_back(exchange);
        seq
    }

    /// Completes the record of a request, unless it was dropped.
    pub(super) fn record_response(&mut self, seq: u64, complete: impl FnOnce(&mut Exchange)) {
        let first = self.exchanges.front().map_or(seq, |exchange| exchange.seq);
        let at = seq.checked_sub(first).and_then(|at| usize::try_from(at).ok());
        if let Some(exchange) = at.and_then(|at| self.exchanges.get_mut(at)) {
            complete(exchange);
        }
    }

    pub(super) fn exchanges(&self) -> Vec<Exchange> {
        self.exchanges.iter().cloned().collect()
    }

    /// Clears the record, but not the numbering of exchanges.
    pub(super) fn clear(&mut self) {
        self.exchanges.clear();
        self.outbox.clear();
        self.violations.clear();
        self.requests.send_replace(0);
        self.writes = 0;
    }
}
