//! The checks of every request: sign-in, license, forgery, content type, experimental opt-in.

use axum::http::{HeaderMap, header};
use secrecy::ExposeSecret as _;
use serde_json::json;

use super::super::common::{auth, errors, permissions};
use super::super::config::{Config, Deployment, Rules, Version};
use super::super::exchange::{JiraResponse, RequestContext};
use super::super::routes::data_center::{Operation, Route};

/// The result of checking the credentials of a request.
enum CredentialsCheck {
    In,
    NotAtAll,
    Wrong,
    /// Basic sign-in, where it is disabled.
    Disabled,
}

/// Returns the response to a request that fails a check.
pub(super) fn check_request(route: &Route, call: &RequestContext<'_>, headers: &HeaderMap) -> Option<JiraResponse> {
    let asked = call.request;
    if let Some(refusal) = auth::reject_browser(asked, headers) {
        return Some(refusal);
    }
    if call.fault.dead_token {
        return (!route.public).then(|| anonymous_response(route, call));
    }
    match signed(call.config, headers) {
        CredentialsCheck::In => {}
        CredentialsCheck::NotAtAll if route.public => {}
        CredentialsCheck::NotAtAll | CredentialsCheck::Wrong => return Some(errors::unauthorized(asked)),
        CredentialsCheck::Disabled => {
            let message = "Basic Authentication has been disabled on this instance.";
            return Some(JiraResponse::json(403, &json!({"message": message})));
        }
    }
    let service_management = asked.path.starts_with("/rest/servicedesk");
    if service_management && !call.config.licensed && route.operation != Operation::Info {
        return Some(unlicensed());
    }
    let mut refusal = None;
    if is_experimental(route.operation, &call.config.rules) {
        refusal = auth::reject_without_opt_in(asked, headers);
    }
    if route.operation == Operation::WriteAccess {
        refusal = refusal.or_else(|| auth::reject_without_xsrf_header(asked, headers));
    }
    if route.body && route.route_name.method != "DELETE" {
        refusal = refusal.or_else(|| auth::reject_non_json(asked, headers));
    }
    refusal
}

/// Whether `X-ExperimentalApi: opt-in` must be sent.
fn is_experimental(operation: Operation, rules: &Rules) -> bool {
    match operation {
        Operation::ReadAccess | Operation::WriteAccess => true,
        Operation::Create | Operation::Add => rules.customer_calls_are_experimental,
        Operation::Myself
        | Operation::CreateUser
        | Operation::UpdateUser
        | Operation::SetPassword
        | Operation::GrantApplication
        | Operation::RevokeApplication => rules.account_calls_are_experimental,
        Operation::ServerInfo
        | Operation::CloudServerInfo
        | Operation::Info
        | Operation::MyPermissions
        | Operation::Desks
        | Operation::Desk
        | Operation::ListCustomers
        | Operation::RemoveCustomers
        | Operation::User
        | Operation::UserSearch
        | Operation::UsersList
        | Operation::Roles
        | Operation::Role
        | Operation::RoleAdd
        | Operation::Remove
        | Operation::InviteCustomers
        | Operation::InvitePeople
        | Operation::SkipPermissionCheck => false,
    }
}

/// Checks a personal access token, or the password of basic sign-in where the site accepts one
/// (docs/jira.md#sign-in-data-center, docs/jira.md#basic-off).
fn signed(config: &Config, headers: &HeaderMap) -> CredentialsCheck {
    let Some(sent) = headers.get(header::AUTHORIZATION) else {
        return CredentialsCheck::NotAtAll;
    };
    let basic = sent.as_bytes().starts_with(b"Basic ");
    if basic && !takes_passwords(config) {
        return CredentialsCheck::Disabled;
    }
    let bearer = format!("Bearer {}", config.token.expose_secret());
    let wanted = if basic {
        auth::basic_authorization(config)
    } else {
        bearer
    };
    if sent.as_bytes() == wanted.as_bytes() {
        CredentialsCheck::In
    } else {
        CredentialsCheck::Wrong
    }
}

fn takes_passwords(config: &Config) -> bool {
    let by_default = match config.deployment {
        Deployment::Cloud => true,
        Deployment::DataCenter(version) => version < Version::V11,
    };
    config.basic_sign_in.unwrap_or(by_default)
}

/// The response of an unlicensed service management (docs/jira.md#jsm-unlicensed).
fn unlicensed() -> JiraResponse {
    JiraResponse::text(
        403,
        "text/html;charset=UTF-8",
        "<!DOCTYPE html>\n<html><head><title>Forbidden (403)</title></head>\n\
         <body><h1>Jira Service Management is not licensed for use.</h1></body></html>\n",
    )
}

/// The response to a dead token (docs/jira.md#dead-token): reads return 200 with what anonymous users see.
/// `X-Seraph-LoginReason` is added to every response.
fn anonymous_response(route: &Route, call: &RequestContext<'_>) -> JiraResponse {
    let asked = call.request;
    let body = match route.operation {
        Operation::Desks => json!({
            "size": 0, "start": 0, "limit": call.config.page_limit, "isLastPage": true, "values": [],
            "_links": {"base": asked.site_url, "context": "", "self": format!("{}{}", asked.site_url, asked.path)},
        }),
        Operation::UserSearch => json!([]),
        Operation::UsersList => json!({"values": [], "isLast": true, "maxResults": 50}),
        Operation::Roles => json!({}),
        Operation::MyPermissions => permissions::permissions_json(|_| true, |_| false),
        Operation::ServerInfo
        | Operation::CloudServerInfo
        | Operation::Info
        | Operation::Myself
        | Operation::Desk
        | Operation::Create
        | Operation::Add
        | Operation::ListCustomers
        | Operation::RemoveCustomers
        | Operation::User
        | Operation::CreateUser
        | Operation::UpdateUser
        | Operation::SetPassword
        | Operation::GrantApplication
        | Operation::RevokeApplication
        | Operation::Role
        | Operation::RoleAdd
        | Operation::Remove
        | Operation::ReadAccess
        | Operation::WriteAccess
        | Operation::InviteCustomers
        | Operation::InvitePeople
        | Operation::SkipPermissionCheck => return errors::unauthorized(asked),
    };
    JiraResponse::json(200, &body)
}
