//! The guards there are.

/// The guards. Every place that tells them apart matches them all, so that a new one is missed nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(test, derive(strum::VariantArray))]
pub enum GuardKind {
    /// Nobody is listed any more.
    Empty,
    /// Far fewer are listed than before.
    Shrink,
    /// What Jira listed cannot be believed.
    Untrusted,
    /// Too many would be taken off.
    Removals,
}

impl GuardKind {
    /// All of them, in the order they judge in. What one refuses of the containers does not count for the site's removals.
    pub const ALL: [Self; 4] = [Self::Empty, Self::Shrink, Self::Untrusted, Self::Removals];

    /// As the ids of findings name it.
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
