//! Which faults strike a request.

use super::super::routes::Spot;
use super::super::seed::mix;
use super::disturbance::{Disturbance, Refusal};
use super::rule::{Fault, Faults, Place, Rule, When};

/// A script at work: it counts what it has seen.
#[derive(Debug)]
pub(in crate::sandbox) struct Striking {
    seed: u64,
    rules: Vec<(Rule, u64)>,
}

impl Striking {
    pub(in crate::sandbox) fn new(faults: &Faults, seed: u64) -> Self {
        Self {
            seed,
            rules: faults.rules.iter().map(|rule| (rule.clone(), 0)).collect(),
        }
    }

    /// Counts a request and says what goes wrong with it. `spot` is nothing for an unknown route, `desk` the key of the
    /// desk it is about.
    pub(in crate::sandbox) fn strike(&mut self, method: &str, spot: Option<Spot>, desk: Option<&str>) -> Disturbance {
        let mut disturbance = Disturbance::default();
        for (at, (rule, seen)) in self.rules.iter_mut().enumerate() {
            if !rule.matches(method, spot, desk) {
                continue;
            }
            *seen += 1;
            let strikes = match rule.when {
                When::Always => true,
                When::From { first, count } => *seen >= first && count.is_none_or(|count| *seen < first + count),
                When::Percent(percent) => {
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
    fn matches(&self, method: &str, spot: Option<Spot>, desk: Option<&str>) -> bool {
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

impl Disturbance {
    /// Of two refusals or two losses, the first in the script holds.
    fn add(&mut self, fault: Fault) {
        match fault {
            Fault::TooMany(says) => self.refuse(Refusal::TooMany(says)),
            Fault::Bare(status) => self.refuse(Refusal::Bare(status)),
            Fault::Status(status) => self.refuse(Refusal::Status(status)),
            Fault::Unavailable { retry_after } => self.refuse(Refusal::Unavailable { retry_after }),
            Fault::Html(status) => self.refuse(Refusal::Html(status)),
            Fault::Object => self.refuse(Refusal::Object),
            Fault::Slow { milliseconds } => self.milliseconds += milliseconds,
            Fault::Lost(lost) => {
                self.lost.get_or_insert(lost);
            }
            Fault::DeadToken => self.dead_token = true,
            Fault::Ignored => self.ignored = true,
            Fault::PageLimit(rows) => {
                self.page_limit = Some(self.page_limit.map_or(rows, |least| least.min(rows)));
            }
            Fault::ShortPage(rows) => self.short_by += rows,
            Fault::Empty => self.empty = true,
            Fault::Half => self.half = true,
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
    use super::super::disturbance::{Lost, Says};
    use super::*;

    fn hits(script: &str, requests: usize) -> Vec<usize> {
        let mut striking = Striking::new(&script.parse().unwrap(), 1);
        let mut hit = |_: &usize| !striking.strike("GET", None, Some("SUP")).rules.is_empty();
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
        let mut striking = Striking::new(&script.parse().unwrap(), 1);
        let all = striking.strike("GET", None, None);
        assert_eq!((all.milliseconds, all.page_limit), (11, Some(7)));
        let first = Refusal::TooMany(Says::Seconds(1));
        assert_eq!((all.refusal, all.lost), (Some(first), Some(Lost::AfterEffect)));
        assert_eq!(all.rules.len(), 7);
    }
}
