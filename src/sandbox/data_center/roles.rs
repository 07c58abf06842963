//! Project roles. A desk's customers are the users in its role `Service Desk Customers`, and the members of the groups
//! in it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::common::projects::{
    ADMINISTRATORS, CUSTOMERS, TEAM, no_project, no_role, project_in_path, role_in_path, role_link,
};
use super::super::common::{body, errors};
use super::super::exchange::{JiraResponse, RequestContext};
use super::super::state::{Account, AccountNumber, Desk};

/// `GET /rest/api/2/project/{projectIdOrKey}/role/{id}`.
pub(super) fn get(call: &RequestContext<'_>) -> JiraResponse {
    let Some(desk) = project_in_path(call) else {
        return no_project(call);
    };
    let Some((name, id)) = role_in_path(call) else {
        return no_role(call);
    };
    let mut actors = actors(call, desk, name);
    actors.truncate(actors.len().saturating_sub(call.fault.short_by as usize));
    if call.fault.empty {
        actors.clear();
    }
    let body = json!({
        "self": role_link(call, desk, id),
        "name": name, "id": id, "description": name, "actors": actors,
    });
    JiraResponse::json(200, &body)
}

fn actors(call: &RequestContext<'_>, desk: &Desk, role: &str) -> Vec<Value> {
    let none = BTreeSet::new();
    let administrators = ["jira-administrators".to_owned()].into();
    let (users, groups): (Vec<AccountNumber>, _) = match role {
        ADMINISTRATORS => (vec![], &administrators),
        TEAM => (desk.agents().iter().copied().collect(), &none),
        _ => (desk.customers().to_vec(), desk.customer_groups()),
    };
    let picture = format!("{}/secure/useravatar?size=xsmall", call.request.site_url);
    let inactive_too = call.config.rules.inactive_are_listed;
    let users = users.iter().filter_map(|&no| Some((no, call.state.account(no)?)));
    let users = users.filter(|(_, account)| account.active || inactive_too);
    let users = users.map(|(no, account): (AccountNumber, &Account)| {
        json!({
            "id": 10_000 + no.get(), "displayName": account.name, "type": "atlassian-user-role-actor",
            "name": account.username, "avatarUrl": picture,
        })
    });
    let groups = groups.iter().enumerate().map(|(at, name)| {
        json!({
            "id": 9000 + at, "displayName": name, "type": "atlassian-group-role-actor",
            "name": name, "avatarUrl": picture,
        })
    });
    users.chain(groups).collect()
}

/// `POST` on the same path: the users and groups in the body become actors; if one does not exist, none does.
pub(super) fn add(call: &mut RequestContext<'_>) -> JiraResponse {
    let desk = match customers_role_desk(call) {
        Ok(desk) => desk,
        Err(answer) => return *answer,
    };
    let (users, groups) = match parse_actors(call) {
        Ok(wanted) => wanted,
        Err(why) => return errors::bad_body(call.request, why),
    };
    let mut found = Vec::new();
    for user in &users {
        match call.state.by_username(user) {
            Some((no, _)) => found.push(no),
            None => {
                return errors::platform(
                    404,
                    &format!("We can't find '{user}' in any accessible user directory."),
                );
            }
        }
    }
    let mut effect = false;
    if !call.fault.write_ignored {
        for no in found {
            effect |= call.state.force_member(desk, no, true);
        }
        for group in &groups {
            effect |= call.state.set_customer_group(desk, group, true);
        }
    }
    get(call).with_effect(effect)
}

fn parse_actors(call: &RequestContext<'_>) -> Result<(Vec<String>, Vec<String>), &'static str> {
    let body = body::parse_object(call.request, &["user", "group"])?;
    let names = |key| Ok::<_, &'static str>(body::string_list_field(&body, key)?.unwrap_or_default());
    let (users, groups) = (names("user")?, names("group")?);
    if users.is_empty() && groups.is_empty() {
        return Err("names no user or group");
    }
    Ok((users, groups))
}

/// `DELETE` on the same path: 204, also while the desk is open; 404 for an account that is not an actor
/// (docs/jira.md#remove-data-center, docs/jira.md#remove-not-in-role).
pub(super) fn remove(call: &mut RequestContext<'_>) -> JiraResponse {
    let desk = match customers_role_desk(call) {
        Ok(desk) => desk,
        Err(answer) => return *answer,
    };
    let is_actor = |no: AccountNumber| {
        call.state
            .desk(desk)
            .is_some_and(|desk| desk.customers().binary_search(&no).is_ok())
    };
    let (name, known) = match (call.request.query("user"), call.request.query("group")) {
        (Some(user), None) => {
            let found = call.state.by_username(user);
            (user, found.is_some_and(|(no, _)| is_actor(no)))
        }
        (None, Some(group)) => {
            let desk = call.state.desk(desk);
            (group, desk.is_some_and(|desk| desk.customer_groups().contains(group)))
        }
        (None, None) | (Some(_), Some(_)) => return errors::bad_parameter(call.request, "user"),
    };
    if !known && call.config.rules.removing_non_member_is_not_found {
        return errors::platform(404, &format!("'{name}' is not a member of the project role."));
    }
    if !known || call.fault.write_ignored {
        return JiraResponse::empty(204);
    }
    let effect = match call.request.query("group") {
        Some(group) => call.state.set_customer_group(desk, group, false),
        None => {
            let no = call.state.by_username(name).map(|(no, _)| no);
            no.is_some_and(|no| call.state.force_member(desk, no, false))
        }
    };
    JiraResponse::empty(204).with_effect(effect)
}

/// Returns the desk in the path, if the role is that of its customers. Changing any other role is a violation.
fn customers_role_desk(call: &RequestContext<'_>) -> Result<u32, Box<JiraResponse>> {
    let desk = project_in_path(call).ok_or_else(|| Box::new(no_project(call)))?.id;
    let (name, _) = role_in_path(call).ok_or_else(|| Box::new(no_role(call)))?;
    if name != CUSTOMERS {
        let (method, path) = (&call.request.method, &call.request.path);
        let answer = errors::platform(501, "the sandbox changes only the role of the customers");
        return Err(Box::new(
            answer.with_violation(format!("{method} {path}: changes the role {name}")),
        ));
    }
    if call.config.administrator {
        Ok(desk)
    } else {
        let message = "You cannot edit the configuration of this project.";
        Err(Box::new(errors::platform(404, message)))
    }
}
