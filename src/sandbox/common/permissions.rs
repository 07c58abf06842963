//! The permissions of the signed-in account.

use serde_json::{Map, Value, json};

use super::super::exchange::{JiraResponse, RequestContext};
use super::{errors, projects};

/// Some of the permissions: key, id, type, name.
const PERMISSIONS: [(&str, &str, &str, &str); 9] = [
    ("ADMINISTER", "0", "GLOBAL", "Administer Jira"),
    ("ADMINISTER_PROJECTS", "23", "PROJECT", "Administer Projects"),
    ("BROWSE_PROJECTS", "10", "PROJECT", "Browse Projects"),
    ("BULK_CHANGE", "33", "GLOBAL", "Bulk Change"),
    ("CREATE_ISSUES", "11", "PROJECT", "Create Issues"),
    ("CREATE_SHARED_OBJECTS", "22", "GLOBAL", "Share dashboards and filters"),
    (
        "MANAGE_GROUP_FILTER_SUBSCRIPTIONS",
        "24",
        "GLOBAL",
        "Manage group filter subscriptions",
    ),
    ("SYSTEM_ADMIN", "44", "GLOBAL", "Jira System administrators"),
    ("USER_PICKER", "27", "GLOBAL", "Browse users and groups"),
];

/// The parameters with the context of `mypermissions`: it must exist, and has no effect here.
pub(in crate::sandbox) const CONTEXT: [&str; 2] = ["projectKey", "projectId"];

/// Whether a permission has this key.
pub(in crate::sandbox) fn exists(key: &str) -> bool {
    PERMISSIONS.iter().any(|(known, ..)| *known == key)
}

/// The response of `mypermissions` with the permissions that are `wanted`; 404 where its context does not exist.
pub(in crate::sandbox) fn mine(call: &RequestContext<'_>, wanted: impl Fn(&str) -> bool) -> JiraResponse {
    let mut context = CONTEXT.iter().filter_map(|name| call.request.query(name));
    if context.any(|project| projects::find_project(call, project).is_none()) {
        return errors::platform(404, "No project could be found with that key or id.");
    }
    let config = call.config;
    if !config.rules.states_permissions {
        return JiraResponse::json(200, &json!({"permissions": {}}));
    }
    let body = permissions_json(wanted, |key| match key {
        "ADMINISTER" | "ADMINISTER_PROJECTS" => config.administrator,
        "USER_PICKER" => config.user_picker,
        "SYSTEM_ADMIN" => false,
        _ => true,
    });
    JiraResponse::json(200, &body)
}

/// The JSON of the permissions that are `wanted`, and whether the account `has` each.
pub(in crate::sandbox) fn permissions_json(wanted: impl Fn(&str) -> bool, has: impl Fn(&str) -> bool) -> Value {
    let entries = PERMISSIONS.iter().filter(|(key, ..)| wanted(key));
    let entries = entries.map(|&(key, id, kind, name)| {
        let entry = json!({
            "id": id, "key": key, "name": name, "type": kind,
            "description": name, "havePermission": has(key),
        });
        (key.to_owned(), entry)
    });
    json!({"permissions": entries.collect::<Map<_, _>>()})
}
