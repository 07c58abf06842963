//! The handlers of Jira Cloud and its service management.
//!
//! Its JSON follows the contracts, without a type of the client. Data Center's module has the same functions:
//! [`answer`], and the refusals [`refusal`] and [`too_many`]. The routes are in `routes`.

mod auth;
mod create;
mod customers;
mod errors;
mod forbidden;
mod roles;
mod rows;
mod site;
mod users;

use axum::http::HeaderMap;

pub(super) use errors::{refusal, too_many};

use super::common::{auth::protocol_violations, desks, invite, projects, settings};
use super::exchange::{JiraResponse, RequestContext};
use super::routes::cloud::{Operation, Route};

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
        Operation::Myself => site::myself(call),
        Operation::MyPermissions => site::my_permissions(call),
        Operation::Info => site::info(call),
        Operation::Desks => desks::list(call),
        Operation::Desk => desks::get(call),
        Operation::Create => create::create(call),
        Operation::Customers => customers::list(call),
        Operation::Add => customers::add(call),
        Operation::Remove => customers::remove(call),
        Operation::User => users::get(call),
        Operation::UserSearch => users::search(call),
        Operation::Accounts => users::sweep(call),
        Operation::Roles => projects::list(call),
        Operation::Role => roles::get(call),
        Operation::ReadAccess => settings::read(call),
        Operation::WriteAccess => settings::write(call),
        Operation::InviteUser => forbidden::invite_user(call),
        Operation::InviteCustomers => invite::invite_customers(call),
        Operation::InvitePeople => invite::invite_people(call),
        Operation::SkipPermissionCheck => invite::skip_permission_check(call),
    }
}
