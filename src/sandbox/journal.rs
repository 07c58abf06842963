//! What was asked and answered, which mail went out, and what a client should not have done.

use std::collections::VecDeque;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use tokio::sync::watch;

/// One request and its answer.
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
    /// The path template of the contracts; nothing for a route that does not exist.
    pub template: Option<&'static str>,
    /// The query, decoded, in the order sent.
    pub query: Vec<(String, String)>,
    /// The request's JSON body; nothing when bodies are not recorded.
    pub request_body: Option<Value>,
    /// The status answered; nothing where the connection was dropped, or while no answer has been given.
    pub status: Option<u16>,
    /// The answer's body: JSON, or a JSON string of what is not JSON; nothing when it was empty, not sent whole, or
    /// bodies are not recorded.
    pub response_body: Option<Value>,
    /// Whether the request changed anything.
    pub effect: bool,
    /// The rules of the fault script that struck, or `rate` for the rate limit.
    pub fault: Option<String>,
}

/// A mail Jira would have sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mail {
    /// The exchange that caused it.
    pub seq: u64,
    /// To whom.
    pub to: String,
    /// Why.
    pub why: String,
}

/// The record of a sandbox.
#[derive(Debug)]
pub(super) struct Journal {
    exchanges: VecDeque<Exchange>,
    limit: usize,
    next: u64,
    /// How many requests arrived; whoever waits for one is told.
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

    /// Writes down a request that has arrived and returns its number.
    pub(super) fn begin(&mut self, mut exchange: Exchange) -> u64 {
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

    /// Completes what was written down of a request, unless it is forgotten.
    pub(super) fn finish(&mut self, seq: u64, complete: impl FnOnce(&mut Exchange)) {
        let first = self.exchanges.front().map_or(seq, |exchange| exchange.seq);
        let at = seq.checked_sub(first).and_then(|at| usize::try_from(at).ok());
        if let Some(exchange) = at.and_then(|at| self.exchanges.get_mut(at)) {
            complete(exchange);
        }
    }

    pub(super) fn exchanges(&self) -> Vec<Exchange> {
        self.exchanges.iter().cloned().collect()
    }

    /// Forgets everything; numbers go on.
    pub(super) fn clear(&mut self) {
        self.exchanges.clear();
        self.outbox.clear();
        self.violations.clear();
        self.requests.send_replace(0);
        self.writes = 0;
    }
}
