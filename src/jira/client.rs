//! Calls: requests that are repeated as their replay class, Jira's limits and patience allow.

mod attempt;
mod classify;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use tokio::sync::MutexGuard as ProbeGuard;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use self::attempt::{Attempt, SentRequest};
use super::backoff::Backoff;
use super::cooldowns::OperationCooldowns;
use super::errors::CallError;
use super::limiter::{Breaker, BreakerPermit, InFlight, Pace};
use super::requested_wait::{requested_wait, response_date};
use super::requests::{Replay, Request};
use super::response_metadata::ResponseMetadata;
use super::responses::header;
use super::sign_in::SignInMethod;
use super::transport::{Response, Transport, TransportError};
use super::write_result::{ExpectedResponse, WriteResult};

/// Maximum attempts of a call while other calls succeed.
const ATTEMPTS: usize = 6;
/// Maximum time of an exchange, within patience.
const EXCHANGE: Duration = Duration::from_secs(60);
/// Minimum time for an exchange, unless patience is shorter.
const LAST_EXCHANGE: Duration = Duration::from_secs(1);

/// Counters of the requests so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Requests sent.
    pub requests: u64,
    /// Requests among them that change something.
    pub writes: u64,
    /// Requests by method, path template and status; status 0 means no response.
    pub responses: BTreeMap<(&'static str, &'static str, u16), u64>,
    /// Time waited because Jira limited the rate.
    pub rate_limit_wait: Duration,
}

/// Sends requests.
#[derive(Debug)]
pub(super) struct Client {
    transport: Arc<dyn Transport>,
    in_flight: Arc<InFlight>,
    cooldowns: OperationCooldowns,
    breaker: Breaker,
    pace: Arc<Pace>,
    patience: Duration,
    stop: CancellationToken,
    sign_in: Mutex<SignInMethod>,
    stats: Mutex<Stats>,
    response_metadata: Mutex<ResponseMetadata>,
}

/// The state of a call across its attempts.
struct CallState {
    attempts: usize,
    /// Whether a lost attempt may have taken effect.
    possibly_applied: bool,
    /// Total time Jira asked to wait.
    limited: Duration,
    backoff: Backoff,
    last_failure: String,
    /// Jira's id of the last request it responded to.
    request_id: Option<String>,
}

impl Client {
    /// Creates a client. Once `stop` is canceled, waits end and no further request is sent.
    pub(super) fn new(
        transport: Arc<dyn Transport>,
        concurrency: usize,
        patience: Duration,
        stop: CancellationToken,
        sign_in: SignInMethod,
    ) -> Self {
        Self {
            transport,
            in_flight: Arc::new(InFlight::new(concurrency)),
            cooldowns: OperationCooldowns::new(patience),
            breaker: Breaker::new(patience),
            pace: Arc::default(),
            patience,
            stop,
            sign_in: Mutex::new(sign_in),
            stats: Mutex::default(),
            response_metadata: Mutex::default(),
        }
    }

    /// Returns the current concurrency limit.
    pub(super) fn allowed_in_flight(&self) -> usize {
        self.in_flight.allowed()
    }

    /// Returns the read pacer.
    pub(super) fn pace(&self) -> Arc<Pace> {
        Arc::clone(&self.pace)
    }

    /// Returns the concurrency limiter, for metrics.
    pub(super) fn in_flight_limiter(&self) -> Arc<InFlight> {
        Arc::clone(&self.in_flight)
    }

    pub(super) fn stats(&self) -> Stats {
        self.stats.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn response_metadata(&self) -> ResponseMetadata {
        self.response_metadata
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Returns the method of sign-in, as far as known.
    pub(super) fn sign_in(&self) -> SignInMethod {
        *self.sign_in.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the method of sign-in, once the deployment is known.
    pub(super) fn set_sign_in(&self, sign_in: SignInMethod) {
        *self.sign_in.lock().unwrap_or_else(PoisonError::into_inner) = sign_in;
    }

    /// Applies rate limits to all operations together: Data Center limits per user, not per operation.
    pub(super) fn share_one_rate_limit(&self) {
        self.cooldowns.share_one();
    }

    /// Resets the breaker.
    pub(super) fn reset_breaker(&self) {
        self.breaker.record_success();
    }

    /// Makes a call and parses its JSON. A truncated response counts as lost; JSON of another shape is an error.
    pub(super) async fn json<T: DeserializeOwned>(&self, request: &Request) -> Result<T, CallError> {
        let answer = self.call(request, true).await.result?;
        parse(request.endpoint().operation, &answer)
    }

    /// Makes a call that writes and parses its JSON.
    pub(super) async fn write_json<T: DeserializeOwned>(
        &self,
        request: &Request,
        success: ExpectedResponse,
    ) -> WriteResult<T> {
        let operation = request.endpoint().operation;
        let read = |answer| parse(operation, &success.check(operation, answer)?);
        self.call(request, true).await.map(|answer| answer.and_then(read))
    }

    /// Makes a call that writes and has no data in its response.
    pub(super) async fn write(&self, request: &Request, success: ExpectedResponse) -> WriteResult<()> {
        let check = |answer| success.check(request.endpoint().operation, answer).map(drop);
        self.call(request, false).await.map(|answer| answer.and_then(check))
    }

    async fn call(&self, request: &Request, wants_json: bool) -> WriteResult<Response> {
        let mut tries = CallState {
            attempts: 0,
            possibly_applied: false,
            limited: Duration::ZERO,
            backoff: Backoff::for_attempts(),
            last_failure: String::from("no response"),
            request_id: None,
        };
        let answer = self.try_until_settled(request, wants_json, &mut tries).await;
        let result = answer.map_err(|error| match tries.possibly_applied && error.ends_pass() {
            true => error.with_lost_attempt(),
            false => error,
        });
        WriteResult {
            result,
            request_id: tries.request_id,
            possibly_applied: tries.possibly_applied,
        }
    }

    async fn try_until_settled(
        &self,
        request: &Request,
        wants_json: bool,
        tries: &mut CallState,
    ) -> Result<Response, CallError> {
        let operation = request.endpoint().operation;
        loop {
            let probe = self
                .unless_stopped(operation, self.wait_for_breaker(operation, tries))
                .await??;
            let attempt = self
                .attempt(request, wants_json, probe.is_some(), &mut tries.request_id)
                .await;
            drop(probe);
            let wait = match attempt {
                Attempt::Done(answer) => return Ok(answer),
                Attempt::Refused(error) => return Err(error),
                Attempt::BreakerOpened => continue,
                Attempt::Wait(asked, round) => {
                    self.start_cooldown(operation, round, asked, tries)?;
                    continue;
                }
                Attempt::NotSent(why) => {
                    tries.last_failure = why;
                    None
                }
                Attempt::ResponseLost(why, wait) => {
                    if request.endpoint().replay == Replay::LookupFirst {
                        if let Some((wait, round)) = wait {
                            self.cooldowns.start(operation, round, Some(wait));
                        }
                        return Err(CallError::ResponseLost { operation, detail: why });
                    }
                    tries.possibly_applied = request.endpoint().is_write();
                    tries.last_failure = why;
                    wait
                }
            };
            if let Some((wait, round)) = wait {
                self.start_cooldown(operation, round, Some(wait), tries)?;
            }
            if self.breaker.is_patience_spent() {
                return Err(self.unreachable(operation, tries));
            }
            if is_out_of_attempts(&mut tries.attempts, self.breaker.is_open()) {
                return Err(CallError::GaveUp {
                    operation,
                    attempts: tries.attempts,
                    detail: tries.last_failure.clone(),
                    possibly_applied: tries.possibly_applied,
                });
            }
            if !self.breaker.is_open() {
                let wait = tries.backoff.next().min(self.breaker.remaining_patience());
                self.unless_stopped(operation, sleep(wait)).await?;
            }
        }
    }

    /// Waits for the breaker's permission to send: at once, or as the only probe during an outage.
    async fn wait_for_breaker(
        &self,
        operation: &'static str,
        tries: &CallState,
    ) -> Result<Option<ProbeGuard<'_, ()>>, CallError> {
        match self.breaker.enter().await {
            BreakerPermit::Granted => Ok(None),
            BreakerPermit::Probe(probe) => {
                sleep(self.breaker.next_probe_delay()).await;
                Ok(Some(probe))
            }
            BreakerPermit::Ended => Err(self.unreachable(operation, tries)),
        }
    }

    /// Returns the error for the end of patience.
    fn unreachable(&self, operation: &'static str, tries: &CallState) -> CallError {
        let detail = tries.last_failure.clone();
        match self.breaker.never_connected() {
            true => CallError::NoConnection { operation, detail },
            false => CallError::Unreachable {
                operation,
                patience: self.patience,
                detail,
                possibly_applied: tries.possibly_applied,
            },
        }
    }

    /// Runs a wait that a shutdown cancels.
    async fn unless_stopped<T>(&self, operation: &'static str, wait: impl Future<Output = T>) -> Result<T, CallError> {
        tokio::select! {
            biased;
            done = wait => Ok(done),
            () = self.stop.cancelled() => Err(CallError::Stopped { operation }),
        }
    }

    /// Sends the request once and classifies the result; Jira's id of the request is stored in `id`.
    async fn attempt(&self, request: &Request, wants_json: bool, is_probe: bool, id: &mut Option<String>) -> Attempt {
        let endpoint = request.endpoint();
        if endpoint.replay == Replay::Safe {
            let turn = self.unless_stopped(endpoint.operation, self.pace.wait_for_turn());
            if let Err(stopped) = turn.await {
                return Attempt::Refused(stopped);
            }
        }
        // While this request waited for a slot, the gate may have closed or the breaker opened.
        let (place, round) = loop {
            let opened = self.cooldowns.wait(endpoint.operation);
            match self.unless_stopped(endpoint.operation, opened).await {
                Ok(Ok(())) => {}
                Ok(Err(wait)) => {
                    let operation = endpoint.operation;
                    return Attempt::Refused(CallError::RateLimited { operation, wait });
                }
                Err(stopped) => return Attempt::Refused(stopped),
            }
            let place = self.in_flight.acquire().await;
            if !is_probe && self.breaker.is_open() {
                return Attempt::BreakerOpened;
            }
            if self.stop.is_cancelled() && endpoint.replay == Replay::LookupFirst {
                let operation = endpoint.operation;
                return Attempt::Refused(CallError::Stopped { operation });
            }
            if let Some(round) = self.cooldowns.current_round(endpoint.operation) {
                break (place, round);
            }
        };
        let start = Instant::now();
        let sent = self.send(request).await;
        drop(place);
        self.count_request(request, sent.as_ref().map_or(0, |answer| answer.status.as_u16()));
        let (took, method, path) = (start.elapsed(), &endpoint.method, endpoint.template);
        let answer = match sent {
            Ok(answer) => answer,
            Err(error) => {
                debug!(%method, path, ?took, %error, "no response");
                self.record_failure(
                    &error.to_string(),
                    start,
                    matches!(error, TransportError::NoConnection(_)),
                );
                return match error {
                    TransportError::TooLong(_) if endpoint.replay == Replay::Safe => {
                        Attempt::Refused(CallError::InvalidResponse {
                            operation: endpoint.operation,
                            detail: error.to_string(),
                        })
                    }
                    TransportError::TooLong(_) => Attempt::ResponseLost(error.to_string(), None),
                    TransportError::NotSent(why) | TransportError::NoConnection(why) => Attempt::NotSent(why),
                    TransportError::ResponseLost(why) => Attempt::ResponseLost(why, None),
                };
            }
        };
        let number = header(&answer.headers, "atl-traceid").or_else(|| header(&answer.headers, "x-arequestid"));
        debug!(%method, path, status = answer.status.as_u16(), ?took, id = number, "answered");
        *id = number.map(str::to_owned);
        let wait = requested_wait(&answer.headers, self.server_time(&answer));
        self.response_metadata
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .record(&answer);
        self.classify_response(request, answer, wants_json, SentRequest { start, round, wait })
    }

    /// Sends the request once, and waits for the complete response no longer than patience lasts.
    async fn send(&self, request: &Request) -> Result<Response, TransportError> {
        let least = LAST_EXCHANGE.min(self.patience);
        let limit = self.breaker.remaining_patience().max(least).min(EXCHANGE);
        let sent = tokio::time::timeout(limit, self.transport.send(request)).await;
        sent.unwrap_or_else(|_| Err(TransportError::ResponseLost("no response in time".to_owned())))
    }

    /// Returns the server's time: from this response, else from an earlier one, else this machine's.
    fn server_time(&self, answer: &Response) -> Timestamp {
        let earlier = || self.response_metadata().server_time();
        response_date(&answer.headers)
            .or_else(earlier)
            .unwrap_or_else(Timestamp::now)
    }

    /// Records a lost response or a 5xx. Logs once when this becomes an outage, because patience can be long.
    fn record_failure(&self, why: &str, sent: Instant, unconnected: bool) {
        self.in_flight.halve();
        if self.breaker.record_failure(sent, unconnected) && !self.breaker.never_connected() {
            let patience = self.patience.as_secs();
            warn!(
                why,
                "Jira is not responding; retrying for at most {patience} s (--patience)"
            );
        }
    }

    /// Closes the operation's gate for all requests, unless the wait exceeds patience: alone, in total for this call,
    /// or in total since a request last passed.
    fn start_cooldown(
        &self,
        operation: &'static str,
        round: u64,
        asked: Option<Duration>,
        tries: &mut CallState,
    ) -> Result<(), CallError> {
        let closed = self.cooldowns.start(operation, round, asked);
        let wait = closed.wait;
        tries.limited = tries.limited.saturating_add(wait);
        if closed.is_spent || tries.limited > self.patience {
            return Err(CallError::RateLimited { operation, wait });
        }
        if wait >= Duration::from_secs(5) {
            info!(operation, seconds = wait.as_secs(), "rate limited by Jira; waiting");
        }
        let mut stats = self.stats.lock().unwrap_or_else(PoisonError::into_inner);
        stats.rate_limit_wait = stats.rate_limit_wait.saturating_add(wait);
        Ok(())
    }

    fn count_request(&self, request: &Request, status: u16) {
        let endpoint = request.endpoint();
        let mut stats = self.stats.lock().unwrap_or_else(PoisonError::into_inner);
        stats.requests += 1;
        stats.writes += u64::from(endpoint.is_write());
        let key = (endpoint.method.as_str(), endpoint.template, status);
        *stats.responses.entry(key).or_default() += 1;
    }
}

fn parse<T: DeserializeOwned>(operation: &'static str, answer: &Response) -> Result<T, CallError> {
    serde_json::from_slice(&answer.body).map_err(|error| CallError::InvalidResponse {
        operation,
        // serde's message can repeat a value, so only the position is reported.
        detail: format!("unexpected JSON at line {}, column {}", error.line(), error.column()),
    })
}

/// Counts a failed attempt while the breaker is closed, so that other requests succeed; true after too many.
fn is_out_of_attempts(attempts: &mut usize, breaker_open: bool) -> bool {
    *attempts += usize::from(!breaker_open);
    *attempts >= ATTEMPTS
}
