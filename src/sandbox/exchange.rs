//! Requests to the simulated Jira and its responses: HTTP without a connection.

use axum::body::Bytes;
use serde::Serialize;
use serde_json::Value;

use super::config::Config;
use super::faults::InjectedFault;
use super::state::State;

/// Everything a handler needs to answer a request.
#[derive(Debug)]
pub(super) struct RequestContext<'a> {
    pub(super) config: &'a Config,
    pub(super) state: &'a mut State,
    pub(super) request: &'a JiraRequest,
    pub(super) fault: &'a InjectedFault,
}

/// A parsed request.
#[derive(Clone, Debug)]
pub(super) struct JiraRequest {
    /// The number of the exchange.
    pub(super) seq: u64,
    pub(super) method: String,
    pub(super) path: String,
    /// The values of the template's parameters, in order.
    pub(super) path_parameters: Vec<String>,
    pub(super) query: Vec<(String, String)>,
    pub(super) body: Bytes,
    /// The site's own address, without a trailing slash: the prefix of links in responses.
    pub(super) site_url: String,
    /// Whether it was sent through Cloud's gateway.
    pub(super) through_gateway: bool,
    /// The sandbox's current time.
    pub(super) now: jiff::Timestamp,
}

impl JiraRequest {
    /// The first value of a query parameter.
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        let mut found = self.query.iter().filter(|(key, _)| key == name);
        found.next().map(|(_, value)| value.as_str())
    }

    /// Parses a query parameter as a number; `Err` is the name of an invalid parameter.
    pub(super) fn number(&self, name: &'static str) -> Result<Option<usize>, &'static str> {
        let number = self.query(name).map(str::parse);
        number.transpose().map_err(|_| name)
    }

    /// Parses a query parameter as a boolean, in any case like Java; `Err` is the name of an invalid parameter.
    pub(super) fn flag(&self, name: &'static str) -> Result<Option<bool>, &'static str> {
        match self.query(name) {
            None => Ok(None),
            Some(word) if word.eq_ignore_ascii_case("true") => Ok(Some(true)),
            Some(word) if word.eq_ignore_ascii_case("false") => Ok(Some(false)),
            Some(_) => Err(name),
        }
    }

    /// The version of the platform's API in links: the requested one if that is 3, else 2.
    pub(super) fn api_version(&self) -> &'static str {
        if self.path.starts_with("/rest/api/3/") {
            "3"
        } else {
            "2"
        }
    }

    /// The value of the `at`-th template parameter, from 0; empty where there is none.
    pub(super) fn path_parameter(&self, at: usize) -> &str {
        self.path_parameters.get(at).map_or("", String::as_str)
    }

    /// The body, if it is JSON.
    pub(super) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

/// A response, and the effects of its request.
#[derive(Clone, Debug, Default)]
pub(super) struct JiraResponse {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Bytes,
    pub(super) content_type: Option<&'static str>,
    /// Whether the state changed.
    pub(super) effect: bool,
    /// What the client did wrong.
    pub(super) violations: Vec<String>,
    /// The e-mails sent: recipient and reason.
    pub(super) mails: Vec<(String, String)>,
}

impl JiraResponse {
    /// A response without a body.
    pub(super) fn empty(status: u16) -> Self {
        Self {
            status,
            ..Self::default()
        }
    }

    /// A response with a JSON body.
    pub(super) fn json(status: u16, body: &impl Serialize) -> Self {
        // Every type here has string keys and cannot fail; any client would detect an empty body.
        let body = serde_json::to_vec(body).unwrap_or_default();
        Self {
            body: body.into(),
            content_type: Some("application/json;charset=UTF-8"),
            ..Self::empty(status)
        }
    }

    /// A response with a body that is not JSON.
    pub(super) fn text(status: u16, content_type: &'static str, body: &str) -> Self {
        Self {
            body: Bytes::copy_from_slice(body.as_bytes()),
            content_type: Some(content_type),
            ..Self::empty(status)
        }
    }

    /// Adds a header.
    pub(super) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Adds a violation by the client.
    pub(super) fn with_violation(mut self, violation: impl Into<String>) -> Self {
        self.violations.push(violation.into());
        self
    }

    /// Sets whether the state changed.
    pub(super) fn with_effect(mut self, effect: bool) -> Self {
        self.effect = effect;
        self
    }
}
