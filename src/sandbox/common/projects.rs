//! The projects of desks and their roles.

use serde_json::{Map, Value};

use super::super::exchange::{Answer, Call};
use super::super::state::Desk;
use super::errors;

/// The role of those who administer the project.
pub(in crate::sandbox) const ADMINISTRATORS: &str = "Administrators";
/// The role of the agents.
pub(in crate::sandbox) const TEAM: &str = "Service Desk Team";
/// The role of the customers.
pub(in crate::sandbox) const CUSTOMERS: &str = "Service Desk Customers";

/// The roles of every desk's project.
pub(in crate::sandbox) const ROLES: [(&str, u32); 3] = [(ADMINISTRATORS, 10_002), (TEAM, 10_101), (CUSTOMERS, 10_100)];

/// The name and the id of the role in the path.
pub(in crate::sandbox) fn role(call: &Call<'_>) -> Option<(&'static str, u32)> {
    let id = call.asked.id(1);
    ROLES.into_iter().find(|(_, role)| role.to_string() == id)
}

/// 404 for the role in the path.
pub(in crate::sandbox) fn no_role(call: &Call<'_>) -> Answer {
    let message = format!("Can not retrieve a role actor for id {}", call.asked.id(1));
    errors::platform(404, &message)
}

/// The names of the roles and where each is: `GET …/project/{projectIdOrKey}/role`.
pub(in crate::sandbox) fn list(call: &Call<'_>) -> Answer {
    let Some(desk) = project(call) else {
        return no_project(call);
    };
    let links = ROLES
        .iter()
        .map(|(name, id)| ((*name).to_owned(), Value::String(role_link(call, desk, *id))));
    Answer::json(200, &links.collect::<Map<_, _>>())
}

/// Where a role is: by the project's id, whatever it was asked by.
pub(in crate::sandbox) fn role_link(call: &Call<'_>, desk: &Desk, role: u32) -> String {
    let (base, version, project) = (&call.asked.base, call.asked.api_version(), desk.project_id());
    format!("{base}/rest/api/{version}/project/{project}/role/{role}")
}

/// The desk whose project is in the path, by key or id.
pub(in crate::sandbox) fn project<'a>(call: &'a Call<'_>) -> Option<&'a Desk> {
    called(call, call.asked.id(0))
}

/// The desk whose project has this key or id.
pub(in crate::sandbox) fn called<'a>(call: &'a Call<'_>, project: &str) -> Option<&'a Desk> {
    let by_id = |desk: &&Desk| desk.project_id().to_string() == project;
    let state = &*call.state;
    state.desk_by_key(project).or_else(|| state.desks().find(by_id))
}

/// 404 for the project in the path.
pub(in crate::sandbox) fn no_project(call: &Call<'_>) -> Answer {
    let message = format!("No project could be found with key '{}'.", call.asked.id(0));
    errors::platform(404, &message)
}
