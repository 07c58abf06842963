//! The handlers of Jira Cloud and its service management: how each route is answered.
//!
//! Spelled here from the contracts, without a type of the client. Data Center has a module beside this one with the same
//! functions: [`answer`], and the ways to refuse, [`refusal`] and [`too_many`]. Which routes there are: `routes`.

mod create;
mod customers;
mod door;
mod errors;
mod forbidden;
mod roles;
mod rows;
mod site;
mod users;

use axum::http::HeaderMap;

pub(super) use errors::{refusal, too_many};

use super::common::{desks, door::complaints, invite, projects, settings};
use super::exchange::{Answer, Call};
use super::routes::cloud::{Operation, Route};

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
        Operation::Myself => site::myself(call),
        Operation::MyPermissions => site::my_permissions(call),
        Operation::Info => site::info(call),
        Operation::Desks => desks::list(call),
        Operation::Desk => desks::one(call),
        Operation::Create => create::create(call),
        Operation::Customers => customers::list(call),
        Operation::Add => customers::add(call),
        Operation::Remove => customers::remove(call),
        Operation::User => users::one(call),
        Operation::UserSearch => users::search(call),
        Operation::Accounts => users::sweep(call),
        Operation::Roles => projects::list(call),
        Operation::Role => roles::one(call),
        Operation::ReadAccess => settings::read(call),
        Operation::WriteAccess => settings::write(call),
        Operation::InviteUser => forbidden::invite_user(call),
        Operation::InviteCustomers => invite::invite_customers(call),
        Operation::InvitePeople => invite::invite_people(call),
        Operation::SkipPermissionCheck => invite::skip_permission_check(call),
    }
}
