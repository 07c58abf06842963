//! Access modes of a desk.

use std::fmt;

/// Who may raise requests on a desk, from the tightest to the loosest, so that `<` means "tighter than".
///
/// Maps to Jira's settings as in docs/jira.md#access-modes: restricted = open false, signup false; open = open true,
/// signup false; public = signup true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// Only listed customers.
    Restricted,
    /// Anyone with an account.
    Open,
    /// Anyone can sign up (Data Center only).
    Public,
}

impl Access {
    /// Returns the value as the roster spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Restricted => "restricted",
            Self::Open => "open",
            Self::Public => "public",
        }
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
