//! Derives the readiness, the standing and the snapshot from the reported state.

use jiff::Timestamp;

use super::reported::About;
use super::snapshot::{Answers, Requests, RosterShown, RosterStatus, Snapshot, SyncStatus};
use super::state::{State, length};

/// Intervals without a completed full pass after which the daemon is not ready.
const STALE: f64 = 3.0;

impl State {
    pub(super) fn not_ready(&self, now: Timestamp) -> Vec<String> {
        let mut why = Vec::new();
        if let Some(refused) = &self.refused {
            why.push(format!("Jira refuses the credentials: {}", refused.why));
        }
        if let Some(problem) = &self.unsaved {
            why.push(format!("the results of the last pass could not be saved: {problem}"));
        }
        let problem = self.problem.as_deref().unwrap_or_default();
        match self.roster {
            RosterStatus::Waiting => why.push("no roster has been read yet".to_owned()),
            RosterStatus::Missing => why.push(format!("there is no valid roster: {problem}")),
            RosterStatus::Unusable => why.push(format!("the roster file cannot be used: {problem}")),
            RosterStatus::Valid => {}
        }
        match self.last_success {
            None => why.push("no full pass has completed yet".to_owned()),
            Some(last) if self.is_stale(last, now) => {
                let ago = length(now.duration_since(last)).as_secs();
                why.push(format!(
                    "the last completed full pass was {ago} s ago; the interval is {} s",
                    self.interval.as_secs()
                ));
            }
            Some(_) => {}
        }
        why
    }

    fn is_stale(&self, last: Timestamp, now: Timestamp) -> bool {
        length(now.duration_since(last)) > self.interval.mul_f64(STALE)
    }

    pub(super) fn is_out_of_step(&self) -> bool {
        !self.open_issues.pending().is_empty() || self.open_issues.refused() > 0
    }

    fn standing(&self, now: Timestamp) -> (SyncStatus, Option<Timestamp>) {
        let Some(last) = self.last_success else {
            return (SyncStatus::Starting, None);
        };
        let refused = self.refused.as_ref().map(|refused| refused.since);
        let stale = self.is_stale(last, now).then_some(last);
        if self.is_out_of_step() {
            (SyncStatus::NotInStep, self.out_of_step)
        } else if let Some(since) = self.failing.or(refused).or(stale) {
            (SyncStatus::Unknown, Some(since))
        } else if self.unapplied.is_some() {
            (SyncStatus::Applying, self.unapplied)
        } else if self.open_issues.held() > 0 {
            (SyncStatus::InStepExceptHeld, self.in_step)
        } else {
            (SyncStatus::InStep, self.in_step)
        }
    }

    pub(super) fn snapshot(&self, about: &About, now: Timestamp) -> Snapshot {
        let not_ready = self.not_ready(now);
        let (standing, since) = self.standing(now);
        let pending_by_kind = self.open_issues.pending();
        let valid = self.valid.as_ref().filter(|_| self.roster != RosterStatus::Missing);
        Snapshot {
            format_version: 1,
            version: about.version,
            site: about.site_url.clone(),
            observe: about.observe,
            started: about.started,
            now,
            ready: not_ready.is_empty(),
            not_ready,
            standing,
            since,
            roster: RosterShown {
                source: about.roster.clone(),
                state: self.roster,
                digest: valid.map(|valid| valid.digest.clone()),
                customers: valid.map(|valid| valid.customers),
                desks: valid.map(|valid| valid.desks),
                since: valid.map(|valid| valid.since),
                problem: self.problem.clone(),
            },
            credentials_refused: self.refused.as_ref().map(|refused| refused.why.clone()),
            unsaved: self.unsaved.clone(),
            running: self.running.clone(),
            last_success: self.last_success,
            next_full: self.next_full,
            interval_seconds: self.interval.as_secs_f64(),
            pending: pending_by_kind.values().sum(),
            pending_by_kind,
            held: self.open_issues.held(),
            issues: self.open_issues.issues(),
            desks: self.desks.clone(),
            passes: self.passes.iter().cloned().collect(),
            requests: self.requests(about.read_rate),
            totals: self.totals.clone(),
        }
    }

    fn requests(&self, read_rate: f64) -> Requests {
        let answers = self.sent.responses.iter();
        let (in_flight, allowed) = self.in_flight;
        Requests {
            sent: self.sent.requests,
            writes: self.sent.writes,
            waited_seconds: self.sent.rate_limit_wait.as_secs_f64(),
            in_flight,
            allowed,
            read_rate,
            answers: answers
                .map(|(&(method, endpoint, status), &count)| Answers {
                    method,
                    endpoint,
                    status,
                    count,
                })
                .collect(),
        }
    }
}
