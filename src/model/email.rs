//! E-mail addresses: parsing, comparison and spellings.

mod characters;

use std::fmt;
use std::sync::Arc;

use unicode_normalization::UnicodeNormalization;

pub use self::characters::{CharacterProblem, InvalidCharacter};

/// Maximum length of an address, in bytes (RFC 5321, 4.5.3.1.3, less the angle brackets).
const MAX_BYTES: usize = 254;
/// Maximum length of the part before the `@`, in bytes (RFC 5321, 4.5.3.1.1).
const MAX_LOCAL_BYTES: usize = 64;

/// A validated address: the spelling to send, and the key for comparison.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
#[serde(try_from = "String")]
pub struct Email {
    key: EmailKey,
    spelled: String,
}

/// An address normalized for comparison: Unicode NFC, lower case, the domain in its ASCII form.
///
/// Jira compares e-mails case-insensitively (docs/jira.md#emails-ignore-case). Only canonical equivalence is folded
/// (NFC, not NFKC): two addresses that only look alike stay two people. Clones share one allocation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(from = "String", into = "String")]
pub struct EmailKey(Arc<str>);

/// Reason a text is not an address that quietdesk sends to Jira.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmailProblem {
    /// Only white space.
    #[error("is empty")]
    Empty,
    /// A disallowed character: invisible, or read as a different one.
    #[error("{0}")]
    Character(InvalidCharacter),
    /// Not exactly one `@`.
    #[error("needs exactly one @")]
    At,
    /// An empty part before the `@`, or one that mail allows only quoted.
    #[error("has a part before the @ that is empty, too long, quoted, or has misplaced dots")]
    Local,
    /// An invalid domain name.
    #[error("has no valid domain after the @")]
    Domain,
    /// Longer than 254 bytes.
    #[error("is longer than 254 bytes")]
    TooLong,
}

impl Email {
    /// Parses an address and keeps its spelling.
    ///
    /// # Errors
    /// The first [`EmailProblem`] found.
    pub fn parse(text: &str) -> Result<Self, EmailProblem> {
        if text.trim().is_empty() {
            return Err(EmailProblem::Empty);
        }
        if let Some(bad) = characters::first_invalid(text) {
            return Err(EmailProblem::Character(bad));
        }
        let mut parts = text.split('@');
        let (Some(local), Some(domain), None) = (parts.next(), parts.next(), parts.next()) else {
            return Err(EmailProblem::At);
        };
        if text.len() > MAX_BYTES {
            return Err(EmailProblem::TooLong);
        }
        if !is_plain_local_part(local) {
            return Err(EmailProblem::Local);
        }
        let domain = ascii_domain(domain).ok_or(EmailProblem::Domain)?;
        let local = match local.is_ascii() {
            true => local.to_ascii_lowercase(),
            false => local.nfc().collect::<String>().to_lowercase().nfc().collect(),
        };
        Ok(Self {
            key: EmailKey(format!("{local}@{domain}").into()),
            spelled: text.to_owned(),
        })
    }

    /// Returns the key for comparison.
    #[must_use]
    pub fn key(&self) -> &EmailKey {
        &self.key
    }

    /// Returns the spelling from the roster file, which is sent to Jira.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.spelled
    }

    /// Returns every spelling under which Jira may store the address, the roster's own first: composed and decomposed,
    /// with the domain in Unicode and in ASCII. Nearly all addresses have one. Case is ignored, as in Jira.
    #[must_use]
    pub fn spellings(&self) -> Vec<String> {
        let mut spellings = vec![self.spelled.clone()];
        let (Some((local, domain)), Some((_, ascii))) = (self.spelled.split_once('@'), self.key.0.split_once('@'))
        else {
            return spellings;
        };
        if self.spelled.is_ascii() && !has_encoded_label(ascii) {
            return spellings;
        }
        let (unicode, _) = idna::domain_to_unicode(ascii);
        let locals = [local.to_owned(), local.nfc().collect(), local.nfd().collect()];
        let domains = [domain, ascii, &unicode, &unicode.nfd().collect::<String>()].map(str::to_owned);
        for (local, domain) in locals
            .iter()
            .flat_map(|local| domains.iter().map(move |domain| (local, domain)))
        {
            let spelling = format!("{local}@{domain}");
            let lower = spelling.to_lowercase();
            if !spellings.iter().any(|known| known.to_lowercase() == lower) {
                spellings.push(spelling);
            }
        }
        spellings
    }
}

impl TryFrom<String> for Email {
    type Error = EmailProblem;

    fn try_from(text: String) -> Result<Self, EmailProblem> {
        Self::parse(&text)
    }
}

impl serde::Serialize for Email {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl EmailKey {
    /// Returns the key of an address that Jira shows. An address that does not parse is compared in lower case, so that
    /// an invalid address in Jira never fails a read.
    #[must_use]
    pub fn from_address(shown: &str) -> Self {
        Email::parse(shown).map_or_else(|_| Self(shown.trim().to_lowercase().into()), |email| email.key)
    }

    /// Restores a stored key. Normalizing again could change a key that does not parse.
    pub(crate) fn from_stored(key: &str) -> Self {
        Self(key.into())
    }

    /// Returns the normalized text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for EmailKey {
    /// Restores a stored key without normalizing it.
    fn from(key: String) -> Self {
        Self(key.into())
    }
}

impl From<EmailKey> for String {
    fn from(key: EmailKey) -> Self {
        key.as_str().to_owned()
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.spelled)
    }
}

impl fmt::Display for EmailKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Returns the text if it is an address. Data Center can mask addresses (`ada at example dot com`): such a text counts
/// as a hidden address, not as a different one.
#[must_use]
pub fn visible_address(text: Option<String>) -> Option<String> {
    text.filter(|text| {
        let text = text.trim();
        let parts = text.rsplit_once('@');
        parts.is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty())
            && !text.contains(char::is_whitespace)
    })
}

/// Replaces every word that could be an address with `…`, for logs above DEBUG.
#[must_use]
pub fn mask_addresses(text: &str) -> String {
    let hide = |word: &str| match word.contains('@') {
        true => "…".to_owned(),
        false => word.to_owned(),
    };
    text.split(' ').map(hide).collect::<Vec<_>>().join(" ")
}

fn is_plain_local_part(local: &str) -> bool {
    !local.is_empty()
        && local.len() <= MAX_LOCAL_BYTES
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && !local.contains(['"', '(', ')', ',', ':', ';', '<', '>', '[', ']', '\\'])
}

/// Returns the domain in ASCII; `None` if it has no dot, an empty or too long label, or an invalid character.
fn ascii_domain(domain: &str) -> Option<String> {
    if let Some(plain) = plain_domain(domain) {
        return Some(plain);
    }
    let ascii = idna::domain_to_ascii_strict(domain).ok()?;
    let labels = ascii.split('.').count();
    let plain = ascii.split('.').all(|label| !label.is_empty() && label.len() <= 63);
    (labels >= 2 && plain).then_some(ascii)
}

/// Fast path of [`ascii_domain`] for domains of ASCII letters, digits and hyphens, as nearly all are: a pass compares
/// 100 000 addresses several times, and `idna` is slow.
fn plain_domain(domain: &str) -> Option<String> {
    let is_plain = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            // Encoded labels must be decoded to be validated.
            && label.get(2..4) != Some("--")
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let plain = domain.contains('.') && domain.len() <= 253 && domain.split('.').all(is_plain);
    plain.then(|| domain.to_ascii_lowercase())
}

/// Returns whether an ASCII domain has a punycode label.
fn has_encoded_label(ascii: &str) -> bool {
    ascii.split('.').any(|label| label.starts_with("xn--"))
}

#[cfg(test)]
mod tests;
