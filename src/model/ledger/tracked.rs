//! Maps and sets that know which of their keys changed since they were last written down, so that a save writes just those
//! and nobody needs a second copy to compare with.
//!
//! What a fold puts in anew without changing it is no change. Two of them are equal where their content is.

use std::collections::btree_map::{self, BTreeMap, Entry};
use std::collections::btree_set::{self, BTreeSet};
use std::ops::Deref;

/// A map that knows its changes.
#[derive(Clone, Debug)]
pub struct Tracked<K, V> {
    map: BTreeMap<K, V>,
    changed: Changed<K>,
}

/// A set that knows its changes.
#[derive(Clone, Debug)]
pub struct TrackedSet<K> {
    set: BTreeSet<K>,
    changed: Changed<K>,
}

/// What has to be written down.
#[derive(Clone, Debug)]
struct Changed<K> {
    /// Everything, in place of whatever was written before: spares a list of all keys where all are new.
    whole: bool,
    keys: BTreeSet<K>,
}

impl<K: Ord + Clone> Changed<K> {
    fn none() -> Self {
        Self {
            whole: false,
            keys: BTreeSet::new(),
        }
    }

    fn whole() -> Self {
        Self {
            whole: true,
            keys: BTreeSet::new(),
        }
    }

    fn note(&mut self, key: &K) {
        if !self.whole {
            self.keys.insert(key.clone());
        }
    }

    fn is_empty(&self) -> bool {
        !self.whole && self.keys.is_empty()
    }
}

impl<K: Ord + Clone, V: PartialEq> Tracked<K, V> {
    /// Puts a value in.
    pub fn insert(&mut self, key: K, value: V) {
        match self.map.entry(key) {
            Entry::Occupied(known) if *known.get() == value => {}
            Entry::Occupied(mut known) => {
                self.changed.note(known.key());
                known.insert(value);
            }
            Entry::Vacant(new) => {
                self.changed.note(new.key());
                new.insert(value);
            }
        }
    }

    /// Takes a value out.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        let gone = self.map.remove(key)?;
        self.changed.note(key);
        Some(gone)
    }

    /// Changes a value, which is there from then on.
    pub fn update(&mut self, key: K, change: impl FnOnce(&mut V))
    where
        V: Default + Clone,
    {
        let mut value = self.map.get(&key).cloned().unwrap_or_default();
        change(&mut value);
        self.insert(key, value);
    }

    /// Keeps only some.
    pub fn retain(&mut self, mut keeps: impl FnMut(&K, &V) -> bool) {
        let changed = &mut self.changed;
        self.map.retain(|key, value| {
            let stays = keeps(key, value);
            if !stays {
                changed.note(key);
            }
            stays
        });
    }

    /// Takes everything out.
    pub fn clear(&mut self) {
        self.retain(|_, _| false);
    }

    /// A value that keeps account of its changes by itself.
    pub(super) fn inner(&mut self, key: &K) -> Option<&mut V> {
        self.map.get_mut(key)
    }

    /// All of those.
    pub(super) fn all_inner(&mut self) -> impl Iterator<Item = &mut V> {
        self.map.values_mut()
    }

    /// Whether everything is to be written, in place of what was written before.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.changed.whole
    }

    /// Whether there is anything to write.
    #[must_use]
    pub fn is_changed(&self) -> bool {
        !self.changed.is_empty()
    }

    /// What is to be written: keys with what they have now, nothing where they are gone.
    pub fn changes(&self) -> impl Iterator<Item = (&K, Option<&V>)> {
        let all = self.map.iter().filter(|_| self.changed.whole);
        let all = all.map(|(key, value)| (key, Some(value)));
        all.chain(self.changed.keys.iter().map(|key| (key, self.map.get(key))))
    }

    /// It is written down.
    pub(super) fn written(&mut self) {
        self.changed = Changed::none();
    }
}

impl<K: Ord + Clone> TrackedSet<K> {
    /// Puts something in; true where it was not in it.
    pub fn insert(&mut self, key: K) -> bool {
        let is_new = !self.set.contains(&key);
        if is_new {
            self.changed.note(&key);
            self.set.insert(key);
        }
        is_new
    }

    /// Takes something out.
    pub fn remove(&mut self, key: &K) {
        if self.set.remove(key) {
            self.changed.note(key);
        }
    }

    /// Keeps only some.
    pub fn retain(&mut self, mut keeps: impl FnMut(&K) -> bool) {
        let changed = &mut self.changed;
        self.set.retain(|key| {
            let stays = keeps(key);
            if !stays {
                changed.note(key);
            }
            stays
        });
    }

    /// Takes everything out.
    pub fn clear(&mut self) {
        self.retain(|_| false);
    }

    /// Becomes another set.
    pub fn become_set(&mut self, other: BTreeSet<K>) {
        for key in self.set.symmetric_difference(&other) {
            self.changed.note(key);
        }
        self.set = other;
    }

    /// Whether everything is to be written, in place of what was written before.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.changed.whole
    }

    /// Whether there is anything to write.
    #[must_use]
    pub fn is_changed(&self) -> bool {
        !self.changed.is_empty()
    }

    /// What is to be written, each with whether it is in the set.
    pub fn changes(&self) -> impl Iterator<Item = (&K, bool)> {
        let all = self.set.iter().filter(|_| self.changed.whole);
        let all = all.map(|key| (key, true));
        all.chain(self.changed.keys.iter().map(|key| (key, self.set.contains(key))))
    }

    /// It is written down.
    pub(super) fn written(&mut self) {
        self.changed = Changed::none();
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
            changed: Changed::none(),
        }
    }
}

impl<K: Ord + Clone> Default for TrackedSet<K> {
    fn default() -> Self {
        Self {
            set: BTreeSet::new(),
            changed: Changed::none(),
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
        // Nothing is in it, and nothing that was written: all that comes is new.
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
            changed: Changed::whole(),
        }
    }
}

impl<K: Ord + Clone> FromIterator<K> for TrackedSet<K> {
    fn from_iter<T: IntoIterator<Item = K>>(content: T) -> Self {
        Self {
            set: content.into_iter().collect(),
            changed: Changed::whole(),
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
    fn a_map_tells_what_changed_and_nothing_else() {
        let mut map = Tracked::from([(1, 1), (2, 2), (3, 3)]);
        assert!(map.is_whole() && map.changes().count() == 3);
        map.written();
        assert!(!map.is_changed());
        map.extend([(1, 1), (2, 9)]);
        map.retain(|key, _| *key < 3);
        map.update(4, |value| *value += 4);
        map.update(1, |value| *value += 0);
        assert!(map.remove(&7).is_none());
        assert_eq!(changes(&map), [(2, Some(9)), (3, None), (4, Some(4))]);
        map.written();
        map.clear();
        map.extend([(5, 5)]);
        assert!(!map.is_whole(), "what was written before is to go");
        assert_eq!(changes(&map), [(1, None), (2, None), (4, None), (5, Some(5))]);
        let mut new = Tracked::default();
        new.extend([(1, 1)]);
        assert!(new.is_whole() && new == Tracked::from([(1, 1)]));
    }

    #[test]
    fn a_set_tells_what_changed_and_nothing_else() {
        let mut set = TrackedSet::from([1, 2, 3]);
        set.written();
        set.become_set([2, 3, 4].into());
        set.remove(&3);
        assert!(!set.insert(2) && set.insert(5));
        let changes: Vec<_> = set.changes().map(|(key, is_there)| (*key, is_there)).collect();
        assert_eq!(changes, [(1, false), (3, false), (4, true), (5, true)]);
    }
}
