//! The delays between tries: how they grow from one to the next, and how much of each chance takes away.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};

/// The longest delay there is.
const LONGEST: Duration = Duration::from_secs(30);
/// Between the tries of a call, and between probes of a Jira that does not answer.
const TRIES: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(250))
    .with_max_delay(LONGEST)
    .without_max_times();
/// Between requests that Jira refuses because it limits the rate.
const REFUSALS: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(500))
    .with_max_delay(LONGEST)
    .without_max_times();

/// Delays without end, each longer than the one before until they are as long as they get.
#[derive(Debug)]
pub(super) struct Backoff {
    delays: ExponentialBackoff,
    /// The part of a delay that chance leaves at least.
    least: f64,
}

impl Backoff {
    /// Between tries: anything between nothing and the delay, so that callers spread out.
    pub(super) fn between_tries() -> Self {
        Self {
            delays: TRIES.build(),
            least: 0.0,
        }
    }

    /// Between refusals: at least half of the delay, because asking early can begin the wait anew.
    pub(super) fn between_refusals() -> Self {
        Self {
            delays: REFUSALS.build(),
            least: 0.5,
        }
    }

    /// The next delay.
    pub(super) fn next(&mut self) -> Duration {
        let delay = self.delays.next().unwrap_or(LONGEST);
        delay.mul_f64(self.least + rand::random::<f64>() * (1.0 - self.least))
    }
}

/// The delays between looking for somebody who must be there, `times` times: a search can lag behind a create
/// (docs/jira.md#look-up-lag).
pub fn between_searches(times: usize) -> impl Iterator<Item = Duration> + Send {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(500))
        .with_max_times(times.saturating_sub(1))
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_up_to_the_longest_and_chance_leaves_its_part() {
        for (mut backoff, first, least) in [
            (Backoff::between_tries(), 250, 0.0),
            (Backoff::between_refusals(), 500, 0.5),
        ] {
            let mut whole = Duration::from_millis(first);
            for _ in 0..12 {
                let delay = backoff.next();
                assert!(
                    delay <= whole && delay >= whole.mul_f64(least),
                    "{delay:?} of {whole:?}"
                );
                whole = (whole * 2).min(LONGEST);
            }
        }
        assert_eq!(between_searches(4).count(), 3);
    }
}
