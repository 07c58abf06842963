//! JSON types of Jira Cloud (docs/jira.md; the platform v3 and JSM APIs in `tests/contracts`).

use serde::{Deserialize, Serialize};

use crate::model::account::{Account, AccountId, AccountKind, Handle};
use crate::model::email;
use crate::model::observed::Deployment;

use super::paging::Page;

/// `serverInfo`. Every field may be missing.
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

/// The first major version of Cloud; Data Center is at 11.
const CLOUD_RELEASE: u32 = 1000;

impl ServerInfo {
    /// Returns the reported deployment; `None` where it is missing or unknown.
    pub(super) fn reported_deployment(&self) -> Option<Deployment> {
        match self.deployment_type.as_deref() {
            Some("Cloud") => Some(Deployment::Cloud),
            Some("Server" | "DataCenter" | "Data Center") => Some(Deployment::DataCenter),
            Some(_) | None => None,
        }
    }

    /// Infers the deployment from the version.
    pub(super) fn inferred_deployment(&self) -> Option<Deployment> {
        let (major, _) = self.major_minor()?;
        Some(match major >= CLOUD_RELEASE {
            true => Deployment::Cloud,
            false => Deployment::DataCenter,
        })
    }

    /// Whether every field that identifies a Jira is missing.
    pub(super) fn lacks_identity(&self) -> bool {
        self.deployment_type.is_none() && self.version.is_empty() && self.version_numbers.is_empty()
    }

    /// Returns the reported base URL, without a trailing slash: a gateway's address differs from it.
    pub(super) fn base_url(&self) -> Option<String> {
        let url = url::Url::parse(self.base_url.as_deref()?.trim()).ok()?;
        let is_plain = url.username().is_empty() && url.password().is_none() && url.query().is_none();
        let is_web = matches!(url.scheme(), "https" | "http") && url.fragment().is_none();
        (is_plain && is_web).then(|| url.as_str().trim_end_matches('/').to_owned())
    }

    /// Returns the first two numbers of the version, such as 10 and 3.
    pub(super) fn major_minor(&self) -> Option<(u32, u32)> {
        let numbers = self.version.split(['.', '-']).map_while(|number| number.parse().ok());
        match self.version_numbers.as_slice() {
            [major, minor, ..] => Some((*major, *minor)),
            [_] | [] => match numbers.take(2).collect::<Vec<u32>>().as_slice() {
                [major, minor] => Some((*major, *minor)),
                _ => None,
            },
        }
    }
}

/// A user of the platform API or the JSM API; JSM's has no account type.
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
        // Portal-only accounts have a prefix in their ids (docs/jira.md#account-kinds), which is all that JSM's lists
        // show of the kind.
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
            email: email::visible_address(user.email_address),
            name: user.display_name.unwrap_or_default(),
        }
    }
}

impl<T> JsmPage<T> {
    /// Converts the page's rows to model types. A list without a marked last page ends with an empty page.
    pub(super) fn into_page<U: From<T>>(self, asked: usize) -> Page<U> {
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
            assert_eq!(
                (info.reported_deployment(), info.inferred_deployment()),
                (says, looks_like),
                "{info:?}"
            );
            assert!(!info.lacks_identity(), "{info:?}");
        }
        assert!(info(json!({"status": "UP"})).lacks_identity());
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
