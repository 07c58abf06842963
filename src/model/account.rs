//! Jira accounts.

use std::fmt;

use super::email::EmailKey;

/// Stable id of an account: accountId on Cloud, user key on Data Center. Stored in ledgers and saved plans.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct AccountId(pub String);

/// Identifier that API requests use for an account: accountId on Cloud, username (which can change) on Data Center.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Handle(pub String);

/// An account as read from Jira.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The stable id.
    pub id: AccountId,
    /// The identifier for API requests.
    pub handle: Handle,
    /// The type of account.
    pub kind: AccountKind,
    /// False for a deactivated account, which can neither sign in nor be added anywhere.
    pub active: bool,
    /// The e-mail Jira shows; `None` if profile privacy hides it (Cloud, docs/jira.md#hidden-emails).
    pub email: Option<String>,
    /// The display name; empty if Jira shows none.
    pub name: String,
}

/// Type of an account (Cloud's `accountType`, docs/jira.md#account-kinds).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccountKind {
    /// A portal-only customer.
    Customer,
    /// A person with a full product account: an agent or a customer.
    Person,
    /// An app; never a customer.
    App,
    /// Missing from the response, or a value quietdesk does not know.
    Unknown,
}

impl Account {
    /// Returns the key of the visible e-mail.
    #[must_use]
    pub fn email_key(&self) -> Option<EmailKey> {
        self.email.as_deref().map(EmailKey::from_address)
    }

    /// Returns whether the username is this e-mail. On Data Center, Jira Service Management uses the e-mail as the
    /// username of accounts it creates (docs/jira.md#username-is-email).
    #[must_use]
    pub fn has_username(&self, email: &EmailKey) -> bool {
        self.username_key().is_some_and(|key| key == *email)
    }

    /// Returns the key of the username if it is an e-mail.
    #[must_use]
    pub fn username_key(&self) -> Option<EmailKey> {
        self.handle
            .0
            .contains('@')
            .then(|| EmailKey::from_address(&self.handle.0))
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fixtures::account;

    /// A username that is an e-mail matches in any spelling; other usernames match no e-mail.
    #[test]
    fn user_names_that_are_addresses() {
        let named = |handle: &str| Account {
            handle: Handle(handle.into()),
            ..account("1", "other@example.com")
        };
        let ada = EmailKey::from_address("ada@example.com");
        for (handle, is_ada) in [("Ada@Example.com", true), ("ada", false), ("bob@example.com", false)] {
            assert_eq!(named(handle).has_username(&ada), is_ada, "{handle}");
        }
        assert_eq!(named("Ada@Example.com").username_key(), Some(ada));
        assert_eq!(named("ada").username_key(), None);
        let account = named("ada");
        assert_eq!(
            (account.id.to_string(), account.handle.to_string()),
            ("1".into(), "ada".into())
        );
    }
}
