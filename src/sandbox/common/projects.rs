//! The projects of desks and their roles.

use serde_json::{Map, Value};

use super::super::exchange::{JiraResponse, RequestContext};
use super::super::state::Desk;
use super::errors;

/// The role of the project's administrators.
pub(in crate::sandbox) const ADMINISTRATORS: &str = "Administrators";
/// The role of the agents.
pub(in crate::sandbox) const TEAM: &str = "Service Desk Team";
/// The role of the customers.
pub(in crate::sandbox) const CUSTOMERS: &str = "Service Desk Customers";

/// The roles of every desk's project.
pub(in crate::sandbox) const ROLES: [(&str, u32); 3] = [(ADMINISTRATORS, 10_002), (TEAM, 10_101), (CUSTOMERS, 10_100)];

/// The name and the id of the role in the path.
pub(in crate::sandbox) fn role_in_path(call: &RequestContext<'_>) -> Option<(&'static str, u32)> {
    let id = call.request.path_parameter(1);
    ROLES.into_iter().find(|(_, role)| role.to_string() == id)
}

/// 404 for the role in the path.
pub(in crate::sandbox) fn no_role(call: &RequestContext<'_>) -> JiraResponse {
    let message = format!(
        "Can not retrieve a role actor for id {}",
        call.request.path_parameter(1)
    );
    errors::platform(404, &message)
}

/// `GET …/project/{projectIdOrKey}/role`: the names of the roles and the link to each.
pub(in crate::sandbox) fn list(call: &RequestContext<'_>) -> JiraResponse {
    let Some(desk) = project_in_path(call) else {
        return no_project(call);
    };
    let links = ROLES
        .iter()
        .map(|(name, id)| ((*name).to_owned(), Value::String(role_link(call, desk, *id))));
    JiraResponse::json(200, &links.collect::<Map<_, _>>())
}

/// The link to a role: with the project's id, even if the request has its key.
pub(in crate::sandbox) fn role_link(call: &RequestContext<'_>, desk: &Desk, role: u32) -> String {
    let (base, version, project) = (&call.request.site_url, call.request.api_version(), desk.project_id());
    format!("{base}/rest/api/{version}/project/{project}/role/{role}")
}

/// The desk of the project in the path, by key or id.
pub(in crate::sandbox) fn project_in_path<'a>(call: &'a RequestContext<'_>) -> Option<&'a Desk> {
    find_project(call, call.request.path_parameter(0))
}

/// The desk of the project with this key or id.
pub(in crate::sandbox) fn find_project<'a>(call: &'a RequestContext<'_>, project: &str) -> Option<&'a Desk> {
    let by_id = |desk: &&Desk| desk.project_id().to_string() == project;
    let state = &*call.state;
    state.desk_by_key(project).or_else(|| state.desks().find(by_id))
}

/// 404 for the project in the path.
pub(in crate::sandbox) fn no_project(call: &RequestContext<'_>) -> JiraResponse {
    let message = format!(
        "No project could be found with key '{}'.",
        call.request.path_parameter(0)
    );
    errors::platform(404, &message)
}
