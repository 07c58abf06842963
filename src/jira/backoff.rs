//! Delays between attempts: their growth and their jitter.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};

/// Maximum delay.
const LONGEST: Duration = Duration::from_secs(30);
/// Between the attempts of a call, and between probes while Jira does not respond.
const TRIES: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(250))
    .with_max_delay(LONGEST)
    .without_max_times();
/// Between rate-limited requests.
const REFUSALS: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(500))
    .with_max_delay(LONGEST)
    .without_max_times();

/// Endless delays that grow up to the maximum.
#[derive(Debug)]
pub(super) struct Backoff {
    delays: ExponentialBackoff,
    /// Smallest fraction of a delay that the jitter leaves.
    min_fraction: f64,
}

impl Backoff {
    /// For attempts: full jitter, so that callers spread out.
    pub(super) fn for_attempts() -> Self {
        Self {
            delays: TRIES.build(),
            min_fraction: 0.0,
        }
    }

    /// For rate-limited requests: at least half of the delay, because an early request can restart the wait.
    pub(super) fn for_rate_limits() -> Self {
        Self {
            delays: REFUSALS.build(),
            min_fraction: 0.5,
        }
    }

    /// The next delay.
    pub(super) fn next(&mut self) -> Duration {
        let delay = self.delays.next().unwrap_or(LONGEST);
        delay.mul_f64(self.min_fraction + rand::random::<f64>() * (1.0 - self.min_fraction))
    }
}

/// Returns the delays between `times` searches for an account that must exist: a search can lag behind a create
/// (docs/jira.md#look-up-lag).
pub fn search_delays(times: usize) -> impl Iterator<Item = Duration> + Send {
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
            (Backoff::for_attempts(), 250, 0.0),
            (Backoff::for_rate_limits(), 500, 0.5),
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
        assert_eq!(search_delays(4).count(), 3);
    }
}
