//! E-mail addresses: how they are spelled, and when two are the same.

mod characters;

use std::fmt;
use std::sync::Arc;

use unicode_normalization::UnicodeNormalization;

pub use self::characters::{BadCharacter, Oddity};

/// Longest address that mail can carry, in bytes (RFC 5321, 4.5.3.1.3, less the angle brackets).
const MAX_BYTES: usize = 254;
/// Longest part before the `@`, in bytes (RFC 5321, 4.5.3.1.1).
const MAX_LOCAL_BYTES: usize = 64;

/// A checked address: the spelling to send, and the key to compare by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
#[serde(try_from = "String")]
pub struct Email {
    key: EmailKey,
    spelled: String,
}

/// An address as it is compared: Unicode NFC, lower case, the domain in its ASCII form.
///
/// Jira compares e-mails case-insensitively (docs/jira.md#emails-ignore-case). Only canonical equivalence is folded
/// (NFC, not NFKC): two addresses that merely look alike stay two people. Whatever names the same person shares one
/// text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(from = "String", into = "String")]
pub struct EmailKey(Arc<str>);

/// Why a text is not an address quietdesk would send to Jira.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmailProblem {
    /// Nothing but white space.
    #[error("is empty")]
    Empty,
    /// A character no address may hold: an eye could not see it, or see it for another one.
    #[error("{0}")]
    Character(BadCharacter),
    /// Not exactly one `@`.
    #[error("needs exactly one @")]
    At,
    /// Nothing before the `@`, or something mail does not allow unquoted there.
    #[error("has a part before the @ that is empty, too long, quoted, or has misplaced dots")]
    Local,
    /// A domain that no name server could know.
    #[error("has no valid domain after the @")]
    Domain,
    /// Longer than mail can carry.
    #[error("is longer than 254 bytes")]
    TooLong,
}

impl Email {
    /// Checks an address and keeps its spelling.
    ///
    /// # Errors
    /// The first [`EmailProblem`] found.
    pub fn parse(text: &str) -> Result<Self, EmailProblem> {
        if text.trim().is_empty() {
            return Err(EmailProblem::Empty);
        }
        if let Some(bad) = characters::first_bad(text) {
            return Err(EmailProblem::Character(bad));
        }
        let mut parts = text.split('@');
        let (Some(local), Some(domain), None) = (parts.next(), parts.next(), parts.next()) else {
            return Err(EmailProblem::At);
        };
        if text.len() > MAX_BYTES {
            return Err(EmailProblem::TooLong);
        }
        if !local_part_is_plain(local) {
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

    /// What to compare by.
    #[must_use]
    pub fn key(&self) -> &EmailKey {
        &self.key
    }

    /// The spelling of the file, which is what Jira is sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.spelled
    }

    /// Every spelling Jira may hold the same address in, the file's own first: composed and decomposed, with the domain
    /// in Unicode and in its ASCII form. Nearly all addresses have one. Case makes no other spelling, since Jira
    /// compares without it.
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
    /// The key of an address as Jira shows it. What does not parse is compared by its lower case, so that an
    /// odd address already in Jira never stops a reading.
    #[must_use]
    pub fn of(shown: &str) -> Self {
        Email::parse(shown).map_or_else(|_| Self(shown.trim().to_lowercase().into()), |email| email.key)
    }

    /// A key that was written down as [`EmailKey::as_str`]. Normalising it again could change an odd one.
    pub(crate) fn restored(key: &str) -> Self {
        Self(key.into())
    }

    /// The normalised text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for EmailKey {
    /// A key that was written down: nothing is normalised.
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

/// The address Jira shows, where it shows one. Data Center can mask addresses (`ada at example dot com`): a text that
/// is no address hides one, and is not another one.
#[must_use]
pub fn shown(text: Option<String>) -> Option<String> {
    text.filter(|text| {
        let text = text.trim();
        let parts = text.rsplit_once('@');
        parts.is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty())
            && !text.contains(char::is_whitespace)
    })
}

/// A text with everything that could be an address hidden, for logs above DEBUG.
#[must_use]
pub fn masked(text: &str) -> String {
    let hide = |word: &str| match word.contains('@') {
        true => "…".to_owned(),
        false => word.to_owned(),
    };
    text.split(' ').map(hide).collect::<Vec<_>>().join(" ")
}

fn local_part_is_plain(local: &str) -> bool {
    !local.is_empty()
        && local.len() <= MAX_LOCAL_BYTES
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && !local.contains(['"', '(', ')', ',', ':', ';', '<', '>', '[', ']', '\\'])
}

/// The domain in its ASCII form, or nothing where it has no dot, an empty label or a character no domain has.
fn ascii_domain(domain: &str) -> Option<String> {
    if let Some(plain) = plain_domain(domain) {
        return Some(plain);
    }
    let ascii = idna::domain_to_ascii_strict(domain).ok()?;
    let labels = ascii.split('.').count();
    let plain = ascii.split('.').all(|label| !label.is_empty() && label.len() <= 63);
    (labels >= 2 && plain).then_some(ascii)
}

/// The same for a domain of nothing but ASCII letters, digits and hyphens, which nearly all are: 100 000 addresses are
/// compared several times in a pass, and what `idna` does is dear.
fn plain_domain(domain: &str) -> Option<String> {
    let is_plain = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            // An encoded label has to be decoded to be checked.
            && label.get(2..4) != Some("--")
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let plain = domain.contains('.') && domain.len() <= 253 && domain.split('.').all(is_plain);
    plain.then(|| domain.to_ascii_lowercase())
}

/// Whether a domain in its ASCII form has a label that stands for another text.
fn has_encoded_label(ascii: &str) -> bool {
    ascii.split('.').any(|label| label.starts_with("xn--"))
}

#[cfg(test)]
mod tests;
