//! Matching requests against a fault script.

use super::super::routes::RouteName;
use super::super::seed::mix;
use super::injected_fault::{InjectedFault, Refusal};
use super::rule::{Condition, Fault, Faults, Place, Rule};

/// A fault script and the number of requests that matched each rule.
#[derive(Debug)]
pub(in crate::sandbox) struct FaultInjector {
    seed: u64,
    rules: Vec<(Rule, u64)>,
}

impl FaultInjector {
    pub(in crate::sandbox) fn new(faults: &Faults, seed: u64) -> Self {
        Self {
            seed,
            rules: faults.rules.iter().map(|rule| (rule.clone(), 0)).collect(),
        }
    }

    /// Counts a request and returns the faults to inject. `spot` is `None` for an unknown route; `desk` is the key of
    /// the request's desk.
    pub(in crate::sandbox) fn match_fault(
        &mut self,
        method: &str,
        spot: Option<RouteName>,
        desk: Option<&str>,
    ) -> InjectedFault {
        let mut disturbance = InjectedFault::default();
        for (at, (rule, seen)) in self.rules.iter_mut().enumerate() {
            if !rule.matches(method, spot, desk) {
                continue;
            }
            *seen += 1;
            let strikes = match rule.when {
                Condition::Always => true,
                Condition::From { first, count } => *seen >= first && count.is_none_or(|count| *seen < first + count),
                Condition::Percent(percent) => {
                    let dice = mix(mix(self.seed ^ at as u64) ^ *seen);
                    dice % 100 < u64::from(percent)
                }
            };
            if strikes {
                disturbance.rules.push(rule.text.clone());
                disturbance.add(rule.fault);
            }
        }
        disturbance
    }
}

impl Rule {
    fn matches(&self, method: &str, spot: Option<RouteName>, desk: Option<&str>) -> bool {
        let here = match &self.place {
            Place::Anywhere => true,
            Place::Reads => method == "GET",
            Place::Writes => method != "GET",
            Place::Method(wanted) => method == wanted,
            Place::Spots(spots) => spot.is_some_and(|spot| spots.contains(&spot)),
        };
        here && (self.desk.is_none() || self.desk.as_deref() == desk)
    }
}

impl InjectedFault {
    /// Adds a fault. Of two refusals or two losses, the first in the script wins.
    fn add(&mut self, fault: Fault) {
        match fault {
            Fault::TooMany(says) => self.refuse(Refusal::TooMany(says)),
            Fault::Bare(status) => self.refuse(Refusal::Bare(status)),
            Fault::Status(status) => self.refuse(Refusal::Status(status)),
            Fault::Unavailable { retry_after } => self.refuse(Refusal::Unavailable { retry_after }),
            Fault::Html(status) => self.refuse(Refusal::Html(status)),
            Fault::Object => self.refuse(Refusal::Object),
            Fault::Slow { milliseconds } => self.delay_ms += milliseconds,
            Fault::ResponseLost(lost) => {
                self.response_lost.get_or_insert(lost);
            }
            Fault::DeadToken => self.dead_token = true,
            Fault::Ignored => self.write_ignored = true,
            Fault::PageLimit(rows) => {
                self.page_limit = Some(self.page_limit.map_or(rows, |least| least.min(rows)));
            }
            Fault::ShortPage(rows) => self.short_by += rows,
            Fault::Empty => self.empty = true,
            Fault::Half => self.half_role = true,
            Fault::Endless => self.endless = true,
            Fault::Shift(rows) => self.shift += rows,
            Fault::HideEmails => self.hide_emails = true,
            Fault::SearchLag(searches) => self.search_lag += searches,
        }
    }

    fn refuse(&mut self, refusal: Refusal) {
        self.refusal.get_or_insert(refusal);
    }
}

#[cfg(test)]
mod tests {
    use super::super::injected_fault::{ResponseLost, RetryAfter};
    use super::*;

    fn hits(script: &str, requests: usize) -> Vec<usize> {
        let mut striking = FaultInjector::new(&script.parse().unwrap(), 1);
        let mut hit = |_: &usize| !striking.match_fault("GET", None, Some("SUP")).rules.is_empty();
        (1..=requests).filter(|at| hit(at)).collect()
    }

    #[test]
    fn when_is_counted_rule_by_rule() {
        assert_eq!(hits("500", 3), [1, 2, 3]);
        assert_eq!(hits("500@2", 4), [2]);
        assert_eq!(hits("500@2+", 4), [2, 3, 4]);
        assert_eq!(hits("500@2x2", 5), [2, 3]);
        assert_eq!(hits("500x2", 4), [1, 2]);
        assert_eq!(hits("writes:500, [HR]:500, [SUP]:500@3", 4), [3]);
    }

    #[test]
    fn a_percentage_is_the_same_each_time_and_about_right() {
        let some = hits("500%20", 1000);
        assert_eq!(some, hits("500%20", 1000));
        assert!((150..250).contains(&some.len()), "{}", some.len());
    }

    #[test]
    fn several_faults_add_up() {
        let script = "slow=5, slow=6, 429, 500, page-limit=20, page-limit=7, drop-after";
        let mut striking = FaultInjector::new(&script.parse().unwrap(), 1);
        let all = striking.match_fault("GET", None, None);
        assert_eq!((all.delay_ms, all.page_limit), (11, Some(7)));
        let first = Refusal::TooMany(RetryAfter::Seconds(1));
        assert_eq!(
            (all.refusal, all.response_lost),
            (Some(first), Some(ResponseLost::AfterEffect))
        );
        assert_eq!(all.rules.len(), 7);
    }
}
