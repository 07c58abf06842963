//! Display names: what quietdesk is willing to send as one.

use std::fmt;

/// Longest display name Jira is sent, in characters (its field holds 255).
const MAX_CHARS: usize = 255;

/// A checked display name: not empty, one line, no control or direction-changing characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

/// Why a text is not a display name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameProblem {
    /// Nothing but white space.
    #[error("is empty")]
    Empty,
    /// A control character, or one that changes the direction of the text around it.
    #[error("contains the control character U+{0:04X}")]
    Control(u32),
    /// Longer than Jira's field.
    #[error("is longer than 255 characters")]
    TooLong,
}

impl Name {
    /// Checks a name; white space around it is dropped.
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

    /// The name.
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

/// Characters that make a terminal or a reader see something else than what is written.
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
