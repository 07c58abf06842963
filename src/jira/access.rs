//! A desk's access settings (docs/jira.md#access-path): an internal path, the same on Cloud and Data Center.

use std::collections::BTreeMap;

use serde_json::Value;

use super::errors::CallError;
use crate::model::access::Access;
use crate::model::observed::Deployment;

/// Whether anyone with an account may raise requests.
const OPEN: &str = "serviceDeskOpenAccess";
/// Whether anyone can sign up.
const SIGNUP: &str = "serviceDeskPublicSignup";
/// Fields about the site or the account, not the desk, so never sent back; so are all fields named `global…`.
const SITE_FIELDS: [&str; 2] = ["canAdministerJIRA", "customerRoleMisconfigured"];

/// A desk's access settings: all of them must be sent back to change one (docs/jira.md#access-full-replacement).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessSettings {
    /// Every writable boolean field, including unknown ones.
    flags: BTreeMap<String, bool>,
    open: bool,
    signup: bool,
    global_signup: bool,
    portal: Option<u64>,
}

impl AccessSettings {
    /// Parses the settings. Their type is not known: a boolean, or its text (docs/jira.md#access-fields,
    /// docs/jira.md#access-types). Cloud has no public sign-up any more, and may omit the field
    /// (docs/jira.md#cloud-not-public).
    pub(super) fn parse(operation: &'static str, json: &Value, deployment: Deployment) -> Result<Self, CallError> {
        let flag = |name: &str| {
            json.get(name)
                .and_then(parse_bool)
                .ok_or_else(|| CallError::InvalidResponse {
                    operation,
                    detail: format!("{name} is not a boolean"),
                })
        };
        let signup = match (deployment, json.get(SIGNUP)) {
            (Deployment::Cloud, None) => false,
            (Deployment::Cloud | Deployment::DataCenter, _) => flag(SIGNUP)?,
        };
        // These must be present to be sent back.
        flag("manageEnabled")?;
        flag("autocompleteEnabled")?;
        let fields = json.as_object().into_iter().flatten();
        let flags = fields.filter_map(|(name, value)| Some((name.clone(), parse_bool(value)?)));
        Ok(Self {
            open: flag(OPEN)?,
            signup,
            // Needed only for public desks.
            global_signup: flag("globalPublicSignup").unwrap_or(false),
            portal: json.get("portalId").and_then(parse_number),
            flags: flags.filter(|(name, _)| is_desk_field(name)).collect(),
        })
    }

    /// Returns the access mode (docs/jira.md#access-modes).
    #[must_use]
    pub fn access(&self) -> Access {
        match (self.signup, self.open) {
            (true, _) => Access::Public,
            (false, true) => Access::Open,
            (false, false) => Access::Restricted,
        }
    }

    /// Whether the site allows public sign-up, which a public desk requires (docs/jira.md#public-needs-site).
    #[must_use]
    pub fn can_be_public(&self) -> bool {
        self.global_signup
    }

    /// Returns the number of the desk's portal, if known.
    #[must_use]
    pub fn portal(&self) -> Option<u64> {
        self.portal
    }

    /// Returns the body that replaces the settings: the same, with another access mode.
    pub(super) fn body_with_access(&self, access: Access, deployment: Deployment) -> BTreeMap<String, bool> {
        let mut flags = self.flags.clone();
        flags.insert(OPEN.to_owned(), access != Access::Restricted);
        let has_signup = deployment == Deployment::DataCenter || flags.contains_key(SIGNUP);
        if has_signup {
            flags.insert(SIGNUP.to_owned(), access == Access::Public);
        }
        flags
    }
}

fn is_desk_field(name: &str) -> bool {
    !SITE_FIELDS.contains(&name) && !name.starts_with("global")
}

/// Parses a boolean, or the text of one.
fn parse_bool(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(word) if word == "true" => Some(true),
        Value::String(word) if word == "false" => Some(false),
        Value::Null | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Parses a number, or the digits of one.
fn parse_number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const BOTH: [Deployment; 2] = [Deployment::Cloud, Deployment::DataCenter];

    #[test]
    fn access_settings_in_both_spellings() {
        let read = |open: Value, signup: Value| {
            let json = json!({"manageEnabled": true, "autocompleteEnabled": "false", "serviceDeskOpenAccess": open, "serviceDeskPublicSignup": signup});
            BOTH.map(|kind| AccessSettings::parse("x", &json, kind).map(|settings| settings.access()))
        };
        for (open, signup, access) in [
            (json!(false), json!("false"), Access::Restricted),
            (json!("true"), json!(false), Access::Open),
            (json!(true), json!(true), Access::Public),
        ] {
            assert_eq!(read(open, signup), [Ok(access), Ok(access)]);
        }
        for odd in [json!(null), json!(1), json!("yes"), json!({})] {
            assert!(read(odd.clone(), json!(false)).iter().all(Result::is_err));
            assert!(read(json!(false), odd).iter().all(Result::is_err));
        }
        assert!(AccessSettings::parse("x", &json!([]), Deployment::Cloud).is_err());
    }

    #[test]
    fn on_cloud_a_public_signup_that_is_absent_is_none() {
        let json = json!({"manageEnabled": true, "autocompleteEnabled": false, "serviceDeskOpenAccess": true});
        let settings = AccessSettings::parse("x", &json, Deployment::Cloud).unwrap();
        assert_eq!(settings.access(), Access::Open);
        let sent = settings.body_with_access(Access::Restricted, Deployment::Cloud);
        let expected = json!({"manageEnabled": true, "autocompleteEnabled": false, "serviceDeskOpenAccess": false});
        assert_eq!(serde_json::to_value(sent).unwrap(), expected);
        assert!(AccessSettings::parse("x", &json, Deployment::DataCenter).is_err());
    }

    #[test]
    fn every_boolean_of_the_desk_is_sent_back_and_none_of_the_site() {
        let json = json!({
            "manageEnabled": true, "autocompleteEnabled": false, "serviceDeskOpenAccess": false,
            "serviceDeskPublicSignup": false, "newerSwitch": true, "olderSwitch": "true", "note": "text", "id": 7,
            "globalPublicSignup": true, "globalAnonymousAccess": true, "globalNewer": true, "canAdministerJIRA": true,
            "customerRoleMisconfigured": true,
        });
        let mut expected = json!({
            "manageEnabled": true, "autocompleteEnabled": false, "serviceDeskOpenAccess": true, "newerSwitch": true,
            "olderSwitch": true,
        });
        for deployment in BOTH {
            for (access, signup) in [(Access::Open, false), (Access::Public, true)] {
                let settings = AccessSettings::parse("x", &json, deployment).unwrap();
                expected["serviceDeskPublicSignup"] = signup.into();
                assert_eq!(
                    serde_json::to_value(settings.body_with_access(access, deployment)).unwrap(),
                    expected
                );
            }
        }
    }
}
