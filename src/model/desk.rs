//! Service desk keys.

use std::fmt;
use std::sync::Arc;

/// Key of a desk's Jira project, such as `SUP`: an upper-case letter, then upper-case letters, digits or `_`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DeskKey(Arc<str>);

/// A text that is not a project key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not a Jira project key (upper-case letters, digits and _, beginning with a letter)")]
pub struct InvalidDeskKey;

impl TryFrom<String> for DeskKey {
    type Error = InvalidDeskKey;

    fn try_from(text: String) -> Result<Self, InvalidDeskKey> {
        Self::parse(&text)
    }
}

impl From<DeskKey> for String {
    fn from(key: DeskKey) -> Self {
        key.as_str().to_owned()
    }
}

impl DeskKey {
    /// Parses a key. Keys are case-sensitive and never corrected.
    ///
    /// # Errors
    /// [`InvalidDeskKey`] if the text is not in that form or has over 255 bytes.
    pub fn parse(text: &str) -> Result<Self, InvalidDeskKey> {
        let mut chars = text.chars();
        let starts = chars.next().is_some_and(|c| c.is_ascii_uppercase());
        let rest = chars.all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        (starts && rest && text.len() <= 255)
            .then(|| Self(text.into()))
            .ok_or(InvalidDeskKey)
    }

    /// Returns the key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DeskKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys() {
        for good in ["SUP", "A", "HR_2"] {
            assert!(DeskKey::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "sup", "2SUP", "SU P", "SUP/../X", "\u{c4}B"] {
            assert!(DeskKey::parse(bad).is_err(), "{bad}");
        }
    }
}
