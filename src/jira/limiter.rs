//! How fast to ask: what is in flight, what Jira asks to wait, and what to do while it does not answer.
//!
//! Uses tokio's clock only, so that all of it runs under a paused one.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{MutexGuard as ProbeGuard, Notify};
use tokio::time::{Instant, sleep_until};

use super::backoff::Backoff;

/// How many requests are in flight at first.
const FIRST: f64 = 4.0;
/// Failures in a row, of transport or 5xx, that open the breaker.
const BREAKER: usize = 5;
/// How long after patience a failure still belongs to the row before it: longer than an exchange and its back-off.
const ROW: Duration = Duration::from_secs(120);
/// How long to go on where no connection was ever made: a wrong address is reported in seconds.
const AT_THE_START: Duration = Duration::from_secs(5);

/// The number in flight: grows by one for each that many successes, and halves when Jira says it is too much.
#[derive(Debug)]
pub struct InFlight {
    state: Mutex<Flight>,
    most: f64,
    freed: Notify,
}

#[derive(Debug)]
struct Flight {
    allowed: f64,
    used: usize,
}

/// A place in flight, given back when dropped.
#[derive(Debug)]
pub(super) struct Place<'a>(&'a InFlight);

impl InFlight {
    pub(super) fn new(most: usize) -> Self {
        let most = f64::from(u16::try_from(most.max(1)).unwrap_or(u16::MAX));
        Self {
            state: Mutex::new(Flight {
                allowed: FIRST.min(most),
                used: 0,
            }),
            most,
            freed: Notify::new(),
        }
    }

    /// Waits for a place.
    pub(super) async fn enter(&self) -> Place<'_> {
        loop {
            let freed = self.freed.notified();
            {
                let mut flight = lock(&self.state);
                if (flight.used as f64) < flight.allowed.floor() {
                    flight.used += 1;
                    return Place(self);
                }
            }
            freed.await;
        }
    }

    /// It went well: a little more may be in flight, unless Jira says that its limit is near.
    pub(super) fn succeeded(&self, near_limit: bool) {
        if !near_limit {
            let mut flight = lock(&self.state);
            flight.allowed = (flight.allowed + 1.0 / flight.allowed).min(self.most);
        }
        self.freed.notify_one();
    }

    /// Too much: half as many.
    pub(super) fn overloaded(&self) {
        let mut flight = lock(&self.state);
        flight.allowed = (flight.allowed / 2.0).max(1.0);
    }

    /// How many may be in flight now.
    pub fn allowed(&self) -> usize {
        lock(&self.state).allowed.floor() as usize
    }

    /// How many are in flight now.
    pub fn used(&self) -> usize {
        lock(&self.state).used
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        lock(&self.0.state).used -= 1;
        self.0.freed.notify_one();
    }
}

/// How fast may be read while nobody waits for it.
#[derive(Debug, Default)]
pub struct Pace {
    state: Mutex<Pacing>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Pacing {
    every: Option<Duration>,
    next: Option<Instant>,
}

impl Pace {
    /// So many requests a second from now on; nothing: as fast as Jira takes. Who waits already waits no longer than
    /// that.
    pub fn set(&self, per_second: Option<f64>) {
        let every = per_second.and_then(|rate| Duration::try_from_secs_f64(1.0 / rate).ok());
        *lock(&self.state) = Pacing { every, next: None };
        self.changed.notify_waiters();
    }

    /// Waits for the next turn.
    pub(super) async fn turn(&self) {
        loop {
            let changed = self.changed.notified();
            let turn = {
                let mut pacing = lock(&self.state);
                let Some(every) = pacing.every else { return };
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

/// Opens after failures in a row; then one request at a time probes, until one succeeds or patience ends.
#[derive(Debug)]
pub(super) struct Breaker {
    patience: Duration,
    state: Mutex<Failing>,
    probe: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Failing {
    in_a_row: usize,
    /// When the first request of the row was sent.
    since: Option<Instant>,
    /// When the last one failed.
    last: Option<Instant>,
    /// Whether the row has nothing but connections that were refused, or names that do not resolve.
    unconnected: bool,
    /// When something was answered last; nothing where nothing ever was.
    answered: Option<Instant>,
    /// Shared by all probes of an outage, whichever call sends them.
    backoff: Option<Backoff>,
}

/// What the breaker lets a request do.
#[derive(Debug)]
pub(super) enum Pass<'a> {
    /// Go on.
    Free,
    /// Go on as the only one, after [`Breaker::next_probe`].
    Probe(ProbeGuard<'a, ()>),
    /// Patience has ended.
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

    /// Asks to send a request.
    pub(super) async fn enter(&self) -> Pass<'_> {
        if !self.is_open() {
            return Pass::Free;
        }
        let probe = self.probe.lock().await;
        if !self.is_open() {
            return Pass::Free;
        }
        match self.is_spent() {
            true => Pass::Ended,
            false => Pass::Probe(probe),
        }
    }

    pub(super) fn is_open(&self) -> bool {
        lock(&self.state).in_a_row >= BREAKER
    }

    /// Something was answered.
    pub(super) fn succeeded(&self) {
        *lock(&self.state) = Failing {
            answered: Some(Instant::now()),
            ..Failing::default()
        };
    }

    /// Another failure, of a request sent at `sent`; `unconnected` where no connection could be made. True where it opens
    /// the breaker.
    pub(super) fn failed(&self, sent: Instant, unconnected: bool) -> bool {
        let mut failing = lock(&self.state);
        // After so long a silence of our own, it is another outage.
        if failing.last.is_some_and(|last| sent > last + self.patience + ROW) {
            *failing = Failing {
                answered: failing.answered,
                ..Failing::default()
            };
        }
        failing.unconnected = unconnected && (failing.unconnected || failing.in_a_row == 0);
        failing.in_a_row += 1;
        // What others were answered meanwhile was no outage.
        let sent = failing.answered.map_or(sent, |answered| answered.max(sent));
        failing.since.get_or_insert(sent);
        failing.last = Some(Instant::now());
        failing.in_a_row == BREAKER
    }

    /// Whether patience has ended: nothing was answered for so long.
    pub(super) fn is_spent(&self) -> bool {
        let failing = lock(&self.state);
        let patience = self.patience_with(&failing);
        failing.since.is_some_and(|since| since.elapsed() >= patience)
    }

    /// Whether there never was a connection: nothing answers there, and waiting is unlikely to change that.
    pub(super) fn never_connected(&self) -> bool {
        self.patience_with(&lock(&self.state)) < self.patience
    }

    /// How much of patience is left.
    pub(super) fn left(&self) -> Duration {
        let failing = lock(&self.state);
        let patience = self.patience_with(&failing);
        let spent = failing.since.map_or(Duration::ZERO, |since| since.elapsed());
        patience.saturating_sub(spent)
    }

    /// How long to wait before the next probe: longer from one to the next, and not past patience, counted from the
    /// first failure in the row.
    pub(super) fn next_probe(&self) -> Duration {
        let left = self.left();
        let mut failing = lock(&self.state);
        failing
            .backoff
            .get_or_insert_with(Backoff::between_tries)
            .next()
            .min(left)
    }

    fn patience_with(&self, failing: &Failing) -> Duration {
        match failing.unconnected && failing.answered.is_none() {
            true => self.patience.min(AT_THE_START),
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
            flight.succeeded(false);
        }
        assert_eq!(flight.allowed(), 5);
        flight.succeeded(true);
        assert_eq!(flight.allowed(), 5, "near the limit it does not grow");
        for _ in 0..100 {
            flight.succeeded(false);
        }
        assert_eq!(flight.allowed(), 8, "never above what was asked for");
        for expected in [4, 2, 1, 1] {
            flight.overloaded();
            assert_eq!(flight.allowed(), expected);
        }
        let only = flight.enter().await;
        let next = tokio::time::timeout(Duration::ZERO, flight.enter()).await;
        assert!(next.is_err(), "the only place is taken");
        drop(only);
        let _free_again = flight.enter().await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_pace_holds_until_it_is_lifted() {
        let (pace, start) = (Pace::default(), Instant::now());
        pace.turn().await;
        assert_eq!(start.elapsed(), Duration::ZERO);
        pace.set(Some(20.0));
        for _ in 0..21 {
            pace.turn().await;
        }
        assert_eq!(start.elapsed().as_millis() / 10, 100, "twenty a second");
        pace.set(Some(0.001));
        pace.turn().await;
        let lifting = async {
            tokio::time::sleep(Duration::from_secs(3)).await;
            pace.set(None);
        };
        tokio::join!(pace.turn(), lifting);
        assert!(start.elapsed() < Duration::from_secs(5), "who waits is let go");
    }

    #[tokio::test(start_paused = true)]
    async fn the_breaker_opens_probes_one_by_one_and_ends_with_patience() {
        let breaker = Breaker::new(Duration::from_secs(60));
        for _ in 0..BREAKER {
            assert!(matches!(breaker.enter().await, Pass::Free));
            breaker.failed(Instant::now(), false);
        }
        let Pass::Probe(probe) = breaker.enter().await else {
            panic!("it is open")
        };
        assert!(
            tokio::time::timeout(Duration::from_secs(1), breaker.enter())
                .await
                .is_err(),
            "one probe at a time"
        );
        drop(probe);
        breaker.succeeded();
        assert!(matches!(breaker.enter().await, Pass::Free));
        for _ in 0..BREAKER {
            breaker.failed(Instant::now(), false);
        }
        tokio::time::advance(Duration::from_secs(61)).await;
        assert!(matches!(breaker.enter().await, Pass::Ended));
    }

    #[tokio::test(start_paused = true)]
    async fn what_others_are_answered_meanwhile_is_no_outage() {
        let breaker = Breaker::new(Duration::from_secs(60));
        let sent = Instant::now();
        tokio::time::advance(Duration::from_secs(59)).await;
        breaker.succeeded();
        tokio::time::advance(Duration::from_secs(10)).await;
        breaker.failed(sent, false);
        assert_eq!((breaker.is_spent(), breaker.left()), (false, Duration::from_secs(50)));
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_where_nothing_ever_listened_takes_no_patience() {
        let (patience, refused) = (Duration::from_secs(600), true);
        let spent = async |answered: bool, failures: &[bool]| {
            let breaker = Breaker::new(patience);
            if answered {
                breaker.succeeded();
            }
            for refused in failures {
                breaker.failed(Instant::now(), *refused);
            }
            tokio::time::advance(AT_THE_START).await;
            breaker.is_spent()
        };
        assert!(spent(false, &[refused; 6]).await);
        assert!(!spent(true, &[refused; 6]).await, "it was there a moment ago");
        assert!(!spent(false, &[refused, false, refused]).await, "something is there");
    }
}
