//! Which Jira this is and who is asking.

use serde_json::json;

use super::super::common::{errors, permissions, site};
use super::super::config::{Deployment, Version};
use super::super::exchange::{Answer, Call};
use super::rows::whole_user;

/// The version the sandbox stands for.
pub(super) fn version(call: &Call<'_>) -> Version {
    match call.config.deployment {
        Deployment::DataCenter(version) => version,
        // Nobody asks Cloud for the routes of Data Center.
        Deployment::Cloud => Version::V10_3,
    }
}

/// `GET /rest/api/2/serverInfo`.
pub(super) fn server_info(call: &Call<'_>) -> Answer {
    let version = version(call);
    let mut body = json!({
        "baseUrl": call.asked.base,
        "version": version.to_string(),
        "versionNumbers": version.numbers(),
        "deploymentType": "Server",
        "buildNumber": 10_030_004,
        "buildDate": "2025-03-01T00:00:00.000+0000",
        "databaseBuildNumber": 10_030_004,
        "serverTime": call.asked.now.strftime("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string(),
        "scmInfo": "0000000000000000000000000000000000000000",
        "serverTitle": "Jira",
    });
    site::hide_deployment_type(call, &mut body);
    site::add_health(call, &mut body)
}

/// `GET /rest/api/3/serverInfo`: Cloud's. A client that asks which Jira this is may try it, and is told that there is none.
pub(super) fn not_here(call: &Call<'_>) -> Answer {
    errors::of_path(&call.asked.path, 404, "null for uri")
}

/// `GET /rest/servicedeskapi/info`.
pub(super) fn info(call: &Call<'_>) -> Answer {
    let version = version(call);
    let [major, minor, patch] = version.numbers();
    // Until Jira 10, the service management counted by itself.
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
        "_links": {"self": format!("{}{}", call.asked.base, call.asked.path)},
    });
    Answer::json(200, &body)
}

/// `GET /rest/api/2/myself`. One's own address is never hidden from oneself.
pub(super) fn myself(call: &Call<'_>) -> Answer {
    let Some(own) = call.state.account(call.state.own()) else {
        return errors::unauthorized(call.asked);
    };
    let mut body = whole_user(call, call.state.own(), &[]);
    body["emailAddress"] = json!(own.email);
    Answer::json(200, &body)
}

/// `GET /rest/api/2/mypermissions`: all there are, whatever is asked for.
pub(super) fn my_permissions(call: &Call<'_>) -> Answer {
    permissions::mine(call, |_| true)
}
