//! Which characters an address may hold: those an eye can see, and that stand for themselves.
//!
//! Two addresses that look alike to whoever reads the roster must not be two people by a character that nobody can see,
//! or that mail and name servers read as another one (Unicode's UTS 46, which domains go through).

use std::fmt;

use icu_normalizer::uts46::Uts46MapperBorrowed;
use icu_properties::props::{BinaryProperty as _, DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup};
use icu_properties::{CodePointMapData, CodePointMapDataBorrowed};
use unicode_normalization::UnicodeNormalization;

const CATEGORIES: CodePointMapDataBorrowed<'static, GeneralCategory> = CodePointMapData::<GeneralCategory>::new();
const MAPPER: Uts46MapperBorrowed<'static> = Uts46MapperBorrowed::new();

/// Characters that show nothing, although Unicode calls them neither ignorable nor white space: the blank Braille
/// pattern, the null note head, the Khitan filler, and the blanks of hieroglyphs.
const BLANK: [char; 5] = ['\u{2800}', '\u{1d159}', '\u{16fe4}', '\u{13441}', '\u{13442}'];

/// Vowels of Thai and Lao that every keyboard types and UTS 46 writes as two: legitimate text.
const WRITTEN_AS_TWO: [char; 2] = ['\u{e33}', '\u{eb3}'];

/// A character that no address may hold, and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadCharacter {
    /// The character.
    pub character: char,
    /// Which character of the address it is, from 1.
    pub place: usize,
    /// What is wrong with it.
    pub oddity: Oddity,
}

/// What is wrong with a character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Oddity {
    /// It is white space.
    WhiteSpace,
    /// It is a control character.
    Control,
    /// Nobody can see it.
    Invisible,
    /// It stands where something could not be decoded.
    Replacement,
    /// It is read as this.
    ReadAs(String),
    /// It is private, unassigned, or steers how others are shown.
    NoText,
}

impl fmt::Display for BadCharacter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match &self.oddity {
            Oddity::WhiteSpace => "white space",
            Oddity::Control => "a control character",
            Oddity::Invisible => "an invisible character",
            Oddity::Replacement => "a replacement character, which stands for text that was decoded wrongly",
            Oddity::ReadAs(_) => "a character that is read as another",
            Oddity::NoText => "a character that is no text",
        };
        write!(f, "contains {what}: U+{:04X}", u32::from(self.character))?;
        if let Oddity::ReadAs(other) = &self.oddity {
            write!(f, ", read as `{other}`,")?;
        }
        write!(f, " at character {}", self.place)
    }
}

/// The first character that an address may not hold.
pub(super) fn first_bad(text: &str) -> Option<BadCharacter> {
    let odd = |(index, character): (usize, char)| {
        Some(BadCharacter {
            character,
            place: index + 1,
            oddity: oddity(character)?,
        })
    };
    text.chars().enumerate().find_map(odd)
}

fn oddity(c: char) -> Option<Oddity> {
    if c.is_whitespace() {
        return Some(Oddity::WhiteSpace);
    }
    if c.is_control() {
        return Some(Oddity::Control);
    }
    if c.is_ascii() {
        return None;
    }
    if matches!(c, '\u{fffc}' | '\u{fffd}') {
        return Some(Oddity::Replacement);
    }
    if DefaultIgnorableCodePoint::for_char(c) || BLANK.contains(&c) {
        return Some(Oddity::Invisible);
    }
    if GeneralCategoryGroup::Other.contains(CATEGORIES.get(c)) {
        return Some(Oddity::NoText);
    }
    read_as(c).map(Oddity::ReadAs)
}

/// What a character is read as, where that is another one. Composing it with others, or its lower case, is none.
fn read_as(c: char) -> Option<String> {
    let lower = |text: &str| text.to_lowercase().nfc().collect::<String>();
    let composed: String = std::iter::once(c).nfc().collect();
    let mapped: String = MAPPER.map_normalize(std::iter::once(c)).collect();
    // A few characters are nothing but another code point for one (the Kelvin sign for K).
    let is_alias = composed.chars().count() == 1 && !composed.contains(c);
    if is_alias {
        return Some(composed);
    }
    let differs = lower(&mapped) != lower(&composed) && !WRITTEN_AS_TWO.contains(&c);
    differs.then_some(mapped)
}
