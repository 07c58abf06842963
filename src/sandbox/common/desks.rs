//! Service desks.

use serde_json::{Value, json};

use super::super::exchange::{Answer, Call};
use super::super::state::Desk;
use super::errors;
use super::page::jsm_page;

/// `GET /rest/servicedeskapi/servicedesk`.
pub(in crate::sandbox) fn list(call: &Call<'_>) -> Answer {
    let state = &*call.state;
    jsm_page(call, state.desks().len(), |rows| {
        let desks = state.desks().skip(rows.start).take(rows.len());
        desks.map(|desk| spell(desk, &call.asked.base)).collect()
    })
}

/// `GET /rest/servicedeskapi/servicedesk/{serviceDeskId}`.
pub(in crate::sandbox) fn one(call: &Call<'_>) -> Answer {
    match call.state.desk_called(call.asked.id(0)) {
        Some(desk) => Answer::json(200, &spell(desk, &call.asked.base)),
        None => no_desk(call),
    }
}

/// The id of the desk in the path, where that desk exists.
pub(in crate::sandbox) fn id(call: &Call<'_>) -> Option<u32> {
    call.state.desk_called(call.asked.id(0)).map(|desk| desk.id)
}

/// 404 for the desk in the path.
pub(in crate::sandbox) fn no_desk(call: &Call<'_>) -> Answer {
    let message = format!("Service Desk with ID '{}' does not exist.", call.asked.id(0));
    errors::jsm(404, "sd.error.servicedesk.notfound", &message)
}

fn spell(desk: &Desk, base: &str) -> Value {
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
