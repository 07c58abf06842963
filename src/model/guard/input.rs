//! Input of the guards.

use std::collections::{BTreeMap, BTreeSet};

use super::limits::Settings;
use crate::model::account::Handle;
use crate::model::container::Container;
use crate::model::ledger::History;
use crate::model::observed::{Observed, ObservedDesk};
use crate::model::plan::Plan;
use crate::model::roster::Roster;

/// Accounts that would be removed, by container.
pub(super) type PlannedRemovals<'a> = BTreeMap<Container, BTreeSet<&'a Handle>>;

/// Settings and history for the guards.
#[derive(Clone, Copy, Debug)]
pub struct GuardContext<'a> {
    /// The limits.
    pub settings: &'a Settings,
    /// Counts of earlier passes.
    pub history: &'a History,
    /// Ids of approved findings.
    pub approved: &'a BTreeSet<String>,
    /// The current time, in seconds since 1970.
    pub now: i64,
}

/// A container, or the whole site, with the data to check it.
#[derive(Clone, Copy)]
pub(super) struct GuardInput<'a> {
    /// The container; `None` for the site.
    pub container: Option<&'a Container>,
    /// The whole roster.
    pub roster: &'a Roster,
    /// Jira as read in this pass.
    pub observed: &'a Observed,
    /// Removals and removal candidates; for the site, without those already refused per container.
    pub planned_removals: &'a PlannedRemovals<'a>,
    /// Settings and history.
    pub context: GuardContext<'a>,
}

impl<'a> GuardInput<'a> {
    /// Returns the container and the accounts that would be removed from it, if any.
    pub(super) fn container_removals(&self) -> Option<(&'a Container, &'a BTreeSet<&'a Handle>)> {
        let container = self.container?;
        Some((container, self.planned_removals.get(container)?))
    }

    /// Returns the container's list, if it was read.
    pub(super) fn list(&self) -> Option<&'a ObservedDesk> {
        self.observed.list_of(self.container?)
    }

    /// Returns how many people the last applied roster listed in a container.
    pub(super) fn previously_listed(&self, container: &Container) -> usize {
        self.context
            .history
            .applied_counts
            .get(container)
            .copied()
            .unwrap_or_default()
    }
}

/// Returns the removals and removal candidates of a plan, without people the roster lists in the container: a plan for
/// a part of the roster must never remove people listed by another part.
pub(super) fn planned_removals<'p>(roster: &Roster, observed: &Observed, plan: &'p Plan) -> PlannedRemovals<'p> {
    let mut leaving = PlannedRemovals::new();
    for candidate in &plan.removal_candidates {
        let handles = leaving.entry(candidate.container.clone()).or_default();
        handles.insert(&candidate.handle);
    }
    for step in &plan.steps {
        if let Some((container, account)) = step.action.removal() {
            leaving.entry(container).or_default().insert(&account.handle);
        }
    }
    let accounts = observed.accounts_by_handle();
    let is_listed = |container: &Container, handle: &Handle| {
        let email = accounts.get(handle).and_then(|account| account.email_key());
        email.is_some_and(|email| roster.is_listed(&email, container))
    };
    for (container, handles) in &mut leaving {
        handles.retain(|handle| !is_listed(container, handle));
    }
    leaving.retain(|_, handles| !handles.is_empty());
    leaving
}

/// Formats a number of people.
pub(super) fn format_people(count: usize) -> String {
    match count {
        1 => "1 person".to_owned(),
        _ => format!("{count} people"),
    }
}
