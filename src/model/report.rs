//! The plan document in JSON: a plan and, after an apply, the outcome of each step.
//!
//! `format_version` 1. Order is deterministic; fields that do not apply are absent. Contains e-mails.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::account::AccountId;
use super::container::Container;
use super::desk::DeskKey;
use super::desk_counts::{DeskCounts, count_containers};
use super::guard::Finding;
use super::observed::Observed;
use super::outcome::{Outcome, Outcomes};
use super::plan::Plan;
use super::roster::Roster;
use super::step::{Action, Cause, Step, StepAccount, StepId, StepKind};

/// The whole document.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    /// Always 1.
    pub format_version: u32,
    /// The site.
    pub jira: Jira,
    /// The source of the roster.
    pub roster: RosterSource,
    /// The counts.
    pub summary: Summary,
    /// Number of calls that could send e-mail, counted from the list of requests.
    pub mail_sending_calls: usize,
    /// Counts of the roster's desks, as read.
    pub desks: BTreeMap<DeskKey, DeskCounts>,
    /// The steps.
    pub steps: Vec<StepEntry>,
    /// Entries and desks that need a decision.
    pub held: Vec<HeldEntry>,
    /// Differences that are reported and left alone.
    pub notes: Vec<NoteEntry>,
    /// Steps on paused desks; not executed.
    pub paused: Vec<StepEntry>,
    /// The result of the guards.
    pub guard: Guard,
    /// Accounts that a guard keeps on a desk.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<RefusedEntry>,
    /// Warnings about the whole site.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// Why the pass ended before its last step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
}

/// The site.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Jira {
    /// Its address.
    pub url: String,
    /// `cloud` or `data-center`; absent if the pass ended before it was known.
    pub deployment: Option<super::observed::Deployment>,
    /// Its version; absent if the pass ended before it was known.
    pub version: Option<String>,
}

/// The source of the roster.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct RosterSource {
    /// The files, in the order they were read.
    pub files: Vec<String>,
    /// SHA-256 of their contents, in hexadecimal.
    pub digest: String,
    /// Valid contents that are probably a mistake; reported with the other warnings.
    #[serde(skip)]
    pub warnings: Vec<String>,
}

/// Counts of planned steps by kind, of entries and of calls.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Accounts to create.
    pub create: usize,
    /// Accounts to update.
    pub update: usize,
    /// Memberships to add.
    pub add: usize,
    /// Memberships to remove.
    pub remove: usize,
    /// Access modes to change.
    pub access: usize,
    /// Steps on organizations.
    pub organizations: usize,
    /// Entries held.
    pub held: usize,
    /// Customers that need no change.
    pub unchanged: usize,
    /// Accounts on the roster's desks that it does not list there.
    #[serde(default)]
    pub unlisted: usize,
    /// Write requests without retries.
    pub calls: usize,
}

/// One step.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StepEntry {
    /// Its id within the plan.
    pub id: StepId,
    /// Its kind.
    pub kind: StepKind,
    /// The person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The account, if it exists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// The desk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub desk: Option<DeskKey>,
    /// The present value in Jira.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// The wanted value: the name of a new account, or an access mode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Why Jira differs from the roster.
    pub cause: Cause,
    /// The outcome; absent in a plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// The error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// One held entry or desk.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HeldEntry {
    /// The person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The account, if there is exactly one candidate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// The desk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub desk: Option<DeskKey>,
    /// Why it is held.
    pub reason: String,
    /// What the user can do.
    pub advice: String,
    /// The accounts that the entry may mean.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<AccountId>,
}

/// One difference that is left alone.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NoteEntry {
    /// The person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The account.
    pub account: AccountId,
    /// The desk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub desk: Option<DeskKey>,
    /// The difference.
    pub note: String,
}

/// An account that a guard keeps on a desk.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RefusedEntry {
    /// The address in Jira, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The account; its username if the id is not known.
    pub account: AccountId,
    /// The desk or organization.
    #[serde(flatten)]
    pub container: Container,
}

/// The result of the guards.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Guard {
    /// Whether they refused a part of the plan.
    pub refused: bool,
    /// The findings.
    pub findings: Vec<Finding>,
}

/// The input of a report.
#[derive(Clone, Copy, Debug)]
pub struct ReportInput<'a> {
    /// The roster.
    pub roster: &'a Roster,
    /// The files it was read from.
    pub source: &'a RosterSource,
    /// What was read from Jira.
    pub observed: &'a Observed,
    /// The plan.
    pub plan: &'a Plan,
    /// Steps of a saved plan that were already done before the apply.
    pub already: &'a [Step],
    /// The findings of the guards.
    pub findings: &'a [Finding],
    /// Number of write requests.
    pub calls: usize,
    /// How many of them could send e-mail.
    pub mail_sending_calls: usize,
    /// The outcomes; absent for a plan.
    pub outcomes: Option<&'a Outcomes>,
    /// Whether to name unlisted accounts.
    pub name_unlisted: bool,
}

impl Report {
    /// Creates the document.
    #[must_use]
    pub fn new(material: ReportInput<'_>) -> Self {
        let ReportInput {
            observed,
            plan,
            outcomes,
            ..
        } = material;
        let counts = count_containers(material.roster, observed, plan, material.name_unlisted);
        let desks = counts_by_desk(counts);
        Self {
            format_version: 1,
            jira: Jira {
                url: plan.site.url.clone(),
                deployment: Some(plan.site.deployment),
                version: Some(plan.site.version.clone()),
            },
            roster: material.source.clone(),
            summary: Summary {
                unlisted: count_unlisted(&desks),
                ..Summary::from_plan(plan, outcomes, material.calls)
            },
            mail_sending_calls: material.mail_sending_calls,
            warnings: collect_warnings(material.source, plan, &desks),
            desks,
            steps: step_entries(&material),
            held: plan.held.iter().map(held_entry).collect(),
            notes: plan.notes.iter().map(note_entry).collect(),
            paused: plan.paused.iter().map(|step| step_entry(step, None)).collect(),
            guard: Guard {
                refused: !material.findings.is_empty(),
                findings: material.findings.to_vec(),
            },
            refused: refused_entries(observed, plan),
            stopped: outcomes
                .and_then(|outcomes| outcomes.stopped.as_ref())
                .map(ToString::to_string),
        }
    }
}

fn counts_by_desk(counts: BTreeMap<Container, DeskCounts>) -> BTreeMap<DeskKey, DeskCounts> {
    let desks = counts.into_iter().filter_map(|(container, counts)| match container {
        Container::Desk(key) => Some((key, counts)),
        // Rosters cannot declare organizations yet.
        Container::Organization(_) => None,
    });
    desks.collect()
}

fn collect_warnings(source: &RosterSource, plan: &Plan, desks: &BTreeMap<DeskKey, DeskCounts>) -> Vec<String> {
    let warnings = source.warnings.iter().chain(&plan.warnings).cloned();
    warnings.chain(group_warnings(desks)).collect()
}

impl Report {
    /// Creates the document of a pass that ended before it had a plan.
    #[must_use]
    pub fn without_plan(url: String, source: &RosterSource, why: String) -> Self {
        Self {
            format_version: 1,
            jira: Jira {
                url,
                deployment: None,
                version: None,
            },
            roster: source.clone(),
            summary: Summary::default(),
            mail_sending_calls: 0,
            desks: BTreeMap::new(),
            steps: Vec::new(),
            held: Vec::new(),
            notes: Vec::new(),
            paused: Vec::new(),
            guard: Guard::default(),
            refused: Vec::new(),
            warnings: Vec::new(),
            stopped: Some(why),
        }
    }
}

impl Summary {
    /// Counts a plan's steps and held entries, including steps held by the apply.
    #[must_use]
    pub fn from_plan(plan: &Plan, outcomes: Option<&Outcomes>, calls: usize) -> Self {
        let mut summary = Self {
            held: plan.held.len(),
            unchanged: plan.unchanged,
            calls,
            ..Self::default()
        };
        for step in &plan.steps {
            match &step.action {
                Action::CreateCustomer { .. } => summary.create += 1,
                Action::UpdateCustomer { .. } => summary.update += 1,
                Action::AddToDesk { .. } => summary.add += 1,
                Action::RemoveFromDesk { .. } => summary.remove += 1,
                Action::SetAccess { .. } => summary.access += 1,
            }
        }
        if let Some(outcomes) = outcomes {
            summary.held += outcomes
                .results
                .values()
                .filter(|end| end.outcome == Outcome::Held)
                .count();
        }
        summary
    }
}

/// Counts the unlisted accounts; one on several desks counts once.
fn count_unlisted(desks: &BTreeMap<DeskKey, DeskCounts>) -> usize {
    let strangers = desks.values().flat_map(|desk| &desk.strangers);
    strangers.collect::<BTreeSet<_>>().len()
}

/// Returns a warning for each desk that gives groups access; quietdesk does not manage them.
fn group_warnings(desks: &BTreeMap<DeskKey, DeskCounts>) -> impl Iterator<Item = String> {
    let with_groups = desks.iter().filter(|(_, desk)| !desk.groups.is_empty());
    with_groups.map(|(key, desk)| {
        let groups = desk.groups.join(", ");
        format!("{key}: members of these groups are customers too; quietdesk does not manage groups: {groups}")
    })
}

/// Returns all steps in the order of the plan, with those already done.
fn step_entries(material: &ReportInput<'_>) -> Vec<StepEntry> {
    let remaining = material.plan.steps.iter();
    let remaining = remaining.map(|step| step_entry(step, material.outcomes));
    let already = material.already.iter().map(|step| StepEntry {
        outcome: Some(Outcome::Already),
        ..step_entry(step, None)
    });
    let mut entries: Vec<_> = remaining.chain(already).collect();
    entries.sort_by_key(|entry| entry.id);
    entries
}

fn step_entry(step: &Step, outcomes: Option<&Outcomes>) -> StepEntry {
    let end = outcomes.and_then(|outcomes| outcomes.results.get(&step.id));
    let made = end
        .and_then(|end| end.account.as_ref())
        .map(|account| account.id.clone());
    let (account, before, after) = match &step.action {
        Action::CreateCustomer { name, .. } => (made, None, Some(name.clone())),
        Action::UpdateCustomer { account, changes, .. } => {
            let (before, after) = changes.before_and_after();
            (Some(account.id.clone()), Some(before), Some(after))
        }
        Action::AddToDesk {
            who: StepAccount::Existing(account),
            ..
        } => (Some(account.id.clone()), None, None),
        Action::AddToDesk {
            who: StepAccount::MadeBy(_),
            ..
        } => (made, None, None),
        Action::RemoveFromDesk { account, .. } => (Some(account.id.clone()), None, None),
        Action::SetAccess { before, after, .. } => (None, Some(before.to_string()), Some(after.to_string())),
    };
    StepEntry {
        id: step.id,
        kind: step.action.kind(),
        email: step.action.email().map(ToString::to_string),
        account,
        desk: step.action.desk().cloned(),
        before,
        after,
        cause: step.cause,
        outcome: outcomes.map(|outcomes| outcomes.outcome_of(step.id)),
        error: end.and_then(|end| end.error.clone()),
    }
}

fn held_entry(held: &super::held::Held) -> HeldEntry {
    let candidates = held.reason.candidates().to_vec();
    HeldEntry {
        email: held.email.as_ref().map(ToString::to_string),
        account: match candidates.as_slice() {
            [one] => Some(one.clone()),
            _ => None,
        },
        desk: held.desk.clone(),
        reason: held.reason.to_string(),
        advice: held.reason.advice().to_owned(),
        candidates,
    }
}

fn refused_entries(observed: &Observed, plan: &Plan) -> Vec<RefusedEntry> {
    if plan.removal_candidates.is_empty() {
        return Vec::new();
    }
    let accounts = observed.accounts_by_handle();
    let entry = |candidate: &super::plan::RemovalCandidate| {
        let account = accounts.get(&candidate.handle);
        RefusedEntry {
            email: account.and_then(|account| account.email.clone()),
            account: account.map_or_else(|| AccountId(candidate.handle.0.clone()), |account| account.id.clone()),
            container: candidate.container.clone(),
        }
    };
    plan.removal_candidates.iter().map(entry).collect()
}

fn note_entry(note: &super::plan::Note) -> NoteEntry {
    NoteEntry {
        email: note.email.clone(),
        account: note.account.clone(),
        desk: note.desk.clone(),
        note: note.kind.to_string(),
    }
}

#[cfg(test)]
mod tests;
