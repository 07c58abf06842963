//! Updates the data for the guards, before and after a plan is applied.

use std::collections::BTreeMap;

use crate::model::container::Container;
use crate::model::customer_role::RoleMark;
use crate::model::guard::ApprovedPlan;
use crate::model::ledger::history::{DAY, History};
use crate::model::observed::{Completeness, DeskReading, Observed, RoleReading};
use crate::model::outcome::{Outcome, Outcomes};
use crate::model::roster::Roster;
use crate::model::step::Action;

impl History {
    /// Counts the removals of a plan before it is applied, so that they count even if the process is killed. Returns
    /// whether there are any.
    pub fn reserve_removals(&mut self, approved: &ApprovedPlan, now: i64) -> bool {
        let steps = approved.plan().steps.iter();
        let removals = steps.filter_map(|step| step.action.removal());
        for (container, account) in removals {
            let place = (container.clone(), account.handle.clone());
            let before = self.removed.get(&place).copied();
            self.removed.insert(place.clone(), now);
            // Reserved by an unfinished pass: the value from before that pass counts.
            if self.pending_removals.contains_key(&place) {
                continue;
            }
            self.pending_removals.insert(place, before);
            // quietdesk's own removals must not make a list look untrusted.
            if let Some(size) = self.list_sizes.get(&container).copied() {
                self.list_sizes.insert(container, size.saturating_sub(1));
            }
        }
        !self.pending_removals.is_empty()
    }

    /// Folds in a pass over `part` of `roster`. `outcomes` is `None` if it only observed.
    pub fn fold(
        &mut self,
        (roster, part): (&Roster, &Roster),
        observed: &Observed,
        approved: &ApprovedPlan,
        outcomes: Option<&Outcomes>,
        now: i64,
    ) {
        for (place, before) in std::mem::take(&mut self.pending_removals) {
            match before {
                Some(at) => self.removed.insert(place, at),
                None => drop(self.removed.remove(&place)),
            }
        }
        let mut removed = BTreeMap::<Container, usize>::new();
        for step in &approved.plan().steps {
            let outcome = outcomes.map_or(Outcome::NotAttempted, |outcomes| outcomes.outcome_of(step.id));
            if let (Some((container, account)), Outcome::Done | Outcome::Unknown) = (step.action.removal(), outcome) {
                *removed.entry(container.clone()).or_default() += 1;
                self.removed.insert((container, account.handle.clone()), now);
            }
        }
        for (container, list) in observed.lists() {
            if list.completeness.is_complete() && !approved.is_untrusted(&container) {
                let gone = removed.get(&container).copied().unwrap_or_default();
                self.list_sizes.insert(container, list.list_size().saturating_sub(gone));
            }
        }
        self.update_role_members(observed, approved, outcomes);
        self.removed.retain(|_, at| *at > now - DAY);
        self.used_approvals.retain(|(_, at)| *at > now - 2 * DAY);
        if outcomes.is_some_and(|outcomes| outcomes.stopped.is_none()) {
            for container in part.containers().filter(|container| !approved.is_shrunk(container)) {
                let listed = part.listed_count(&container);
                self.applied_counts.insert(container, listed);
            }
        }
        self.list_sizes.retain(|container, _| roster.declares(container));
        self.applied_counts.retain(|container, _| roster.declares(container));
        self.role_members.retain(|desk, _| roster.desks.contains_key(desk));
    }

    /// Updates the members of trusted customer roles. Accounts that were removed, or may have been, are not expected.
    fn update_role_members(&mut self, observed: &Observed, approved: &ApprovedPlan, outcomes: Option<&Outcomes>) {
        for (key, reading) in &observed.desks {
            let DeskReading::Read(desk) = reading else { continue };
            let RoleReading::Trusted { .. } = desk.role_reading else {
                continue;
            };
            let seen = desk.members.iter().map(RoleMark::from_handle);
            match (&desk.completeness, self.role_members.tracked_value_mut(key)) {
                (Completeness::Complete, Some(places)) => places.replace_with(seen.collect()),
                (Completeness::Complete, None) => self.role_members.insert(key.clone(), seen.collect()),
                (Completeness::Partial { .. } | Completeness::Narrow, Some(places)) => places.extend(seen),
                // Too few members to check a role.
                (Completeness::Partial { .. } | Completeness::Narrow, None) => {}
            }
        }
        let Some(outcomes) = outcomes else { return };
        for step in &approved.plan().steps {
            let outcome = outcomes.outcome_of(step.id);
            if let (Some((Container::Desk(desk), account)), Outcome::Done | Outcome::Unknown) =
                (step.action.removal(), outcome)
                && let Some(places) = self.role_members.tracked_value_mut(&desk)
            {
                places.remove(&RoleMark::from_handle(&account.handle));
            }
            // An added account is expected in the role from now on.
            let added = outcomes.results.get(&step.id).and_then(|end| end.account.as_ref());
            if let (Action::AddToDesk { desk, .. }, Outcome::Done, Some(account)) = (&step.action, outcome, added)
                && let Some(places) = self.role_members.tracked_value_mut(desk)
            {
                places.insert(RoleMark::from_handle(&account.handle));
            }
        }
    }
}
