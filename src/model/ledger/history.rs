//! What the guards go by: how many were listed and seen, and how many were taken away lately.

use std::collections::{BTreeMap, BTreeSet};

use super::tracked::{Tracked, TrackedSet};
use crate::model::account::Handle;
use crate::model::container::Container;
use crate::model::desk::DeskKey;
use crate::model::roster::Roster;
use crate::model::witness::Mark;

/// What counts as lately, in seconds.
pub const DAY: i64 = 24 * 60 * 60;

/// What the guards go by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// How many the roster listed in each container when it was last applied, unless a guard refused that.
    pub applied: Tracked<Container, usize>,
    /// How many each list had when it was last read whole and believed.
    pub sizes: Tracked<Container, usize>,
    /// When, in seconds since 1970, an account was last taken out of a container, or may have been. However often a removal is
    /// tried, it is one person who leaves.
    pub removed: Tracked<(Container, Handle), i64>,
    /// The approvals that have been made use of, by id and time.
    pub used: TrackedSet<(String, i64)>,
    /// Whom the role of each desk's customers held when it was last believed.
    pub places: Tracked<DeskKey, TrackedSet<Mark>>,
    /// Of `removed`, what is about to be made and has no outcome yet, each with what stood there before. Not written down:
    /// to a later life it counts as made.
    pub reserved: BTreeMap<(Container, Handle), Option<i64>>,
}

impl History {
    /// As if `base` had been applied.
    #[must_use]
    pub fn of_base(base: &Roster) -> Self {
        let applied = base.containers().map(|container| {
            let listed = base.listed_on(&container);
            (container, listed)
        });
        Self {
            applied: applied.collect(),
            ..Self::default()
        }
    }

    /// The accounts that were taken out of a container in the day before `now`; out of any, where none is named.
    #[must_use]
    pub fn removed_lately(&self, container: Option<&Container>, now: i64) -> BTreeSet<&Handle> {
        let lately = self.removed.iter().filter(|(_, at)| **at > now - DAY);
        lately
            .filter(|((of, _), _)| container.is_none_or(|container| container == of))
            .map(|((_, handle), _)| handle)
            .collect()
    }

    pub(super) fn to_be_read() -> Self {
        Self {
            applied: [].into(),
            sizes: [].into(),
            removed: [].into(),
            used: [].into(),
            places: [].into(),
            reserved: BTreeMap::new(),
        }
    }

    /// Somebody was seen in the role of a desk's customers.
    pub fn expect_place(&mut self, desk: DeskKey, mark: Mark) {
        match self.places.inner(&desk) {
            Some(marks) => _ = marks.insert(mark),
            None => self.places.insert(desk, [mark].into()),
        }
    }

    pub(super) fn is_changed(&self) -> bool {
        self.applied.is_changed()
            || self.sizes.is_changed()
            || self.removed.is_changed()
            || self.used.is_changed()
            || self.places.is_changed()
            || self.places.values().any(TrackedSet::is_changed)
    }

    pub(super) fn written(&mut self) {
        self.applied.written();
        self.sizes.written();
        self.removed.written();
        self.used.written();
        self.places.written();
        self.places.all_inner().for_each(TrackedSet::written);
    }
}
