//! The server's version, the signed-in account and its permissions.

use serde_json::json;

use super::super::common::{errors, permissions, site};
use super::super::exchange::{JiraResponse, RequestContext};
use super::rows::PlatformUser;

/// `GET /rest/api/3/serverInfo`.
pub(super) fn server_info(call: &RequestContext<'_>) -> JiraResponse {
    let base = &call.request.site_url;
    let mut body = json!({
        "baseUrl": base,
        "displayUrl": base,
        "version": "1001.0.0-SNAPSHOT",
        "versionNumbers": [1001, 0, 0],
        "deploymentType": "Cloud",
        "buildNumber": 100_294,
        "buildDate": "2025-10-01T00:00:00.000Z",
        "serverTime": call.request.now.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
        "scmInfo": "0000000000000000000000000000000000000000",
        "serverTitle": "Jira",
        "serverTimeZone": "Etc/UTC",
    });
    site::hide_deployment_type(call, &mut body);
    site::add_health(call, &mut body)
}

/// `GET /rest/servicedeskapi/info`.
pub(super) fn info(call: &RequestContext<'_>) -> JiraResponse {
    let body = json!({
        "version": "1001.0.0-SNAPSHOT",
        "platformVersion": "1001.0.0-SNAPSHOT",
        "buildDate": {
            "iso8601": "2025-10-01T00:00:00+0000",
            "jira": "2025-10-01T00:00:00.000+0000",
            "friendly": "01/Oct/25 12:00 AM",
            "epochMillis": 1_759_276_800_000_u64,
        },
        "buildChangeSet": "0000000000000000000000000000000000000000",
        "isLicensedForUse": true,
        "_links": {"self": format!("{}{}", call.request.site_url, call.request.path)},
    });
    JiraResponse::json(200, &body)
}

/// `GET /rest/api/3/myself`. The account's own address is never hidden.
pub(super) fn myself(call: &RequestContext<'_>) -> JiraResponse {
    let Some(own) = call.state.account(call.state.own_account()) else {
        return errors::unauthorized(call.request);
    };
    let user = PlatformUser::from_account(own, call);
    let mut body = serde_json::to_value(&user).unwrap_or_default();
    body["emailAddress"] = json!(own.email);
    body["groups"] = json!({"size": 1, "items": []});
    body["applicationRoles"] = json!({"size": 1, "items": []});
    body["expand"] = json!("groups,applicationRoles");
    JiraResponse::json(200, &body)
}

/// `GET /rest/api/3/mypermissions`. The parameter is required on Cloud.
pub(super) fn my_permissions(call: &RequestContext<'_>) -> JiraResponse {
    let asked_for = call.request.query("permissions").unwrap_or("");
    if !asked_for.split(',').all(permissions::exists) {
        return errors::bad_parameter(call.request, "permissions");
    }
    permissions::mine(call, |key| asked_for.split(',').any(|asked_for| asked_for == key))
}
