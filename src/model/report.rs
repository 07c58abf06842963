//! The plan document: a plan, and after it was applied what became of it, as programs read it.
//!
//! `format_version` 1. Order is deterministic; fields that do not apply are absent. Holds e-mails.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::account::AccountId;
use super::container::Container;
use super::desk::DeskKey;
use super::desk_counts::{DeskCounts, counts};
use super::guard::Finding;
use super::observed::Observed;
use super::outcome::{Outcome, Outcomes};
use super::plan::Plan;
use super::roster::Roster;
use super::step::{Action, Cause, Step, StepId, StepKind, Who};

/// The whole document.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    /// Always 1.
    pub format_version: u32,
    /// Which Jira.
    pub jira: Jira,
    /// Which roster.
    pub roster: RosterSource,
    /// The numbers.
    pub summary: Summary,
    /// How many of the plan's calls could mail anybody, counted from the list of requests.
    pub mail_sending_calls: usize,
    /// The roster's desks, as they were read.
    pub desks: BTreeMap<DeskKey, DeskCounts>,
    /// What is to be done, or was.
    pub steps: Vec<StepEntry>,
    /// What is held.
    pub held: Vec<HeldEntry>,
    /// What is told and left alone.
    pub notes: Vec<NoteEntry>,
    /// What would be done if its desk were not paused.
    pub paused: Vec<StepEntry>,
    /// What the guards found.
    pub guard: Guard,
    /// Who would leave a desk, and stays because of a guard.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<RefusedEntry>,
    /// Facts about the whole site.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// Why the pass ended before its last step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
}

/// Which Jira.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Jira {
    /// Its address.
    pub url: String,
    /// `cloud` or `data-center`; nothing where the pass ended before that was known.
    pub deployment: Option<super::observed::Deployment>,
    /// Its version; nothing where the pass ended before that was known.
    pub version: Option<String>,
}

/// Which roster.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct RosterSource {
    /// The files, in the order they were read.
    pub files: Vec<String>,
    /// SHA-256 of their contents, in hexadecimal.
    pub digest: String,
    /// What is valid in them, and probably not meant: told with the other warnings.
    #[serde(skip)]
    pub warnings: Vec<String>,
}

/// The numbers: steps planned by kind, and the rest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Accounts to make.
    pub create: usize,
    /// Accounts to change.
    pub update: usize,
    /// Memberships to add.
    pub add: usize,
    /// Memberships to take away.
    pub remove: usize,
    /// Access modes to change.
    pub access: usize,
    /// Steps on organizations.
    pub organizations: usize,
    /// Entries held.
    pub held: usize,
    /// Customers who need nothing.
    pub unchanged: usize,
    /// People on the roster's desks whom it does not list there.
    #[serde(default)]
    pub unlisted: usize,
    /// Writes it takes when nothing goes wrong.
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
    /// The account, as soon as there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// The desk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub desk: Option<DeskKey>,
    /// What Jira has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// What it will have: the name of a new account, or an access mode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Why it differs.
    pub cause: Cause,
    /// What became of it; absent in a plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// What went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// One thing held.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HeldEntry {
    /// The person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The account, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// The desk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub desk: Option<DeskKey>,
    /// Why.
    pub reason: String,
    /// What to do.
    pub advice: String,
    /// The accounts that might be meant.
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

/// Somebody who would leave, and stays because of a guard.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RefusedEntry {
    /// The address Jira shows, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The account; the user name where nothing more is known of it.
    pub account: AccountId,
    /// The desk or organization.
    #[serde(flatten)]
    pub container: Container,
}

/// What the guards found.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Guard {
    /// Whether a part was refused.
    pub refused: bool,
    /// Each finding.
    pub findings: Vec<Finding>,
}

/// What a report is made from.
#[derive(Clone, Copy, Debug)]
pub struct Material<'a> {
    /// The roster.
    pub roster: &'a Roster,
    /// Where it came from.
    pub source: &'a RosterSource,
    /// What was seen.
    pub observed: &'a Observed,
    /// What was decided.
    pub plan: &'a Plan,
    /// Steps of a saved plan whose end was reached before it was applied.
    pub already: &'a [Step],
    /// What the guards found in it.
    pub findings: &'a [Finding],
    /// How many writes it takes.
    pub calls: usize,
    /// How many of them could mail anybody.
    pub mail_sending_calls: usize,
    /// What became of it; nothing for a plan.
    pub outcomes: Option<&'a Outcomes>,
    /// Whether to name the unlisted.
    pub name_unlisted: bool,
}

impl Report {
    /// Writes the document.
    #[must_use]
    pub fn of(material: Material<'_>) -> Self {
        let Material {
            observed,
            plan,
            outcomes,
            ..
        } = material;
        let counts = counts(material.roster, observed, plan, material.name_unlisted);
        let desks = of_desks(counts);
        Self {
            format_version: 1,
            jira: Jira {
                url: plan.site.url.clone(),
                deployment: Some(plan.site.deployment),
                version: Some(plan.site.version.clone()),
            },
            roster: material.source.clone(),
            summary: Summary {
                unlisted: unlisted(&desks),
                ..Summary::of(plan, outcomes, material.calls)
            },
            mail_sending_calls: material.mail_sending_calls,
            warnings: warnings(material.source, plan, &desks),
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

fn of_desks(counts: BTreeMap<Container, DeskCounts>) -> BTreeMap<DeskKey, DeskCounts> {
    let desks = counts.into_iter().filter_map(|(container, counts)| match container {
        Container::Desk(key) => Some((key, counts)),
        // No roster declares one yet.
        Container::Organization(_) => None,
    });
    desks.collect()
}

fn warnings(source: &RosterSource, plan: &Plan, desks: &BTreeMap<DeskKey, DeskCounts>) -> Vec<String> {
    let warnings = source.warnings.iter().chain(&plan.warnings).cloned();
    warnings.chain(of_groups(desks)).collect()
}

impl Report {
    /// The document of a pass that ended before there was a plan.
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
    /// Counts a plan's steps, and what was held before or while it was applied.
    #[must_use]
    pub fn of(plan: &Plan, outcomes: Option<&Outcomes>, calls: usize) -> Self {
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
                .ends
                .values()
                .filter(|end| end.outcome == Outcome::Held)
                .count();
        }
        summary
    }
}

/// How many are on desks without being listed; whoever is on several counts once.
fn unlisted(desks: &BTreeMap<DeskKey, DeskCounts>) -> usize {
    let strangers = desks.values().flat_map(|desk| &desk.strangers);
    strangers.collect::<BTreeSet<_>>().len()
}

/// Groups that let people in: shown, and left alone.
fn of_groups(desks: &BTreeMap<DeskKey, DeskCounts>) -> impl Iterator<Item = String> {
    let with_groups = desks.iter().filter(|(_, desk)| !desk.groups.is_empty());
    with_groups.map(|(key, desk)| {
        let groups = desk.groups.join(", ");
        format!(
            "{key}: whoever is in one of these groups is a customer as well, which quietdesk leaves alone: {groups}"
        )
    })
}

/// In the order of the plan, whether or not there was anything left to do.
fn step_entries(material: &Material<'_>) -> Vec<StepEntry> {
    let left = material.plan.steps.iter();
    let left = left.map(|step| step_entry(step, material.outcomes));
    let already = material.already.iter().map(|step| StepEntry {
        outcome: Some(Outcome::Already),
        ..step_entry(step, None)
    });
    let mut entries: Vec<_> = left.chain(already).collect();
    entries.sort_by_key(|entry| entry.id);
    entries
}

fn step_entry(step: &Step, outcomes: Option<&Outcomes>) -> StepEntry {
    let end = outcomes.and_then(|outcomes| outcomes.ends.get(&step.id));
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
            who: Who::Existing(account),
            ..
        } => (Some(account.id.clone()), None, None),
        Action::AddToDesk {
            who: Who::MadeBy(_), ..
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
        outcome: outcomes.map(|outcomes| outcomes.of(step.id)),
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
    if plan.leavers.is_empty() {
        return Vec::new();
    }
    let accounts = observed.by_handle();
    let entry = |leaver: &super::plan::Leaver| {
        let account = accounts.get(&leaver.handle);
        RefusedEntry {
            email: account.and_then(|account| account.email.clone()),
            account: account.map_or_else(|| AccountId(leaver.handle.0.clone()), |account| account.id.clone()),
            container: leaver.container.clone(),
        }
    };
    plan.leavers.iter().map(entry).collect()
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
