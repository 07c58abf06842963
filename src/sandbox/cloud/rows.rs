//! The JSON of accounts.

use std::borrow::Cow;

use serde::Serialize;

use super::super::common::page::{AVATARS, Avatars, shown_email};
use super::super::exchange::RequestContext;
use super::super::seed::PersonKind;
use super::super::state::Account;

/// The `accountType` of a kind of account.
fn account_type(kind: PersonKind) -> &'static str {
    match kind {
        PersonKind::PortalOnly => "customer",
        PersonKind::Atlassian | PersonKind::Agent => "atlassian",
        PersonKind::App => "app",
    }
}

/// `UserDTO` of the service desk API.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct JsmUser<'a> {
    account_id: &'a str,
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
        // Version 2 of the platform, and the id encoded, as recorded.
        let id: String = url::form_urlencoded::byte_serialize(account.id.as_bytes()).collect();
        let link = format!("{}/rest/api/2/user?accountId={id}", call.request.site_url);
        Self {
            account_id: &account.id,
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

/// `User` of the platform API.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PlatformUser<'a> {
    #[serde(rename = "self")]
    own: String,
    account_id: &'a str,
    account_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    email_address: Option<Cow<'a, str>>,
    avatar_urls: Avatars,
    display_name: &'a str,
    active: bool,
    time_zone: &'static str,
    locale: &'static str,
}

impl<'a> PlatformUser<'a> {
    pub(super) fn from_account(account: &'a Account, call: &RequestContext<'_>) -> Self {
        let (base, version) = (&call.request.site_url, call.request.api_version());
        Self {
            own: format!("{base}/rest/api/{version}/user?accountId={}", account.id),
            account_id: &account.id,
            account_type: account_type(account.kind),
            email_address: shown_email(account, &call.config.rules, call.fault),
            avatar_urls: AVATARS,
            display_name: &account.name,
            active: account.active,
            time_zone: "Etc/UTC",
            locale: "en_US",
        }
    }
}
