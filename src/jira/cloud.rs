//! How Jira Cloud spells things (docs/jira.md; the platform v3 and JSM APIs in `tests/contracts`).

use serde::{Deserialize, Serialize};

use crate::model::account::{Account, AccountId, AccountKind, Handle};
use crate::model::email;
use crate::model::observed::Deployment;

use super::paging::Page;

/// `serverInfo`. Any of it may be missing.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ServerInfo {
    #[serde(default)]
    deployment_type: Option<String>,
    #[serde(default)]
    pub version: String,
    #[serde(default)]
    version_numbers: Vec<u32>,
    #[serde(default)]
    base_url: Option<String>,
}

/// The first release of Cloud's own count; Data Center is at eleven.
const CLOUD_RELEASE: u32 = 1000;

impl ServerInfo {
    /// Which Jira it says it is. Nothing where it does not say, or says what is not known.
    pub(super) fn says(&self) -> Option<Deployment> {
        match self.deployment_type.as_deref() {
            Some("Cloud") => Some(Deployment::Cloud),
            Some("Server" | "DataCenter" | "Data Center") => Some(Deployment::DataCenter),
            Some(_) | None => None,
        }
    }

    /// Which Jira it looks like by its version.
    pub(super) fn looks_like(&self) -> Option<Deployment> {
        let (major, _) = self.release()?;
        Some(match major >= CLOUD_RELEASE {
            true => Deployment::Cloud,
            false => Deployment::DataCenter,
        })
    }

    /// Whether it says nothing that a Jira says.
    pub(super) fn is_silent(&self) -> bool {
        self.deployment_type.is_none() && self.version.is_empty() && self.version_numbers.is_empty()
    }

    /// The address people know the site by, without a slash at its end: a gateway's is another.
    pub(super) fn base_url(&self) -> Option<String> {
        let url = url::Url::parse(self.base_url.as_deref()?.trim()).ok()?;
        let is_plain = url.username().is_empty() && url.password().is_none() && url.query().is_none();
        let is_web = matches!(url.scheme(), "https" | "http") && url.fragment().is_none();
        (is_plain && is_web).then(|| url.as_str().trim_end_matches('/').to_owned())
    }

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
    pub have_permission: Option<bool>,
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
        // Portal-only accounts have ids of their own (docs/jira.md#account-kinds); JSM's lists say nothing else of the
        // kind.
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
    fn a_server_that_does_not_say_what_it_is_is_known_by_its_version() {
        let info = |json: serde_json::Value| -> ServerInfo { serde_json::from_value(json).unwrap() };
        for (json, says, looks_like) in [
            (
                json!({"deploymentType": "Cloud", "version": "x"}),
                Some(Deployment::Cloud),
                None,
            ),
            (json!({"deploymentType": "Server"}), Some(Deployment::DataCenter), None),
            (
                json!({"deploymentType": "New", "versionNumbers": [1001, 0, 0]}),
                None,
                Some(Deployment::Cloud),
            ),
            (json!({"version": "1001.0.0-SNAPSHOT"}), None, Some(Deployment::Cloud)),
            (json!({"version": "9.12.15"}), None, Some(Deployment::DataCenter)),
            (
                json!({"versionNumbers": [10, 3, 4]}),
                None,
                Some(Deployment::DataCenter),
            ),
            (json!({"deploymentType": null, "version": "nightly"}), None, None),
        ] {
            let info = info(json);
            assert_eq!((info.says(), info.looks_like()), (says, looks_like), "{info:?}");
            assert!(!info.is_silent(), "{info:?}");
        }
        assert!(info(json!({"status": "UP"})).is_silent());
    }

    #[test]
    fn the_address_people_know_the_site_by_is_a_plain_one() {
        let of = |url: &str| {
            let info: ServerInfo = serde_json::from_value(json!({"baseUrl": url})).unwrap();
            info.base_url()
        };
        assert_eq!(
            of("https://acme.atlassian.net/").as_deref(),
            Some("https://acme.atlassian.net")
        );
        assert_eq!(
            of("http://jira.example:8080/jira").as_deref(),
            Some("http://jira.example:8080/jira")
        );
        for odd in [
            "",
            "jira",
            "javascript:alert(1)",
            "https://u:p@x.example",
            "https://x.example?a",
        ] {
            assert_eq!(of(odd), None, "{odd}");
        }
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
