//! The rate limit: so many requests a second for each operation (jira-facts §7, H: burst limits count per endpoint and
//! method; asking again early lengthens the wait).

use std::collections::BTreeMap;
use std::time::Duration;

/// How long a refused client has to wait.
const WAIT: Duration = Duration::from_secs(1);

/// A bucket of tokens for each operation.
#[derive(Debug)]
pub(super) struct Limiter {
    rate: Option<u32>,
    buckets: BTreeMap<&'static str, Bucket>,
}

#[derive(Debug)]
struct Bucket {
    tokens: f64,
    at: Duration,
    closed_until: Duration,
}

/// What the limit says to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Go on.
    Pass {
        /// Less than a fifth is left.
        near_limit: bool,
        /// So many more can be asked at once.
        remaining: u32,
    },
    /// Too many: wait this long.
    Wait(Duration),
}

impl Limiter {
    pub(super) fn new(rate: Option<u32>) -> Self {
        Self {
            rate,
            buckets: BTreeMap::new(),
        }
    }

    /// Counts a request to `operation` at `now`, which never goes back.
    pub(super) fn ask(&mut self, operation: &'static str, now: Duration) -> Verdict {
        let Some(rate) = self.rate else {
            return Verdict::Pass {
                near_limit: false,
                remaining: 0,
            };
        };
        let rate = f64::from(rate.max(1));
        let bucket = self.buckets.entry(operation).or_insert(Bucket {
            tokens: rate,
            at: now,
            closed_until: Duration::ZERO,
        });
        let passed = now.saturating_sub(bucket.at).as_secs_f64();
        bucket.tokens = (bucket.tokens + passed * rate).min(rate);
        bucket.at = now;
        if now < bucket.closed_until || bucket.tokens < 1.0 {
            bucket.closed_until = now + WAIT;
            return Verdict::Wait(WAIT);
        }
        bucket.tokens -= 1.0;
        Verdict::Pass {
            near_limit: bucket.tokens < rate / 5.0,
            remaining: bucket.tokens as u32,
        }
    }
}

/// What Data Center tells with every answer (jira-facts §7, H).
pub(super) fn told(rate: u32, verdict: Verdict) -> [(&'static str, String); 5] {
    let (remaining, wait) = match verdict {
        Verdict::Pass { remaining, .. } => (remaining, Duration::ZERO),
        Verdict::Wait(wait) => (0, wait),
    };
    [
        ("x-ratelimit-limit", rate.to_string()),
        ("x-ratelimit-remaining", remaining.to_string()),
        ("x-ratelimit-interval-seconds", "1".to_owned()),
        ("x-ratelimit-fillrate", rate.to_string()),
        ("retry-after", wait.as_secs().to_string()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asking_early_begins_the_wait_anew_and_other_operations_are_free() {
        let mut limiter = Limiter::new(Some(2));
        let ms = Duration::from_millis;
        let pass = |near_limit, remaining| Verdict::Pass { near_limit, remaining };
        assert_eq!(limiter.ask("add", ms(0)), pass(false, 1));
        assert_eq!(limiter.ask("add", ms(0)), pass(true, 0));
        assert_eq!(limiter.ask("add", ms(0)), Verdict::Wait(WAIT));
        assert_eq!(limiter.ask("add", ms(900)), Verdict::Wait(WAIT), "early");
        assert_eq!(limiter.ask("add", ms(1500)), Verdict::Wait(WAIT), "early again");
        assert_eq!(limiter.ask("create", ms(1500)), pass(false, 1));
        assert_eq!(limiter.ask("add", ms(2500)), pass(false, 1));
    }
}
