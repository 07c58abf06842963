//! Service desks.

use serde_json::{Value, json};

use super::super::exchange::{JiraResponse, RequestContext};
use super::super::state::Desk;
use super::errors;
use super::page::jsm_page;

/// `GET /rest/servicedeskapi/servicedesk`.
pub(in crate::sandbox) fn list(call: &RequestContext<'_>) -> JiraResponse {
    let state = &*call.state;
    jsm_page(call, state.desks().len(), |rows| {
        let desks = state.desks().skip(rows.start).take(rows.len());
        desks.map(|desk| desk_json(desk, &call.request.site_url)).collect()
    })
}

/// `GET /rest/servicedeskapi/servicedesk/{serviceDeskId}`.
pub(in crate::sandbox) fn get(call: &RequestContext<'_>) -> JiraResponse {
    match call.state.find_desk(call.request.path_parameter(0)) {
        Some(desk) => JiraResponse::json(200, &desk_json(desk, &call.request.site_url)),
        None => desk_not_found(call),
    }
}

/// The id of the desk in the path, if it exists.
pub(in crate::sandbox) fn desk_id(call: &RequestContext<'_>) -> Option<u32> {
    call.state.find_desk(call.request.path_parameter(0)).map(|desk| desk.id)
}

/// 404 for the desk in the path.
pub(in crate::sandbox) fn desk_not_found(call: &RequestContext<'_>) -> JiraResponse {
    let message = format!(
        "Service Desk with ID '{}' does not exist.",
        call.request.path_parameter(0)
    );
    errors::jsm(404, "sd.error.servicedesk.notfound", &message)
}

fn desk_json(desk: &Desk, base: &str) -> Value {
    let id = desk.id;
    json!({
        "id": id.to_string(),
        "projectId": desk.project_id().to_string(),
        "projectName": desk.name,
        "projectKey": desk.key,
        "projectTypeKey": "service_desk",
        "_links": {"self": format!("{base}/rest/servicedeskapi/servicedesk/{id}")},
    })
}
