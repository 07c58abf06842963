//! The JSON of accounts.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Value, json};

use super::super::common::page::{AVATARS, Avatars, shown_email};
use super::super::exchange::RequestContext;
use super::super::state::{Account, AccountNumber};

/// A user of the service desk API.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct JsmUser<'a> {
    name: &'a str,
    key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    email_address: Option<Cow<'a, str>>,
    display_name: &'a str,
    active: bool,
    time_zone: &'static str,
    #[serde(rename = "_links")]
    links: JsmUserLinks,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsmUserLinks {
    jira_rest: String,
    avatar_urls: Avatars,
    #[serde(rename = "self")]
    own: String,
}

impl<'a> JsmUser<'a> {
    pub(super) fn from_account(account: &'a Account, call: &RequestContext<'_>) -> Self {
        let link = user_link(&call.request.site_url, account);
        Self {
            name: &account.username,
            key: &account.id,
            email_address: shown_email(account, &call.config.rules, call.fault),
            display_name: &account.name,
            active: account.active,
            time_zone: "Etc/UTC",
            links: JsmUserLinks {
                jira_rest: link.clone(),
                avatar_urls: AVATARS,
                own: link,
            },
        }
    }
}

/// `UserBean` of the platform API, as in lists.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PlatformUser<'a> {
    #[serde(rename = "self")]
    own: String,
    key: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    email_address: Option<Cow<'a, str>>,
    avatar_urls: Avatars,
    display_name: &'a str,
    active: bool,
    deleted: bool,
    time_zone: &'static str,
    locale: &'static str,
}

impl<'a> PlatformUser<'a> {
    pub(super) fn from_account(account: &'a Account, call: &RequestContext<'_>) -> Self {
        Self {
            own: user_link(&call.request.site_url, account),
            key: &account.id,
            name: &account.username,
            email_address: shown_email(account, &call.config.rules, call.fault),
            avatar_urls: AVATARS,
            display_name: &account.name,
            active: account.active,
            deleted: false,
            time_zone: "Etc/UTC",
            locale: "en_US",
        }
    }
}

/// One account with its groups and application roles: their number, and with `expand` the roles and groups themselves.
pub(super) fn user_with_groups(call: &RequestContext<'_>, no: AccountNumber, expand: &[&str]) -> Value {
    let Some(account) = call.state.account(no) else {
        return Value::Null;
    };
    let base = &call.request.site_url;
    let groups = account.groups.iter().map(|name| {
        let name_in_link: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
        json!({"name": name, "self": format!("{base}/rest/api/2/group?groupname={name_in_link}")})
    });
    let roles = account
        .applications()
        .map(|application| json!({"key": application.key, "name": application.name, "groups": [application.group]}));
    let expanded = |name: &str, items: Vec<Value>| {
        let size = items.len();
        let shown = if expand.contains(&name) { items } else { vec![] };
        json!({"size": size, "items": shown})
    };
    let mut body = serde_json::to_value(PlatformUser::from_account(account, call)).unwrap_or_default();
    body["groups"] = expanded("groups", groups.collect());
    body["applicationRoles"] = expanded("applicationRoles", roles.collect());
    body["expand"] = json!("groups,applicationRoles");
    body
}

fn user_link(base: &str, account: &Account) -> String {
    format!("{base}/rest/api/2/user?key={}", account.id)
}
