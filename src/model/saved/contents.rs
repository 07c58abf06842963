//! The contents of a saved plan.

use super::preconditions::{self, Observation, Precondition};
use crate::model::desk::DeskKey;
use crate::model::edit::Edit;
use crate::model::email::EmailKey;
use crate::model::guard::ApprovedPlan;
use crate::model::ledger::History;
use crate::model::observed::{Observed, Site};
use crate::model::plan::Plan;
use crate::model::roster::{Customer, InitialPassword, Membership, Roster};
use crate::model::step::{Action, Step, StepAccount, StepId};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// A plan with its preconditions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedPlan {
    /// The site it was made for.
    pub site: Site,
    /// The date (UTC) for which the roster was evaluated.
    pub day: Date,
    /// The desks it was limited to; empty: all desks of the roster.
    pub only_desks: Vec<DeskKey>,
    /// Steps, by id.
    pub steps: Vec<Step>,
    /// What was observed of each precondition.
    pub preconditions: BTreeMap<Precondition, Observation>,
    /// Portal numbers, where Jira returned them.
    pub portals: BTreeMap<DeskKey, u64>,
    /// The history that the guards used.
    pub history: History,
}

impl SavedPlan {
    /// Creates a saved plan. `history` is what the guards used; its approvals are not saved, because the apply needs
    /// new ones.
    #[must_use]
    pub fn from_approved(
        approved: &ApprovedPlan,
        observed: &Observed,
        history: &History,
        day: Date,
        only: &[DeskKey],
    ) -> Self {
        let plan = approved.plan();
        Self {
            site: plan.site.clone(),
            day,
            only_desks: only.to_vec(),
            preconditions: preconditions::observe_preconditions(preconditions::preconditions_of(&plan.steps), observed),
            steps: plan.steps.clone(),
            portals: plan.portals.clone(),
            history: History {
                applied_counts: history.applied_counts.clone(),
                list_sizes: history.list_sizes.clone(),
                removed: history.removed.clone(),
                ..History::default()
            },
        }
    }

    /// Whether the steps are consistent with each other and with `roster`, the one the plan was made for. Plans saved
    /// by quietdesk always are.
    #[must_use]
    pub fn is_consistent(&self, roster: &Roster) -> bool {
        let mut before = BTreeMap::<StepId, &Step>::new();
        for step in &self.steps {
            let makes = |id: &StepId| match before.get(id).map(|step| &step.action) {
                Some(Action::CreateCustomer { email, .. } | Action::UpdateCustomer { email, .. }) => Some(email),
                Some(Action::AddToDesk { .. } | Action::RemoveFromDesk { .. } | Action::SetAccess { .. }) | None => {
                    None
                }
            };
            let fits = match &step.action {
                Action::CreateCustomer { email, desks, .. } => {
                    roster.customers.contains_key(email.key()) && desks.iter().all(|key| roster.desks.contains_key(key))
                }
                Action::UpdateCustomer { email, .. } => roster.customers.contains_key(email.key()),
                Action::AddToDesk { email, who, desk } => {
                    let customer = roster.customers.get(email.key());
                    customer.is_some_and(|customer| customer.desks.contains(desk))
                        && match who {
                            StepAccount::Existing(_) => true,
                            StepAccount::MadeBy(id) => makes(id).is_some_and(|made| made.key() == email.key()),
                        }
                }
                Action::RemoveFromDesk { desk, after, .. } => {
                    roster.desks.contains_key(desk) && after.iter().all(|id| before.contains_key(id))
                }
                Action::SetAccess { desk, after, .. } => {
                    roster.desks.get(desk).is_some_and(|spec| spec.access == Some(*after))
                }
            };
            let last = before.last_key_value().map(|(id, _)| *id);
            if !fits || last.is_some_and(|last| step.id <= last) {
                return false;
            }
            before.insert(step.id, step);
        }
        true
    }

    /// Merges the history of this state directory with the saved one, for the guards. A removal in both counts once.
    #[must_use]
    pub fn merged_history(&self, own: &History) -> History {
        let mut history = own.clone();
        for (place, at) in &self.history.removed {
            let known = history.removed.get(place).copied().unwrap_or(*at);
            history.removed.insert(place.clone(), known.max(*at));
        }
        for (desk, count) in &self.history.applied_counts {
            let own = history.applied_counts.get(desk).copied();
            history.applied_counts.insert(desk.clone(), own.unwrap_or(*count));
        }
        for (desk, count) in &self.history.list_sizes {
            let own = history.list_sizes.get(desk).copied();
            history.list_sizes.insert(desk.clone(), own.unwrap_or(*count));
        }
        history
    }

    /// Returns the people who need a first password from the passwords file.
    #[must_use]
    pub fn passwords_wanted(&self) -> BTreeSet<&EmailKey> {
        let wanted = self.steps.iter().filter_map(|step| match &step.action {
            Action::CreateCustomer {
                email,
                password: Some(InitialPassword::Provided),
                ..
            } => Some(email.key()),
            Action::CreateCustomer { .. }
            | Action::UpdateCustomer { .. }
            | Action::AddToDesk { .. }
            | Action::RemoveFromDesk { .. }
            | Action::SetAccess { .. } => None,
        });
        wanted.collect()
    }

    /// Returns the part of `roster` that the steps bring about, without anything that was only observed.
    #[must_use]
    pub fn to_edit(&self, roster: &Roster) -> Edit {
        let mut part = Roster {
            desks: BTreeMap::new(),
            customers: BTreeMap::new(),
            expired: BTreeMap::new(),
        };
        let mut want = |desk: &DeskKey, access: bool| {
            let Some(spec) = roster.desks.get(desk) else { return };
            let part = part.desks.entry(desk.clone()).or_insert_with(|| {
                let mut spec = spec.clone();
                spec.access = None;
                if spec.membership == Membership::Exact {
                    spec.membership = Membership::Owned;
                }
                spec
            });
            if access {
                part.access = spec.access;
            }
        };
        for step in &self.steps {
            match &step.action {
                Action::CreateCustomer { email, .. } | Action::UpdateCustomer { email, .. } => {
                    entry_in_part(&mut part.customers, roster, email.key());
                }
                Action::AddToDesk { email, desk, .. } => {
                    want(desk, false);
                    if let Some(customer) = entry_in_part(&mut part.customers, roster, email.key()) {
                        customer.desks.insert(desk.clone());
                    }
                }
                Action::RemoveFromDesk { desk, .. } => want(desk, false),
                Action::SetAccess { desk, .. } => want(desk, true),
            }
        }
        let people = part.customers.keys().cloned().collect();
        Edit {
            roster: part,
            complete_desks: BTreeSet::new(),
            people,
        }
    }

    /// Creates a plan of some of the steps.
    pub(super) fn remaining_plan(&self, steps: Vec<Step>, already: &[Step], observed: &Observed) -> Plan {
        let accounts = steps.iter().chain(already).filter_map(|step| match &step.action {
            Action::AddToDesk {
                email,
                who: StepAccount::Existing(account),
                ..
            }
            | Action::UpdateCustomer { email, account, .. } => Some((email.key().clone(), account.clone())),
            Action::CreateCustomer { .. }
            | Action::AddToDesk { .. }
            | Action::RemoveFromDesk { .. }
            | Action::SetAccess { .. } => None,
        });
        Plan {
            site: observed.site.clone(),
            accounts: accounts.collect(),
            steps,
            paused: Vec::new(),
            held: Vec::new(),
            notes: Vec::new(),
            removal_candidates: Vec::new(),
            departed: BTreeSet::new(),
            desks_with_unread_role: BTreeSet::new(),
            without_effect: BTreeSet::new(),
            portals: self.portals.clone(),
            unchanged: 0,
            warnings: observed.warnings.clone(),
        }
    }
}

/// Returns the person's entry in `part`, added without desks if missing.
fn entry_in_part<'a>(
    part: &'a mut BTreeMap<EmailKey, Customer>,
    roster: &Roster,
    email: &EmailKey,
) -> Option<&'a mut Customer> {
    let customer = roster.customers.get(email)?;
    Some(part.entry(email.clone()).or_insert_with(|| {
        let mut customer = customer.clone();
        customer.desks.clear();
        customer
    }))
}
