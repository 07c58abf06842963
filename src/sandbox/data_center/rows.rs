//! How accounts are spelled.

use serde_json::{Value, json};

use super::super::exchange::Call;
use super::super::state::Account;

/// A user of the platform; groups and applications whole only where they are `expanded`.
pub(super) fn platform(call: &Call<'_>, account: &Account, expanded: &[&str]) -> Value {
    let base = &call.asked.base;
    let items = |name: &str, items: Vec<Value>| {
        let size = items.len();
        let shown = if expanded.contains(&name) { items } else { Vec::new() };
        json!({"size": size, "items": shown})
    };
    let groups = account
        .groups
        .iter()
        .map(|group| json!({"name": group, "self": format!("{base}/rest/api/2/group?groupname={group}")}));
    let applications = account.applications.iter().map(|key| json!({"key": key, "name": key}));
    let mut user = bare(call, account);
    user["groups"] = items("groups", groups.collect());
    user["applicationRoles"] = items("applicationRoles", applications.collect());
    user["expand"] = json!("groups,applicationRoles");
    user
}

/// The same as lists show it.
pub(super) fn bare(call: &Call<'_>, account: &Account) -> Value {
    let mut user = json!({
        "self": format!("{}/rest/api/2/user?username={}", call.asked.base, account.username),
        "key": account.id,
        "name": account.username,
        "displayName": account.name,
        "active": account.active,
        "deleted": false,
        "timeZone": "Etc/UTC",
        "locale": "en_US",
        "avatarUrls": {"48x48": format!("{}/secure/useravatar", call.asked.base)},
    });
    if !call.disturbance.hide_emails && !account.hides_email(&call.config.rules) {
        user["emailAddress"] = json!(account.email);
    }
    user
}

/// A user of the service management.
pub(super) fn customer(call: &Call<'_>, account: &Account) -> Value {
    let link = format!("{}/rest/api/2/user?username={}", call.asked.base, account.username);
    let mut user = json!({
        "name": account.username,
        "key": account.id,
        "displayName": account.name,
        "active": account.active,
        "timeZone": "Etc/UTC",
        "_links": {"jiraRest": link, "self": link, "avatarUrls": {}},
    });
    if !call.disturbance.hide_emails && !account.hides_email(&call.config.rules) {
        user["emailAddress"] = json!(account.email);
    }
    user
}
