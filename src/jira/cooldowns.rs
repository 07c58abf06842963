//! Waits that Jira asked for, per operation.
//!
//! Uses tokio's clock only, so that tests can run under a paused one.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::backoff::Backoff;

/// Time after a gate opened within which a refusal still belongs to the row before it: longer than an exchange takes.
const ROW: Duration = Duration::from_secs(120);

/// The operations that must wait, and until when: one gate per operation, because Cloud's burst limits count per
/// endpoint and method; one for all on Data Center, which has one token bucket per user.
#[derive(Debug)]
pub(super) struct OperationCooldowns {
    patience: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    is_shared: bool,
    cooldowns: BTreeMap<&'static str, Cooldown>,
}

#[derive(Debug)]
struct Cooldown {
    until: Instant,
    /// Number of times it was closed. The result of a request sent in an earlier round carries no new information.
    round: u64,
    /// When a request last passed.
    last_passed: Instant,
    /// When the gate opened before it was last closed.
    previous_end: Instant,
    /// Whether the wait exceeds patience.
    exceeds_patience: bool,
    /// Minimum of the next wait; grows with each refusal, whatever Jira asks for.
    min_wait: Backoff,
}

/// The effect of closing a gate.
#[derive(Clone, Copy, Debug)]
pub(super) struct StartedCooldown {
    /// How long it stays closed.
    pub wait: Duration,
    /// Whether that exceeds patience, alone or with the earlier waits since something passed.
    pub is_spent: bool,
}

impl OperationCooldowns {
    pub(super) fn new(patience: Duration) -> Self {
        Self {
            patience,
            state: Mutex::default(),
        }
    }

    /// Uses one gate for all operations from now on.
    pub(super) fn share_one(&self) {
        self.with_state(|state| state.is_shared = true);
    }

    /// Waits until the operation's gate opens.
    ///
    /// # Errors
    /// The remaining wait, where it exceeds patience.
    pub(super) async fn wait(&self, operation: &'static str) -> Result<(), Duration> {
        loop {
            let gate = self.with_state(|state| {
                state
                    .cooldown(operation)
                    .map(|gate| (gate.until, gate.exceeds_patience))
            });
            let now = Instant::now();
            match gate {
                Some((until, true)) if until > now => return Err(until - now),
                Some((until, false)) if until > now => sleep_until(until).await,
                Some(_) | None => return Ok(()),
            }
        }
    }

    /// Returns the round of the operation's gate, if it is open.
    pub(super) fn current_round(&self, operation: &'static str) -> Option<u64> {
        self.with_state(|state| match state.cooldown(operation) {
            Some(gate) => (gate.until <= Instant::now()).then_some(gate.round),
            None => Some(0),
        })
    }

    /// Records that Jira refused a request of `round`, and closes the gate for the `asked` time, or longer by the
    /// back-off.
    pub(super) fn start(&self, operation: &'static str, round: u64, asked: Option<Duration>) -> StartedCooldown {
        let now = Instant::now();
        self.with_state(|state| {
            let key = state.key(operation);
            let gate = state.cooldowns.entry(key).or_insert_with(|| Cooldown {
                until: now,
                round: 0,
                last_passed: now,
                previous_end: now,
                exceeds_patience: false,
                min_wait: Backoff::for_rate_limits(),
            });
            let is_news = round == gate.round;
            if now > gate.until + ROW {
                (gate.last_passed, gate.min_wait) = (now, Backoff::for_rate_limits());
            }
            let floor = match is_news {
                true => gate.min_wait.next(),
                // It was in flight when the gate was closed.
                false => gate.until.saturating_duration_since(now),
            };
            if is_news {
                gate.round += 1;
                gate.previous_end = gate.until.min(now);
            }
            let wait = asked.unwrap_or_default().max(floor);
            gate.until = gate.until.max(now + wait);
            gate.exceeds_patience = gate.until - gate.last_passed > self.patience;
            StartedCooldown {
                wait,
                is_spent: gate.exceeds_patience,
            }
        })
    }

    /// Records that a request of `round` passed. If the gate was closed meanwhile, something still passed while it was
    /// open: a limit that lets part of the requests through is no outage.
    pub(super) fn record_success(&self, operation: &'static str, round: u64) {
        self.with_state(|state| {
            let key = state.key(operation);
            let Some(gate) = state.cooldowns.get_mut(key) else {
                return;
            };
            if gate.round == round {
                (gate.last_passed, gate.min_wait) = (Instant::now(), Backoff::for_rate_limits());
            } else if gate.round == round + 1 {
                gate.last_passed = gate.last_passed.max(gate.previous_end);
            }
        });
    }

    fn with_state<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl State {
    fn key(&self, operation: &'static str) -> &'static str {
        if self.is_shared { "" } else { operation }
    }

    fn cooldown(&self, operation: &'static str) -> Option<&Cooldown> {
        self.cooldowns.get(self.key(operation))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(600);

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// Waits for the gate, and is refused once.
    async fn refused(gates: &OperationCooldowns, operation: &'static str, asked: Option<Duration>) -> StartedCooldown {
        gates.wait(operation).await.unwrap();
        let round = gates.current_round(operation).unwrap();
        gates.start(operation, round, asked)
    }

    #[tokio::test(start_paused = true)]
    async fn a_gate_holds_one_operation_for_as_long_as_jira_asks() {
        let gates = OperationCooldowns::new(PATIENCE);
        let start = Instant::now();
        gates.start("a", 0, Some(seconds(7)));
        gates.start("a", 0, Some(seconds(3)));
        gates.wait("b").await.unwrap();
        assert_eq!(start.elapsed(), Duration::ZERO);
        gates.wait("a").await.unwrap();
        assert!(start.elapsed() >= seconds(7));
    }

    #[tokio::test(start_paused = true)]
    async fn waits_grow_whatever_jira_says_until_something_passes() {
        for asked in [None, Some(Duration::ZERO), Some(Duration::from_millis(1))] {
            let gates = OperationCooldowns::new(PATIENCE);
            let mut waits = Vec::new();
            for _ in 0..12 {
                waits.push(refused(&gates, "a", asked).await.wait);
            }
            assert!(waits[0] >= Duration::from_millis(250), "{waits:?}");
            let grow = waits.windows(2).all(|pair| pair[1] * 2 >= pair[0]);
            assert!(grow && waits[11] >= seconds(15), "{waits:?}");
            gates.wait("a").await.unwrap();
            gates.record_success("a", gates.current_round("a").unwrap());
            assert!(refused(&gates, "a", asked).await.wait <= Duration::from_millis(500));
        }
    }

    /// Sixteen requests that were in flight when the limit was reached count as one refusal.
    #[tokio::test(start_paused = true)]
    async fn what_was_on_its_way_makes_no_wait_longer() {
        let gates = OperationCooldowns::new(seconds(9));
        let first = gates.start("a", 0, None).wait;
        for _ in 0..15 {
            assert!(gates.start("a", 0, None).wait <= first);
        }
        assert!(!refused(&gates, "a", Some(seconds(8))).await.is_spent);
        // One of them passing does not mean that the limit is over.
        gates.record_success("a", 0);
        assert!(refused(&gates, "a", Some(seconds(8))).await.is_spent);
    }

    /// However many calls share the gate.
    #[tokio::test(start_paused = true)]
    async fn waits_in_which_nothing_passes_are_no_longer_than_patience_in_all() {
        let (gates, start) = (OperationCooldowns::new(PATIENCE), Instant::now());
        while !refused(&gates, "a", Some(seconds(10))).await.is_spent {}
        assert!(start.elapsed() <= PATIENCE && start.elapsed() > PATIENCE / 2);
        assert!(gates.wait("a").await.is_err(), "nor does the next call wait");
        tokio::time::advance(seconds(30)).await;
        assert!(gates.wait("a").await.is_ok(), "what Jira asked for is over");
    }

    /// As with one bucket for everything and many requests in flight: each time it opens, some pass and some are
    /// refused, and a refusal always arrives first.
    #[tokio::test(start_paused = true)]
    async fn a_limit_that_lets_a_part_through_never_exhausts_patience() {
        let gates = OperationCooldowns::new(seconds(60));
        for _ in 0..50 {
            gates.wait("a").await.unwrap();
            let round = gates.current_round("a").unwrap();
            assert!(!gates.start("a", round, Some(seconds(10))).is_spent);
            gates.record_success("a", round);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_of_yesterday_is_not_part_of_todays_row() {
        let gates = OperationCooldowns::new(PATIENCE);
        refused(&gates, "a", Some(seconds(5))).await;
        tokio::time::advance(seconds(86_400)).await;
        assert!(!refused(&gates, "a", Some(seconds(5))).await.is_spent);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_beyond_patience_is_reported_and_not_waited_for() {
        let gates = OperationCooldowns::new(PATIENCE);
        assert!(gates.start("a", 0, Some(seconds(700))).is_spent);
        assert_eq!(gates.wait("a").await, Err(seconds(700)));
    }

    #[tokio::test(start_paused = true)]
    async fn one_limit_for_everything_closes_everything() {
        let gates = OperationCooldowns::new(PATIENCE);
        gates.share_one();
        gates.start("a", 0, Some(seconds(7)));
        let start = Instant::now();
        gates.wait("b").await.unwrap();
        assert!(start.elapsed() >= seconds(7));
    }
}
