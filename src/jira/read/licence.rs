//! Who has a licence of a product: an agent, or somebody else who is more than a customer
//! (docs/jira.md#more-than-a-customer).

use std::collections::BTreeSet;

use serde::Deserialize as _;
use serde_json::Value;

use super::JiraRead;
use crate::jira::errors::CallError;
use crate::jira::{cloud, data_center};
use crate::model::account::{Account, Handle};
use crate::model::observed::Deployment;

/// What an account is besides a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The account.
    pub account: Account,
    /// The groups it is in.
    pub groups: BTreeSet<String>,
    /// The keys of its application roles, each of which is a licence.
    pub applications: BTreeSet<String>,
    /// How many of either there are, which can be more than are named.
    groups_in_all: usize,
    applications_in_all: usize,
}

impl Standing {
    /// Whether it has a licence.
    #[must_use]
    pub fn is_licensed(&self) -> bool {
        self.applications_in_all > 0
    }

    /// Whether it is nothing but a customer: no licence, and no group that could give one.
    #[must_use]
    pub fn is_bare(&self) -> bool {
        self.applications_in_all == 0 && self.groups_in_all == 0
    }
}

impl JiraRead {
    /// What an account is besides a customer; nothing where Jira has none by that handle.
    ///
    /// # Errors
    /// When Jira does not say.
    pub async fn standing(&self, handle: &Handle) -> Result<Option<Standing>, CallError> {
        let request = self.one(handle).query("expand", "groups,applicationRoles");
        match self.client.json(&request).await {
            Ok(json) => read(self.site.deployment, request.endpoint().operation, &json).map(Some),
            Err(CallError::NotFound { .. } | CallError::Refused { status: 400, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn read(deployment: Deployment, operation: &'static str, json: &Value) -> Result<Standing, CallError> {
    let unintelligible = |detail: String| CallError::Unintelligible { operation, detail };
    let account = match deployment {
        Deployment::Cloud => cloud::User::deserialize(json).map(Account::from),
        Deployment::DataCenter => data_center::User::deserialize(json).map(Account::from),
    };
    let listed = |field: &str, name: &str| {
        let items = json[field]["items"].as_array();
        // A missing list is no empty one: nobody is a mere customer because Jira said nothing.
        let size = json[field]["size"].as_u64().and_then(|size| usize::try_from(size).ok());
        if items.is_none() && size.is_none() {
            return Err(unintelligible(format!("it does not say which {field} there are")));
        }
        let items = items.into_iter().flatten();
        let named = items.clone().filter_map(|item| Some(item[name].as_str()?.to_owned()));
        Ok((named.collect::<BTreeSet<_>>(), items.count().max(size.unwrap_or(0))))
    };
    let (groups, groups_in_all) = listed("groups", "name")?;
    let (applications, applications_in_all) = listed("applicationRoles", "key")?;
    Ok(Standing {
        account: account.map_err(|error| unintelligible(error.to_string()))?,
        groups,
        applications,
        groups_in_all,
        applications_in_all,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_licence_is_an_application_role() {
        let of = |roles: Value| {
            let json = json!({"accountId": "5b", "groups": {"items": [{"name": "g"}]}, "applicationRoles": roles});
            read(Deployment::Cloud, "x", &json).map(|standing| (standing.is_licensed(), standing.groups.len()))
        };
        assert_eq!(
            of(json!({"size": 1, "items": [{"key": "jira-servicedesk"}]})),
            Ok((true, 1))
        );
        assert_eq!(of(json!({"items": [{"key": "jira-software"}]})), Ok((true, 1)));
        assert_eq!(of(json!({"size": 0, "items": []})), Ok((false, 1)));
        for odd in [json!(null), json!({}), json!([])] {
            assert!(of(odd).is_err());
        }
        let bare = json!({"key": "k", "name": "n", "groups": {"size": 0}, "applicationRoles": {"size": 0}});
        assert!(read(Deployment::DataCenter, "x", &bare).is_ok_and(|standing| standing.is_bare()));
        let unnamed =
            json!({"key": "k", "name": "n", "groups": {"size": 1, "items": []}, "applicationRoles": {"size": 0}});
        assert!(read(Deployment::DataCenter, "x", &unnamed).is_ok_and(|standing| !standing.is_bare()));
        let silent = json!({"key": "k", "name": "n", "applicationRoles": {"size": 0}});
        assert!(read(Deployment::DataCenter, "x", &silent).is_err());
    }
}
