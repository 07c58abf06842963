//! Reads which accounts have a license of a product: agents, and others that are more than customers
//! (docs/jira.md#more-than-a-customer).

use std::collections::BTreeSet;

use serde::Deserialize as _;
use serde_json::Value;

use super::JiraRead;
use crate::jira::errors::CallError;
use crate::jira::{cloud, data_center};
use crate::model::account::{Account, Handle};
use crate::model::observed::Deployment;

/// The groups and licenses of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountAccess {
    /// The account.
    pub account: Account,
    /// Its groups.
    pub groups: BTreeSet<String>,
    /// The keys of its application roles, each of which is a license.
    pub applications: BTreeSet<String>,
    /// The reported sizes of both lists, which can exceed the named entries.
    group_count: usize,
    application_count: usize,
}

impl AccountAccess {
    /// Whether it has a license.
    #[must_use]
    pub fn is_licensed(&self) -> bool {
        self.application_count > 0
    }

    /// Whether it is only a customer: no license, and no group that could give one.
    #[must_use]
    pub fn is_customer_only(&self) -> bool {
        self.application_count == 0 && self.group_count == 0
    }
}

impl JiraRead {
    /// Reads the groups and licenses of an account; `None` where it does not exist.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn account_access(&self, handle: &Handle) -> Result<Option<AccountAccess>, CallError> {
        let request = self.account_request(handle).query("expand", "groups,applicationRoles");
        match self.client.json(&request).await {
            Ok(json) => parse_account_access(self.site.deployment, request.endpoint().operation, &json).map(Some),
            Err(CallError::NotFound { .. } | CallError::Refused { status: 400, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn parse_account_access(
    deployment: Deployment,
    operation: &'static str,
    json: &Value,
) -> Result<AccountAccess, CallError> {
    let unintelligible = |detail: String| CallError::InvalidResponse { operation, detail };
    let account = match deployment {
        Deployment::Cloud => cloud::User::deserialize(json).map(Account::from),
        Deployment::DataCenter => data_center::User::deserialize(json).map(Account::from),
    };
    let listed = |field: &str, name: &str| {
        let items = json[field]["items"].as_array();
        // A missing list is not an empty one: without it, an account does not count as a customer only.
        let size = json[field]["size"].as_u64().and_then(|size| usize::try_from(size).ok());
        if items.is_none() && size.is_none() {
            return Err(unintelligible(format!("the field {field} is missing")));
        }
        let items = items.into_iter().flatten();
        let named = items.clone().filter_map(|item| Some(item[name].as_str()?.to_owned()));
        Ok((named.collect::<BTreeSet<_>>(), items.count().max(size.unwrap_or(0))))
    };
    let (groups, group_count) = listed("groups", "name")?;
    let (applications, application_count) = listed("applicationRoles", "key")?;
    Ok(AccountAccess {
        account: account.map_err(|error| unintelligible(error.to_string()))?,
        groups,
        applications,
        group_count,
        application_count,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_license_is_an_application_role() {
        let of = |roles: Value| {
            let json = json!({"accountId": "5b", "groups": {"items": [{"name": "g"}]}, "applicationRoles": roles});
            parse_account_access(Deployment::Cloud, "x", &json)
                .map(|standing| (standing.is_licensed(), standing.groups.len()))
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
        assert!(
            parse_account_access(Deployment::DataCenter, "x", &bare).is_ok_and(|standing| standing.is_customer_only())
        );
        let unnamed =
            json!({"key": "k", "name": "n", "groups": {"size": 1, "items": []}, "applicationRoles": {"size": 0}});
        assert!(
            parse_account_access(Deployment::DataCenter, "x", &unnamed)
                .is_ok_and(|standing| !standing.is_customer_only())
        );
        let silent = json!({"key": "k", "name": "n", "applicationRoles": {"size": 0}});
        assert!(parse_account_access(Deployment::DataCenter, "x", &silent).is_err());
    }
}
