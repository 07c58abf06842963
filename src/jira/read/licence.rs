//! Who has a licence of a product: an agent, or somebody else who is more than a customer (jira-facts §1, H).

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
    /// Whether it has a licence.
    pub licensed: bool,
    /// The groups it is in.
    pub groups: BTreeSet<String>,
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
    let roles = &json["applicationRoles"];
    // A missing list is no empty one: nobody is a mere customer because Jira said nothing.
    let size = match (&roles["items"], roles["size"].as_u64()) {
        (_, Some(size)) => size,
        (Value::Array(items), None) => items.len() as u64,
        _ => {
            return Err(unintelligible(
                "it does not say which application roles there are".to_owned(),
            ));
        }
    };
    let groups = json["groups"]["items"].as_array().into_iter().flatten();
    Ok(Standing {
        account: account.map_err(|error| unintelligible(error.to_string()))?,
        licensed: size > 0,
        groups: groups
            .filter_map(|group| Some(group["name"].as_str()?.to_owned()))
            .collect(),
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
            read(Deployment::Cloud, "x", &json).map(|standing| (standing.licensed, standing.groups.len()))
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
    }
}
