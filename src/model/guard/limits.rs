//! The limits the guards judge by.

/// A desk of fewer is judged by count alone: one of three is 33 %.
pub(super) const FEW: usize = 10;
/// By how many per cent a list or a roster may shrink.
pub(super) const SHRINKAGE: usize = 30;

/// How much may be taken away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Removals in 24 hours, on a desk and on the site (`--max-removals`).
    pub max_removals: usize,
    /// Of a desk's customers, in 24 hours (`--max-removal-percent`).
    pub max_removal_percent: usize,
    /// Whether a desk, or the whole roster, may become empty (`--allow-empty`).
    pub allow_empty: bool,
    /// Whether the roster may list over 30 % fewer people on a desk (`--allow-shrink`).
    pub allow_shrink: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_removals: 25,
            max_removal_percent: 10,
            allow_empty: false,
            allow_shrink: false,
        }
    }
}

/// Whether so many who are left of so many are too few.
pub(super) fn shrinks(before: usize, now: usize) -> bool {
    before >= FEW && (before.saturating_sub(now)) * 100 > SHRINKAGE * before
}
