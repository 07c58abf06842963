//! Who has a licence of a product: an agent, or somebody else who is more than a customer (jira-facts §1, H).

use serde::Deserialize as _;
use serde_json::Value;

use super::cloud::User;
use super::errors::CallError;
use super::read::JiraRead;
use super::requests::{self as list, Request};
use crate::model::account::{Account, Handle};

impl JiraRead {
    /// An account, and whether it has a licence; nothing where Jira Cloud has none by that handle.
    ///
    /// # Errors
    /// When Jira does not say.
    pub async fn licence(&self, handle: &Handle) -> Result<Option<(Account, bool)>, CallError> {
        let request = Request::new(&list::ACCOUNT, &[]).query("accountId", &handle.0);
        match self.client.json(&request.query("expand", "applicationRoles")).await {
            Ok(json) => read(&json).map(Some),
            Err(CallError::NotFound { .. } | CallError::Refused { status: 400, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn read(json: &Value) -> Result<(Account, bool), CallError> {
    let unintelligible = |detail: String| CallError::Unintelligible {
        operation: list::ACCOUNT.operation,
        detail,
    };
    let user = User::deserialize(json).map_err(|error| unintelligible(error.to_string()))?;
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
    Ok((user.into(), size > 0))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_licence_is_an_application_role() {
        let of =
            |roles: Value| read(&json!({"accountId": "5b", "applicationRoles": roles})).map(|(_, licensed)| licensed);
        assert_eq!(of(json!({"size": 1, "items": [{"key": "jira-servicedesk"}]})), Ok(true));
        assert_eq!(of(json!({"items": [{"key": "jira-software"}]})), Ok(true));
        assert_eq!(of(json!({"size": 0, "items": []})), Ok(false));
        for odd in [json!(null), json!({}), json!([])] {
            assert!(of(odd).is_err());
        }
    }
}
