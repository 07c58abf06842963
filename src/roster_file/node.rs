//! YAML as a tree of values with their locations.
//!
//! Owns the resolution of plain scalars (YAML 1.2 core schema). Knows nothing about rosters. Keeps duplicate keys, so
//! that both can be reported.

use std::borrow::Cow;

use super::collector::Location;

/// A value and its location.
#[derive(Clone, Debug)]
pub(super) struct Node<'a> {
    /// The location; for an alias, that of the alias.
    pub(super) at: Location,
    pub(super) value: Value<'a>,
}

/// A YAML value.
#[derive(Clone, Debug)]
pub(super) enum Value<'a> {
    /// `null`, `~` or nothing at all.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as written.
    Number(Cow<'a, str>),
    /// An unquoted `yes`, `no`, `on` or `off`: a text for YAML 1.2, a boolean for older readers.
    YesNo(Cow<'a, str>),
    /// A text.
    Text(Cow<'a, str>),
    /// A list.
    List(Vec<Node<'a>>),
    /// A map, with its keys in order of appearance.
    Map(Vec<(Node<'a>, Node<'a>)>),
    /// Invalid, and already reported.
    Invalid,
}

impl<'a> Value<'a> {
    /// Resolves an unquoted scalar.
    pub(super) fn from_plain(word: Cow<'a, str>) -> Self {
        match &*word {
            "" | "~" | "null" | "Null" | "NULL" => Value::Null,
            "true" | "True" | "TRUE" => Value::Bool(true),
            "false" | "False" | "FALSE" => Value::Bool(false),
            text if is_number(text) => Value::Number(word),
            text if is_yes_or_no(text) => Value::YesNo(word),
            _ => Value::Text(word),
        }
    }

    /// Returns the name of its type for messages.
    pub(super) fn type_name(&self) -> String {
        match self {
            Value::Null => "null".to_owned(),
            Value::Bool(value) => format!("the boolean {value}"),
            Value::Number(text) => format!("the number {text}"),
            Value::YesNo(text) => format!("an unquoted {text}"),
            Value::Text(_) => "a text".to_owned(),
            Value::List(_) => "a list".to_owned(),
            Value::Map(_) => "a map".to_owned(),
            Value::Invalid => "something unreadable".to_owned(),
        }
    }
}

fn is_yes_or_no(text: &str) -> bool {
    ["yes", "no", "on", "off"]
        .iter()
        .any(|word| text.eq_ignore_ascii_case(word))
}

/// Returns whether it is a number of the core schema (YAML 1.2.2, 10.3.2).
fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if let Some(digits) = text.strip_prefix("0o") {
        return !digits.is_empty() && digits.bytes().all(|b| (b'0'..=b'7').contains(&b));
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_hexdigit());
    }
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let starts = unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    // Rust's decimal syntax equals the remaining forms.
    starts && unsigned.parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        for number in [
            "1", "-1", "+12", "0o17", "0xfF", "1.5", ".5", "5.", "5e10", "1E-3", "-.inf", ".nan",
        ] {
            assert!(is_number(number), "{number}");
        }
        for text in [
            "", ".", "-", "+", "1a", "0x", "0o8", "5b10", "inf", "nan", "infinity", "1_000", "1.2.3", "--1",
        ] {
            assert!(!is_number(text), "{text}");
        }
    }

    #[test]
    fn plain_words() {
        let of = |text: &'static str| Value::from_plain(Cow::Borrowed(text)).type_name();
        assert_eq!(of("~"), "null");
        assert_eq!(of("True"), "the boolean true");
        assert_eq!(of("NO"), "an unquoted NO");
        assert_eq!(of("007"), "the number 007");
        assert_eq!(of("none"), "a text");
    }
}
