//! Maps and sets that track which keys changed since the last save, so that a save writes only those without comparing
//! with a second copy.
//!
//! Inserting an equal value is no change. Equality compares the content only.

use std::collections::btree_map::{self, BTreeMap, Entry};
use std::collections::btree_set::{self, BTreeSet};
use std::ops::Deref;

/// A map that tracks its changes.
#[derive(Clone, Debug)]
pub struct Tracked<K, V> {
    map: BTreeMap<K, V>,
    changed: UnsavedChanges<K>,
}

/// A set that tracks its changes.
#[derive(Clone, Debug)]
pub struct TrackedSet<K> {
    set: BTreeSet<K>,
    changed: UnsavedChanges<K>,
}

/// Unsaved changes.
#[derive(Clone, Debug)]
struct UnsavedChanges<K> {
    /// The whole content replaces what was saved before. Avoids a list of all keys when all are new.
    replaces_saved: bool,
    keys: BTreeSet<K>,
}

impl<K: Ord + Clone> UnsavedChanges<K> {
    fn none() -> Self {
        Self {
            replaces_saved: false,
            keys: BTreeSet::new(),
        }
    }

    fn replacing_saved() -> Self {
        Self {
            replaces_saved: true,
            keys: BTreeSet::new(),
        }
    }

    fn record(&mut self, key: &K) {
        if !self.replaces_saved {
            self.keys.insert(key.clone());
        }
    }

    fn is_empty(&self) -> bool {
        !self.replaces_saved && self.keys.is_empty()
    }
}

impl<K: Ord + Clone, V: PartialEq> Tracked<K, V> {
    /// Inserts a value.
    pub fn insert(&mut self, key: K, value: V) {
        match self.map.entry(key) {
            Entry::Occupied(known) if *known.get() == value => {}
            Entry::Occupied(mut known) => {
                self.changed.record(known.key());
                known.insert(value);
            }
            Entry::Vacant(new) => {
                self.changed.record(new.key());
                new.insert(value);
            }
        }
    }

    /// Removes a value and returns it.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        let gone = self.map.remove(key)?;
        self.changed.record(key);
        Some(gone)
    }

    /// Changes a value, starting from the default if it is missing.
    pub fn update(&mut self, key: K, change: impl FnOnce(&mut V))
    where
        V: Default + Clone,
    {
        let mut value = self.map.get(&key).cloned().unwrap_or_default();
        change(&mut value);
        self.insert(key, value);
    }

    /// Keeps only the entries for which `keeps` returns true.
    pub fn retain(&mut self, mut keeps: impl FnMut(&K, &V) -> bool) {
        let changed = &mut self.changed;
        self.map.retain(|key, value| {
            let stays = keeps(key, value);
            if !stays {
                changed.record(key);
            }
            stays
        });
    }

    /// Removes all entries.
    pub fn clear(&mut self) {
        self.retain(|_, _| false);
    }

    /// Returns a value that tracks its own changes.
    pub(super) fn tracked_value_mut(&mut self, key: &K) -> Option<&mut V> {
        self.map.get_mut(key)
    }

    /// Returns all values that track their own changes.
    pub(super) fn tracked_values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.map.values_mut()
    }

    /// Returns whether the next save replaces everything saved before.
    #[must_use]
    pub fn replaces_saved(&self) -> bool {
        self.changed.replaces_saved
    }

    /// Returns whether there are unsaved changes.
    #[must_use]
    pub fn is_changed(&self) -> bool {
        !self.changed.is_empty()
    }

    /// Returns the changed keys with their present values; `None` for removed ones.
    pub fn changes(&self) -> impl Iterator<Item = (&K, Option<&V>)> {
        let all = self.map.iter().filter(|_| self.changed.replaces_saved);
        let all = all.map(|(key, value)| (key, Some(value)));
        all.chain(self.changed.keys.iter().map(|key| (key, self.map.get(key))))
    }

    /// Marks all changes as saved.
    pub(super) fn mark_saved(&mut self) {
        self.changed = UnsavedChanges::none();
    }
}

impl<K: Ord + Clone> TrackedSet<K> {
    /// Inserts a key; returns whether it is new.
    pub fn insert(&mut self, key: K) -> bool {
        let is_new = !self.set.contains(&key);
        if is_new {
            self.changed.record(&key);
            self.set.insert(key);
        }
        is_new
    }

    /// Removes a key.
    pub fn remove(&mut self, key: &K) {
        if self.set.remove(key) {
            self.changed.record(key);
        }
    }

    /// Keeps only the entries for which `keeps` returns true.
    pub fn retain(&mut self, mut keeps: impl FnMut(&K) -> bool) {
        let changed = &mut self.changed;
        self.set.retain(|key| {
            let stays = keeps(key);
            if !stays {
                changed.record(key);
            }
            stays
        });
    }

    /// Removes all entries.
    pub fn clear(&mut self) {
        self.retain(|_| false);
    }

    /// Replaces the content.
    pub fn replace_with(&mut self, other: BTreeSet<K>) {
        for key in self.set.symmetric_difference(&other) {
            self.changed.record(key);
        }
        self.set = other;
    }

    /// Returns whether the next save replaces everything saved before.
    #[must_use]
    pub fn replaces_saved(&self) -> bool {
        self.changed.replaces_saved
    }

    /// Returns whether there are unsaved changes.
    #[must_use]
    pub fn is_changed(&self) -> bool {
        !self.changed.is_empty()
    }

    /// Returns the changed keys, each with whether it is in the set.
    pub fn changes(&self) -> impl Iterator<Item = (&K, bool)> {
        let all = self.set.iter().filter(|_| self.changed.replaces_saved);
        let all = all.map(|key| (key, true));
        all.chain(self.changed.keys.iter().map(|key| (key, self.set.contains(key))))
    }

    /// Marks all changes as saved.
    pub(super) fn mark_saved(&mut self) {
        self.changed = UnsavedChanges::none();
    }
}

impl<K, V> Deref for Tracked<K, V> {
    type Target = BTreeMap<K, V>;

    fn deref(&self) -> &BTreeMap<K, V> {
        &self.map
    }
}

impl<K> Deref for TrackedSet<K> {
    type Target = BTreeSet<K>;

    fn deref(&self) -> &BTreeSet<K> {
        &self.set
    }
}

impl<K: Ord + Clone, V> Default for Tracked<K, V> {
    fn default() -> Self {
        Self {
            map: BTreeMap::new(),
            changed: UnsavedChanges::none(),
        }
    }
}

impl<K: Ord + Clone> Default for TrackedSet<K> {
    fn default() -> Self {
        Self {
            set: BTreeSet::new(),
            changed: UnsavedChanges::none(),
        }
    }
}

impl<K: PartialEq, V: PartialEq> PartialEq for Tracked<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.map == other.map
    }
}

impl<K: PartialEq> PartialEq for TrackedSet<K> {
    fn eq(&self, other: &Self) -> bool {
        self.set == other.set
    }
}

impl<K: Eq, V: Eq> Eq for Tracked<K, V> {}

impl<K: Eq> Eq for TrackedSet<K> {}

impl<K: Ord + Clone, V: PartialEq> Extend<(K, V)> for Tracked<K, V> {
    fn extend<T: IntoIterator<Item = (K, V)>>(&mut self, new: T) {
        // Empty and without saved entries: everything is new.
        if self.map.is_empty() && self.changed.is_empty() {
            *self = new.into_iter().collect();
            return;
        }
        new.into_iter().for_each(|(key, value)| self.insert(key, value));
    }
}

impl<K: Ord + Clone> Extend<K> for TrackedSet<K> {
    fn extend<T: IntoIterator<Item = K>>(&mut self, new: T) {
        new.into_iter().for_each(|key| _ = self.insert(key));
    }
}

impl<K: Ord + Clone, V> FromIterator<(K, V)> for Tracked<K, V> {
    fn from_iter<T: IntoIterator<Item = (K, V)>>(content: T) -> Self {
        Self {
            map: content.into_iter().collect(),
            changed: UnsavedChanges::replacing_saved(),
        }
    }
}

impl<K: Ord + Clone> FromIterator<K> for TrackedSet<K> {
    fn from_iter<T: IntoIterator<Item = K>>(content: T) -> Self {
        Self {
            set: content.into_iter().collect(),
            changed: UnsavedChanges::replacing_saved(),
        }
    }
}

impl<K: Ord + Clone, V, const N: usize> From<[(K, V); N]> for Tracked<K, V> {
    fn from(content: [(K, V); N]) -> Self {
        content.into_iter().collect()
    }
}

impl<K: Ord + Clone, const N: usize> From<[K; N]> for TrackedSet<K> {
    fn from(content: [K; N]) -> Self {
        content.into_iter().collect()
    }
}

impl<K, V> IntoIterator for Tracked<K, V> {
    type Item = (K, V);
    type IntoIter = btree_map::IntoIter<K, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.map.into_iter()
    }
}

impl<'a, K, V> IntoIterator for &'a Tracked<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = btree_map::Iter<'a, K, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.map.iter()
    }
}

impl<K> IntoIterator for TrackedSet<K> {
    type Item = K;
    type IntoIter = btree_set::IntoIter<K>;

    fn into_iter(self) -> Self::IntoIter {
        self.set.into_iter()
    }
}

impl<'a, K> IntoIterator for &'a TrackedSet<K> {
    type Item = &'a K;
    type IntoIter = btree_set::Iter<'a, K>;

    fn into_iter(self) -> Self::IntoIter {
        self.set.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(map: &Tracked<u8, u8>) -> Vec<(u8, Option<u8>)> {
        map.changes().map(|(key, value)| (*key, value.copied())).collect()
    }

    #[test]
    fn a_map_tracks_changes_only() {
        let mut map = Tracked::from([(1, 1), (2, 2), (3, 3)]);
        assert!(map.replaces_saved() && map.changes().count() == 3);
        map.mark_saved();
        assert!(!map.is_changed());
        map.extend([(1, 1), (2, 9)]);
        map.retain(|key, _| *key < 3);
        map.update(4, |value| *value += 4);
        map.update(1, |value| *value += 0);
        assert!(map.remove(&7).is_none());
        assert_eq!(changes(&map), [(2, Some(9)), (3, None), (4, Some(4))]);
        map.mark_saved();
        map.clear();
        map.extend([(5, 5)]);
        assert!(!map.replaces_saved(), "the entries saved before must be removed");
        assert_eq!(changes(&map), [(1, None), (2, None), (4, None), (5, Some(5))]);
        let mut new = Tracked::default();
        new.extend([(1, 1)]);
        assert!(new.replaces_saved() && new == Tracked::from([(1, 1)]));
    }

    #[test]
    fn a_set_tracks_changes_only() {
        let mut set = TrackedSet::from([1, 2, 3]);
        set.mark_saved();
        set.replace_with([2, 3, 4].into());
        set.remove(&3);
        assert!(!set.insert(2) && set.insert(5));
        let changes: Vec<_> = set
            .changes()
            .map(|(key, is_current_file)| (*key, is_current_file))
            .collect();
        assert_eq!(changes, [(1, false), (3, false), (4, true), (5, true)]);
    }
}
