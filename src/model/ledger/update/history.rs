//! What the guards go by, brought up to date: before a plan is applied, and after.

use std::collections::BTreeMap;

use crate::model::container::Container;
use crate::model::guard::ApprovedPlan;
use crate::model::ledger::history::{DAY, History};
use crate::model::observed::{Completeness, DeskReading, Observed, Witness};
use crate::model::outcome::{Outcome, Outcomes};
use crate::model::roster::Roster;
use crate::model::step::Action;
use crate::model::witness::Mark;

impl History {
    /// Counts the removals of a plan that is about to be applied, so that they count also where nobody lives to tell. True
    /// where there are any.
    pub fn reserve(&mut self, approved: &ApprovedPlan, now: i64) -> bool {
        let steps = approved.plan().steps.iter();
        let removals = steps.filter_map(|step| step.action.removal());
        for (container, account) in removals {
            let place = (container.clone(), account.handle.clone());
            let before = self.removed.get(&place).copied();
            self.removed.insert(place.clone(), now);
            // Reserved before by a pass that never came to an end: what stood there then is what counts.
            if self.reserved.contains_key(&place) {
                continue;
            }
            self.reserved.insert(place, before);
            // A list that is shorter by what quietdesk itself took away is no untrusted one.
            if let Some(size) = self.sizes.get(&container).copied() {
                self.sizes.insert(container, size.saturating_sub(1));
            }
        }
        !self.reserved.is_empty()
    }

    /// Takes in what a pass over `part` of `roster` saw and did: `outcomes` is nothing where it only looked on.
    pub fn fold(
        &mut self,
        (roster, part): (&Roster, &Roster),
        observed: &Observed,
        approved: &ApprovedPlan,
        outcomes: Option<&Outcomes>,
        now: i64,
    ) {
        for (place, before) in std::mem::take(&mut self.reserved) {
            match before {
                Some(at) => self.removed.insert(place, at),
                None => drop(self.removed.remove(&place)),
            }
        }
        let mut removed = BTreeMap::<Container, usize>::new();
        for step in &approved.plan().steps {
            let outcome = outcomes.map_or(Outcome::NotAttempted, |outcomes| outcomes.of(step.id));
            if let (Some((container, account)), Outcome::Done | Outcome::Unknown) = (step.action.removal(), outcome) {
                *removed.entry(container.clone()).or_default() += 1;
                self.removed.insert((container, account.handle.clone()), now);
            }
        }
        for (container, list) in observed.lists() {
            if list.completeness.is_complete() && !approved.distrusts(&container) {
                let gone = removed.get(&container).copied().unwrap_or_default();
                self.sizes.insert(container, list.listed().saturating_sub(gone));
            }
        }
        self.see_places(observed, approved, outcomes);
        self.removed.retain(|_, at| *at > now - DAY);
        self.used.retain(|(_, at)| *at > now - 2 * DAY);
        if outcomes.is_some_and(|outcomes| outcomes.stopped.is_none()) {
            for container in part.containers().filter(|container| !approved.shrinks(container)) {
                let listed = part.listed_on(&container);
                self.applied.insert(container, listed);
            }
        }
        self.sizes.retain(|container, _| roster.declares(container));
        self.applied.retain(|container, _| roster.declares(container));
        self.places.retain(|desk, _| roster.desks.contains_key(desk));
    }

    /// Who was seen on a desk's list and in its role alike. Whoever may have been taken off since is expected there no more.
    fn see_places(&mut self, observed: &Observed, approved: &ApprovedPlan, outcomes: Option<&Outcomes>) {
        for (key, reading) in &observed.desks {
            let DeskReading::Read(desk) = reading else { continue };
            let Witness::Believed { .. } = desk.witness else {
                continue;
            };
            let seen = desk.members.iter().map(Mark::of);
            match (&desk.completeness, self.places.inner(key)) {
                (Completeness::Complete, Some(places)) => places.become_set(seen.collect()),
                (Completeness::Complete, None) => self.places.insert(key.clone(), seen.collect()),
                (Completeness::Partial { .. } | Completeness::Narrow, Some(places)) => places.extend(seen),
                // A few of them would be no measure of a role.
                (Completeness::Partial { .. } | Completeness::Narrow, None) => {}
            }
        }
        let Some(outcomes) = outcomes else { return };
        for step in &approved.plan().steps {
            let outcome = outcomes.of(step.id);
            if let (Some((Container::Desk(desk), account)), Outcome::Done | Outcome::Unknown) =
                (step.action.removal(), outcome)
                && let Some(places) = self.places.inner(&desk)
            {
                places.remove(&Mark::of(&account.handle));
            }
            // A role without whoever was given a place in it is not the whole one.
            let added = outcomes.ends.get(&step.id).and_then(|end| end.account.as_ref());
            if let (Action::AddToDesk { desk, .. }, Outcome::Done, Some(account)) = (&step.action, outcome, added)
                && let Some(places) = self.places.inner(desk)
            {
                places.insert(Mark::of(&account.handle));
            }
        }
    }
}
