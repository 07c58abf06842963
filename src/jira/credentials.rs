//! Who signs in.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use secrecy::{ExposeSecret as _, SecretString};

/// A user and an API token or password (basic sign-in with `user:token`), or a personal access token alone (Data Center,
/// jira-facts §8, H). Masked in every rendering.
#[derive(Clone, Debug)]
pub struct Credentials {
    header: SecretString,
    names_a_user: bool,
}

/// Credentials that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialsError {
    /// No token.
    #[error(
        "the token is empty; make one (Cloud: an API token at id.atlassian.com; Data Center: a personal access token in the \
         account's profile) and put it in the token file"
    )]
    Empty,
    /// `--user` is one account, and the token file names another.
    #[error("--user names another account than the token file does; take --user away, or correct one of them")]
    TwoUsers,
    /// A line break or another control character inside.
    #[error("the user or the token contains a control character or line break; put the token alone in its file")]
    Control,
}

impl Credentials {
    /// Takes the content of a token file or variable: the token, or `user:token`. White space around it is dropped. A
    /// token of nobody is a personal access token.
    ///
    /// # Errors
    /// What is missing or wrong, without repeating it.
    pub fn parse(user: Option<&str>, text: &str) -> Result<Self, CredentialsError> {
        let text = text.trim();
        let user = user.map(str::trim).filter(|user| !user.is_empty());
        let (user, token) = match (user, text.split_once(':')) {
            // Atlassian's tokens hold no colon, so what stands before one is a user.
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
        if user.chars().chain(token.chars()).any(char::is_control) {
            return Err(CredentialsError::Control);
        }
        let header = match user {
            "" => format!("Bearer {token}"),
            user => format!("Basic {}", STANDARD.encode(format!("{user}:{token}"))),
        };
        Ok(Self {
            header: header.into(),
            names_a_user: !user.is_empty(),
        })
    }

    /// Whether it says whose token it is, which Cloud needs to know.
    #[must_use]
    pub fn names_a_user(&self) -> bool {
        self.names_a_user
    }

    /// The value of the `Authorization` header, marked so that nothing logs it.
    pub(super) fn header(&self) -> Option<HeaderValue> {
        let mut value = HeaderValue::from_str(self.header.expose_secret()).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(user: Option<&str>, text: &str) -> Result<String, CredentialsError> {
        let header = Credentials::parse(user, text)?.header.expose_secret().to_owned();
        Ok(String::from_utf8(STANDARD.decode(header.strip_prefix("Basic ").unwrap()).unwrap()).unwrap())
    }

    #[test]
    fn where_user_and_token_come_from() {
        use CredentialsError::{Control, Empty};
        let (user, both) = (Some("a@example.com"), Ok("a@example.com:t0k".to_owned()));
        assert_eq!(spelled(user, "t0k\n"), both);
        assert_eq!(spelled(None, "a@example.com:t0k\n"), both);
        assert_eq!(spelled(user, "a@example.com:t0k"), both);
        assert_eq!(
            spelled(Some("b@example.com"), "a@example.com:t0k"),
            Err(CredentialsError::TwoUsers)
        );
        for nobody in [None, Some("")] {
            let token = Credentials::parse(nobody, "t0k\n").unwrap();
            assert_eq!(
                (token.header.expose_secret(), token.names_a_user()),
                ("Bearer t0k", false)
            );
        }
        assert_eq!(spelled(user, " \n"), Err(Empty));
        assert_eq!(spelled(None, ""), Err(Empty));
        assert_eq!(spelled(user, "t0k\nsecond"), Err(Control));
    }

    #[test]
    fn no_rendering_tells_them() {
        let credentials = Credentials::parse(Some("a@example.com"), "t0k-s3cret").unwrap();
        let rendered = format!("{credentials:?} {:?}", credentials.header());
        assert!(!rendered.contains("t0k") && !rendered.contains("Basic"), "{rendered}");
    }
}
