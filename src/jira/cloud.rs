//! How Jira Cloud spells things (contracts of the platform v3 and JSM APIs; jira-facts §§1, 3, 4).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::access::Access;
use crate::model::account::{Account, AccountId, AccountKind, Handle};

use super::errors::CallError;
use super::paging::Page;

/// `serverInfo`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ServerInfo {
    #[serde(default)]
    pub deployment_type: String,
    #[serde(default)]
    pub version: String,
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

/// A desk's access settings: what has to be sent back whole to change one of them (jira-facts §3, I).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessSettings {
    manage_enabled: bool,
    autocomplete_enabled: bool,
    open: bool,
    signup: bool,
}

/// `POST requestsecurity`, Cloud's part.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewAccessSettings {
    manage_enabled: bool,
    autocomplete_enabled: bool,
    service_desk_open_access: bool,
}

impl AccessSettings {
    /// Reads the settings. That the fields are there is H, how they are typed is U: a boolean, or the word for one.
    pub(super) fn read(operation: &'static str, json: &Value) -> Result<Self, CallError> {
        let flag = |name: &str| match json.get(name) {
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(Value::String(word)) if word == "true" => Ok(true),
            Some(Value::String(word)) if word == "false" => Ok(false),
            _ => Err(CallError::Unintelligible {
                operation,
                detail: format!("{name} is not true or false"),
            }),
        };
        Ok(Self {
            manage_enabled: flag("manageEnabled")?,
            autocomplete_enabled: flag("autocompleteEnabled")?,
            open: flag("serviceDeskOpenAccess")?,
            signup: flag("serviceDeskPublicSignup")?,
        })
    }

    /// How open the desk is (jira-facts §3, M).
    #[must_use]
    pub fn access(&self) -> Access {
        match (self.signup, self.open) {
            (true, _) => Access::Public,
            (false, true) => Access::Open,
            (false, false) => Access::Restricted,
        }
    }

    /// The same settings, but as open as that.
    pub(super) fn with(self, access: Access) -> NewAccessSettings {
        NewAccessSettings {
            manage_enabled: self.manage_enabled,
            autocomplete_enabled: self.autocomplete_enabled,
            service_desk_open_access: access != Access::Restricted,
        }
    }
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
            email: user.email_address.filter(|email| !email.trim().is_empty()),
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
    fn access_settings_in_both_spellings() {
        let read = |open: Value, signup: Value| {
            let json = json!({"manageEnabled": true, "autocompleteEnabled": "false", "serviceDeskOpenAccess": open, "serviceDeskPublicSignup": signup});
            AccessSettings::read("x", &json).map(|settings| settings.access())
        };
        assert_eq!(read(json!(false), json!("false")), Ok(Access::Restricted));
        assert_eq!(read(json!("true"), json!(false)), Ok(Access::Open));
        assert_eq!(read(json!(true), json!(true)), Ok(Access::Public));
        for odd in [json!(null), json!(1), json!("yes"), json!({})] {
            assert!(read(odd, json!(false)).is_err());
        }
        assert!(AccessSettings::read("x", &json!([])).is_err());
    }

    #[test]
    fn what_must_not_change_is_sent_back() {
        let json = json!({"manageEnabled": true, "autocompleteEnabled": false, "serviceDeskOpenAccess": false, "serviceDeskPublicSignup": false});
        let new = AccessSettings::read("x", &json).unwrap().with(Access::Open);
        let expected = json!({"manageEnabled": true, "autocompleteEnabled": false, "serviceDeskOpenAccess": true});
        assert_eq!(serde_json::to_value(new).unwrap(), expected);
    }

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
