//! Which Jira this is and who is asking.

use serde_json::{Map, json};

use super::super::common::errors;
use super::super::config::Deployment;
use super::super::exchange::{Answer, Call};
use super::rows;

/// `GET /rest/api/2/serverInfo` (jira-facts §1, H).
pub(super) fn server_info(call: &Call<'_>) -> Answer {
    let Deployment::DataCenter(version) = call.config.deployment else {
        return not_here(call);
    };
    let body = json!({
        "baseUrl": call.asked.base,
        "version": version.to_string(),
        "versionNumbers": version.numbers(),
        "deploymentType": "Server",
        "buildNumber": 1_003_004,
        "buildDate": "2025-10-01T00:00:00.000+0000",
        "serverTime": call.asked.now.to_string(),
        "scmInfo": "0000000000000000000000000000000000000000",
        "serverTitle": "Jira",
    });
    Answer::json(200, &body)
}

/// Cloud's own path: a client that asks which Jira this is may try it.
pub(super) fn not_here(call: &Call<'_>) -> Answer {
    errors::of_path(&call.asked.path, 404, "null for uri")
}

/// `GET /rest/servicedeskapi/info`.
pub(super) fn info(call: &Call<'_>) -> Answer {
    let body = json!({
        "version": "10.3.4-REL-0001",
        "platformVersion": "10.3.4",
        "buildDate": {"iso8601": "2025-10-01T00:00:00+0000"},
        "buildChangeSet": "0000000000000000000000000000000000000000",
        "isLicensedForUse": call.config.licensed,
        "_links": {"self": format!("{}{}", call.asked.base, call.asked.path)},
    });
    Answer::json(200, &body)
}

/// `GET /rest/api/2/myself`.
pub(super) fn myself(call: &Call<'_>) -> Answer {
    match call.state.account(call.state.own()) {
        Some(own) => Answer::json(200, &rows::platform(call, own, &[])),
        None => errors::unauthorized(call.asked),
    }
}

/// `GET /rest/api/2/mypermissions`: all of them; the contracts know no parameter that asks for some.
pub(super) fn my_permissions(call: &Call<'_>) -> Answer {
    let config = call.config;
    let known = [
        ("ADMINISTER", "0", config.administrator),
        ("SYSTEM_ADMIN", "44", false),
        ("USER_PICKER", "27", config.user_picker),
        ("BROWSE_PROJECTS", "10", true),
    ];
    let entries = known.into_iter().map(|(key, id, has)| {
        let entry = json!({
            "id": id, "key": key, "name": key, "type": "GLOBAL", "description": key, "havePermission": has,
        });
        (key.to_owned(), entry)
    });
    Answer::json(200, &json!({"permissions": entries.collect::<Map<_, _>>()}))
}
