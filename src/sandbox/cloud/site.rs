//! Which Jira this is and who is asking.

use serde_json::{Map, Value, json};

use super::super::common::errors;
use super::super::exchange::{Answer, Asked, Call};
use super::rows::PlatformUser;

/// `GET /rest/api/3/serverInfo`.
pub(super) fn server_info(call: &Call<'_>) -> Answer {
    let base = &call.asked.base;
    let mut body = json!({
        "baseUrl": base,
        "displayUrl": base,
        "version": "1001.0.0-SNAPSHOT",
        "versionNumbers": [1001, 0, 0],
        "deploymentType": "Cloud",
        "buildNumber": 100_294,
        "buildDate": "2025-10-01T00:00:00.000Z",
        "serverTime": call.asked.now.to_string(),
        "scmInfo": "0000000000000000000000000000000000000000",
        "serverTitle": "Jira",
        "serverTimeZone": "Etc/UTC",
    });
    if let Some(body) = body
        .as_object_mut()
        .filter(|_| !call.config.rules.states_deployment_type)
    {
        body.remove("deploymentType");
    }
    Answer::json(200, &body)
}

/// `GET /rest/servicedeskapi/info`.
pub(super) fn info(call: &Call<'_>) -> Answer {
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
        "_links": {"self": format!("{}{}", call.asked.base, call.asked.path)},
    });
    Answer::json(200, &body)
}

/// `GET /rest/api/3/myself`. One's own address is never hidden from oneself.
pub(super) fn myself(call: &Call<'_>) -> Answer {
    let Some(own) = call.state.account(call.state.own()) else {
        return errors::unauthorized(call.asked);
    };
    let user = PlatformUser::of(own, &call.asked.base, &call.config.rules, call.disturbance);
    let mut body = serde_json::to_value(&user).unwrap_or_default();
    body["emailAddress"] = json!(own.email);
    body["groups"] = json!({"size": 1, "items": []});
    body["applicationRoles"] = json!({"size": 1, "items": []});
    body["expand"] = json!("groups,applicationRoles");
    Answer::json(200, &body)
}

/// The permissions the sandbox knows: key, id, name.
const PERMISSIONS: [(&str, &str, &str); 3] = [
    ("ADMINISTER", "0", "Administer Jira"),
    ("USER_PICKER", "27", "Browse users and groups"),
    ("SYSTEM_ADMIN", "44", "System administrator"),
];

/// `GET /rest/api/3/mypermissions`. The parameter is required on Cloud.
pub(super) fn my_permissions(call: &Call<'_>) -> Answer {
    let known = |key: &str| PERMISSIONS.iter().any(|(known, ..)| *known == key);
    let asked_for = call.asked.query("permissions").unwrap_or("");
    if asked_for.is_empty() || !asked_for.split(',').all(known) {
        return errors::bad_parameter(call.asked, "permissions");
    }
    let config = call.config;
    if !config.rules.states_permissions {
        return Answer::json(200, &json!({"permissions": {}}));
    }
    let body = permissions(call.asked, |key| match key {
        "ADMINISTER" => config.administrator,
        "USER_PICKER" => config.user_picker,
        _ => false,
    });
    Answer::json(200, &body)
}

/// The answer to `mypermissions`, with whoever `has` them.
pub(super) fn permissions(asked: &Asked, has: impl Fn(&str) -> bool) -> Value {
    let wanted: Vec<_> = asked.query("permissions").unwrap_or("").split(',').collect();
    let wanted = |entry: &&(&str, &str, &str)| wanted.contains(&entry.0);
    let entries = PERMISSIONS.iter().filter(wanted).map(|&(key, id, name)| {
        let entry = json!({
            "id": id, "key": key, "name": name, "type": "GLOBAL",
            "description": name, "havePermission": has(key),
        });
        (key.to_owned(), entry)
    });
    json!({"permissions": entries.collect::<Map<_, _>>()})
}
