//! Characters that an address may contain: visible ones that are not read as a different character.
//!
//! Two addresses that look the same in the roster must not mean two people because of an invisible character, or one
//! that mail and name servers map to another (Unicode UTS 46, which applies to domains).

use std::fmt;

use icu_normalizer::uts46::Uts46MapperBorrowed;
use icu_properties::props::{BinaryProperty as _, DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup};
use icu_properties::{CodePointMapData, CodePointMapDataBorrowed};
use unicode_normalization::UnicodeNormalization;

const CATEGORIES: CodePointMapDataBorrowed<'static, GeneralCategory> = CodePointMapData::<GeneralCategory>::new();
const MAPPER: Uts46MapperBorrowed<'static> = Uts46MapperBorrowed::new();

/// Blank characters that Unicode classifies neither as ignorable nor as white space: the blank Braille pattern, the
/// null note head, the Khitan filler, and the blank hieroglyphs.
const BLANK: [char; 5] = ['\u{2800}', '\u{1d159}', '\u{16fe4}', '\u{13441}', '\u{13442}'];

/// Thai and Lao vowels that keyboards produce and UTS 46 maps to two characters: legitimate text.
const MAPPED_TO_TWO: [char; 2] = ['\u{e33}', '\u{eb3}'];

/// A character that an address may not contain, and its position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidCharacter {
    /// The character.
    pub character: char,
    /// Its position in the address, in characters from 1.
    pub position: usize,
    /// The reason it is not allowed.
    pub problem: CharacterProblem,
}

/// Reason a character is not allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CharacterProblem {
    /// White space.
    WhiteSpace,
    /// A control character.
    Control,
    /// An invisible character.
    Invisible,
    /// A replacement character, from a decoding error.
    Replacement,
    /// Mapped to this text.
    ReadAs(String),
    /// A private-use, unassigned or format character.
    NotText,
}

impl fmt::Display for InvalidCharacter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match &self.problem {
            CharacterProblem::WhiteSpace => "white space",
            CharacterProblem::Control => "a control character",
            CharacterProblem::Invisible => "an invisible character",
            CharacterProblem::Replacement => "a replacement character, which stands for text that was decoded wrongly",
            CharacterProblem::ReadAs(_) => "a character that is read as another",
            CharacterProblem::NotText => "a private-use, unassigned or format character",
        };
        write!(f, "contains {what}: U+{:04X}", u32::from(self.character))?;
        if let CharacterProblem::ReadAs(other) = &self.problem {
            write!(f, ", read as `{other}`,")?;
        }
        write!(f, " at character {}", self.position)
    }
}

/// Returns the first character that an address may not contain.
pub(super) fn first_invalid(text: &str) -> Option<InvalidCharacter> {
    let odd = |(index, character): (usize, char)| {
        Some(InvalidCharacter {
            character,
            position: index + 1,
            problem: character_problem(character)?,
        })
    };
    text.chars().enumerate().find_map(odd)
}

fn character_problem(c: char) -> Option<CharacterProblem> {
    if c.is_whitespace() {
        return Some(CharacterProblem::WhiteSpace);
    }
    if c.is_control() {
        return Some(CharacterProblem::Control);
    }
    if c.is_ascii() {
        return None;
    }
    if matches!(c, '\u{fffc}' | '\u{fffd}') {
        return Some(CharacterProblem::Replacement);
    }
    if DefaultIgnorableCodePoint::for_char(c) || BLANK.contains(&c) {
        return Some(CharacterProblem::Invisible);
    }
    if GeneralCategoryGroup::Other.contains(CATEGORIES.get(c)) {
        return Some(CharacterProblem::NotText);
    }
    mapped_text(c).map(CharacterProblem::ReadAs)
}

/// Returns the text a character is mapped to, if that differs by more than case and composition.
fn mapped_text(c: char) -> Option<String> {
    let lower = |text: &str| text.to_lowercase().nfc().collect::<String>();
    let composed: String = std::iter::once(c).nfc().collect();
    let mapped: String = MAPPER.map_normalize(std::iter::once(c)).collect();
    // A few characters are a second code point for another character (the Kelvin sign for K).
    let is_alias = composed.chars().count() == 1 && !composed.contains(c);
    if is_alias {
        return Some(composed);
    }
    let differs = lower(&mapped) != lower(&composed) && !MAPPED_TO_TWO.contains(&c);
    differs.then_some(mapped)
}
