//! The rate limit, in requests per second. On Cloud for each operation, and an early retry lengthens the wait
//! (docs/jira.md#burst-limits, docs/jira.md#early-retry); on Data Center for the user, across all operations
//! (docs/jira.md#data-center-bucket).

use std::collections::BTreeMap;
use std::time::Duration;

/// How long a refused client has to wait.
const WAIT: Duration = Duration::from_secs(1);

/// A bucket of tokens for each operation, or one for all.
#[derive(Debug)]
pub(super) struct Limiter {
    rate: Option<u32>,
    each_operation: bool,
    buckets: BTreeMap<&'static str, Bucket>,
}

#[derive(Debug)]
struct Bucket {
    tokens: f64,
    at: Duration,
    closed_until: Duration,
}

/// The decision about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The request may proceed.
    Pass {
        /// Whether less than a fifth is left.
        near_limit: bool,
        /// The number of requests left.
        left: u32,
    },
    /// Too many requests: wait this long.
    Wait(Duration),
}

impl Limiter {
    /// Allows `rate` requests a second, for each operation separately or for all together; `None`: no limit.
    pub(super) fn new(rate: Option<u32>, each_operation: bool) -> Self {
        Self {
            rate,
            each_operation,
            buckets: BTreeMap::new(),
        }
    }

    /// Counts a request to `operation` at `now`, which must not decrease.
    pub(super) fn check(&mut self, operation: &'static str, now: Duration) -> Verdict {
        let Some(rate) = self.rate else {
            return Verdict::Pass {
                near_limit: false,
                left: u32::MAX,
            };
        };
        let rate = f64::from(rate.max(1));
        let bucket = if self.each_operation { operation } else { "" };
        let bucket = self.buckets.entry(bucket).or_insert(Bucket {
            tokens: rate,
            at: now,
            closed_until: Duration::ZERO,
        });
        let passed = now.saturating_sub(bucket.at).as_secs_f64();
        bucket.tokens = (bucket.tokens + passed * rate).min(rate);
        bucket.at = now;
        if now < bucket.closed_until || bucket.tokens < 1.0 {
            if self.each_operation {
                bucket.closed_until = now + WAIT;
            }
            return Verdict::Wait(WAIT);
        }
        bucket.tokens -= 1.0;
        Verdict::Pass {
            near_limit: self.each_operation && bucket.tokens < rate / 5.0,
            left: bucket.tokens as u32,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asking_early_begins_the_wait_anew_and_other_operations_are_free() {
        let mut limiter = Limiter::new(Some(2), true);
        let ms = Duration::from_millis;
        let pass = |near_limit| Verdict::Pass {
            near_limit,
            left: u32::from(!near_limit),
        };
        assert_eq!(limiter.check("add", ms(0)), pass(false));
        assert_eq!(limiter.check("add", ms(0)), pass(true));
        assert_eq!(limiter.check("add", ms(0)), Verdict::Wait(WAIT));
        assert_eq!(limiter.check("add", ms(900)), Verdict::Wait(WAIT), "early");
        assert_eq!(limiter.check("add", ms(1500)), Verdict::Wait(WAIT), "early again");
        assert_eq!(limiter.check("create", ms(1500)), pass(false));
        assert_eq!(limiter.check("add", ms(2500)), pass(false));
    }

    #[test]
    fn where_a_user_has_one_limit_operations_share_it_and_asking_early_costs_nothing() {
        let mut limiter = Limiter::new(Some(2), false);
        let ms = Duration::from_millis;
        let pass = |left| Verdict::Pass {
            near_limit: false,
            left,
        };
        assert_eq!(limiter.check("add", ms(0)), pass(1));
        assert_eq!(limiter.check("create", ms(0)), pass(0));
        assert_eq!(limiter.check("add", ms(0)), Verdict::Wait(WAIT));
        assert_eq!(limiter.check("add", ms(400)), Verdict::Wait(WAIT));
        assert_eq!(limiter.check("add", ms(500)), pass(0));
    }
}
