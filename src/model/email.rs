//! E-mail addresses: how they are spelled, and when two are the same.

use std::fmt;

use unicode_normalization::UnicodeNormalization;

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
/// Jira compares e-mails case-insensitively (jira-facts §4, H). Only canonical equivalence is folded (NFC, not
/// NFKC): two addresses that merely look alike stay two people.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct EmailKey(String);

/// Why a text is not an address quietdesk would send to Jira.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmailProblem {
    /// Nothing but white space.
    #[error("is empty")]
    Empty,
    /// White space or a control character inside, or around, the address.
    #[error("contains white space or a control character")]
    WhiteSpace,
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
        if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(EmailProblem::WhiteSpace);
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
            key: EmailKey(format!("{local}@{domain}")),
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
        Email::parse(shown).map_or_else(|_| Self(shown.trim().to_lowercase()), |email| email.key)
    }

    /// A key that was written down as [`EmailKey::as_str`]. Normalising it again could change an odd one.
    pub(crate) fn restored(key: &str) -> Self {
        Self(key.to_owned())
    }

    /// The normalised text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_person_however_spelled() {
        for (one, other) in [
            ("Ada@Example.com", "ada@example.COM"),
            ("ren\u{e9}@example.com", "RENE\u{301}@example.com"),
            ("a@b\u{fc}cher.example", "a@xn--bcher-kva.example"),
        ] {
            assert_eq!(
                Email::parse(one).unwrap().key(),
                Email::parse(other).unwrap().key(),
                "{one} and {other}"
            );
        }
    }

    #[test]
    fn look_alikes_stay_two_people() {
        let latin = Email::parse("ada@example.com").unwrap();
        for other in ["\u{430}da@example.com", "\u{ff41}da@example.com", "ada+1@example.com"] {
            assert_ne!(latin.key(), Email::parse(other).unwrap().key(), "{other}");
        }
    }

    #[test]
    fn the_spelling_is_kept() {
        assert_eq!(Email::parse("Ada@Example.com").unwrap().as_str(), "Ada@Example.com");
    }

    #[test]
    fn what_is_no_address() {
        use EmailProblem::{At, Domain, Empty, Local, TooLong, WhiteSpace};
        let long = format!("{}@example.com", "a".repeat(65));
        let longer = format!("a@{}.example", "b.".repeat(130));
        for (text, problem) in [
            ("", Empty),
            ("  ", Empty),
            (" ada@example.com", WhiteSpace),
            ("ada lovelace@example.com", WhiteSpace),
            ("ada\u{0}@example.com", WhiteSpace),
            ("ada", At),
            ("ada@home@example.com", At),
            ("@example.com", Local),
            (".ada@example.com", Local),
            ("a..b@example.com", Local),
            ("\"ada\"@example.com", Local),
            ("Ada<ada@example.com", Local),
            (&long, Local),
            (&longer, TooLong),
            ("ada@", Domain),
            ("ada@example", Domain),
            ("ada@-example.com", Domain),
            ("ada@example..com", Domain),
            ("ada@exa_mple.com", Domain),
        ] {
            assert_eq!(Email::parse(text), Err(problem), "{text:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn the_short_cut_for_plain_domains_is_none(domain in "[a-zA-Z0-9.-]{0,24}") {
            if let Some(plain) = plain_domain(&domain) {
                proptest::prop_assert_eq!(Some(plain), idna::domain_to_ascii_strict(&domain).ok());
            }
        }
    }

    /// The short cut is taken for whatever is plain, and for nothing else.
    #[test]
    fn which_domains_are_plain() {
        let label = "a".repeat(63);
        let long = format!("{0}.{0}.{0}.{1}", label, "a".repeat(61));
        for domain in ["example.com", "Ex-ample.COM", "a.b", &format!("{label}.example"), &long] {
            assert_eq!(plain_domain(domain), Some(domain.to_ascii_lowercase()), "{domain}");
        }
        for domain in [
            "example",
            "example..com",
            "-example.com",
            "example-.com",
            "xn--bcher-kva.example",
            "b\u{fc}cher.example",
            "exa_mple.com",
            &format!("{label}a.example"),
            &format!("{long}a"),
        ] {
            assert_eq!(plain_domain(domain), None, "{domain}");
        }
        assert_eq!(ascii_domain("b\u{fc}cher"), None, "a domain has a dot");
        assert_eq!(EmailKey::of("Ada@Example.com").to_string(), "ada@example.com");
    }

    #[test]
    fn how_long_an_address_may_be() {
        let local = "a".repeat(64);
        let of = |bytes: usize| {
            let rest = bytes - local.len() - 1;
            let domain = "b.".repeat((rest - 2) / 2);
            let filled = format!("{domain}{}", "cc".repeat(1 + (rest - 2) % 2));
            format!("{local}@{}", &filled[..rest])
        };
        assert_eq!(of(MAX_BYTES).len(), MAX_BYTES);
        assert!(Email::parse(&of(MAX_BYTES)).is_ok());
        assert_eq!(Email::parse(&of(MAX_BYTES + 1)), Err(EmailProblem::TooLong));
    }

    #[test]
    fn masking_leaves_no_address() {
        assert_eq!(
            masked("no account <ada@example.com>, says Jira"),
            "no account … says Jira"
        );
        assert_eq!(masked("nothing to hide"), "nothing to hide");
    }

    #[test]
    fn odd_addresses_in_jira_have_a_key_too() {
        assert_eq!(EmailKey::of("Root@Localhost").as_str(), "root@localhost");
    }
}
