//! What the guards go by: how many were listed and seen, and how many were taken away lately.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::desk::DeskKey;
use crate::model::guard::ApprovedPlan;
use crate::model::observed::{Completeness, DeskReading, Observed, Witness};
use crate::model::outcome::{Outcome, Outcomes};
use crate::model::roster::Roster;
use crate::model::witness::Mark;

/// What counts as lately, in seconds.
pub const DAY: i64 = 24 * 60 * 60;

/// What the guards go by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// How many the roster listed on each desk when it was last applied, unless a guard refused that.
    pub applied: BTreeMap<DeskKey, usize>,
    /// How many each desk's list had when it was last read whole and believed.
    pub sizes: BTreeMap<DeskKey, usize>,
    /// When, in seconds since 1970, how many were taken off which desk.
    pub removed: BTreeMap<(i64, DeskKey), usize>,
    /// The approvals that have been made use of, by id and time.
    pub used: BTreeSet<(String, i64)>,
    /// Whom the role of each desk's customers held when it was last believed.
    pub places: BTreeMap<DeskKey, BTreeSet<Mark>>,
    /// Of `removed`, what is about to be made and has not been told of yet. Not written down: to a later life it counts as
    /// made.
    pub reserved: BTreeMap<(i64, DeskKey), usize>,
}

impl History {
    /// As if `base` had been applied.
    #[must_use]
    pub fn of_base(base: &Roster) -> Self {
        let applied = base.desks.keys().map(|desk| (desk.clone(), base.listed_on(desk)));
        Self {
            applied: applied.collect(),
            ..Self::default()
        }
    }

    /// How many were taken off a desk in the day before `now`; off all desks, where none is named.
    #[must_use]
    pub fn removed_lately(&self, desk: Option<&DeskKey>, now: i64) -> usize {
        let lately = self.removed.iter().filter(|((at, _), _)| *at > now - DAY);
        lately
            .filter(|((_, of), _)| desk.is_none_or(|desk| desk == of))
            .map(|(_, count)| count)
            .sum()
    }

    /// Counts the removals of a plan that is about to be applied, so that they count also where nobody lives to tell. True
    /// where there are any.
    pub fn reserve(&mut self, approved: &ApprovedPlan, now: i64) -> bool {
        let steps = approved.plan().steps.iter();
        let removals = steps.filter_map(|step| step.action.removal());
        for (desk, _) in removals {
            *self.reserved.entry((now, desk.clone())).or_default() += 1;
        }
        for (place, count) in &self.reserved {
            *self.removed.entry(place.clone()).or_default() += count;
            // A list that is shorter by what quietdesk itself took away is no untrusted one.
            if let Some(size) = self.sizes.get_mut(&place.1) {
                *size = size.saturating_sub(*count);
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
        for (place, count) in std::mem::take(&mut self.reserved) {
            if let Some(counted) = self.removed.get_mut(&place) {
                *counted = counted.saturating_sub(count);
            }
        }
        let mut removed = BTreeMap::<&DeskKey, usize>::new();
        for step in &approved.plan().steps {
            let outcome = outcomes.map_or(Outcome::NotAttempted, |outcomes| outcomes.of(step.id));
            if let (Some((desk, _)), Outcome::Done | Outcome::Unknown) = (step.action.removal(), outcome) {
                *removed.entry(desk).or_default() += 1;
            }
        }
        for (key, reading) in &observed.desks {
            if let DeskReading::Read(desk) = reading
                && desk.completeness.is_complete()
                && !approved.distrusts(key)
            {
                let gone = removed.get(key).copied().unwrap_or_default();
                self.sizes.insert(key.clone(), desk.listed().saturating_sub(gone));
            }
        }
        self.see_places(observed, approved, outcomes);
        for (desk, count) in removed {
            *self.removed.entry((now, desk.clone())).or_default() += count;
        }
        self.removed.retain(|(at, _), count| *at > now - DAY && *count > 0);
        self.used.retain(|(_, at)| *at > now - 2 * DAY);
        if outcomes.is_some_and(|outcomes| outcomes.stopped.is_none()) {
            for desk in part.desks.keys().filter(|desk| !approved.shrinks(desk)) {
                self.applied.insert(desk.clone(), part.listed_on(desk));
            }
        }
        self.sizes.retain(|desk, _| roster.desks.contains_key(desk));
        self.applied.retain(|desk, _| roster.desks.contains_key(desk));
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
            match (&desk.completeness, self.places.get_mut(key)) {
                (Completeness::Complete, _) => drop(self.places.insert(key.clone(), seen.collect())),
                (Completeness::Partial { .. } | Completeness::Narrow, Some(places)) => places.extend(seen),
                // A few of them would be no measure of a role.
                (Completeness::Partial { .. } | Completeness::Narrow, None) => {}
            }
        }
        for step in &approved.plan().steps {
            let outcome = outcomes.map_or(Outcome::NotAttempted, |outcomes| outcomes.of(step.id));
            if let (Some((desk, account)), Outcome::Done | Outcome::Unknown) = (step.action.removal(), outcome)
                && let Some(places) = self.places.get_mut(desk)
            {
                places.remove(&Mark::of(&account.handle));
            }
        }
    }
}
