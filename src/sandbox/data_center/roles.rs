//! Project roles: here, one of them is the list of a desk's customers (jira-facts §1, H).

use serde_json::{Map, Value, json};

use super::super::common::errors;
use super::super::exchange::{Answer, Call};
use super::super::state::{Desk, No};

const ADMINISTRATORS: &str = "Administrators";
const TEAM: &str = "Service Desk Team";
const CUSTOMERS: &str = "Service Desk Customers";
/// The roles of every desk's project.
const ROLES: [(&str, u32); 3] = [(ADMINISTRATORS, 10_002), (TEAM, 10_101), (CUSTOMERS, 10_100)];

/// `GET /rest/api/2/project/{projectIdOrKey}/role`.
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

/// `GET /rest/api/2/project/{projectIdOrKey}/role/{id}`: people by their user names, without addresses, and groups.
pub(super) fn one(call: &Call<'_>) -> Answer {
    let asked = call.asked;
    let Some(desk) = project(call) else {
        return no_project(call);
    };
    let Some((name, id)) = ROLES.iter().find(|(_, role)| role.to_string() == asked.id(1)) else {
        return errors::platform(404, &format!("Can not retrieve a role actor for id {}", asked.id(1)));
    };
    let (people, groups): (Vec<No>, &[String]) = match *name {
        ADMINISTRATORS => (vec![call.state.own()], &[]),
        TEAM => (desk.team().iter().copied().collect(), &[]),
        _ => (desk.customers().to_vec(), &desk.customer_groups),
    };
    let people = people.iter().filter_map(|no| {
        let account = call.state.account(*no)?;
        Some(json!({
            "id": u64::from(no.get()) + 1, "displayName": account.name, "type": "atlassian-user-role-actor",
            "name": account.username, "avatarUrl": format!("{}/secure/useravatar", asked.base),
        }))
    });
    let groups = groups.iter().map(|group| {
        json!({
            "id": 900_000, "displayName": group, "type": "atlassian-group-role-actor", "name": group,
            "avatarUrl": format!("{}/secure/useravatar", asked.base),
        })
    });
    let shown = if call.disturbance.empty {
        Vec::new()
    } else {
        people.chain(groups).collect()
    };
    let body = json!({
        "self": format!("{}{}", asked.base, asked.path),
        "name": name, "id": id, "description": name, "actors": shown,
    });
    Answer::json(200, &body)
}

/// `DELETE` on the same path: takes one out of the role. 204 (H); 404 for who is not in it (I).
pub(super) fn leave(call: &mut Call<'_>) -> Answer {
    let Some(desk) = project(call).map(|desk| desk.id) else {
        return no_project(call);
    };
    if !call.config.administrator {
        return errors::platform(403, "You are not an administrator of this project");
    }
    let is_customers = ROLES
        .iter()
        .any(|(name, id)| *name == CUSTOMERS && id.to_string() == call.asked.id(1));
    let who = call.asked.query("user").and_then(|name| call.state.by_username(name));
    let (true, Some(no)) = (is_customers, who.map(|(no, _)| no)) else {
        return errors::platform(404, "No such actor in this role");
    };
    match call.disturbance.ignored || call.state.force_member(desk, no, false) {
        true => Answer::empty(204).with_effect(!call.disturbance.ignored),
        false => errors::platform(404, "No such actor in this role"),
    }
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
