//! Display names that quietdesk sends to Jira.

use std::fmt;

/// Maximum length of a display name, in characters (the size of Jira's field).
const MAX_CHARS: usize = 255;

/// A validated display name: not empty, one line, no control or direction-changing characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

/// Reason a text is not a valid display name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameProblem {
    /// Only white space.
    #[error("is empty")]
    Empty,
    /// A control character, or one that changes the text direction. Holds the code point.
    #[error("contains the control character U+{0:04X}")]
    Control(u32),
    /// Longer than Jira's field.
    #[error("is longer than 255 characters")]
    TooLong,
}

impl Name {
    /// Parses a name and trims white space.
    ///
    /// # Errors
    /// The first [`NameProblem`] found.
    pub fn parse(text: &str) -> Result<Self, NameProblem> {
        if let Some(bad) = text.chars().find(|c| is_hostile(*c)) {
            return Err(NameProblem::Control(u32::from(bad)));
        }
        let text = text.trim();
        if text.is_empty() {
            return Err(NameProblem::Empty);
        }
        if text.chars().count() > MAX_CHARS {
            return Err(NameProblem::TooLong);
        }
        Ok(Self(text.to_owned()))
    }

    /// Returns the name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Returns whether a character can make a terminal or a reader see different text: control and direction characters.
#[must_use]
pub fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert_eq!(Name::parse(" Ada Lovelace ").unwrap().as_str(), "Ada Lovelace");
        assert_eq!(Name::parse("  "), Err(NameProblem::Empty));
        assert_eq!(Name::parse("Ada\u{1b}[31m"), Err(NameProblem::Control(0x1b)));
        assert_eq!(Name::parse("Ada\nBcc"), Err(NameProblem::Control(0x0a)));
        assert_eq!(Name::parse("\u{202e}adA"), Err(NameProblem::Control(0x202e)));
        assert_eq!(Name::parse(&"x".repeat(256)), Err(NameProblem::TooLong));
        assert!(Name::parse(&"x".repeat(255)).is_ok());
    }
}
