//! Processing of one request at a time: faults, rate limit, response, journal. Synchronous; the clock is an argument.

use std::time::Duration;

use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use serde_json::Value;

use super::common::errors;
use super::config::{Config, Deployment};
use super::deployment::Route;
use super::exchange::{JiraRequest, JiraResponse, RequestContext};
use super::faults::{FaultInjector, InjectedFault, ResponseLost};
use super::journal::{Exchange, Journal, Mail};
use super::limiter::{Limiter, Verdict};
use super::seed::Seed;
use super::state::State;

/// Everything behind the lock of a sandbox.
#[derive(Debug)]
pub(super) struct Core {
    pub(super) config: Config,
    pub(super) state: State,
    pub(super) journal: Journal,
    pub(super) fault_injector: FaultInjector,
    pub(super) seed: u64,
    limiter: Limiter,
}

/// A request that has arrived and is not answered yet.
#[derive(Debug)]
pub(super) struct Arrival {
    request: JiraRequest,
    route: Option<Route>,
    fault: InjectedFault,
    verdict: Verdict,
}

impl Arrival {
    /// How long to wait before the request is handled.
    pub(super) fn delay(&self, latency: Duration) -> Duration {
        latency + Duration::from_millis(self.fault.delay_ms.into())
    }
}

/// What is sent back over the connection.
#[derive(Debug)]
pub(super) enum Reply {
    /// The whole response.
    Whole(JiraResponse),
    /// Complete HTTP with half of the response's JSON.
    Cut(JiraResponse),
    /// The whole response, at one byte a second.
    Drip(JiraResponse),
    /// The connection is closed in the middle of the response.
    Truncated(JiraResponse),
    /// The connection is closed before the response.
    Dropped,
}

impl Core {
    pub(super) fn new(config: Config, seed: &Seed) -> Self {
        Self {
            state: State::new(seed, config.deployment, config.rules, &config.user),
            journal: Journal::new(config.journal_limit),
            fault_injector: FaultInjector::new(&config.faults, seed.seed),
            seed: seed.seed,
            limiter: Limiter::new(
                config.rate,
                config.deployment.limits_each_operation() && !config.rules.one_rate_limit,
            ),
            config,
        }
    }

    /// Records a request and decides which faults apply. `at`: the time since the start.
    pub(super) fn arrive(&mut self, head: &Parts, body: Bytes, at: Duration) -> Arrival {
        let method = head.method.as_str();
        let (path, through_gateway) = match self.config.deployment {
            Deployment::Cloud => strip_gateway_prefix(head.uri.path()),
            Deployment::DataCenter(_) => (head.uri.path(), false),
        };
        let (route, ids) = match self.config.deployment.find_route(method, path) {
            Some((route, ids)) => (Some(route), ids),
            None => (None, Vec::new()),
        };
        let mut asked = JiraRequest {
            seq: 0,
            method: method.to_owned(),
            path: path.to_owned(),
            path_parameters: ids,
            query: query(head),
            body,
            site_url: self.config.site.clone().unwrap_or_else(|| base(head)),
            through_gateway,
            now: self.config.started.saturating_add(at).unwrap_or(self.config.started),
        };
        let spot = route.map(Route::route_name);
        let desk = self.desk_key(&asked);
        let injected_fault = self.fault_injector.match_fault(method, spot, desk.as_deref());
        let name = spot.map_or("unknown", |spot| spot.name);
        let verdict = self.limiter.check(name, at);
        asked.seq = self.journal.record_request(Exchange {
            seq: 0,
            at,
            method: asked.method.clone(),
            path: asked.path.clone(),
            template: spot.map(|spot| spot.template),
            query: asked.query.clone(),
            request_body: self.config.record_bodies.then(|| recorded(&asked)).flatten(),
            status: None,
            response_body: None,
            effect: false,
            fault: fault_text(&injected_fault, verdict),
        });
        Arrival {
            request: asked,
            route,
            fault: injected_fault,
            verdict,
        }
    }

    /// Performs the request and records the response.
    pub(super) fn answer(&mut self, arrival: &Arrival, headers: &HeaderMap) -> Reply {
        let lost = arrival.fault.response_lost;
        if lost == Some(ResponseLost::BeforeEffect) {
            return Reply::Dropped;
        }
        let mut answer = self.perform(arrival, headers);
        for violation in answer.violations.drain(..) {
            let seq = arrival.request.seq;
            self.journal.violations.push(format!("#{seq} {violation}"));
        }
        for (to, why) in answer.mails.drain(..) {
            let seq = arrival.request.seq;
            self.journal.outbox.push(Mail { seq, to, why });
        }
        let (effect, deployment) = (answer.effect, self.config.deployment);
        let mut reply = match lost {
            None | Some(ResponseLost::BeforeEffect) => Reply::Whole(answer),
            Some(ResponseLost::AfterEffect) => Reply::Dropped,
            Some(ResponseLost::Truncated) => Reply::Truncated(answer),
            Some(ResponseLost::Cut) => Reply::Cut(answer),
            Some(ResponseLost::Drip) => Reply::Drip(answer),
            Some(ResponseLost::InternalError) => {
                let refusal = super::faults::Refusal::Status(500);
                Reply::Whole(deployment.refusal(&arrival.request, refusal))
            }
            Some(ResponseLost::Unavailable { retry_after }) => {
                let refusal = super::faults::Refusal::Unavailable { retry_after };
                Reply::Whole(deployment.refusal(&arrival.request, refusal))
            }
            Some(ResponseLost::Html) => {
                let refusal = super::faults::Refusal::Html(200);
                Reply::Whole(deployment.refusal(&arrival.request, refusal))
            }
            Some(ResponseLost::Object) => {
                let refusal = super::faults::Refusal::Object;
                Reply::Whole(deployment.refusal(&arrival.request, refusal))
            }
        };
        if let Reply::Whole(answer) | Reply::Cut(answer) | Reply::Drip(answer) | Reply::Truncated(answer) = &mut reply {
            deployment.add_response_headers(answer, &arrival.request, &self.config, arrival.verdict);
        }
        self.record_response(arrival.request.seq, effect, &reply);
        reply
    }

    fn perform(&mut self, arrival: &Arrival, headers: &HeaderMap) -> JiraResponse {
        if let Verdict::Wait(wait) = arrival.verdict {
            let says = match self.config.rules.limited_says_zero {
                true => Duration::ZERO,
                false => wait,
            };
            return self.config.deployment.too_many(&arrival.request, says);
        }
        if let Some(refusal) = arrival.fault.refusal {
            return self.config.deployment.refusal(&arrival.request, refusal);
        }
        let Some(route) = arrival.route else {
            return errors::unknown_route(&arrival.request);
        };
        let mut call = RequestContext {
            config: &self.config,
            state: &mut self.state,
            request: &arrival.request,
            fault: &arrival.fault,
        };
        let answer = route.answer(&mut call, headers);
        match arrival.verdict {
            Verdict::Pass { near_limit: true, .. } => answer.with_header("x-ratelimit-nearlimit", "true"),
            Verdict::Pass { near_limit: false, .. } | Verdict::Wait(_) => answer,
        }
    }

    fn record_response(&mut self, seq: u64, effect: bool, reply: &Reply) {
        let record_bodies = self.config.record_bodies;
        let body = |answer: &JiraResponse| match serde_json::from_slice(&answer.body) {
            _ if !record_bodies || answer.body.is_empty() => None,
            Ok(json) => Some(json),
            Err(_) => Some(String::from_utf8_lossy(&answer.body).into()),
        };
        self.journal.record_response(seq, |exchange| {
            exchange.effect = effect;
            match reply {
                Reply::Whole(answer) => {
                    exchange.status = Some(answer.status);
                    exchange.response_body = body(answer);
                }
                Reply::Cut(answer) | Reply::Drip(answer) | Reply::Truncated(answer) => {
                    exchange.status = Some(answer.status);
                }
                Reply::Dropped => {}
            }
        });
    }

    /// The key of the desk in a path, for fault scripts.
    fn desk_key(&self, asked: &JiraRequest) -> Option<String> {
        let desk = self.state.find_desk(asked.path_parameters.first()?)?;
        Some(desk.key.clone())
    }
}

/// The body as recorded: without passwords, which may be real.
fn recorded(asked: &JiraRequest) -> Option<Value> {
    let mut body = asked.json()?;
    for field in ["password", "currentPassword"] {
        if let Some(password) = body.get_mut(field).filter(|password| password.is_string()) {
            *password = Value::from("********");
        }
    }
    Some(body)
}

fn fault_text(injected_fault: &InjectedFault, verdict: Verdict) -> Option<String> {
    match verdict {
        Verdict::Wait(_) => Some("rate".to_owned()),
        Verdict::Pass { .. } => (!injected_fault.rules.is_empty()).then(|| injected_fault.rules.join(", ")),
    }
}

fn query(head: &Parts) -> Vec<(String, String)> {
    let query = head.uri.query().unwrap_or("");
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.into_owned().collect()
}

/// Strips the gateway's prefix `/ex/jira/CLOUD_ID` from a path; also returns whether there was one.
fn strip_gateway_prefix(path: &str) -> (&str, bool) {
    let behind = || {
        let rest = path.strip_prefix("/ex/jira/")?;
        Some(&rest[rest.find('/')?..])
    };
    behind().map_or((path, false), |path| (path, true))
}

/// The address at which the client reached the site.
fn base(head: &Parts) -> String {
    let host = head.headers.get(axum::http::header::HOST);
    let host = host.and_then(|host| host.to_str().ok());
    let host = host.or_else(|| head.uri.authority().map(|authority| authority.as_str()));
    format!("http://{}", host.unwrap_or("localhost"))
}
