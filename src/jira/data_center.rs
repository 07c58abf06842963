//! JSON types of Jira Data Center (docs/jira.md; its platform v2 API in `tests/contracts`). Its service management API
//! has no document there.

use serde::{Deserialize, Serialize};

use crate::model::account::{Account, AccountId, AccountKind, Handle};
use crate::model::email;
use crate::model::step::AccountChanges;

/// A user, of the platform API or the service management API.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct User {
    /// Never changes; on old instances it equals an earlier username.
    pub key: String,
    /// The username.
    pub name: String,
    #[serde(default)]
    pub email_address: Option<String>,
    #[serde(default)]
    pub display_name: Option<String>,
    #[serde(default)]
    pub active: Option<bool>,
}

/// A page of `user/list`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserPage {
    #[serde(default)]
    pub values: Vec<User>,
    #[serde(default)]
    pub next_cursor: Option<String>,
    #[serde(default)]
    pub is_last: bool,
}

/// A project role.
#[derive(Debug, Deserialize)]
pub(super) struct Role {
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub actors: Vec<Actor>,
}

/// A holder of a role: a user or a group.
#[derive(Debug, Deserialize)]
pub(super) struct Actor {
    #[serde(default)]
    pub name: String,
    #[serde(default, rename = "type")]
    kind: String,
}

/// `POST /rest/servicedeskapi/customer`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewCustomer<'a> {
    pub email: &'a str,
    pub full_name: &'a str,
}

/// `POST /rest/servicedeskapi/servicedesk/{id}/customer`.
#[derive(Debug, Serialize)]
pub(super) struct Usernames<'a> {
    pub usernames: Vec<&'a str>,
}

/// `POST /rest/api/2/user`. It has no field for a notification and no way to list an application: without
/// `applicationKeys` Jira would assign the default ones, each of which takes a seat (docs/jira.md#seat-by-application).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewUser<'a> {
    name: &'a str,
    email_address: &'a str,
    display_name: &'a str,
    password: &'a str,
    application_keys: [&'a str; 0],
}

impl<'a> NewUser<'a> {
    /// Uses the e-mail as username, as the service management API does (docs/jira.md#username-is-email).
    pub(super) fn new(email: &'a str, display_name: &'a str, password: &'a str) -> Self {
        Self {
            name: email,
            email_address: email,
            display_name,
            password,
            application_keys: [],
        }
    }
}

/// `PUT /rest/api/2/user`: only the fields to change.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserChanges<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email_address: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    active: Option<bool>,
}

impl<'a> From<&'a AccountChanges> for UserChanges<'a> {
    fn from(changes: &'a AccountChanges) -> Self {
        let address = changes.address.as_ref();
        Self {
            name: address.and_then(|address| Some(address.username.as_ref()?.0.as_str())),
            email_address: address.map(|address| address.after.as_str()),
            display_name: changes.name.as_ref().map(|name| name.after.as_str()),
            active: changes.reactivate.then_some(true),
        }
    }
}

impl Actor {
    /// Whether it is a group (docs/jira.md#role-groups).
    pub(super) fn is_group(&self) -> bool {
        self.kind.contains("group")
    }
}

impl From<User> for Account {
    fn from(user: User) -> Self {
        Self {
            id: AccountId(user.key),
            handle: Handle(user.name),
            // Data Center has one kind of account; groups, applications and roles show which are agents.
            kind: AccountKind::Unknown,
            active: user.active.unwrap_or(true),
            email: email::visible_address(user.email_address),
            name: user.display_name.unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_new_user_gets_no_application_and_no_mail() {
        let user = serde_json::to_value(NewUser::new("ada@example.com", "Ada", "s3cret")).unwrap();
        let expected = json!({
            "name": "ada@example.com", "emailAddress": "ada@example.com", "displayName": "Ada", "password": "s3cret",
            "applicationKeys": [],
        });
        assert_eq!(user, expected);
    }
}
