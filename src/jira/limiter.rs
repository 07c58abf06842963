//! Request rate: concurrency, pacing, and the circuit breaker for outages.
//!
//! Uses tokio's clock only, so that tests can run under a paused one.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{MutexGuard as ProbeGuard, Notify};
use tokio::time::{Instant, sleep_until};

use super::backoff::Backoff;

/// Initial number of requests in flight.
const FIRST: f64 = 4.0;
/// Consecutive failures (transport or 5xx) that open the breaker.
const BREAKER: usize = 5;
/// Time beyond patience within which a failure still belongs to the row before it: longer than an exchange and its
/// back-off.
const ROW: Duration = Duration::from_secs(120);
/// Patience where no connection was ever made, so that a wrong address is reported in seconds.
const PATIENCE_WITHOUT_CONNECTION: Duration = Duration::from_secs(5);

/// Adaptive concurrency limit: grows by one after as many successes as are allowed, and halves on overload.
#[derive(Debug)]
pub struct InFlight {
    state: Mutex<InFlightState>,
    max_allowed: f64,
    freed: Notify,
}

#[derive(Debug)]
struct InFlightState {
    allowed: f64,
    used: usize,
}

/// A slot for one request, released on drop.
#[derive(Debug)]
pub(super) struct InFlightSlot<'a>(&'a InFlight);

impl InFlight {
    pub(super) fn new(most: usize) -> Self {
        let most = f64::from(u16::try_from(most.max(1)).unwrap_or(u16::MAX));
        Self {
            state: Mutex::new(InFlightState {
                allowed: FIRST.min(most),
                used: 0,
            }),
            max_allowed: most,
            freed: Notify::new(),
        }
    }

    /// Waits for a slot.
    pub(super) async fn acquire(&self) -> InFlightSlot<'_> {
        loop {
            let freed = self.freed.notified();
            {
                let mut flight = lock(&self.state);
                if (flight.used as f64) < flight.allowed.floor() {
                    flight.used += 1;
                    return InFlightSlot(self);
                }
            }
            freed.await;
        }
    }

    /// Records a success: raises the limit slightly, unless Jira reports that its rate limit is near.
    pub(super) fn record_success(&self, near_limit: bool) {
        if !near_limit {
            let mut flight = lock(&self.state);
            flight.allowed = (flight.allowed + 1.0 / flight.allowed).min(self.max_allowed);
        }
        self.freed.notify_one();
    }

    /// Halves the limit.
    pub(super) fn halve(&self) {
        let mut flight = lock(&self.state);
        flight.allowed = (flight.allowed / 2.0).max(1.0);
    }

    /// Returns the current limit.
    pub fn allowed(&self) -> usize {
        lock(&self.state).allowed.floor() as usize
    }

    /// Returns the number of requests in flight.
    pub fn used(&self) -> usize {
        lock(&self.state).used
    }
}

impl Drop for InFlightSlot<'_> {
    fn drop(&mut self) {
        lock(&self.0.state).used -= 1;
        self.0.freed.notify_one();
    }
}

/// Maximum read rate while no edit or signal is waiting.
#[derive(Debug, Default)]
pub struct Pace {
    state: Mutex<PaceState>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct PaceState {
    interval: Option<Duration>,
    next: Option<Instant>,
}

impl Pace {
    /// Sets the requests per second; `None` removes the limit. Waiting requests are rescheduled.
    pub fn set_rate(&self, per_second: Option<f64>) {
        let every = per_second.and_then(|rate| Duration::try_from_secs_f64(1.0 / rate).ok());
        *lock(&self.state) = PaceState {
            interval: every,
            next: None,
        };
        self.changed.notify_waiters();
    }

    /// Waits for the next free time slot.
    pub(super) async fn wait_for_turn(&self) {
        loop {
            let changed = self.changed.notified();
            let turn = {
                let mut pacing = lock(&self.state);
                let Some(every) = pacing.interval else { return };
                let turn = pacing.next.map_or_else(Instant::now, |next| next.max(Instant::now()));
                pacing.next = Some(turn + every);
                turn
            };
            tokio::select! {
                () = sleep_until(turn) => return,
                () = changed => {}
            }
        }
    }
}

/// Circuit breaker: opens after consecutive failures; then one request at a time probes, until one succeeds or patience
/// ends.
#[derive(Debug)]
pub(super) struct Breaker {
    patience: Duration,
    state: Mutex<FailureStreak>,
    probe: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct FailureStreak {
    failures: usize,
    /// When the first request of the row was sent.
    first_sent: Option<Instant>,
    /// When the last one failed.
    last_failed: Option<Instant>,
    /// Whether every failure of the row was a refused connection or a name that does not resolve.
    unconnected: bool,
    /// When the last response arrived; `None` before the first.
    last_response: Option<Instant>,
    /// Shared by all probes of an outage.
    backoff: Option<Backoff>,
}

/// What the breaker allows a request to do.
#[derive(Debug)]
pub(super) enum BreakerPermit<'a> {
    /// Send it.
    Granted,
    /// Send it as the only one, after [`Breaker::next_probe_delay`].
    Probe(ProbeGuard<'a, ()>),
    /// Give up: patience has ended.
    Ended,
}

impl Breaker {
    pub(super) fn new(patience: Duration) -> Self {
        Self {
            patience,
            state: Mutex::default(),
            probe: tokio::sync::Mutex::new(()),
        }
    }

    /// Waits for permission to send a request.
    pub(super) async fn enter(&self) -> BreakerPermit<'_> {
        if !self.is_open() {
            return BreakerPermit::Granted;
        }
        let probe = self.probe.lock().await;
        if !self.is_open() {
            return BreakerPermit::Granted;
        }
        match self.is_patience_spent() {
            true => BreakerPermit::Ended,
            false => BreakerPermit::Probe(probe),
        }
    }

    pub(super) fn is_open(&self) -> bool {
        lock(&self.state).failures >= BREAKER
    }

    /// Records a response.
    pub(super) fn record_success(&self) {
        *lock(&self.state) = FailureStreak {
            last_response: Some(Instant::now()),
            ..FailureStreak::default()
        };
    }

    /// Records the failure of a request sent at `sent`; `unconnected` where no connection was made. Returns whether
    /// this opened the breaker.
    pub(super) fn record_failure(&self, sent: Instant, unconnected: bool) -> bool {
        let mut failing = lock(&self.state);
        // After such a long time without requests, it is another outage.
        if failing
            .last_failed
            .is_some_and(|last| sent > last + self.patience + ROW)
        {
            *failing = FailureStreak {
                last_response: failing.last_response,
                ..FailureStreak::default()
            };
        }
        failing.unconnected = unconnected && (failing.unconnected || failing.failures == 0);
        failing.failures += 1;
        // If other requests succeeded meanwhile, the outage began later.
        let sent = failing.last_response.map_or(sent, |answered| answered.max(sent));
        failing.first_sent.get_or_insert(sent);
        failing.last_failed = Some(Instant::now());
        failing.failures == BREAKER
    }

    /// Whether patience has ended.
    pub(super) fn is_patience_spent(&self) -> bool {
        let failing = lock(&self.state);
        let patience = self.effective_patience(&failing);
        failing.first_sent.is_some_and(|since| since.elapsed() >= patience)
    }

    /// Whether there was never a connection: nothing listens there, and waiting is unlikely to change that.
    pub(super) fn never_connected(&self) -> bool {
        self.effective_patience(&lock(&self.state)) < self.patience
    }

    /// Returns the remaining patience.
    pub(super) fn remaining_patience(&self) -> Duration {
        let failing = lock(&self.state);
        let patience = self.effective_patience(&failing);
        let spent = failing.first_sent.map_or(Duration::ZERO, |since| since.elapsed());
        patience.saturating_sub(spent)
    }

    /// Returns the delay before the next probe: it grows with each probe, and ends with patience, counted from the
    /// first failure of the row.
    pub(super) fn next_probe_delay(&self) -> Duration {
        let left = self.remaining_patience();
        let mut failing = lock(&self.state);
        failing
            .backoff
            .get_or_insert_with(Backoff::for_attempts)
            .next()
            .min(left)
    }

    fn effective_patience(&self, failing: &FailureStreak) -> Duration {
        match failing.unconnected && failing.last_response.is_none() {
            true => self.patience.min(PATIENCE_WITHOUT_CONNECTION),
            false => self.patience,
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_number_in_flight_grows_by_one_and_halves() {
        let flight = InFlight::new(8);
        assert_eq!(flight.allowed(), 4);
        for _ in 0..5 {
            flight.record_success(false);
        }
        assert_eq!(flight.allowed(), 5);
        flight.record_success(true);
        assert_eq!(flight.allowed(), 5, "near the limit it does not grow");
        for _ in 0..100 {
            flight.record_success(false);
        }
        assert_eq!(flight.allowed(), 8, "never above what was asked for");
        for expected in [4, 2, 1, 1] {
            flight.halve();
            assert_eq!(flight.allowed(), expected);
        }
        let only = flight.acquire().await;
        let next = tokio::time::timeout(Duration::ZERO, flight.acquire()).await;
        assert!(next.is_err(), "the only place is taken");
        drop(only);
        let _free_again = flight.acquire().await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_pace_holds_until_it_is_lifted() {
        let (pace, start) = (Pace::default(), Instant::now());
        pace.wait_for_turn().await;
        assert_eq!(start.elapsed(), Duration::ZERO);
        pace.set_rate(Some(20.0));
        for _ in 0..21 {
            pace.wait_for_turn().await;
        }
        assert_eq!(start.elapsed().as_millis() / 10, 100, "twenty a second");
        pace.set_rate(Some(0.001));
        pace.wait_for_turn().await;
        let lifting = async {
            tokio::time::sleep(Duration::from_secs(3)).await;
            pace.set_rate(None);
        };
        tokio::join!(pace.wait_for_turn(), lifting);
        assert!(
            start.elapsed() < Duration::from_secs(5),
            "a waiting request is released"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn the_breaker_opens_probes_one_by_one_and_ends_with_patience() {
        let breaker = Breaker::new(Duration::from_secs(60));
        for _ in 0..BREAKER {
            assert!(matches!(breaker.enter().await, BreakerPermit::Granted));
            breaker.record_failure(Instant::now(), false);
        }
        let BreakerPermit::Probe(probe) = breaker.enter().await else {
            panic!("it is open")
        };
        assert!(
            tokio::time::timeout(Duration::from_secs(1), breaker.enter())
                .await
                .is_err(),
            "one probe at a time"
        );
        drop(probe);
        breaker.record_success();
        assert!(matches!(breaker.enter().await, BreakerPermit::Granted));
        for _ in 0..BREAKER {
            breaker.record_failure(Instant::now(), false);
        }
        tokio::time::advance(Duration::from_secs(61)).await;
        assert!(matches!(breaker.enter().await, BreakerPermit::Ended));
    }

    #[tokio::test(start_paused = true)]
    async fn what_others_are_answered_meanwhile_is_no_outage() {
        let breaker = Breaker::new(Duration::from_secs(60));
        let sent = Instant::now();
        tokio::time::advance(Duration::from_secs(59)).await;
        breaker.record_success();
        tokio::time::advance(Duration::from_secs(10)).await;
        breaker.record_failure(sent, false);
        assert_eq!(
            (breaker.is_patience_spent(), breaker.remaining_patience()),
            (false, Duration::from_secs(50))
        );
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_where_nothing_ever_listened_takes_no_patience() {
        let (patience, refused) = (Duration::from_secs(600), true);
        let spent = async |answered: bool, failures: &[bool]| {
            let breaker = Breaker::new(patience);
            if answered {
                breaker.record_success();
            }
            for refused in failures {
                breaker.record_failure(Instant::now(), *refused);
            }
            tokio::time::advance(PATIENCE_WITHOUT_CONNECTION).await;
            breaker.is_patience_spent()
        };
        assert!(spent(false, &[refused; 6]).await);
        assert!(!spent(true, &[refused; 6]).await, "it was there a moment ago");
        assert!(!spent(false, &[refused, false, refused]).await, "something is there");
    }
}
