//! Until when nothing may be asked, because Jira asks to wait.
//!
//! Uses tokio's clock only, so that all of it runs under a paused one.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::backoff::Backoff;

/// How long after a gate opened a refusal still belongs to the row before it: longer than an exchange takes.
const ROW: Duration = Duration::from_secs(120);

/// What may not be asked until when: by operation, since Cloud's burst limits count per endpoint and method; or all of it
/// together, since Data Center has one bucket of tokens for a user.
#[derive(Debug)]
pub(super) struct Gates {
    patience: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    shared: bool,
    gates: BTreeMap<&'static str, Gate>,
}

#[derive(Debug)]
struct Gate {
    until: Instant,
    /// How often it was closed. What was sent before the last closing says nothing new when it is refused or passes.
    round: u64,
    /// Since when nothing has passed.
    since: Instant,
    /// Since when it was open, before it was closed the last time.
    opened: Instant,
    /// Whether that is longer than patience lasts.
    is_spent: bool,
    /// The shortest wait the next time: longer from one refusal to the next, whatever Jira says.
    floor: Backoff,
}

/// A gate that was closed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Closed {
    /// For how long.
    pub wait: Duration,
    /// Whether that is longer than patience lasts, by itself or with the waits before it since something passed.
    pub is_spent: bool,
}

impl Gates {
    pub(super) fn new(patience: Duration) -> Self {
        Self {
            patience,
            state: Mutex::default(),
        }
    }

    /// One limit for all operations from now on.
    pub(super) fn share(&self) {
        self.with(|state| state.shared = true);
    }

    /// Waits until the operation may be asked for again.
    ///
    /// # Errors
    /// How long that would take, where it is longer than patience lasts.
    pub(super) async fn wait(&self, operation: &'static str) -> Result<(), Duration> {
        loop {
            let gate = self.with(|state| state.gate(operation).map(|gate| (gate.until, gate.is_spent)));
            let now = Instant::now();
            match gate {
                Some((until, true)) if until > now => return Err(until - now),
                Some((until, false)) if until > now => sleep_until(until).await,
                Some(_) | None => return Ok(()),
            }
        }
    }

    /// The round of the operation's gate, where it is open.
    pub(super) fn round(&self, operation: &'static str) -> Option<u64> {
        self.with(|state| match state.gate(operation) {
            Some(gate) => (gate.until <= Instant::now()).then_some(gate.round),
            None => Some(0),
        })
    }

    /// Jira refused a request of `round` and asks to wait, perhaps saying how long.
    pub(super) fn close(&self, operation: &'static str, round: u64, asked: Option<Duration>) -> Closed {
        let now = Instant::now();
        self.with(|state| {
            let key = state.key(operation);
            let gate = state.gates.entry(key).or_insert_with(|| Gate {
                until: now,
                round: 0,
                since: now,
                opened: now,
                is_spent: false,
                floor: Backoff::between_refusals(),
            });
            let is_news = round == gate.round;
            if now > gate.until + ROW {
                (gate.since, gate.floor) = (now, Backoff::between_refusals());
            }
            let floor = match is_news {
                true => gate.floor.next(),
                // It was on its way when the gate was closed.
                false => gate.until.saturating_duration_since(now),
            };
            if is_news {
                gate.round += 1;
                gate.opened = gate.until.min(now);
            }
            let wait = asked.unwrap_or_default().max(floor);
            gate.until = gate.until.max(now + wait);
            gate.is_spent = gate.until - gate.since > self.patience;
            Closed {
                wait,
                is_spent: gate.is_spent,
            }
        })
    }

    /// A request of `round` passed. Where the gate was closed meanwhile, something passed all the same while it was open:
    /// a limit that lets a part of everything through is no outage.
    pub(super) fn passed(&self, operation: &'static str, round: u64) {
        self.with(|state| {
            let key = state.key(operation);
            let Some(gate) = state.gates.get_mut(key) else { return };
            if gate.round == round {
                (gate.since, gate.floor) = (Instant::now(), Backoff::between_refusals());
            } else if gate.round == round + 1 {
                gate.since = gate.since.max(gate.opened);
            }
        });
    }

    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl State {
    fn key(&self, operation: &'static str) -> &'static str {
        if self.shared { "" } else { operation }
    }

    fn gate(&self, operation: &'static str) -> Option<&Gate> {
        self.gates.get(self.key(operation))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(600);

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// Asks once, and is refused.
    async fn refused(gates: &Gates, operation: &'static str, asked: Option<Duration>) -> Closed {
        gates.wait(operation).await.unwrap();
        let round = gates.round(operation).unwrap();
        gates.close(operation, round, asked)
    }

    #[tokio::test(start_paused = true)]
    async fn a_gate_holds_one_operation_for_as_long_as_jira_asks() {
        let gates = Gates::new(PATIENCE);
        let start = Instant::now();
        gates.close("a", 0, Some(seconds(7)));
        gates.close("a", 0, Some(seconds(3)));
        gates.wait("b").await.unwrap();
        assert_eq!(start.elapsed(), Duration::ZERO);
        gates.wait("a").await.unwrap();
        assert!(start.elapsed() >= seconds(7));
    }

    #[tokio::test(start_paused = true)]
    async fn waits_grow_whatever_jira_says_until_something_passes() {
        for asked in [None, Some(Duration::ZERO), Some(Duration::from_millis(1))] {
            let gates = Gates::new(PATIENCE);
            let mut waits = Vec::new();
            for _ in 0..12 {
                waits.push(refused(&gates, "a", asked).await.wait);
            }
            assert!(waits[0] >= Duration::from_millis(250), "{waits:?}");
            let grow = waits.windows(2).all(|pair| pair[1] * 2 >= pair[0]);
            assert!(grow && waits[11] >= seconds(15), "{waits:?}");
            gates.wait("a").await.unwrap();
            gates.passed("a", gates.round("a").unwrap());
            assert!(refused(&gates, "a", asked).await.wait <= Duration::from_millis(500));
        }
    }

    /// Sixteen requests that were on their way when the limit was met are one refusal.
    #[tokio::test(start_paused = true)]
    async fn what_was_on_its_way_makes_no_wait_longer() {
        let gates = Gates::new(seconds(9));
        let first = gates.close("a", 0, None).wait;
        for _ in 0..15 {
            assert!(gates.close("a", 0, None).wait <= first);
        }
        assert!(!refused(&gates, "a", Some(seconds(8))).await.is_spent);
        // One of them that passed is no sign that the limit is over.
        gates.passed("a", 0);
        assert!(refused(&gates, "a", Some(seconds(8))).await.is_spent);
    }

    /// However many calls share them.
    #[tokio::test(start_paused = true)]
    async fn waits_in_which_nothing_passes_are_no_longer_than_patience_in_all() {
        let (gates, start) = (Gates::new(PATIENCE), Instant::now());
        while !refused(&gates, "a", Some(seconds(10))).await.is_spent {}
        assert!(start.elapsed() <= PATIENCE && start.elapsed() > PATIENCE / 2);
        assert!(gates.wait("a").await.is_err(), "nor does the next call wait");
        tokio::time::advance(seconds(30)).await;
        assert!(gates.wait("a").await.is_ok(), "what Jira asked for is over");
    }

    /// As with one bucket for everything, and many requests in flight: each time it opens, some pass and some are refused,
    /// and a refusal is always heard of first.
    #[tokio::test(start_paused = true)]
    async fn a_limit_that_lets_a_part_through_never_exhausts_patience() {
        let gates = Gates::new(seconds(60));
        for _ in 0..50 {
            gates.wait("a").await.unwrap();
            let round = gates.round("a").unwrap();
            assert!(!gates.close("a", round, Some(seconds(10))).is_spent);
            gates.passed("a", round);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_of_yesterday_is_not_part_of_todays_row() {
        let gates = Gates::new(PATIENCE);
        refused(&gates, "a", Some(seconds(5))).await;
        tokio::time::advance(seconds(86_400)).await;
        assert!(!refused(&gates, "a", Some(seconds(5))).await.is_spent);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_beyond_patience_is_reported_and_not_waited_for() {
        let gates = Gates::new(PATIENCE);
        assert!(gates.close("a", 0, Some(seconds(700))).is_spent);
        assert_eq!(gates.wait("a").await, Err(seconds(700)));
    }

    #[tokio::test(start_paused = true)]
    async fn one_limit_for_everything_closes_everything() {
        let gates = Gates::new(PATIENCE);
        gates.share();
        gates.close("a", 0, Some(seconds(7)));
        let start = Instant::now();
        gates.wait("b").await.unwrap();
        assert!(start.elapsed() >= seconds(7));
    }
}
