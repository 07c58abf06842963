//! The routes of Jira Data Center and its service management: which there are and how they spell their answers.
//!
//! The platform is spelled from the contracts; the service management there has no published document, so its rows come
//! from jira-facts. Without a type of the client.

mod customers;
mod door;
mod roles;
mod routes;
mod rows;
mod site;
mod users;
mod write;

use axum::http::HeaderMap;

pub(super) use routes::{Operation, find, spots};

use super::common::route::Route;
use super::common::{desks, door as common_door, forbidden, settings};
use super::exchange::{Answer, Call};

/// Answers a request to a known route, changing the state where Jira would.
pub(super) fn answer(route: &'static Route<Operation>, call: &mut Call<'_>, headers: &HeaderMap) -> Answer {
    let mut violations = common_door::complaints(route, call.asked);
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
        Operation::NotHere => site::not_here(call),
        Operation::Myself => site::myself(call),
        Operation::MyPermissions => site::my_permissions(call),
        Operation::Info => site::info(call),
        Operation::Desks => desks::list(call),
        Operation::Desk => desks::one(call),
        Operation::Create => customers::create(call),
        Operation::Add => customers::add(call),
        Operation::User => users::one(call),
        Operation::UserSearch => users::search(call),
        Operation::Accounts => users::list(call),
        Operation::CreateUser => write::create(call),
        Operation::UpdateUser => write::update(call),
        Operation::SetPassword => write::set_password(call),
        Operation::GiveApplication => write::give_application(call),
        Operation::TakeApplication => write::take_application(call),
        Operation::Roles => roles::list(call),
        Operation::Role => roles::one(call),
        Operation::LeaveRole => roles::leave(call),
        Operation::ReadAccess => settings::read(call),
        Operation::WriteAccess => settings::write(call),
        Operation::InviteCustomers => forbidden::invite_customers(call),
        Operation::InvitePeople => forbidden::invite_people(call),
        Operation::SkipPermissionCheck => forbidden::skip_permission_check(call),
    }
}
