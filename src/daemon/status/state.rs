//! What is kept between reports, and how each report changes it.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::open_issues::OpenIssues;
use super::reported::{PassEnded, PassResult, RosterState};
use super::snapshot::{DeskShown, PassShown, RosterStatus, Running, Totals};
use super::text::sanitize;
use crate::daemon::schedule::PassKind;
use crate::jira::Stats;
use crate::model::report::{Report, StepEntry};
use crate::model::step::{Cause, StepKind};

/// How many passes are kept.
const PASSES: usize = 20;

/// The changing part of the status.
#[derive(Debug)]
pub(super) struct State {
    pub(super) roster: RosterStatus,
    pub(super) valid: Option<Valid>,
    pub(super) problem: Option<String>,
    pub(super) running: Option<Running>,
    pub(super) passes: VecDeque<PassShown>,
    pub(super) totals: Totals,
    pub(super) sent: Stats,
    pub(super) open_issues: OpenIssues,
    pub(super) desks: BTreeMap<String, DeskShown>,
    pub(super) last_success: Option<Timestamp>,
    /// Since when full passes have found nothing to change.
    pub(super) in_step: Option<Timestamp>,
    /// Since when steps are pending or refused.
    pub(super) out_of_step: Option<Timestamp>,
    /// Since when full passes have failed.
    pub(super) failing: Option<Timestamp>,
    /// Since when a roster is in force that no pass has covered.
    pub(super) unapplied: Option<Timestamp>,
    pub(super) next_full: Option<Timestamp>,
    pub(super) interval: Duration,
    pub(super) refused: Option<RefusedCredentials>,
    /// Why the results of the last pass could not be saved.
    pub(super) unsaved: Option<String>,
    pub(super) in_flight: (usize, usize),
}

#[derive(Debug)]
pub(super) struct Valid {
    pub(super) digest: String,
    pub(super) customers: usize,
    pub(super) desks: usize,
    pub(super) since: Timestamp,
}

#[derive(Debug)]
pub(super) struct RefusedCredentials {
    pub(super) why: String,
    pub(super) since: Timestamp,
    /// Inferred from a pass, so that the next good pass clears it.
    by_pass: bool,
}

impl State {
    pub(super) fn new(interval: Duration) -> Self {
        Self {
            roster: RosterStatus::Waiting,
            valid: None,
            problem: None,
            running: None,
            passes: VecDeque::new(),
            totals: Totals::default(),
            sent: Stats::default(),
            open_issues: OpenIssues::default(),
            desks: BTreeMap::new(),
            last_success: None,
            in_step: None,
            out_of_step: None,
            failing: None,
            unapplied: None,
            next_full: None,
            interval,
            refused: None,
            unsaved: None,
            in_flight: (0, 0),
        }
    }

    pub(super) fn set_roster(&mut self, roster: RosterState, now: Timestamp) {
        self.problem = None;
        match roster {
            RosterState::Waiting => self.roster = RosterStatus::Waiting,
            RosterState::Unusable { summary, in_force } => {
                self.roster = if in_force {
                    RosterStatus::Unusable
                } else {
                    RosterStatus::Missing
                };
                self.problem = Some(sanitize(&summary));
            }
            RosterState::Valid {
                digest,
                customers,
                desks,
            } => {
                self.roster = RosterStatus::Valid;
                let before = self.valid.as_ref().filter(|valid| valid.digest == digest);
                let since = before.map_or(now, |valid| valid.since);
                if before.is_none() {
                    self.unapplied = Some(now);
                }
                self.valid = Some(Valid {
                    digest: sanitize(&digest),
                    customers,
                    desks,
                    since,
                });
            }
        }
    }

    pub(super) fn pass_began(&mut self, kind: PassKind, now: Timestamp) {
        self.running = Some(Running { kind, since: now });
    }

    pub(super) fn pass_ended(&mut self, ended: PassEnded<'_>, now: Timestamp) {
        let began = self.running.take().map_or(now, |running| running.since);
        // Without a plan, the report says nothing about open issues.
        let report = ended.report.filter(|report| report.jira.deployment.is_some());
        self.count_pass(&ended, report, now);
        if let Some(report) = report {
            match ended.kind {
                PassKind::Full => self.open_issues.replace(report),
                PassKind::Edit => self.open_issues.update(report),
            }
            self.update_desks(report, ended.kind);
        }
        if ended.result.is_completed() {
            self.pass_completed(ended.kind, report, began, now);
        } else {
            self.pass_failed(&ended, now);
        }
        if self.is_out_of_step() {
            self.in_step = None;
            self.out_of_step.get_or_insert(now);
        } else {
            self.out_of_step = None;
        }
    }

    fn pass_completed(&mut self, kind: PassKind, report: Option<&Report>, began: Timestamp, now: Timestamp) {
        // A roster that arrived during the pass waits for the next one.
        self.unapplied = self.unapplied.filter(|since| *since > began);
        self.refused = self.refused.take().filter(|refused| !refused.by_pass);
        let changed = report.is_some_and(|report| !report.steps.is_empty());
        if kind == PassKind::Full {
            self.last_success = Some(now);
            self.failing = None;
            if changed || self.in_step.is_none() {
                self.in_step = Some(now);
            }
        } else if self.out_of_step.is_some() {
            self.in_step = Some(now);
        }
    }

    fn pass_failed(&mut self, ended: &PassEnded<'_>, now: Timestamp) {
        if ended.result == PassResult::Refused {
            self.refused.get_or_insert_with(|| RefusedCredentials {
                why: sanitize(ended.problem.as_deref().unwrap_or("Jira refused them")),
                since: now,
                by_pass: true,
            });
        }
        if ended.kind == PassKind::Full && ended.result != PassResult::Interrupted {
            self.failing.get_or_insert(now);
        }
    }

    fn count_pass(&mut self, ended: &PassEnded<'_>, report: Option<&Report>, now: Timestamp) {
        let before = self.sent.clone();
        add(&mut self.sent, ended.stats_before, ended.stats_after);
        let mut shown = PassShown {
            kind: ended.kind,
            result: ended.result,
            ended: now,
            took_seconds: ended.took.as_secs_f64(),
            steps: BTreeMap::new(),
            drift: 0,
            held: report.map_or(0, |report| report.summary.held),
            requests: self.sent.requests - before.requests,
            writes: self.sent.writes - before.writes,
            problem: ended.problem.as_deref().map(sanitize),
        };
        for step in report.map(|report| report.steps.as_slice()).unwrap_or_default() {
            let outcome = step.outcome.map_or("observed", |outcome| outcome.as_str());
            *shown
                .steps
                .entry(step.kind.as_str())
                .or_default()
                .entry(outcome)
                .or_default() += 1;
            if step.outcome.is_some() {
                let outcomes = self.totals.steps.entry(step.kind.as_str()).or_default();
                *outcomes.entry(outcome).or_default() += 1;
            }
            if step.cause == Cause::Drift {
                shown.drift += 1;
                *self.totals.drift.entry(step.kind.as_str()).or_default() += 1;
            }
        }
        let results = self.totals.passes.entry(ended.kind).or_default();
        *results.entry(ended.result).or_default() += 1;
        self.totals.last_took.insert(ended.kind, shown.took_seconds);
        self.passes.push_front(shown);
        self.passes.truncate(PASSES);
    }

    /// Updates the desks: as read, with the changes made since.
    fn update_desks(&mut self, report: &Report, kind: PassKind) {
        if kind == PassKind::Full {
            self.desks.clear();
        }
        for (key, counts) in &report.desks {
            let shown = DeskShown {
                access: counts.access.map(|access| access.to_string()),
                customers: counts.customers,
                listed: counts.listed,
                unlisted: counts.unlisted,
                hidden: counts.hidden,
                role_doubted: counts.role_doubted,
            };
            self.desks.insert(key.to_string(), shown);
        }
        for step in &report.steps {
            self.apply_step(step);
        }
    }

    fn apply_step(&mut self, step: &StepEntry) {
        let Some(desk) = step.desk.as_ref().and_then(|desk| self.desks.get_mut(desk.as_str())) else {
            return;
        };
        if !step.outcome.is_some_and(|outcome| outcome.is_success()) {
            return;
        }
        match step.kind {
            StepKind::AddToDesk => {
                desk.customers += 1;
                desk.listed += 1;
            }
            StepKind::RemoveFromDesk => {
                desk.customers = desk.customers.saturating_sub(1);
                desk.unlisted = desk.unlisted.saturating_sub(1);
            }
            StepKind::SetAccess => desk.access = step.after.clone(),
            StepKind::CreateCustomer | StepKind::UpdateCustomer => {}
        }
    }

    pub(super) fn set_next_full(&mut self, at: Timestamp, now: Timestamp, configured: Duration) {
        self.next_full = Some(at);
        let gap = length(at.duration_since(now)).max(configured);
        let newest = self.passes.front();
        let after_full = newest.is_some_and(|pass| pass.kind == PassKind::Full && pass.result.is_completed());
        // An early retry, or an edit in between, does not change the interval.
        self.interval = if after_full { gap } else { gap.max(self.interval) };
    }

    pub(super) fn set_credentials(&mut self, refused: Option<String>, now: Timestamp) {
        let since = self.refused.as_ref().map_or(now, |refused| refused.since);
        self.refused = refused.map(|why| RefusedCredentials {
            why: sanitize(&why),
            since,
            by_pass: false,
        });
    }
}

/// Adds the difference of two counts. A lower count after than before means a new connection, counting from zero.
fn add(total: &mut Stats, before: &Stats, after: &Stats) {
    let nothing = Stats::default();
    let before = if after.requests < before.requests {
        &nothing
    } else {
        before
    };
    total.requests += after.requests - before.requests;
    total.writes += after.writes.saturating_sub(before.writes);
    total.rate_limit_wait += after.rate_limit_wait.saturating_sub(before.rate_limit_wait);
    for (key, count) in &after.responses {
        let earlier = before.responses.get(key).copied().unwrap_or_default();
        let more = count.saturating_sub(earlier);
        if more > 0 {
            *total.responses.entry(*key).or_default() += more;
        }
    }
}

/// Converts to a duration; zero if negative, because the clock was set back.
pub(super) fn length(time: SignedDuration) -> Duration {
    Duration::try_from(time).unwrap_or_default()
}
