//! Project roles: how people other than customers, and customers, have access to a desk.

use serde_json::json;

use super::super::common::errors;
use super::super::common::projects::{
    ADMINISTRATORS, CUSTOMERS, TEAM, no_project, no_role, project_in_path, role_in_path, role_link,
};
use super::super::exchange::{JiraResponse, RequestContext};
use super::super::state::AccountNumber;

/// `GET /rest/api/3/project/{projectIdOrKey}/role/{id}`.
pub(super) fn get(call: &RequestContext<'_>) -> JiraResponse {
    let asked = call.request;
    let Some(desk) = project_in_path(call) else {
        return no_project(call);
    };
    let Some((name, id)) = role_in_path(call) else {
        return no_role(call);
    };
    if name == CUSTOMERS && !call.config.rules.customers_role_can_be_read {
        return no_role(call);
    }
    let actors: Vec<AccountNumber> = match name {
        ADMINISTRATORS => vec![call.state.own_account()],
        TEAM => desk.agents().iter().copied().collect(),
        _ if call.fault.empty => Vec::new(),
        _ if call.fault.half_role => desk.customers().iter().skip(1).step_by(2).copied().collect(),
        _ => desk.customers().to_vec(),
    };
    let active_only = match asked.flag("excludeInactiveUsers") {
        Ok(flag) => flag.unwrap_or(false),
        Err(name) => return errors::bad_parameter(asked, name),
    };
    let actors = actors.iter().filter_map(|&no| {
        let account = call.state.account(no)?;
        (account.active || !active_only).then(|| {
            json!({
                "id": u64::from(no.get()) + 1, "displayName": account.name,
                "type": "atlassian-user-role-actor", "actorUser": {"accountId": account.id},
            })
        })
    });
    let body = json!({
        "self": role_link(call, desk, id),
        "name": name, "id": id, "description": name,
        "actors": actors.collect::<Vec<_>>(),
    });
    JiraResponse::json(200, &body)
}
