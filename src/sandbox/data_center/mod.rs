//! The handlers of Jira Data Center and its service management.
//!
//! The same functions as in Cloud's module, and [`rate_limit_headers`]: the rate limit headers of every response. The
//! platform's shapes are those of the contracts; for the service management, which has none, those of docs/jira.md.

mod accounts;
mod applications;
mod auth;
mod customers;
mod errors;
mod roles;
mod rows;
mod site;
mod users;

use axum::http::HeaderMap;

pub(super) use errors::{rate_limit_headers, refusal, too_many};

use super::common::auth::protocol_violations;
use super::common::{desks, invite, projects, settings};
use super::exchange::{JiraResponse, RequestContext};
use super::routes::data_center::{Operation, Route};

/// Answers a request to a known route, changing the state where Jira would.
pub(super) fn answer(route: &'static Route, call: &mut RequestContext<'_>, headers: &HeaderMap) -> JiraResponse {
    let mut violations = protocol_violations(route, call.request);
    let mut answer = match auth::check_request(route, call, headers) {
        Some(refusal) => refusal,
        None => dispatch(route.operation, call),
    };
    violations.append(&mut answer.violations);
    answer.violations = violations;
    if call.fault.dead_token {
        answer = answer.with_header("x-seraph-loginreason", "AUTHENTICATED_FAILED");
    }
    answer
}

fn dispatch(operation: Operation, call: &mut RequestContext<'_>) -> JiraResponse {
    match operation {
        Operation::ServerInfo => site::server_info(call),
        Operation::CloudServerInfo => site::cloud_only(call),
        Operation::Info => site::info(call),
        Operation::Myself => site::myself(call),
        Operation::MyPermissions => site::my_permissions(call),
        Operation::Desks => desks::list(call),
        Operation::Desk => desks::get(call),
        Operation::Create => customers::create(call),
        Operation::Add => customers::add(call),
        Operation::ListCustomers | Operation::RemoveCustomers => customers::cloud_only(call),
        Operation::User => users::get(call),
        Operation::UserSearch => users::search(call),
        Operation::UsersList => users::list(call),
        Operation::CreateUser => accounts::create(call),
        Operation::UpdateUser => accounts::update(call),
        Operation::SetPassword => accounts::set_password(call),
        Operation::GrantApplication => applications::grant(call),
        Operation::RevokeApplication => applications::revoke(call),
        Operation::Roles => projects::list(call),
        Operation::Role => roles::get(call),
        Operation::RoleAdd => roles::add(call),
        Operation::Remove => roles::remove(call),
        Operation::ReadAccess => settings::read(call),
        Operation::WriteAccess => settings::write(call),
        Operation::InviteCustomers => invite::invite_customers(call),
        Operation::InvitePeople => invite::invite_people(call),
        Operation::SkipPermissionCheck => invite::skip_permission_check(call),
    }
}
