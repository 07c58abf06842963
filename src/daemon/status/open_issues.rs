//! Open issues after a pass: held, not done or refused, grouped by reason.
//!
//! Keeps no e-mail: each subject is stored as a hash, so that an edit pass can replace what it checked again.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::snapshot::{Issue, IssueStatus};
use super::text::sanitize;
use crate::model::desk::DeskKey;
use crate::model::guard::Finding;
use crate::model::outcome::Outcome;
use crate::model::report::{HeldEntry, Report, StepEntry};
use crate::model::step::StepKind;

/// Most groups kept. Jira can word each refusal differently, which would fill the page.
const MAX_GROUPS: usize = 40;

/// The open issues, by group.
#[derive(Debug, Default)]
pub(super) struct OpenIssues(BTreeMap<Group, Vec<Subject>>);

/// A hash of a person or a desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Subject(u64);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Group {
    what: IssueStatus,
    kind: Option<&'static str>,
    reason: String,
    advice: String,
}

impl OpenIssues {
    /// Replaces everything, after a full pass.
    pub(super) fn replace(&mut self, report: &Report) {
        self.0.clear();
        self.add_report(report);
    }

    /// Replaces the subjects of the report, after an edit pass.
    pub(super) fn update(&mut self, report: &Report) {
        let steps = report.steps.iter().map(of_step);
        let again: BTreeSet<_> = steps.chain(report.held.iter().map(of_held)).collect();
        for (group, subjects) in &mut self.0 {
            if group.what != IssueStatus::Refused {
                subjects.retain(|subject| !again.contains(subject));
            }
        }
        self.0.retain(|_, subjects| !subjects.is_empty());
        self.add_report(report);
    }

    /// Counts the steps that were not done, by kind, without held ones.
    pub(super) fn pending(&self) -> BTreeMap<&'static str, usize> {
        let mut pending = BTreeMap::new();
        for (group, subjects) in self.0.iter().filter(|(group, _)| group.what.is_pending()) {
            *pending.entry(group.kind.unwrap_or("other")).or_default() += subjects.len();
        }
        pending
    }

    /// Counts the held entries.
    pub(super) fn held(&self) -> usize {
        self.count(IssueStatus::Held)
    }

    /// Counts the guard findings.
    pub(super) fn refused(&self) -> usize {
        self.count(IssueStatus::Refused)
    }

    /// Returns all issues, the most urgent first.
    pub(super) fn issues(&self) -> Vec<Issue> {
        let issues = self.0.iter().map(|(group, subjects)| Issue {
            what: group.what,
            kind: group.kind,
            reason: group.reason.clone(),
            advice: group.advice.clone(),
            count: subjects.len(),
        });
        issues.collect()
    }

    fn count(&self, what: IssueStatus) -> usize {
        let of_it = self.0.iter().filter(|(group, _)| group.what == what);
        of_it.map(|(_, subjects)| subjects.len()).sum()
    }

    fn add_report(&mut self, report: &Report) {
        for held in &report.held {
            let desk = held.desk.as_ref().filter(|_| held.email.is_none());
            let reason = with_desk(desk, &held.reason);
            self.add(IssueStatus::Held, None, &reason, &held.advice, of_held(held));
        }
        for step in &report.steps {
            self.add_step(step);
        }
        for finding in &report.guard.findings {
            let group = of_finding(finding);
            // The same finding of the next pass replaces it.
            self.0.insert(group, vec![Subject(0)]);
        }
    }

    fn add_step(&mut self, step: &StepEntry) {
        let what = match step.outcome {
            None => IssueStatus::Pending,
            Some(Outcome::Done | Outcome::Already | Outcome::Linked) => return,
            Some(Outcome::Held) => IssueStatus::Held,
            Some(Outcome::Failed) => IssueStatus::Failed,
            Some(Outcome::Unknown) => IssueStatus::Unknown,
            Some(Outcome::Skipped) => IssueStatus::Skipped,
            Some(Outcome::NotAttempted) => IssueStatus::NotAttempted,
        };
        let kind = what.is_pending().then_some(step.kind);
        let reason = step.error.as_deref().unwrap_or_else(|| what.reason());
        let reason = with_desk(step.desk.as_ref().filter(|_| step.email.is_none()), reason);
        self.add(what, kind.map(StepKind::as_str), &reason, what.advice(), of_step(step));
    }

    fn add(&mut self, what: IssueStatus, kind: Option<&'static str>, reason: &str, advice: &str, subject: Subject) {
        let mut group = Group {
            what,
            kind,
            reason: sanitize(reason),
            advice: sanitize(advice),
        };
        if self.0.len() >= MAX_GROUPS && !self.0.contains_key(&group) {
            group.reason = "other reasons".to_owned();
            what.advice().clone_into(&mut group.advice);
        }
        self.0.entry(group).or_default().push(subject);
    }
}

impl IssueStatus {
    fn is_pending(self) -> bool {
        match self {
            Self::Failed | Self::Unknown | Self::Skipped | Self::NotAttempted | Self::Pending => true,
            Self::Held | Self::Refused => false,
        }
    }

    fn reason(self) -> &'static str {
        match self {
            Self::Failed => "Jira gave no reason",
            Self::Unknown => "the response was lost",
            Self::Refused => "refused by a guard",
            Self::Held => "cannot be done safely",
            Self::Skipped => "a step it depends on did not succeed",
            Self::NotAttempted => "the pass ended before this step",
            Self::Pending => "Jira differs from the roster",
        }
    }

    fn advice(self) -> &'static str {
        match self {
            Self::Failed => "the next full pass retries it; if it persists, run `quietdesk plan` to see the entries",
            Self::Unknown => "nothing; the next full pass determines the outcome",
            Self::Refused => "run `quietdesk plan`, then approve or correct the roster",
            Self::Held => "run `quietdesk plan` to see the entries and what to do",
            Self::Skipped => "fix what failed; this step then runs by itself",
            Self::NotAttempted => "nothing; the next pass continues",
            Self::Pending => {
                "run `quietdesk plan` to see it; `quietdesk apply`, or a daemon without --observe, applies it"
            }
        }
    }
}

/// Returns the reason, prefixed with the desk if there is one.
fn with_desk(desk: Option<&DeskKey>, reason: &str) -> String {
    desk.map_or_else(|| reason.to_owned(), |desk| format!("{desk}: {reason}"))
}

fn of_finding(finding: &Finding) -> Group {
    let Finding {
        id: _,
        container,
        what,
        count,
        of,
        limit,
        override_hint,
    } = finding;
    let reason = format!("{what}: {count} of {of}, the limit is {limit}");
    let reason = match container {
        Some(container) => format!("{container}: {reason}"),
        None => reason,
    };
    Group {
        what: IssueStatus::Refused,
        kind: None,
        reason: sanitize(&reason),
        advice: sanitize(&format!(
            "if this is intended: {override_hint}; otherwise correct the roster"
        )),
    }
}

fn of_step(step: &StepEntry) -> Subject {
    let account = step.account.as_ref().map(|account| account.0.as_str());
    let desk = step.desk.as_ref().map(|desk| desk.as_str());
    hash_subject(step.email.as_deref(), account, desk)
}

fn of_held(held: &HeldEntry) -> Subject {
    let account = held.account.as_ref().map(|account| account.0.as_str());
    let desk = held.desk.as_ref().map(|desk| desk.as_str());
    hash_subject(held.email.as_deref(), account, desk)
}

/// Hashes the e-mail, else the account, else the desk.
fn hash_subject(email: Option<&str>, account: Option<&str>, desk: Option<&str>) -> Subject {
    let mut hasher = DefaultHasher::new();
    match (email, account) {
        (Some(email), _) => email.to_lowercase().hash(&mut hasher),
        (None, Some(account)) => account.hash(&mut hasher),
        (None, None) => desk.hash(&mut hasher),
    }
    Subject(hasher.finish())
}
