//! The parts of `serverInfo` that both deployments share.

use serde_json::{Value, json};

use super::super::exchange::{JiraResponse, RequestContext};
use super::errors;

/// The response of `serverInfo`, with the results of health checks if `doHealthCheck` is true.
pub(in crate::sandbox) fn add_health(call: &RequestContext<'_>, body: &mut Value) -> JiraResponse {
    match call.request.flag("doHealthCheck") {
        Ok(Some(true)) => {
            body["healthChecks"] = json!([{"name": "Database", "description": "Answers", "passed": true}])
        }
        Ok(Some(false) | None) => {}
        Err(name) => return errors::bad_parameter(call.request, name),
    }
    JiraResponse::json(200, body)
}

/// Removes `deploymentType` from `serverInfo` if the rules leave it out.
pub(in crate::sandbox) fn hide_deployment_type(call: &RequestContext<'_>, body: &mut Value) {
    let is_stated = call.config.rules.states_deployment_type;
    if let Some(body) = body.as_object_mut().filter(|_| !is_stated) {
        body.remove("deploymentType");
    }
}
