//! Kinds of guards.

/// Kind of a guard. Matches on it are exhaustive, so that the compiler finds every place a new kind affects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(test, derive(strum::VariantArray))]
pub enum GuardKind {
    /// The roster lists no customers.
    Empty,
    /// The roster lists far fewer people than before.
    Shrink,
    /// Jira's list cannot be trusted.
    Untrusted,
    /// Too many people would be removed.
    Removals,
}

impl GuardKind {
    /// All kinds, in order of evaluation. Removals refused per container do not count for the site.
    pub const ALL: [Self; 4] = [Self::Empty, Self::Shrink, Self::Untrusted, Self::Removals];

    /// Returns the name used in finding ids.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Shrink => "shrink",
            Self::Untrusted => "untrusted",
            Self::Removals => "removals",
        }
    }
}

#[cfg(test)]
mod tests {
    use strum::VariantArray as _;

    use super::*;

    #[test]
    fn the_list_of_all_kinds_is_whole() {
        assert_eq!(GuardKind::ALL, GuardKind::VARIANTS);
    }
}
