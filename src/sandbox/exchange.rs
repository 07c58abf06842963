//! A request as the simulated Jira sees it and the answer it gives: HTTP without a connection.

use axum::body::Bytes;
use serde::Serialize;
use serde_json::Value;

use super::config::Config;
use super::faults::Disturbance;
use super::state::State;

/// Everything a route needs to answer.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) config: &'a Config,
    pub(super) state: &'a mut State,
    pub(super) asked: &'a Asked,
    pub(super) disturbance: &'a Disturbance,
}

/// What was asked.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// The number of the exchange.
    pub(super) seq: u64,
    pub(super) method: String,
    pub(super) path: String,
    /// The values of the template's parameters, in its order.
    pub(super) ids: Vec<String>,
    pub(super) query: Vec<(String, String)>,
    pub(super) body: Bytes,
    /// The site's own address: what links in answers begin with.
    pub(super) base: String,
    /// Whether it came through Cloud's gateway.
    pub(super) through_gateway: bool,
    /// The time of day inside the sandbox.
    pub(super) now: jiff::Timestamp,
}

impl Asked {
    /// The first value of a query parameter.
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        let mut found = self.query.iter().filter(|(key, _)| key == name);
        found.next().map(|(_, value)| value.as_str())
    }

    /// A query parameter that is a number; `Err` names the parameter that is none.
    pub(super) fn number(&self, name: &'static str) -> Result<Option<usize>, &'static str> {
        let number = self.query(name).map(str::parse);
        number.transpose().map_err(|_| name)
    }

    /// A query parameter that is true or false, in any case as Java reads it; `Err` names the parameter that is neither.
    pub(super) fn flag(&self, name: &'static str) -> Result<Option<bool>, &'static str> {
        match self.query(name) {
            None => Ok(None),
            Some(word) if word.eq_ignore_ascii_case("true") => Ok(Some(true)),
            Some(word) if word.eq_ignore_ascii_case("false") => Ok(Some(false)),
            Some(_) => Err(name),
        }
    }

    /// The version of the platform's API that links name: the one asked, or 2.
    pub(super) fn api_version(&self) -> &'static str {
        if self.path.starts_with("/rest/api/3/") {
            "3"
        } else {
            "2"
        }
    }

    /// The `at`-th parameter of the template.
    pub(super) fn id(&self, at: usize) -> &str {
        self.ids.get(at).map_or("", String::as_str)
    }

    /// The body as JSON, where it is that.
    pub(super) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

/// What is answered, and what that did.
#[derive(Clone, Debug, Default)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Bytes,
    pub(super) content_type: Option<&'static str>,
    /// Whether anything changed.
    pub(super) effect: bool,
    /// What the client should not have done.
    pub(super) violations: Vec<String>,
    /// Who was mailed, and why.
    pub(super) mails: Vec<(String, String)>,
}

impl Answer {
    /// No body.
    pub(super) fn empty(status: u16) -> Self {
        Self {
            status,
            ..Self::default()
        }
    }

    /// A JSON body.
    pub(super) fn json(status: u16, body: &impl Serialize) -> Self {
        // Every type here has text keys and cannot fail; an empty body would be noticed by any client.
        let body = serde_json::to_vec(body).unwrap_or_default();
        Self {
            body: body.into(),
            content_type: Some("application/json;charset=UTF-8"),
            ..Self::empty(status)
        }
    }

    /// A body that is not JSON.
    pub(super) fn text(status: u16, content_type: &'static str, body: &str) -> Self {
        Self {
            body: Bytes::copy_from_slice(body.as_bytes()),
            content_type: Some(content_type),
            ..Self::empty(status)
        }
    }

    /// The same with one more header.
    pub(super) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The same, blaming the client.
    pub(super) fn blaming(mut self, violation: impl Into<String>) -> Self {
        self.violations.push(violation.into());
        self
    }

    /// The same, having changed something or not.
    pub(super) fn with_effect(mut self, effect: bool) -> Self {
        self.effect = effect;
        self
    }
}
