//! How Jira Cloud spells things (contracts of the platform v3 and JSM APIs; jira-facts §§1, 4).

use serde::{Deserialize, Serialize};

use crate::model::account::{Account, AccountId, AccountKind, Handle};
use crate::model::email;

use super::paging::Page;

/// `serverInfo`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ServerInfo {
    #[serde(default)]
    pub deployment_type: String,
    #[serde(default)]
    pub version: String,
    #[serde(default)]
    version_numbers: Vec<u32>,
}

impl ServerInfo {
    /// The first two numbers of its version, such as 10 and 3.
    pub(super) fn release(&self) -> Option<(u32, u32)> {
        let told = self.version.split(['.', '-']).map_while(|number| number.parse().ok());
        match self.version_numbers.as_slice() {
            [major, minor, ..] => Some((*major, *minor)),
            [_] | [] => match told.take(2).collect::<Vec<u32>>().as_slice() {
                [major, minor] => Some((*major, *minor)),
                _ => None,
            },
        }
    }
}

/// A platform user, or a JSM one: JSM's has no account type.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct User {
    pub account_id: String,
    #[serde(default)]
    pub account_type: Option<String>,
    #[serde(default)]
    pub email_address: Option<String>,
    #[serde(default)]
    pub display_name: Option<String>,
    #[serde(default)]
    pub active: Option<bool>,
}

/// A page of a JSM list.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct JsmPage<T> {
    pub values: Vec<T>,
    #[serde(default)]
    pub limit: Option<usize>,
    #[serde(default)]
    pub is_last_page: Option<bool>,
}

/// A service desk.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Desk {
    pub id: String,
    pub project_key: String,
    #[serde(default)]
    pub project_name: String,
}

/// `mypermissions`.
#[derive(Debug, Deserialize)]
pub(super) struct MyPermissions {
    pub permissions: std::collections::BTreeMap<String, MyPermission>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MyPermission {
    #[serde(default)]
    pub have_permission: bool,
}

/// A project role.
#[derive(Debug, Deserialize)]
pub(super) struct Role {
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub actors: Vec<Actor>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Actor {
    #[serde(default)]
    pub actor_user: Option<ActorUser>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ActorUser {
    pub account_id: String,
}

/// `POST customer`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewCustomer<'a> {
    pub email: &'a str,
    pub display_name: &'a str,
}

/// `POST servicedesk/{id}/customer`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AccountIds<'a> {
    pub account_ids: Vec<&'a str>,
}

impl From<User> for Account {
    fn from(user: User) -> Self {
        // Portal-only accounts have ids of their own (jira-facts §4, M); JSM's lists say nothing else of the kind.
        let kind = match user.account_type.as_deref() {
            Some("customer") => AccountKind::Customer,
            Some("atlassian") => AccountKind::Person,
            Some("app") => AccountKind::App,
            None if user.account_id.starts_with("qm:") => AccountKind::Customer,
            Some(_) | None => AccountKind::Unknown,
        };
        Self {
            id: AccountId(user.account_id.clone()),
            handle: Handle(user.account_id),
            kind,
            active: user.active.unwrap_or(true),
            email: email::shown(user.email_address),
            name: user.display_name.unwrap_or_default(),
        }
    }
}

impl<T> JsmPage<T> {
    /// The page, its rows as the model has them. A server that says nothing of a last page ends with an empty one.
    pub(super) fn page<U: From<T>>(self, asked: usize) -> Page<U> {
        Page {
            rows: self.values.into_iter().map(U::from).collect(),
            limit: self.limit.filter(|limit| *limit > 0).unwrap_or(asked),
            is_last: self.is_last_page.unwrap_or(false),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn kinds_of_account() {
        for (id, kind, expected) in [
            ("qm:1:2", None, AccountKind::Customer),
            ("5b", Some("customer"), AccountKind::Customer),
            ("5b", Some("atlassian"), AccountKind::Person),
            ("5b", Some("app"), AccountKind::App),
            ("5b", Some("new"), AccountKind::Unknown),
            ("5b", None, AccountKind::Unknown),
        ] {
            let user: User = serde_json::from_value(json!({"accountId": id, "accountType": kind})).unwrap();
            assert_eq!(Account::from(user).kind, expected);
        }
    }
}
