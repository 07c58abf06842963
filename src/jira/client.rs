//! A call: a request, sent as often as its replay class, Jira's limits and patience allow.

mod attempt;
mod judge;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use tokio::sync::MutexGuard as ProbeGuard;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use self::attempt::{Attempt, Sent};
use super::answers::header;
use super::backoff::Backoff;
use super::errors::CallError;
use super::gates::Gates;
use super::limiter::{Breaker, InFlight, Pace, Pass};
use super::requests::{Replay, Request};
use super::sign_in::SignIn;
use super::told::Told;
use super::transport::{Answer, Transport, TransportError};
use super::waits::{asked_wait, date};
use super::written::{Success, Written};

/// How often one call is tried while others succeed.
const ATTEMPTS: usize = 6;
/// How long a whole exchange may take, as long as patience lasts.
const EXCHANGE: Duration = Duration::from_secs(60);
/// How long an exchange may take in any case, unless patience is shorter.
const LAST_EXCHANGE: Duration = Duration::from_secs(1);

/// What came of the requests so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Requests sent.
    pub requests: u64,
    /// Of these, requests that change something.
    pub writes: u64,
    /// Requests by method, path template and status; 0 stands for no answer.
    pub answers: BTreeMap<(&'static str, &'static str, u16), u64>,
    /// Time waited because Jira limited the rate.
    pub limited: Duration,
}

/// Sends requests.
#[derive(Debug)]
pub(super) struct Client {
    transport: Arc<dyn Transport>,
    in_flight: Arc<InFlight>,
    gates: Gates,
    breaker: Breaker,
    pace: Arc<Pace>,
    patience: Duration,
    stop: CancellationToken,
    sign_in: Mutex<SignIn>,
    stats: Mutex<Stats>,
    told: Mutex<Told>,
}

/// What a call has been through so far.
struct Tries {
    attempts: usize,
    /// A lost attempt may have taken effect.
    maybe_done: bool,
    /// Time Jira asked to wait, in all.
    limited: Duration,
    backoff: Backoff,
    failure: String,
    /// How Jira numbered the request it answered last.
    id: Option<String>,
}

impl Client {
    /// A client of this transport. Once `stop` is cancelled nothing waits any more, and nothing new is made.
    pub(super) fn new(
        transport: Arc<dyn Transport>,
        concurrency: usize,
        patience: Duration,
        stop: CancellationToken,
        sign_in: SignIn,
    ) -> Self {
        Self {
            transport,
            in_flight: Arc::new(InFlight::new(concurrency)),
            gates: Gates::new(patience),
            breaker: Breaker::new(patience),
            pace: Arc::default(),
            patience,
            stop,
            sign_in: Mutex::new(sign_in),
            stats: Mutex::default(),
            told: Mutex::default(),
        }
    }

    /// How many requests may be in flight now.
    pub(super) fn in_flight(&self) -> usize {
        self.in_flight.allowed()
    }

    /// How fast is read.
    pub(super) fn pace(&self) -> Arc<Pace> {
        Arc::clone(&self.pace)
    }

    /// How many requests are in flight, to be asked at any time.
    pub(super) fn traffic(&self) -> Arc<InFlight> {
        Arc::clone(&self.in_flight)
    }

    pub(super) fn stats(&self) -> Stats {
        self.stats.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn told(&self) -> Told {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How quietdesk signs in, as far as is known.
    pub(super) fn sign_in(&self) -> SignIn {
        *self.sign_in.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Now that it is known which kind of Jira it is.
    pub(super) fn signs_in_by(&self, sign_in: SignIn) {
        *self.sign_in.lock().unwrap_or_else(PoisonError::into_inner) = sign_in;
    }

    /// Data Center limits a user as a whole, and not each operation by itself.
    pub(super) fn shares_one_limit(&self) {
        self.gates.share();
    }

    /// Forgets the failures so far.
    pub(super) fn start_afresh(&self) {
        self.breaker.succeeded();
    }

    /// Makes a call and reads its JSON. An answer that is cut short is a lost one; JSON of another shape is not Jira's.
    pub(super) async fn json<T: DeserializeOwned>(&self, request: &Request) -> Result<T, CallError> {
        let answer = self.call(request, true).await.result?;
        parse(request.endpoint().operation, &answer)
    }

    /// Makes a call that writes and reads its JSON, telling how Jira numbered the request.
    pub(super) async fn write_json<T: DeserializeOwned>(&self, request: &Request, success: Success) -> Written<T> {
        let operation = request.endpoint().operation;
        let read = |answer| parse(operation, &success.check(operation, answer)?);
        self.call(request, true).await.map(|answer| answer.and_then(read))
    }

    /// Makes a call that writes and whose answer has nothing to read, telling how Jira numbered it.
    pub(super) async fn write(&self, request: &Request, success: Success) -> Written<()> {
        let check = |answer| success.check(request.endpoint().operation, answer).map(drop);
        self.call(request, false).await.map(|answer| answer.and_then(check))
    }

    async fn call(&self, request: &Request, wants_json: bool) -> Written<Answer> {
        let mut tries = Tries {
            attempts: 0,
            maybe_done: false,
            limited: Duration::ZERO,
            backoff: Backoff::between_tries(),
            failure: String::from("it did not answer"),
            id: None,
        };
        let answer = self.try_until_settled(request, wants_json, &mut tries).await;
        let result = answer.map_err(|error| match tries.maybe_done && error.ends_the_pass() {
            true => error.after_a_lost_attempt(),
            false => error,
        });
        Written {
            result,
            request: tries.id,
            maybe_done: tries.maybe_done,
        }
    }

    async fn try_until_settled(
        &self,
        request: &Request,
        wants_json: bool,
        tries: &mut Tries,
    ) -> Result<Answer, CallError> {
        let operation = request.endpoint().operation;
        loop {
            let probe = self.unless_stopped(operation, self.pass(operation, tries)).await??;
            let attempt = self.attempt(request, wants_json, probe.is_some(), &mut tries.id).await;
            drop(probe);
            let wait = match attempt {
                Attempt::Done(answer) => return Ok(answer),
                Attempt::Refused(error) => return Err(error),
                Attempt::Closed => continue,
                Attempt::Wait(asked, round) => {
                    self.wait(operation, round, asked, tries)?;
                    continue;
                }
                Attempt::NotSent(why) => {
                    tries.failure = why;
                    None
                }
                Attempt::Lost(why, wait) => {
                    if request.endpoint().replay == Replay::LookupFirst {
                        if let Some((wait, round)) = wait {
                            self.gates.close(operation, round, Some(wait));
                        }
                        return Err(CallError::AnswerLost { operation, detail: why });
                    }
                    tries.maybe_done = request.endpoint().is_write();
                    tries.failure = why;
                    wait
                }
            };
            if let Some((wait, round)) = wait {
                self.wait(operation, round, Some(wait), tries)?;
            }
            if self.breaker.is_spent() {
                return Err(self.unreachable(operation, tries));
            }
            if asked_to_stop_trying(&mut tries.attempts, self.breaker.is_open()) {
                return Err(CallError::GaveUp {
                    operation,
                    attempts: tries.attempts,
                    detail: tries.failure.clone(),
                    maybe_done: tries.maybe_done,
                });
            }
            if !self.breaker.is_open() {
                let wait = tries.backoff.next().min(self.breaker.left());
                self.unless_stopped(operation, sleep(wait)).await?;
            }
        }
    }

    /// Waits for leave to send: at once, or as the only probe while Jira does not answer.
    async fn pass(&self, operation: &'static str, tries: &Tries) -> Result<Option<ProbeGuard<'_, ()>>, CallError> {
        match self.breaker.enter().await {
            Pass::Free => Ok(None),
            Pass::Probe(probe) => {
                sleep(self.breaker.next_probe()).await;
                Ok(Some(probe))
            }
            Pass::Ended => Err(self.unreachable(operation, tries)),
        }
    }

    /// Patience has ended.
    fn unreachable(&self, operation: &'static str, tries: &Tries) -> CallError {
        let detail = tries.failure.clone();
        match self.breaker.never_connected() {
            true => CallError::NoConnection { operation, detail },
            false => CallError::Unreachable {
                operation,
                patience: self.patience,
                detail,
                maybe_done: tries.maybe_done,
            },
        }
    }

    /// What may take long is not waited for any more once quietdesk was told to stop.
    async fn unless_stopped<T>(&self, operation: &'static str, wait: impl Future<Output = T>) -> Result<T, CallError> {
        tokio::select! {
            biased;
            done = wait => Ok(done),
            () = self.stop.cancelled() => Err(CallError::Stopped { operation }),
        }
    }

    /// Sends the request once and says what that came to; an answer's number goes into `id`.
    async fn attempt(&self, request: &Request, wants_json: bool, is_probe: bool, id: &mut Option<String>) -> Attempt {
        let endpoint = request.endpoint();
        if endpoint.replay == Replay::Safe {
            let turn = self.unless_stopped(endpoint.operation, self.pace.turn());
            if let Err(stopped) = turn.await {
                return Attempt::Refused(stopped);
            }
        }
        // Jira may have asked everybody to wait, or stopped answering, while this request waited for its place.
        let (place, round) = loop {
            let opened = self.gates.wait(endpoint.operation);
            match self.unless_stopped(endpoint.operation, opened).await {
                Ok(Ok(())) => {}
                Ok(Err(wait)) => {
                    let operation = endpoint.operation;
                    return Attempt::Refused(CallError::RateLimited { operation, wait });
                }
                Err(stopped) => return Attempt::Refused(stopped),
            }
            let place = self.in_flight.enter().await;
            if !is_probe && self.breaker.is_open() {
                return Attempt::Closed;
            }
            if self.stop.is_cancelled() && endpoint.replay == Replay::LookupFirst {
                let operation = endpoint.operation;
                return Attempt::Refused(CallError::Stopped { operation });
            }
            if let Some(round) = self.gates.round(endpoint.operation) {
                break (place, round);
            }
        };
        let start = Instant::now();
        let sent = self.send(request).await;
        drop(place);
        self.count(request, sent.as_ref().map_or(0, |answer| answer.status.as_u16()));
        let (took, method, path) = (start.elapsed(), &endpoint.method, endpoint.template);
        let answer = match sent {
            Ok(answer) => answer,
            Err(error) => {
                debug!(%method, path, ?took, %error, "no answer");
                self.failed(
                    &error.to_string(),
                    start,
                    matches!(error, TransportError::NoConnection(_)),
                );
                return match error {
                    TransportError::TooLong(_) if endpoint.replay == Replay::Safe => {
                        Attempt::Refused(CallError::Unintelligible {
                            operation: endpoint.operation,
                            detail: error.to_string(),
                        })
                    }
                    TransportError::TooLong(_) => Attempt::Lost(error.to_string(), None),
                    TransportError::NotSent(why) | TransportError::NoConnection(why) => Attempt::NotSent(why),
                    TransportError::Lost(why) => Attempt::Lost(why, None),
                };
            }
        };
        let number = header(&answer.headers, "atl-traceid").or_else(|| header(&answer.headers, "x-arequestid"));
        debug!(%method, path, status = answer.status.as_u16(), ?took, id = number, "answered");
        *id = number.map(str::to_owned);
        let wait = asked_wait(&answer.headers, self.server_time(&answer));
        self.told.lock().unwrap_or_else(PoisonError::into_inner).listen(&answer);
        self.judge(request, answer, wants_json, Sent { start, round, wait })
    }

    /// Sends the request once, and waits for an answer no longer than patience lasts: also for one that says nothing, or
    /// comes byte by byte.
    async fn send(&self, request: &Request) -> Result<Answer, TransportError> {
        let least = LAST_EXCHANGE.min(self.patience);
        let limit = self.breaker.left().max(least).min(EXCHANGE);
        let sent = tokio::time::timeout(limit, self.transport.send(request)).await;
        sent.unwrap_or_else(|_| Err(TransportError::Lost("no answer in time".to_owned())))
    }

    /// What the server's clock shows as it answers: by the answer itself, else by an earlier one, else by this machine.
    fn server_time(&self, answer: &Answer) -> Timestamp {
        let earlier = || self.told().server_time();
        date(&answer.headers).or_else(earlier).unwrap_or_else(Timestamp::now)
    }

    /// No answer, or a 5xx. Says so once when it has become an outage, since patience can be long.
    fn failed(&self, why: &str, sent: Instant, unconnected: bool) {
        self.in_flight.overloaded();
        if self.breaker.failed(sent, unconnected) && !self.breaker.never_connected() {
            let patience = self.patience.as_secs();
            warn!(
                why,
                "Jira does not answer; trying again, for {patience} s at most (--patience)"
            );
        }
    }

    /// Makes everybody wait with this operation, unless that is longer than patience lasts: for this wait, for those of
    /// this call, or for those in a row in which nothing passed.
    fn wait(
        &self,
        operation: &'static str,
        round: u64,
        asked: Option<Duration>,
        tries: &mut Tries,
    ) -> Result<(), CallError> {
        let closed = self.gates.close(operation, round, asked);
        let wait = closed.wait;
        tries.limited = tries.limited.saturating_add(wait);
        if closed.is_spent || tries.limited > self.patience {
            return Err(CallError::RateLimited { operation, wait });
        }
        if wait >= Duration::from_secs(5) {
            info!(operation, seconds = wait.as_secs(), "Jira limits the rate; waiting");
        }
        let mut stats = self.stats.lock().unwrap_or_else(PoisonError::into_inner);
        stats.limited = stats.limited.saturating_add(wait);
        Ok(())
    }

    fn count(&self, request: &Request, status: u16) {
        let endpoint = request.endpoint();
        let mut stats = self.stats.lock().unwrap_or_else(PoisonError::into_inner);
        stats.requests += 1;
        stats.writes += u64::from(endpoint.is_write());
        let key = (endpoint.method.as_str(), endpoint.template, status);
        *stats.answers.entry(key).or_default() += 1;
    }
}

fn parse<T: DeserializeOwned>(operation: &'static str, answer: &Answer) -> Result<T, CallError> {
    serde_json::from_slice(&answer.body).map_err(|error| CallError::Unintelligible {
        operation,
        // serde's words can repeat a value, so only where it went wrong is told.
        detail: format!("unexpected JSON at line {}, column {}", error.line(), error.column()),
    })
}

/// Counts an attempt that failed while the breaker is closed, so that others succeed; true when it was one too many.
fn asked_to_stop_trying(attempts: &mut usize, breaker_open: bool) -> bool {
    *attempts += usize::from(!breaker_open);
    *attempts >= ATTEMPTS
}
