//! What the last passes saw of the desks, so that an edit costs what it changes.
//!
//! A full pass replaces it whole. Nothing is removed from Jira, and nobody is taken for absent, because of it: an edit
//! pass asks Jira again about everybody it acts on.

use std::collections::BTreeMap;

use crate::model::account::Handle;
use crate::model::desk::DeskKey;
use crate::model::edit::{Edit, Unsettled};
use crate::model::observed::{AccessReading, DeskReading, Observed, ObservedDesk};
use crate::model::outcome::{Outcome, Outcomes};
use crate::model::plan::Plan;
use crate::model::step::{Action, Who};

/// What is remembered between passes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    desks: BTreeMap<DeskKey, ObservedDesk>,
    unsettled: Unsettled,
}

impl Memory {
    /// What a full pass saw and did.
    #[must_use]
    pub fn of(observed: &Observed, plan: &Plan, outcomes: &Outcomes) -> Self {
        let read = observed.desks.iter().filter_map(|(key, reading)| match reading {
            DeskReading::Read(desk) => Some((key.clone(), desk.clone())),
            DeskReading::Missing | DeskReading::Unreadable { .. } => None,
        });
        let mut memory = Self {
            desks: read.collect(),
            unsettled: Unsettled::default(),
        };
        memory.take_in(plan, outcomes);
        memory
    }

    /// Takes in what an edit pass saw and did.
    pub fn fold(&mut self, edit: &Edit, observed: &Observed, plan: &Plan, outcomes: &Outcomes) {
        for (key, reading) in &observed.desks {
            match (reading, self.desks.get_mut(key)) {
                // Only the edit's people were asked for here.
                (DeskReading::Read(seen), Some(desk)) if seen.completeness.is_narrow() => {
                    for account in edit.people.iter().filter_map(|email| plan.accounts.get(email)) {
                        match seen.members.contains(&account.handle) {
                            true => desk.members.insert(account.handle.clone()),
                            false => desk.members.remove(&account.handle),
                        };
                    }
                    desk.team = seen.team.clone().or(desk.team.take());
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
            self.unsettled = Unsettled::default();
        }
        self.take_in(plan, outcomes);
    }

    /// What was seen of a desk.
    #[must_use]
    pub fn desk(&self, key: &DeskKey) -> Option<&ObservedDesk> {
        self.desks.get(key)
    }

    /// How many customers the largest desk has.
    #[must_use]
    pub fn largest(&self) -> usize {
        self.desks.values().map(|desk| desk.members.len()).max().unwrap_or(0)
    }

    /// What the answers that were lost were about.
    #[must_use]
    pub fn unsettled(&self) -> &Unsettled {
        &self.unsettled
    }

    /// Somebody's handle is another one now; where they are on a list, they stay on it.
    fn rename(&mut self, before: &Handle, now: &Handle) {
        for desk in self.desks.values_mut() {
            if desk.members.remove(before) {
                desk.members.insert(now.clone());
            }
        }
    }

    fn take_in(&mut self, plan: &Plan, outcomes: &Outcomes) {
        for step in &plan.steps {
            let outcome = outcomes.of(step.id);
            if outcome == Outcome::Unknown {
                self.leave_unsettled(&step.action);
            }
            if !outcome.is_success() {
                continue;
            }
            match &step.action {
                Action::CreateCustomer { .. } => {}
                Action::UpdateCustomer { account, .. } => {
                    let end = outcomes.ends.get(&step.id);
                    if let Some(now) = end.and_then(|end| end.account.as_ref()) {
                        self.rename(&account.handle, &now.handle);
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
                        Who::Existing(account) => Some(account.handle.clone()),
                        Who::MadeBy(made) => outcomes
                            .ends
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

    /// What became of it is not known: it counts as changed for the next edit.
    fn leave_unsettled(&mut self, action: &Action) {
        match action {
            Action::CreateCustomer { email, .. }
            | Action::UpdateCustomer { email, .. }
            | Action::AddToDesk { email, .. } => _ = self.unsettled.people.insert(email.key().clone()),
            Action::RemoveFromDesk { desk, .. } | Action::SetAccess { desk, .. } => {
                self.unsettled.desks.insert(desk.clone());
            }
        }
    }
}
