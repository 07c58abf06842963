//! Project roles: who reaches a desk by another way than its list of customers.

use serde_json::{Map, Value, json};

use super::super::common::errors;
use super::super::exchange::{Answer, Call};
use super::super::state::{Desk, No};

/// The roles of every desk's project.
const ROLES: [(&str, u32); 3] = [
    ("Administrators", 10_002),
    ("Service Desk Team", 10_101),
    ("Service Desk Customers", 10_100),
];

/// `GET /rest/api/3/project/{projectIdOrKey}/role`.
pub(super) fn list(call: &Call<'_>) -> Answer {
    let asked = call.asked;
    if project(call).is_none() {
        return no_project(call);
    }
    let links = ROLES.iter().map(|(name, id)| {
        let link = format!("{}{}/{id}", asked.base, asked.path);
        ((*name).to_owned(), Value::String(link))
    });
    Answer::json(200, &links.collect::<Map<_, _>>())
}

/// `GET /rest/api/3/project/{projectIdOrKey}/role/{id}`.
pub(super) fn one(call: &Call<'_>) -> Answer {
    let asked = call.asked;
    let Some(desk) = project(call) else {
        return no_project(call);
    };
    let id = asked.id(1);
    let Some((name, id)) = ROLES.iter().find(|(_, role)| role.to_string() == id) else {
        return errors::platform(404, &format!("Can not retrieve a role actor for id {id}"));
    };
    let actors: Vec<No> = match *name {
        "Administrators" => vec![call.state.own()],
        "Service Desk Team" => desk.team().iter().copied().collect(),
        _ => desk.customers().to_vec(),
    };
    let active_only = asked.query("excludeInactiveUsers") == Some("true");
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
        "self": format!("{}{}", asked.base, asked.path),
        "name": name, "id": id, "description": name,
        "actors": actors.collect::<Vec<_>>(),
    });
    Answer::json(200, &body)
}

fn project<'a>(call: &'a Call<'_>) -> Option<&'a Desk> {
    let wanted = call.asked.id(0);
    let by_id = |desk: &&Desk| desk.project_id().to_string() == wanted;
    let state = &*call.state;
    state.desk_by_key(wanted).or_else(|| state.desks().find(by_id))
}

fn no_project(call: &Call<'_>) -> Answer {
    let message = format!("No project could be found with key '{}'.", call.asked.id(0));
    errors::platform(404, &message)
}
