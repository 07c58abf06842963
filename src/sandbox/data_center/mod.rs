//! The handlers of Jira Data Center and its service management: how each route is answered.
//!
//! The same functions as in Cloud's module, and [`limits`]: what every answer tells of the rate limit. The platform's
//! shapes are those of the contracts; for the service management, which has none, those of docs/jira.md.

mod accounts;
mod applications;
mod customers;
mod door;
mod errors;
mod roles;
mod rows;
mod site;
mod users;

use axum::http::HeaderMap;

pub(super) use errors::{limits, refusal, too_many};

use super::common::door::complaints;
use super::common::{desks, invite, projects, settings};
use super::exchange::{Answer, Call};
use super::routes::data_center::{Operation, Route};

/// Answers a request to a known route, changing the state where Jira would.
pub(super) fn answer(route: &'static Route, call: &mut Call<'_>, headers: &HeaderMap) -> Answer {
    let mut violations = complaints(route, call.asked);
    let mut answer = match door::refuse(route, call, headers) {
        Some(refusal) => refusal,
        None => dispatch(route.operation, call),
    };
    violations.append(&mut answer.violations);
    answer.violations = violations;
    if call.disturbance.dead_token {
        answer = answer.with_header("x-seraph-loginreason", "AUTHENTICATED_FAILED");
    }
    answer
}

fn dispatch(operation: Operation, call: &mut Call<'_>) -> Answer {
    match operation {
        Operation::ServerInfo => site::server_info(call),
        Operation::CloudServerInfo => site::not_here(call),
        Operation::Info => site::info(call),
        Operation::Myself => site::myself(call),
        Operation::MyPermissions => site::my_permissions(call),
        Operation::Desks => desks::list(call),
        Operation::Desk => desks::one(call),
        Operation::Create => customers::create(call),
        Operation::Add => customers::add(call),
        Operation::ListCustomers | Operation::RemoveCustomers => customers::absent(call),
        Operation::User => users::one(call),
        Operation::UserSearch => users::search(call),
        Operation::UsersList => users::list(call),
        Operation::CreateUser => accounts::create(call),
        Operation::UpdateUser => accounts::update(call),
        Operation::SetPassword => accounts::set_password(call),
        Operation::GrantApplication => applications::grant(call),
        Operation::RevokeApplication => applications::revoke(call),
        Operation::Roles => projects::list(call),
        Operation::Role => roles::one(call),
        Operation::RoleAdd => roles::add(call),
        Operation::Remove => roles::remove(call),
        Operation::ReadAccess => settings::read(call),
        Operation::WriteAccess => settings::write(call),
        Operation::InviteCustomers => invite::invite_customers(call),
        Operation::InvitePeople => invite::invite_people(call),
        Operation::SkipPermissionCheck => invite::skip_permission_check(call),
    }
}
