//! Data for the guards: earlier counts of listed people, list sizes and recent removals.

use std::collections::{BTreeMap, BTreeSet};

use super::tracked::{Tracked, TrackedSet};
use crate::model::account::Handle;
use crate::model::container::Container;
use crate::model::customer_role::RoleMark;
use crate::model::desk::DeskKey;
use crate::model::roster::Roster;

/// The period over which removals are limited, in seconds.
pub const DAY: i64 = 24 * 60 * 60;

/// Data for the guards from earlier passes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// People listed in each container by the last applied roster, unless a guard refused it.
    pub applied_counts: Tracked<Container, usize>,
    /// Size of each list when it was last read completely and trusted.
    pub list_sizes: Tracked<Container, usize>,
    /// When an account was last removed from a container, or may have been, in seconds since 1970. Repeated attempts
    /// count as one removal.
    pub removed: Tracked<(Container, Handle), i64>,
    /// Used approvals: id and time, in seconds since 1970.
    pub used_approvals: TrackedSet<(String, i64)>,
    /// Members of each desk's customer role when it was last trusted.
    pub role_members: Tracked<DeskKey, TrackedSet<RoleMark>>,
    /// Entries of `removed` without an outcome yet, with their previous values. Not saved: after a restart they count
    /// as made.
    pub pending_removals: BTreeMap<(Container, Handle), Option<i64>>,
}

impl History {
    /// Returns the history as if `base` had been applied.
    #[must_use]
    pub fn from_base(base: &Roster) -> Self {
        let applied = base.containers().map(|container| {
            let listed = base.listed_count(&container);
            (container, listed)
        });
        Self {
            applied_counts: applied.collect(),
            ..Self::default()
        }
    }

    /// Returns the accounts removed from a container in the 24 hours before `now`; from any container if it is `None`.
    #[must_use]
    pub fn recently_removed(&self, container: Option<&Container>, now: i64) -> BTreeSet<&Handle> {
        let lately = self.removed.iter().filter(|(_, at)| **at > now - DAY);
        lately
            .filter(|((of, _), _)| container.is_none_or(|container| container == of))
            .map(|((_, handle), _)| handle)
            .collect()
    }

    pub(super) fn for_loading() -> Self {
        Self {
            applied_counts: [].into(),
            list_sizes: [].into(),
            removed: [].into(),
            used_approvals: [].into(),
            role_members: [].into(),
            pending_removals: BTreeMap::new(),
        }
    }

    /// Records an account seen in a desk's customer role.
    pub fn record_role_member(&mut self, desk: DeskKey, mark: RoleMark) {
        match self.role_members.tracked_value_mut(&desk) {
            Some(marks) => _ = marks.insert(mark),
            None => self.role_members.insert(desk, [mark].into()),
        }
    }

    pub(super) fn is_changed(&self) -> bool {
        self.applied_counts.is_changed()
            || self.list_sizes.is_changed()
            || self.removed.is_changed()
            || self.used_approvals.is_changed()
            || self.role_members.is_changed()
            || self.role_members.values().any(TrackedSet::is_changed)
    }

    pub(super) fn mark_saved(&mut self) {
        self.applied_counts.mark_saved();
        self.list_sizes.mark_saved();
        self.removed.mark_saved();
        self.used_approvals.mark_saved();
        self.role_members.mark_saved();
        self.role_members.tracked_values_mut().for_each(TrackedSet::mark_saved);
    }
}
