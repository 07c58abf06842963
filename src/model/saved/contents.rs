//! What a saved plan holds.

use super::premises::{self, Premise, Seen};
use crate::model::desk::DeskKey;
use crate::model::edit::Edit;
use crate::model::email::EmailKey;
use crate::model::guard::ApprovedPlan;
use crate::model::ledger::History;
use crate::model::observed::{Observed, Site};
use crate::model::plan::Plan;
use crate::model::roster::{Customer, InitialPassword, Membership, Roster};
use crate::model::step::{Action, Step, StepId, Who};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// A plan, and all it was computed from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedPlan {
    /// The site it was made for.
    pub site: Site,
    /// The day (UTC) whose roster it was made for.
    pub day: Date,
    /// The desks it was limited to; none: all of the roster.
    pub only: Vec<DeskKey>,
    /// What is to be done.
    pub steps: Vec<Step>,
    /// What the steps were computed from.
    pub premises: BTreeMap<Premise, Seen>,
    /// The numbers of the desks' portals, where they were told.
    pub portals: BTreeMap<DeskKey, u64>,
    /// What the guards went by.
    pub history: History,
}

impl SavedPlan {
    /// What of a plan is saved. `history` is what it was judged by; of that, approvals are not part of it: they are
    /// given again to whoever applies.
    #[must_use]
    pub fn of(approved: &ApprovedPlan, observed: &Observed, history: &History, day: Date, only: &[DeskKey]) -> Self {
        let plan = approved.plan();
        Self {
            site: plan.site.clone(),
            day,
            only: only.to_vec(),
            premises: premises::seen(premises::needed(&plan.steps), observed),
            steps: plan.steps.clone(),
            portals: plan.portals.clone(),
            history: History {
                applied: history.applied.clone(),
                sizes: history.sizes.clone(),
                removed: history.removed.clone(),
                ..History::default()
            },
        }
    }

    /// Whether it fits together and to `roster`, the one it was made for: whatever quietdesk saved does.
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
                            Who::Existing(_) => true,
                            Who::MadeBy(id) => makes(id).is_some_and(|made| made.key() == email.key()),
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

    /// What the guards go by, by what is remembered here and what was where the plan was made. A removal both know of
    /// counts once.
    #[must_use]
    pub fn history_with(&self, own: &History) -> History {
        let mut history = own.clone();
        for (place, at) in &self.history.removed {
            let known = history.removed.get(place).copied().unwrap_or(*at);
            history.removed.insert(place.clone(), known.max(*at));
        }
        for (desk, count) in &self.history.applied {
            let own = history.applied.get(desk).copied();
            history.applied.insert(desk.clone(), own.unwrap_or(*count));
        }
        for (desk, count) in &self.history.sizes {
            let own = history.sizes.get(desk).copied();
            history.sizes.insert(desk.clone(), own.unwrap_or(*count));
        }
        history
    }

    /// Who gets a first password from the passwords file.
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

    /// The part of `roster` the steps are about: what they bring about, and nothing that was only seen when the plan was
    /// made.
    #[must_use]
    pub fn edit(&self, roster: &Roster) -> Edit {
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
                    entry(&mut part.customers, roster, email.key());
                }
                Action::AddToDesk { email, desk, .. } => {
                    want(desk, false);
                    if let Some(customer) = entry(&mut part.customers, roster, email.key()) {
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
            whole: BTreeSet::new(),
            people,
        }
    }

    /// A plan of some of its steps, for what is `observed` now.
    pub(super) fn plan_of(&self, steps: Vec<Step>, already: &[Step], observed: &Observed) -> Plan {
        let accounts = steps.iter().chain(already).filter_map(|step| match &step.action {
            Action::AddToDesk {
                email,
                who: Who::Existing(account),
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
            leavers: Vec::new(),
            left: BTreeSet::new(),
            unwitnessed: BTreeSet::new(),
            without_effect: BTreeSet::new(),
            portals: self.portals.clone(),
            unchanged: 0,
            warnings: observed.warnings.clone(),
        }
    }
}

/// The entry of somebody in the part, at first on no desk.
fn entry<'a>(
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
