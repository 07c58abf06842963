//! What both tell of the site.

use serde_json::{Value, json};

use super::super::exchange::{Answer, Call};
use super::errors;

/// The answer of `serverInfo`; with what was found of the site's health where `doHealthCheck` asks for it.
pub(in crate::sandbox) fn add_health(call: &Call<'_>, body: &mut Value) -> Answer {
    match call.asked.flag("doHealthCheck") {
        Ok(Some(true)) => {
            body["healthChecks"] = json!([{"name": "Database", "description": "Answers", "passed": true}])
        }
        Ok(Some(false) | None) => {}
        Err(name) => return errors::bad_parameter(call.asked, name),
    }
    Answer::json(200, body)
}

/// Takes `deploymentType` out of `serverInfo` where the site does not state it.
pub(in crate::sandbox) fn hide_deployment_type(call: &Call<'_>, body: &mut Value) {
    let is_stated = call.config.rules.states_deployment_type;
    if let Some(body) = body.as_object_mut().filter(|_| !is_stated) {
        body.remove("deploymentType");
    }
}
