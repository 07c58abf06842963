//! The server's version, the signed-in account and its permissions.

use serde_json::json;

use super::super::common::{errors, permissions, site};
use super::super::config::{Deployment, Version};
use super::super::exchange::{JiraResponse, RequestContext};
use super::rows::user_with_groups;

/// The simulated version.
pub(super) fn version(call: &RequestContext<'_>) -> Version {
    match call.config.deployment {
        Deployment::DataCenter(version) => version,
        // Never happens: Cloud does not have these routes.
        Deployment::Cloud => Version::V10_3,
    }
}

/// `GET /rest/api/2/serverInfo`.
pub(super) fn server_info(call: &RequestContext<'_>) -> JiraResponse {
    let version = version(call);
    let mut body = json!({
        "baseUrl": call.request.site_url,
        "version": version.to_string(),
        "versionNumbers": version.numbers(),
        "deploymentType": "Server",
        "buildNumber": 10_030_004,
        "buildDate": "2025-03-01T00:00:00.000+0000",
        "databaseBuildNumber": 10_030_004,
        "serverTime": call.request.now.strftime("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string(),
        "scmInfo": "0000000000000000000000000000000000000000",
        "serverTitle": "Jira",
    });
    site::hide_deployment_type(call, &mut body);
    site::add_health(call, &mut body)
}

/// `GET /rest/api/3/serverInfo`, which only Cloud has: a client that detects the deployment may probe it. 404.
pub(super) fn cloud_only(call: &RequestContext<'_>) -> JiraResponse {
    errors::error_for_path(&call.request.path, 404, "null for uri")
}

/// `GET /rest/servicedeskapi/info`.
pub(super) fn info(call: &RequestContext<'_>) -> JiraResponse {
    let version = version(call);
    let [major, minor, patch] = version.numbers();
    // Before Jira 10, the service management had its own version numbers.
    let own = if major < 10 { 5 } else { major };
    let body = json!({
        "version": format!("{own}.{minor}.{patch}"),
        "platformVersion": version.to_string(),
        "buildDate": {
            "iso8601": "2025-03-01T00:00:00+0000",
            "jira": "2025-03-01T00:00:00.000+0000",
            "friendly": "01/Mar/25 12:00 AM",
            "epochMillis": 1_740_787_200_000_u64,
        },
        "buildChangeSet": "0000000000000000000000000000000000000000",
        "isLicensedForUse": call.config.licensed,
        "_links": {"self": format!("{}{}", call.request.site_url, call.request.path)},
    });
    JiraResponse::json(200, &body)
}

/// `GET /rest/api/2/myself`. The account's own address is never hidden.
pub(super) fn myself(call: &RequestContext<'_>) -> JiraResponse {
    let Some(own) = call.state.account(call.state.own_account()) else {
        return errors::unauthorized(call.request);
    };
    let mut body = user_with_groups(call, call.state.own_account(), &[]);
    body["emailAddress"] = json!(own.email);
    JiraResponse::json(200, &body)
}

/// `GET /rest/api/2/mypermissions`: all permissions, regardless of the parameters.
pub(super) fn my_permissions(call: &RequestContext<'_>) -> JiraResponse {
    permissions::mine(call, |_| true)
}
