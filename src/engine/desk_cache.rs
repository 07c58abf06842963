//! A cache of the desks as the last passes observed them, so that the cost of an edit pass follows the size of the
//! edit.
//!
//! A full pass replaces it. No removal and no absence is ever concluded from it: an edit pass reads every account it
//! acts on from Jira again.

use std::collections::BTreeMap;

use crate::model::account::Handle;
use crate::model::desk::DeskKey;
use crate::model::edit::{Edit, UncertainOutcomes};
use crate::model::observed::{AccessReading, DeskReading, Observed, ObservedDesk};
use crate::model::outcome::{Outcome, Outcomes};
use crate::model::plan::Plan;
use crate::model::step::{Action, StepAccount};

/// The desks and uncertain outcomes remembered between passes of one process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeskCache {
    desks: BTreeMap<DeskKey, ObservedDesk>,
    uncertain_outcomes: UncertainOutcomes,
}

impl DeskCache {
    /// Returns the cache after a full pass.
    #[must_use]
    pub fn after_full_pass(observed: &Observed, plan: &Plan, outcomes: &Outcomes) -> Self {
        let read = observed.desks.iter().filter_map(|(key, reading)| match reading {
            DeskReading::Read(desk) => Some((key.clone(), desk.clone())),
            DeskReading::Missing | DeskReading::Unreadable { .. } => None,
        });
        let mut cache = Self {
            desks: read.collect(),
            uncertain_outcomes: UncertainOutcomes::default(),
        };
        cache.apply_outcomes(plan, outcomes);
        cache
    }

    /// Updates the cache with the observation and outcomes of an edit pass.
    pub fn fold(&mut self, edit: &Edit, observed: &Observed, plan: &Plan, outcomes: &Outcomes) {
        for (key, reading) in &observed.desks {
            match (reading, self.desks.get_mut(key)) {
                // Only the people of the edit were looked up on this desk.
                (DeskReading::Read(seen), Some(desk)) if seen.completeness.is_narrow() => {
                    for account in edit.people.iter().filter_map(|email| plan.accounts.get(email)) {
                        match seen.members.contains(&account.handle) {
                            true => desk.members.insert(account.handle.clone()),
                            false => desk.members.remove(&account.handle),
                        };
                    }
                    desk.project_roles = seen.project_roles.clone().or(desk.project_roles.take());
                }
                (DeskReading::Read(seen), _) => {
                    self.desks.insert(key.clone(), seen.clone());
                }
                (DeskReading::Missing | DeskReading::Unreadable { .. }, _) => {
                    self.desks.remove(key);
                }
            }
        }
        if outcomes.stopped.is_none() {
            self.uncertain_outcomes = UncertainOutcomes::default();
        }
        self.apply_outcomes(plan, outcomes);
    }

    /// Returns a desk as it was last observed.
    #[must_use]
    pub fn desk(&self, key: &DeskKey) -> Option<&ObservedDesk> {
        self.desks.get(key)
    }

    /// Returns the number of customers of the largest desk.
    #[must_use]
    pub fn largest_desk_size(&self) -> usize {
        self.desks.values().map(|desk| desk.members.len()).max().unwrap_or(0)
    }

    /// Returns the people and desks of steps with an unknown outcome.
    #[must_use]
    pub fn uncertain_outcomes(&self) -> &UncertainOutcomes {
        &self.uncertain_outcomes
    }

    /// Replaces a handle on every list that holds it.
    fn replace_handle(&mut self, before: &Handle, now: &Handle) {
        for desk in self.desks.values_mut() {
            if desk.members.remove(before) {
                desk.members.insert(now.clone());
            }
        }
    }

    fn apply_outcomes(&mut self, plan: &Plan, outcomes: &Outcomes) {
        for step in &plan.steps {
            let outcome = outcomes.outcome_of(step.id);
            if outcome == Outcome::Unknown {
                self.mark_uncertain(&step.action);
            }
            if !outcome.is_success() {
                continue;
            }
            match &step.action {
                Action::CreateCustomer { .. } => {}
                Action::UpdateCustomer { account, .. } => {
                    let end = outcomes.results.get(&step.id);
                    if let Some(now) = end.and_then(|end| end.account.as_ref()) {
                        self.replace_handle(&account.handle, &now.handle);
                    }
                }
                Action::SetAccess { desk, after, .. } => {
                    if let Some(desk) = self.desks.get_mut(desk) {
                        desk.access = AccessReading::Known(*after);
                    }
                }
                Action::RemoveFromDesk { desk, account, .. } => {
                    if let Some(desk) = self.desks.get_mut(desk) {
                        desk.members.remove(&account.handle);
                    }
                }
                Action::AddToDesk { desk, who, .. } => {
                    let account = match who {
                        StepAccount::Existing(account) => Some(account.handle.clone()),
                        StepAccount::MadeBy(made) => outcomes
                            .results
                            .get(made)
                            .and_then(|end| Some(end.account.as_ref()?.handle.clone())),
                    };
                    if let Some(desk) = self.desks.get_mut(desk) {
                        desk.members.extend(account);
                    }
                }
            }
        }
    }

    /// Marks a step with an unknown outcome, so that the next edit pass reads its subject again.
    fn mark_uncertain(&mut self, action: &Action) {
        match action {
            Action::CreateCustomer { email, .. }
            | Action::UpdateCustomer { email, .. }
            | Action::AddToDesk { email, .. } => _ = self.uncertain_outcomes.people.insert(email.key().clone()),
            Action::RemoveFromDesk { desk, .. } | Action::SetAccess { desk, .. } => {
                self.uncertain_outcomes.desks.insert(desk.clone());
            }
        }
    }
}
