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
/// What the settings tell of the site or of who asks: no field of the desk, so never sent back. So is every other whose name
/// begins with `global`.
const NOT_THE_DESKS: [&str; 2] = ["canAdministerJIRA", "customerRoleMisconfigured"];

/// A desk's access settings: what has to be sent back whole to change one of them
/// (docs/jira.md#access-full-replacement).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessSettings {
    /// Every field that is true or false and can be written, also one that is not known.
    flags: BTreeMap<String, bool>,
    open: bool,
    signup: bool,
    global_signup: bool,
    portal: Option<u64>,
}

impl AccessSettings {
    /// Reads the settings. How they are typed is not known: a boolean, or the word for one
    /// (docs/jira.md#access-fields, docs/jira.md#access-types). Cloud has no public sign-up to choose any more,
    /// and may leave it out (docs/jira.md#cloud-not-public).
    pub(super) fn read(operation: &'static str, json: &Value, deployment: Deployment) -> Result<Self, CallError> {
        let flag = |name: &str| {
            json.get(name).and_then(truth).ok_or_else(|| CallError::Unintelligible {
                operation,
                detail: format!("{name} is not true or false"),
            })
        };
        let signup = match (deployment, json.get(SIGNUP)) {
            (Deployment::Cloud, None) => false,
            (Deployment::Cloud | Deployment::DataCenter, _) => flag(SIGNUP)?,
        };
        // What must be there to be sent back.
        flag("manageEnabled")?;
        flag("autocompleteEnabled")?;
        let fields = json.as_object().into_iter().flatten();
        let flags = fields.filter_map(|(name, value)| Some((name.clone(), truth(value)?)));
        Ok(Self {
            open: flag(OPEN)?,
            signup,
            // Only whoever wants a public desk needs to know.
            global_signup: flag("globalPublicSignup").unwrap_or(false),
            portal: json.get("portalId").and_then(number),
            flags: flags.filter(|(name, _)| is_the_desks(name)).collect(),
        })
    }

    /// How open the desk is (docs/jira.md#access-modes).
    #[must_use]
    pub fn access(&self) -> Access {
        match (self.signup, self.open) {
            (true, _) => Access::Public,
            (false, true) => Access::Open,
            (false, false) => Access::Restricted,
        }
    }

    /// Whether the site lets anybody sign up, which a public desk needs (docs/jira.md#public-needs-site).
    #[must_use]
    pub fn may_be_public(&self) -> bool {
        self.global_signup
    }

    /// The number of the desk's portal, where it is told.
    #[must_use]
    pub fn portal(&self) -> Option<u64> {
        self.portal
    }

    /// The same settings, but as open as that: the body that replaces them.
    pub(super) fn with(&self, access: Access, deployment: Deployment) -> BTreeMap<String, bool> {
        let mut flags = self.flags.clone();
        flags.insert(OPEN.to_owned(), access != Access::Restricted);
        let has_signup = deployment == Deployment::DataCenter || flags.contains_key(SIGNUP);
        if has_signup {
            flags.insert(SIGNUP.to_owned(), access == Access::Public);
        }
        flags
    }
}

fn is_the_desks(name: &str) -> bool {
    !NOT_THE_DESKS.contains(&name) && !name.starts_with("global")
}

/// A boolean, or the word for one.
fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(word) if word == "true" => Some(true),
        Value::String(word) if word == "false" => Some(false),
        Value::Null | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => None,
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

    const BOTH: [Deployment; 2] = [Deployment::Cloud, Deployment::DataCenter];

    #[test]
    fn access_settings_in_both_spellings() {
        let read = |open: Value, signup: Value| {
            let json = json!({"manageEnabled": true, "autocompleteEnabled": "false", "serviceDeskOpenAccess": open, "serviceDeskPublicSignup": signup});
            BOTH.map(|kind| AccessSettings::read("x", &json, kind).map(|settings| settings.access()))
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
        assert!(AccessSettings::read("x", &json!([]), Deployment::Cloud).is_err());
    }

    #[test]
    fn on_cloud_a_public_signup_that_is_absent_is_none() {
        let json = json!({"manageEnabled": true, "autocompleteEnabled": false, "serviceDeskOpenAccess": true});
        let settings = AccessSettings::read("x", &json, Deployment::Cloud).unwrap();
        assert_eq!(settings.access(), Access::Open);
        let sent = settings.with(Access::Restricted, Deployment::Cloud);
        let expected = json!({"manageEnabled": true, "autocompleteEnabled": false, "serviceDeskOpenAccess": false});
        assert_eq!(serde_json::to_value(sent).unwrap(), expected);
        assert!(AccessSettings::read("x", &json, Deployment::DataCenter).is_err());
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
                let settings = AccessSettings::read("x", &json, deployment).unwrap();
                expected["serviceDeskPublicSignup"] = signup.into();
                assert_eq!(
                    serde_json::to_value(settings.with(access, deployment)).unwrap(),
                    expected
                );
            }
        }
    }
}
