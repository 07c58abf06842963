//! What every request has to pass: signing in, the licence, the forgery check, content types, the experimental opt-in.

use axum::http::{HeaderMap, header};
use secrecy::ExposeSecret as _;
use serde_json::json;

use super::super::common::{door, errors, permissions};
use super::super::config::{Config, Deployment, Rules, Version};
use super::super::exchange::{Answer, Call};
use super::super::routes::data_center::{Operation, Route};

/// What the credentials of a request are.
enum Signed {
    In,
    NotAtAll,
    Wrong,
    /// A password, where none is accepted.
    Disabled,
}

/// The answer to a request that does not get in.
pub(super) fn refuse(route: &Route, call: &Call<'_>, headers: &HeaderMap) -> Option<Answer> {
    let asked = call.asked;
    if let Some(refusal) = door::forged(asked, headers) {
        return Some(refusal);
    }
    if call.disturbance.dead_token {
        return (!route.public).then(|| anonymous(route, call));
    }
    match signed(call.config, headers) {
        Signed::In => {}
        Signed::NotAtAll if route.public => {}
        Signed::NotAtAll | Signed::Wrong => return Some(errors::unauthorized(asked)),
        Signed::Disabled => {
            let message = "Basic Authentication has been disabled on this instance.";
            return Some(Answer::json(403, &json!({"message": message})));
        }
    }
    let service_management = asked.path.starts_with("/rest/servicedesk");
    if service_management && !call.config.licensed && route.operation != Operation::Info {
        return Some(unlicensed());
    }
    let mut refusal = None;
    if is_experimental(route.operation, &call.config.rules) {
        refusal = door::not_opted_in(asked, headers);
    }
    if route.operation == Operation::WriteAccess {
        refusal = refusal.or_else(|| door::unchecked(asked, headers));
    }
    if route.body && route.spot.method != "DELETE" {
        refusal = refusal.or_else(|| door::not_json(asked, headers));
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

/// A personal access token, or the password of basic sign-in where the site takes one
/// (docs/jira.md#sign-in-data-center, docs/jira.md#basic-off).
fn signed(config: &Config, headers: &HeaderMap) -> Signed {
    let Some(sent) = headers.get(header::AUTHORIZATION) else {
        return Signed::NotAtAll;
    };
    let basic = sent.as_bytes().starts_with(b"Basic ");
    if basic && !takes_passwords(config) {
        return Signed::Disabled;
    }
    let bearer = format!("Bearer {}", config.token.expose_secret());
    let wanted = if basic { door::basic(config) } else { bearer };
    if sent.as_bytes() == wanted.as_bytes() {
        Signed::In
    } else {
        Signed::Wrong
    }
}

fn takes_passwords(config: &Config) -> bool {
    let by_default = match config.deployment {
        Deployment::Cloud => true,
        Deployment::DataCenter(version) => version < Version::V11,
    };
    config.basic_sign_in.unwrap_or(by_default)
}

/// The answer of a service management without a licence (docs/jira.md#jsm-unlicensed).
fn unlicensed() -> Answer {
    Answer::text(
        403,
        "text/html;charset=UTF-8",
        "<!DOCTYPE html>\n<html><head><title>Forbidden (403)</title></head>\n\
         <body><h1>Jira Service Management is not licensed for use.</h1></body></html>\n",
    )
}

/// What a dead token is answered (docs/jira.md#dead-token): reads look like success and show what strangers see. The
/// header that tells is added to every answer.
fn anonymous(route: &Route, call: &Call<'_>) -> Answer {
    let asked = call.asked;
    let body = match route.operation {
        Operation::Desks => json!({
            "size": 0, "start": 0, "limit": call.config.page_limit, "isLastPage": true, "values": [],
            "_links": {"base": asked.base, "context": "", "self": format!("{}{}", asked.base, asked.path)},
        }),
        Operation::UserSearch => json!([]),
        Operation::UsersList => json!({"values": [], "isLast": true, "maxResults": 50}),
        Operation::Roles => json!({}),
        Operation::MyPermissions => permissions::spell(|_| true, |_| false),
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
    Answer::json(200, &body)
}
