//! One request after another: what strikes it, what it does, what is written down of it. Synchronous; the clock is an
//! argument.

use std::time::Duration;

use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use serde_json::Value;

use super::common::errors;
use super::config::{Config, Deployment};
use super::deployment::Route;
use super::exchange::{Answer, Asked, Call};
use super::faults::{Disturbance, Lost, Striking};
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
    pub(super) striking: Striking,
    pub(super) seed: u64,
    limiter: Limiter,
}

/// A request that has arrived and is not answered yet.
#[derive(Debug)]
pub(super) struct Arrival {
    asked: Asked,
    route: Option<Route>,
    disturbance: Disturbance,
    verdict: Verdict,
}

impl Arrival {
    /// How long it waits before it is looked at.
    pub(super) fn delay(&self, latency: Duration) -> Duration {
        latency + Duration::from_millis(self.disturbance.milliseconds.into())
    }
}

/// What goes back over the connection.
#[derive(Debug)]
pub(super) enum Reply {
    /// The whole answer.
    Whole(Answer),
    /// Half of its JSON, in complete HTTP.
    Cut(Answer),
    /// The whole answer, a byte a second.
    Drip(Answer),
    /// The connection ends in the middle of it.
    Truncated(Answer),
    /// The connection ends before it.
    Dropped,
}

impl Core {
    pub(super) fn new(config: Config, seed: &Seed) -> Self {
        Self {
            state: State::new(seed, config.deployment, config.rules, &config.user),
            journal: Journal::new(config.journal_limit),
            striking: Striking::new(&config.faults, seed.seed),
            seed: seed.seed,
            limiter: Limiter::new(
                config.rate,
                config.deployment.limits_each_operation() && !config.rules.one_rate_limit,
            ),
            config,
        }
    }

    /// Writes down a request and decides what will strike it. `at`: the time since the start.
    pub(super) fn arrive(&mut self, head: &Parts, body: Bytes, at: Duration) -> Arrival {
        let method = head.method.as_str();
        let (path, through_gateway) = match self.config.deployment {
            Deployment::Cloud => behind_gateway(head.uri.path()),
            Deployment::DataCenter(_) => (head.uri.path(), false),
        };
        let (route, ids) = match self.config.deployment.find(method, path) {
            Some((route, ids)) => (Some(route), ids),
            None => (None, Vec::new()),
        };
        let mut asked = Asked {
            seq: 0,
            method: method.to_owned(),
            path: path.to_owned(),
            ids,
            query: query(head),
            body,
            base: self.config.site.clone().unwrap_or_else(|| base(head)),
            through_gateway,
            now: self.config.started.saturating_add(at).unwrap_or(self.config.started),
        };
        let spot = route.map(Route::spot);
        let desk = self.desk_of(&asked);
        let disturbance = self.striking.strike(method, spot, desk.as_deref());
        let name = spot.map_or("unknown", |spot| spot.name);
        let verdict = self.limiter.ask(name, at);
        asked.seq = self.journal.begin(Exchange {
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
            fault: fault_text(&disturbance, verdict),
        });
        Arrival {
            asked,
            route,
            disturbance,
            verdict,
        }
    }

    /// Does what the request asks for and writes down the answer.
    pub(super) fn answer(&mut self, arrival: &Arrival, headers: &HeaderMap) -> Reply {
        let lost = arrival.disturbance.lost;
        if lost == Some(Lost::BeforeEffect) {
            return Reply::Dropped;
        }
        let mut answer = self.perform(arrival, headers);
        for violation in answer.violations.drain(..) {
            let seq = arrival.asked.seq;
            self.journal.violations.push(format!("#{seq} {violation}"));
        }
        for (to, why) in answer.mails.drain(..) {
            let seq = arrival.asked.seq;
            self.journal.outbox.push(Mail { seq, to, why });
        }
        let (effect, deployment) = (answer.effect, self.config.deployment);
        let mut reply = match lost {
            None | Some(Lost::BeforeEffect) => Reply::Whole(answer),
            Some(Lost::AfterEffect) => Reply::Dropped,
            Some(Lost::Truncated) => Reply::Truncated(answer),
            Some(Lost::Cut) => Reply::Cut(answer),
            Some(Lost::Drip) => Reply::Drip(answer),
            Some(Lost::InternalError) => {
                let refusal = super::faults::Refusal::Status(500);
                Reply::Whole(deployment.refusal(&arrival.asked, refusal))
            }
            Some(Lost::Unavailable { retry_after }) => {
                let refusal = super::faults::Refusal::Unavailable { retry_after };
                Reply::Whole(deployment.refusal(&arrival.asked, refusal))
            }
            Some(Lost::Html) => {
                let refusal = super::faults::Refusal::Html(200);
                Reply::Whole(deployment.refusal(&arrival.asked, refusal))
            }
            Some(Lost::Object) => {
                let refusal = super::faults::Refusal::Object;
                Reply::Whole(deployment.refusal(&arrival.asked, refusal))
            }
        };
        if let Reply::Whole(answer) | Reply::Cut(answer) | Reply::Drip(answer) | Reply::Truncated(answer) = &mut reply {
            deployment.mark(answer, &arrival.asked, &self.config, arrival.verdict);
        }
        self.write_down(arrival.asked.seq, effect, &reply);
        reply
    }

    fn perform(&mut self, arrival: &Arrival, headers: &HeaderMap) -> Answer {
        if let Verdict::Wait(wait) = arrival.verdict {
            let says = match self.config.rules.limited_says_zero {
                true => Duration::ZERO,
                false => wait,
            };
            return self.config.deployment.too_many(&arrival.asked, says);
        }
        if let Some(refusal) = arrival.disturbance.refusal {
            return self.config.deployment.refusal(&arrival.asked, refusal);
        }
        let Some(route) = arrival.route else {
            return errors::unknown_route(&arrival.asked);
        };
        let mut call = Call {
            config: &self.config,
            state: &mut self.state,
            asked: &arrival.asked,
            disturbance: &arrival.disturbance,
        };
        let answer = route.answer(&mut call, headers);
        match arrival.verdict {
            Verdict::Pass { near_limit: true, .. } => answer.with_header("x-ratelimit-nearlimit", "true"),
            Verdict::Pass { near_limit: false, .. } | Verdict::Wait(_) => answer,
        }
    }

    fn write_down(&mut self, seq: u64, effect: bool, reply: &Reply) {
        let record_bodies = self.config.record_bodies;
        let body = |answer: &Answer| match serde_json::from_slice(&answer.body) {
            _ if !record_bodies || answer.body.is_empty() => None,
            Ok(json) => Some(json),
            Err(_) => Some(String::from_utf8_lossy(&answer.body).into()),
        };
        self.journal.finish(seq, |exchange| {
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

    /// The key of the desk a path is about, for fault scripts.
    fn desk_of(&self, asked: &Asked) -> Option<String> {
        let desk = self.state.desk_called(asked.ids.first()?)?;
        Some(desk.key.clone())
    }
}

/// The body as it is written down: without the passwords, which may be somebody's.
fn recorded(asked: &Asked) -> Option<Value> {
    let mut body = asked.json()?;
    for field in ["password", "currentPassword"] {
        if let Some(password) = body.get_mut(field).filter(|password| password.is_string()) {
            *password = Value::from("********");
        }
    }
    Some(body)
}

fn fault_text(disturbance: &Disturbance, verdict: Verdict) -> Option<String> {
    match verdict {
        Verdict::Wait(_) => Some("rate".to_owned()),
        Verdict::Pass { .. } => (!disturbance.rules.is_empty()).then(|| disturbance.rules.join(", ")),
    }
}

fn query(head: &Parts) -> Vec<(String, String)> {
    let query = head.uri.query().unwrap_or("");
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.into_owned().collect()
}

/// The site's own path of one that goes through the gateway, `/ex/jira/CLOUD_ID/…`, and whether it does.
fn behind_gateway(path: &str) -> (&str, bool) {
    let behind = || {
        let rest = path.strip_prefix("/ex/jira/")?;
        Some(&rest[rest.find('/')?..])
    };
    behind().map_or((path, false), |path| (path, true))
}

/// The address the client knows the site by.
fn base(head: &Parts) -> String {
    let host = head.headers.get(axum::http::header::HOST);
    let host = host.and_then(|host| host.to_str().ok());
    let host = host.or_else(|| head.uri.authority().map(|authority| authority.as_str()));
    format!("http://{}", host.unwrap_or("localhost"))
}
