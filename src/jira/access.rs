//! A desk's access settings (jira-facts §3): an internal path, the same on Cloud and Data Center.

use serde::Serialize;
use serde_json::Value;

use super::errors::CallError;
use crate::model::access::Access;
use crate::model::observed::Deployment;

/// A desk's access settings: what has to be sent back whole to change one of them (jira-facts §3, I).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessSettings {
    manage_enabled: bool,
    autocomplete_enabled: bool,
    open: bool,
    signup: bool,
    global_signup: bool,
    portal: Option<u64>,
}

/// `POST requestsecurity`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewAccessSettings {
    manage_enabled: bool,
    autocomplete_enabled: bool,
    service_desk_open_access: bool,
    /// Data Center's alone: Cloud has no such choice.
    #[serde(skip_serializing_if = "Option::is_none")]
    service_desk_public_signup: Option<bool>,
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
            // Only whoever wants a public desk needs to know.
            global_signup: flag("globalPublicSignup").unwrap_or(false),
            portal: json.get("portalId").and_then(number),
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

    /// Whether the site lets anybody sign up, which a public desk needs (jira-facts §3, M).
    #[must_use]
    pub fn may_be_public(&self) -> bool {
        self.global_signup
    }

    /// The number of the desk's portal, where it is told.
    #[must_use]
    pub fn portal(&self) -> Option<u64> {
        self.portal
    }

    /// The same settings, but as open as that.
    pub(super) fn with(self, access: Access, deployment: Deployment) -> NewAccessSettings {
        let signup = access == Access::Public;
        NewAccessSettings {
            manage_enabled: self.manage_enabled,
            autocomplete_enabled: self.autocomplete_enabled,
            service_desk_open_access: access != Access::Restricted,
            service_desk_public_signup: (deployment == Deployment::DataCenter).then_some(signup),
        }
    }
}

/// A number, or the digits of one.
fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
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
        let new = AccessSettings::read("x", &json)
            .unwrap()
            .with(Access::Open, Deployment::Cloud);
        let mut expected = json!({"manageEnabled": true, "autocompleteEnabled": false, "serviceDeskOpenAccess": true});
        assert_eq!(serde_json::to_value(new).unwrap(), expected);
        for (access, signup) in [(Access::Open, false), (Access::Public, true)] {
            let new = AccessSettings::read("x", &json)
                .unwrap()
                .with(access, Deployment::DataCenter);
            expected["serviceDeskPublicSignup"] = signup.into();
            assert_eq!(serde_json::to_value(new).unwrap(), expected);
        }
    }
}
