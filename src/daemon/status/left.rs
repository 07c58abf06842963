//! What a pass left for later or for somebody: held, undone and refused, grouped by why.
//!
//! Keeps no e-mail: who is meant is remembered as a hash only, so that an edit pass can replace what it looked at again.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::snapshot::{Matter, What};
use super::text::clean;
use crate::model::desk::DeskKey;
use crate::model::guard::Finding;
use crate::model::outcome::Outcome;
use crate::model::report::{HeldEntry, Report, StepEntry};
use crate::model::step::StepKind;

/// How many reasons are told apart. Jira can word each refusal differently; a page of them helps nobody.
const MOST_GROUPS: usize = 40;

/// What is held, undone or refused.
#[derive(Debug, Default)]
pub(super) struct Left(BTreeMap<Group, Vec<Subject>>);

/// A person or a desk, as a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Subject(u64);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Group {
    what: What,
    kind: Option<&'static str>,
    reason: String,
    advice: String,
}

impl Left {
    /// Replaces everything: a full pass looked at everybody.
    pub(super) fn replace(&mut self, report: &Report) {
        self.0.clear();
        self.take(report);
    }

    /// Replaces what the report is about: an edit pass looked at a few.
    pub(super) fn amend(&mut self, report: &Report) {
        let steps = report.steps.iter().map(of_step);
        let again: BTreeSet<_> = steps.chain(report.held.iter().map(of_held)).collect();
        for (group, subjects) in &mut self.0 {
            if group.what != What::Refused {
                subjects.retain(|subject| !again.contains(subject));
            }
        }
        self.0.retain(|_, subjects| !subjects.is_empty());
        self.take(report);
    }

    /// Steps that were not done, by kind; what is held is counted apart.
    pub(super) fn pending(&self) -> BTreeMap<&'static str, usize> {
        let mut pending = BTreeMap::new();
        for (group, subjects) in self.0.iter().filter(|(group, _)| group.what.is_pending()) {
            *pending.entry(group.kind.unwrap_or("other")).or_default() += subjects.len();
        }
        pending
    }

    /// How many entries are held.
    pub(super) fn held(&self) -> usize {
        self.count(What::Held)
    }

    /// How many things a guard refused.
    pub(super) fn refused(&self) -> usize {
        self.count(What::Refused)
    }

    /// Everything for a reader, the most pressing first.
    pub(super) fn matters(&self) -> Vec<Matter> {
        let matters = self.0.iter().map(|(group, subjects)| Matter {
            what: group.what,
            kind: group.kind,
            reason: group.reason.clone(),
            advice: group.advice.clone(),
            count: subjects.len(),
        });
        matters.collect()
    }

    fn count(&self, what: What) -> usize {
        let of_it = self.0.iter().filter(|(group, _)| group.what == what);
        of_it.map(|(_, subjects)| subjects.len()).sum()
    }

    fn take(&mut self, report: &Report) {
        for held in &report.held {
            let desk = held.desk.as_ref().filter(|_| held.email.is_none());
            let reason = of_desk(desk, &held.reason);
            self.add(What::Held, None, &reason, &held.advice, of_held(held));
        }
        for step in &report.steps {
            self.take_step(step);
        }
        for finding in &report.guard.findings {
            let group = of_finding(finding);
            // The same finding of the next pass is no second one.
            self.0.insert(group, vec![Subject(0)]);
        }
    }

    fn take_step(&mut self, step: &StepEntry) {
        let what = match step.outcome {
            None => What::Pending,
            Some(Outcome::Done | Outcome::Already | Outcome::Linked) => return,
            Some(Outcome::Held) => What::Held,
            Some(Outcome::Failed) => What::Failed,
            Some(Outcome::Unknown) => What::Unknown,
            Some(Outcome::Skipped) => What::Skipped,
            Some(Outcome::NotAttempted) => What::NotAttempted,
        };
        let kind = what.is_pending().then_some(step.kind);
        let reason = step.error.as_deref().unwrap_or_else(|| what.reason());
        let reason = of_desk(step.desk.as_ref().filter(|_| step.email.is_none()), reason);
        self.add(what, kind.map(StepKind::as_str), &reason, what.advice(), of_step(step));
    }

    fn add(&mut self, what: What, kind: Option<&'static str>, reason: &str, advice: &str, subject: Subject) {
        let mut group = Group {
            what,
            kind,
            reason: clean(reason),
            advice: clean(advice),
        };
        if self.0.len() >= MOST_GROUPS && !self.0.contains_key(&group) {
            group.reason = "for further reasons".to_owned();
            what.advice().clone_into(&mut group.advice);
        }
        self.0.entry(group).or_default().push(subject);
    }
}

impl What {
    fn is_pending(self) -> bool {
        match self {
            Self::Failed | Self::Unknown | Self::Skipped | Self::NotAttempted | Self::Pending => true,
            Self::Held | Self::Refused => false,
        }
    }

    fn reason(self) -> &'static str {
        match self {
            Self::Failed => "Jira did not say why",
            Self::Unknown => "the answer was lost",
            Self::Refused => "a guard refused it",
            Self::Held => "it cannot be done safely",
            Self::Skipped => "what it needs did not succeed",
            Self::NotAttempted => "the pass ended before it",
            Self::Pending => "Jira differs from the roster",
        }
    }

    fn advice(self) -> &'static str {
        match self {
            Self::Failed => {
                "the next full read tries again; if it stays, `quietdesk plan` names who, and the reason above is Jira's"
            }
            Self::Unknown => "nothing: the next full read finds out what became of it",
            Self::Refused => "look at `quietdesk plan`, then approve or correct the roster",
            Self::Held => "`quietdesk plan` names who, and what to do",
            Self::Skipped => "mend what failed; it follows by itself",
            Self::NotAttempted => "nothing: the next pass goes on",
            Self::Pending => "`quietdesk plan` shows it; a daemon without --observe, or `quietdesk apply`, makes it so",
        }
    }
}

/// Why, with the desk where it is about a whole one.
fn of_desk(desk: Option<&DeskKey>, reason: &str) -> String {
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
        way_out,
    } = finding;
    let reason = format!("{what}: {count} of {of}, the limit is {limit}");
    let reason = match container {
        Some(container) => format!("{container}: {reason}"),
        None => reason,
    };
    Group {
        what: What::Refused,
        kind: None,
        reason: clean(&reason),
        advice: clean(&format!("if it is meant: {way_out}; else correct the roster")),
    }
}

fn of_step(step: &StepEntry) -> Subject {
    let account = step.account.as_ref().map(|account| account.0.as_str());
    let desk = step.desk.as_ref().map(|desk| desk.as_str());
    subject(step.email.as_deref(), account, desk)
}

fn of_held(held: &HeldEntry) -> Subject {
    let account = held.account.as_ref().map(|account| account.0.as_str());
    let desk = held.desk.as_ref().map(|desk| desk.as_str());
    subject(held.email.as_deref(), account, desk)
}

/// The most telling of what names it.
fn subject(email: Option<&str>, account: Option<&str>, desk: Option<&str>) -> Subject {
    let mut hasher = DefaultHasher::new();
    match (email, account) {
        (Some(email), _) => email.to_lowercase().hash(&mut hasher),
        (None, Some(account)) => account.hash(&mut hasher),
        (None, None) => desk.hash(&mut hasher),
    }
    Subject(hasher.finish())
}
