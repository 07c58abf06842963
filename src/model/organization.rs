//! Organization names.

use std::fmt;
use std::sync::Arc;

use unicode_normalization::UnicodeNormalization;

/// Name of an organization, normalized for comparison: trimmed, in Unicode NFC. Never empty.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OrganizationName(Arc<str>);

/// A text that is not an organization name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not an organization name: it is empty")]
pub struct InvalidOrganizationName;

impl OrganizationName {
    /// Parses a name; `None` if it is empty.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let name: String = text.trim().nfc().collect();
        (!name.is_empty()).then(|| Self(name.into()))
    }

    /// Returns the name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for OrganizationName {
    type Error = InvalidOrganizationName;

    fn try_from(text: String) -> Result<Self, InvalidOrganizationName> {
        Self::parse(&text).ok_or(InvalidOrganizationName)
    }
}

impl From<OrganizationName> for String {
    fn from(name: OrganizationName) -> Self {
        name.as_str().to_owned()
    }
}

impl fmt::Display for OrganizationName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_trimmed_and_composed() {
        let name = |text| OrganizationName::parse(text);
        assert_eq!(name(" Caf\u{e9} \n"), name("Cafe\u{301}"));
        assert_ne!(name("Acme"), name("ACME"));
        assert_eq!(name(" \t"), None);
    }
}
