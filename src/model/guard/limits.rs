//! Limits of the guards.

/// Desks with fewer people are checked by count only: one of three is 33 %.
pub(super) const FEW: usize = 10;
/// Percentage by which a list or a roster may shrink.
pub(super) const SHRINKAGE: usize = 30;

/// Configurable limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Maximum removals in 24 hours, per desk and on the site (`--max-removals`).
    pub max_removals: usize,
    /// Maximum percentage of a desk's customers removed in 24 hours (`--max-removal-percent`).
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

/// Returns whether a count of at least [`FEW`] shrank by more than [`SHRINKAGE`] percent.
pub(super) fn shrank_too_much(before: usize, now: usize) -> bool {
    before >= FEW && (before.saturating_sub(now)) * 100 > SHRINKAGE * before
}
