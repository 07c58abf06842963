//! Accounts as Jira knows them.

use std::fmt;

use super::email::EmailKey;

/// What never changes about an account: Cloud's accountId, Data Center's user key. For ledgers and saved plans.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct AccountId(pub String);

/// What calls send to name an account: Cloud's accountId, Data Center's username (which can change).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Handle(pub String);

/// One account, as an observation saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its stable identity.
    pub id: AccountId,
    /// What calls send.
    pub handle: Handle,
    /// What sort of account it is.
    pub kind: AccountKind,
    /// False for a deactivated account, which can neither sign in nor be added anywhere.
    pub active: bool,
    /// The address Jira shows; nothing where profile privacy hides it (Cloud, docs/jira.md#hidden-emails).
    pub email: Option<String>,
    /// The display name; empty where Jira shows none.
    pub name: String,
}

/// What sort of account it is (Cloud's `accountType`, docs/jira.md#account-kinds).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccountKind {
    /// A portal-only customer.
    Customer,
    /// A person with an account of the whole product: perhaps an agent, perhaps a customer.
    Person,
    /// An app; never a customer.
    App,
    /// Jira did not say, or said something not known.
    Unknown,
}

impl Account {
    /// The key of the visible address.
    #[must_use]
    pub fn email_key(&self) -> Option<EmailKey> {
        self.email.as_deref().map(EmailKey::of)
    }

    /// Whether an address is its user name: Data Center's, where the service management names the accounts it makes by
    /// their e-mail (docs/jira.md#username-is-email).
    #[must_use]
    pub fn is_named(&self, email: &EmailKey) -> bool {
        self.username_key().is_some_and(|key| key == *email)
    }

    /// The key of the user name, where that is an address.
    #[must_use]
    pub fn username_key(&self) -> Option<EmailKey> {
        self.handle.0.contains('@').then(|| EmailKey::of(&self.handle.0))
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

    /// A user name that is an address counts as one, however it is spelled; any other says nothing.
    #[test]
    fn user_names_that_are_addresses() {
        let named = |handle: &str| Account {
            handle: Handle(handle.into()),
            ..account("1", "other@example.com")
        };
        let ada = EmailKey::of("ada@example.com");
        for (handle, is_ada) in [("Ada@Example.com", true), ("ada", false), ("bob@example.com", false)] {
            assert_eq!(named(handle).is_named(&ada), is_ada, "{handle}");
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
