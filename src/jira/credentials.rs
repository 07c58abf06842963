//! The credentials for signing in.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use secrecy::{ExposeSecret as _, SecretString};

/// A user and an API token or password (basic sign-in with `user:token`), or a personal access token without a user
/// (Data Center, docs/jira.md#sign-in-data-center). Masked in every rendering.
#[derive(Clone, Debug)]
pub struct Credentials {
    header: SecretString,
    names_a_user: bool,
    /// The token, as it may appear in texts.
    token_forms: Vec<SecretString>,
}

/// Credentials that are rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialsError {
    /// No token.
    #[error(
        "the token is empty; create one (Cloud: an API token at id.atlassian.com; Data Center: a personal access token \
         in the account's profile) and put it in the token file"
    )]
    Empty,
    /// `--user` and the token file name different accounts.
    #[error("--user and the token file name different accounts; omit --user, or correct one of them")]
    TwoUsers,
    /// A byte-order mark before the token.
    #[error("the token begins with a byte-order mark; save its file as UTF-8 without one")]
    ByteOrderMark,
    /// Quotes around the token.
    #[error("the token is in quotes, which would be sent as part of it; put only the token in its file")]
    Quoted,
    /// A line of an environment file.
    #[error("the token is written as NAME=TOKEN; put only the token in its file, without the name")]
    Named,
    /// A character that no token contains.
    #[error("the token contains white space or an invalid character; put only the token in its file")]
    NotAToken,
    /// A line break or another control character.
    #[error("the user or the token contains a control character or line break; put only the token in its file")]
    Control,
}

impl Credentials {
    /// Parses the content of a token file or variable: the token, or `user:token`. Surrounding white space is dropped.
    /// A token without a user is a personal access token.
    ///
    /// # Errors
    /// [`CredentialsError`], without repeating the content.
    pub fn parse(user: Option<&str>, text: &str) -> Result<Self, CredentialsError> {
        let text = text.trim();
        let user = user.map(str::trim).filter(|user| !user.is_empty());
        let (user, token) = match (user, text.split_once(':')) {
            // Atlassian's tokens contain no colon, so the text before one is a user.
            (Some(asked), Some((user, _))) if user.contains('@') && asked != user => {
                return Err(CredentialsError::TwoUsers);
            }
            (_, Some((user, token))) if user.contains('@') => (user, token),
            (Some(user), _) => (user, text),
            (None, Some((user, token))) => (user, token),
            (None, None) => ("", text),
        };
        if token.is_empty() {
            return Err(CredentialsError::Empty);
        }
        check_token_format(text, token)?;
        if user.chars().chain(token.chars()).any(char::is_control) {
            return Err(CredentialsError::Control);
        }
        // A password may contain any character; it is encoded.
        if user.is_empty() && !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(CredentialsError::NotAToken);
        }
        let header = match user {
            "" => format!("Bearer {token}"),
            user => format!("Basic {}", STANDARD.encode(format!("{user}:{token}"))),
        };
        let spellings = token_forms(token, &header);
        Ok(Self {
            header: header.into(),
            names_a_user: !user.is_empty(),
            token_forms: spellings,
        })
    }

    /// Whether a user is included, which Cloud requires.
    #[must_use]
    pub fn names_a_user(&self) -> bool {
        self.names_a_user
    }

    /// Replaces the token in a text: verbatim, JSON-escaped, or as it is sent.
    #[must_use]
    pub fn redact<'a>(&self, text: &'a [u8]) -> Cow<'a, [u8]> {
        let holds = |spelling: &&SecretString| {
            let spelling = spelling.expose_secret().as_bytes();
            text.windows(spelling.len()).any(|part| part == spelling)
        };
        if !self.token_forms.iter().any(|spelling| holds(&spelling)) {
            return Cow::Borrowed(text);
        }
        let mut hidden = String::from_utf8_lossy(text).into_owned();
        for spelling in &self.token_forms {
            hidden = hidden.replace(spelling.expose_secret(), HIDDEN);
        }
        Cow::Owned(hidden.into_bytes())
    }

    /// Whether both are the same.
    #[must_use]
    pub fn is_same_as(&self, others: &Self) -> bool {
        self.header.expose_secret() == others.header.expose_secret()
    }

    /// Returns the value of the `Authorization` header, marked as sensitive so that it is never logged.
    pub(super) fn header(&self) -> Option<HeaderValue> {
        let mut value = HeaderValue::from_str(self.header.expose_secret()).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

/// The replacement of the token.
const HIDDEN: &str = "***";
/// Minimum length of a token that is searched for in texts: a shorter one would match parts of words.
const SHORTEST: usize = 4;

/// Rejects common mistakes in a token file.
fn check_token_format(text: &str, token: &str) -> Result<(), CredentialsError> {
    if text.starts_with('\u{feff}') {
        return Err(CredentialsError::ByteOrderMark);
    }
    for quote in ['"', '\''] {
        let is_quoted = |text: &str| text.len() > 1 && text.starts_with(quote) && text.ends_with(quote);
        if is_quoted(text) || is_quoted(token) {
            return Err(CredentialsError::Quoted);
        }
    }
    let line = text.strip_prefix("export ").unwrap_or(text);
    match line.split_once('=') {
        // Atlassian's tokens contain a `=` too, but after far more characters than a name has.
        Some((name, value)) if !value.is_empty() && is_variable_name(name) => Err(CredentialsError::Named),
        Some(_) | None => Ok(()),
    }
}

fn is_variable_name(name: &str) -> bool {
    let consists_of = |allowed: fn(&u8) -> bool| name.bytes().all(|byte| allowed(&byte) || byte == b'_');
    let lower = name.to_ascii_lowercase();
    let is_typical = ["token", "password", "secret", "jira"]
        .iter()
        .any(|word| lower.contains(word));
    let is_short = (4..=40).contains(&name.len());
    let is_shouted = name.contains('_') && consists_of(u8::is_ascii_uppercase);
    is_short && (is_typical && consists_of(u8::is_ascii_alphanumeric) || is_shouted)
}

/// Returns the forms of the token, longest first: a short one may be part of a long one.
fn token_forms(token: &str, header: &str) -> Vec<SecretString> {
    let escaped = serde_json::to_string(token).unwrap_or_default();
    let sent = header.split_once(' ').map_or(header, |(_, sent)| sent);
    let mut spellings = vec![sent, escaped.trim_matches('"'), token];
    spellings.retain(|spelling| spelling.len() >= SHORTEST);
    spellings.dedup();
    spellings.into_iter().map(SecretString::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded_credentials(user: Option<&str>, text: &str) -> Result<String, CredentialsError> {
        let header = Credentials::parse(user, text)?.header.expose_secret().to_owned();
        Ok(String::from_utf8(STANDARD.decode(header.strip_prefix("Basic ").unwrap()).unwrap()).unwrap())
    }

    #[test]
    fn where_user_and_token_come_from() {
        use CredentialsError::{Control, Empty};
        let (user, both) = (Some("a@example.com"), Ok("a@example.com:t0k".to_owned()));
        assert_eq!(decoded_credentials(user, "t0k\n"), both);
        assert_eq!(decoded_credentials(None, "a@example.com:t0k\n"), both);
        assert_eq!(decoded_credentials(user, "a@example.com:t0k"), both);
        assert_eq!(
            decoded_credentials(Some("b@example.com"), "a@example.com:t0k"),
            Err(CredentialsError::TwoUsers)
        );
        for no_user in [None, Some("")] {
            let token = Credentials::parse(no_user, "t0k\n").unwrap();
            assert_eq!(
                (token.header.expose_secret(), token.names_a_user()),
                ("Bearer t0k", false)
            );
        }
        assert_eq!(decoded_credentials(user, " \n"), Err(Empty));
        assert_eq!(decoded_credentials(None, ""), Err(Empty));
        assert_eq!(decoded_credentials(user, "t0k\nsecond"), Err(Control));
    }

    #[test]
    fn what_is_no_token_alone_gets_a_hint() {
        use CredentialsError::{ByteOrderMark, Named, NotAToken, Quoted};
        for (text, hint) in [
            ("\u{feff}t0k", Some(ByteOrderMark)),
            ("\u{feff}a@example.com:t0k", Some(ByteOrderMark)),
            ("\"t0k\"", Some(Quoted)),
            ("'t0k'\n", Some(Quoted)),
            ("a@example.com:'t0k'", Some(Quoted)),
            ("QUIETDESK_TOKEN=t0k", Some(Named)),
            ("export JIRA_TOKEN='t0k'", Some(Named)),
            ("token=t0k", Some(Named)),
            ("jiraToken=t0k", Some(Named)),
            ("Bearer t0k", Some(NotAToken)),
            ("t\u{f6}k", Some(NotAToken)),
            ("ATATT3xFfGF0abc_DEF-ghi=1A2B3C4D", None),
            ("MDEyMzQ1Njc4OTAxOvGkFw+ab==", None),
            ("it's", None),
        ] {
            assert_eq!(Credentials::parse(None, text).err(), hint, "{text:?}");
        }
        assert!(Credentials::parse(Some("ada"), "päss wörd=1").is_ok(), "a password");
    }

    #[test]
    fn a_text_that_repeats_the_token_is_redacted() {
        let credentials = Credentials::parse(Some("a@example.com"), "t0k\"s3cret").unwrap();
        let basic = STANDARD.encode("a@example.com:t0k\"s3cret");
        let text = format!("no t0k\"s3cret, {{\"x\":\"t0k\\\"s3cret\"}}, Basic {basic}!");
        let hidden = credentials.redact(text.as_bytes());
        assert_eq!(String::from_utf8_lossy(&hidden), "no ***, {\"x\":\"***\"}, Basic ***!");
        assert!(matches!(credentials.redact(b"nothing of it"), Cow::Borrowed(_)));
        let short = Credentials::parse(Some("a@example.com"), "t0k").unwrap();
        assert_eq!(*short.redact(b"a t0ken"), *b"a t0ken");
    }

    #[test]
    fn no_rendering_contains_them() {
        let credentials = Credentials::parse(Some("a@example.com"), "t0k-s3cret").unwrap();
        let rendered = format!("{credentials:?} {:?}", credentials.header());
        assert!(!rendered.contains("t0k") && !rendered.contains("Basic"), "{rendered}");
    }
}
