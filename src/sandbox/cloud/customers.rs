//! A desk's customers: listing, adding, removing.

use super::super::common::desks::{id as desk_id, no_desk};
use super::super::common::page::jsm_page;
use super::super::common::{body, errors};
use super::super::exchange::{Answer, Call};
use super::super::state::{Desk, DeskIsOpen, No};
use super::rows::JsmUser;

/// `GET …/servicedesk/{serviceDeskId}/customer`.
pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let Some(id) = desk_id(call) else {
        return no_desk(call);
    };
    let found: Option<Vec<No>> = match call.asked.query("query") {
        Some(query) if !query.trim().is_empty() => Some(call.state.search_desk(id, query)),
        _ if call.config.rules.inactive_are_listed => None,
        _ => Some(active_customers(call, id)),
    };
    let call = &*call;
    let listed = call.state.desk(id).map(Desk::listed).unwrap_or_default();
    let listed = found.as_deref().unwrap_or(&listed);
    jsm_page(call, listed.len(), |rows| {
        listed[rows]
            .iter()
            .filter_map(|&no| call.state.account(no))
            .map(|account| JsmUser::of(account, call))
            .collect()
    })
}

fn active_customers(call: &Call<'_>, desk: u32) -> Vec<No> {
    let listed = call.state.desk(desk).map(Desk::listed).unwrap_or_default();
    let active = |no: &&No| call.state.account(**no).is_some_and(|a| a.active);
    listed.iter().filter(active).copied().collect()
}

/// `POST …/servicedesk/{serviceDeskId}/customer`: 204, or 400 where somebody cannot be added; the others are added all
/// the same (docs/jira.md#add-partly).
pub(super) fn add(call: &mut Call<'_>) -> Answer {
    let Some(desk) = desk_id(call) else {
        return no_desk(call);
    };
    let ids = match account_ids(call) {
        Ok(ids) => ids,
        Err(answer) => return *answer,
    };
    if call.disturbance.ignored {
        return Answer::empty(204);
    }
    let added = call.state.add_customers(desk, &ids);
    let effect = !added.new.is_empty();
    let answer = match (added.unknown.as_slice(), added.refused.as_slice()) {
        ([], []) => Answer::empty(204),
        ([], refused) => {
            let message = format!("These users cannot be customers: {}", refused.join(", "));
            errors::jsm(400, "sd.customers.add.error.user.inactive", &message)
        }
        (unknown, _) => {
            let message = format!("These users do not exist: {}", unknown.join(", "));
            errors::jsm(400, "sd.customers.add.error.user.notfound", &message)
        }
    };
    answer.with_effect(effect)
}

/// `DELETE …/servicedesk/{serviceDeskId}/customer`: 204, also for who is not on the list; 400 while the desk is open.
pub(super) fn remove(call: &mut Call<'_>) -> Answer {
    let Some(desk) = desk_id(call) else {
        return no_desk(call);
    };
    if !call.config.administrator {
        let message = "You do not have permission to remove customers.";
        return errors::jsm(403, "sd.customers.remove.error.permission", message);
    }
    let ids = match account_ids(call) {
        Ok(ids) => ids,
        Err(answer) => return *answer,
    };
    let known: Vec<_> = ids.iter().filter_map(|id| call.state.by_id(id)).collect();
    if known.len() < ids.len() {
        let message = "One or more of these users do not exist.";
        return errors::jsm(400, "sd.customers.remove.error.user.notfound", message);
    }
    if call.disturbance.ignored {
        return Answer::empty(204);
    }
    let known: Vec<No> = known.into_iter().map(|(no, _)| no).collect();
    match call.state.remove_customers(desk, &known) {
        Ok(removed) => Answer::empty(204).with_effect(removed > 0),
        Err(DeskIsOpen) => errors::jsm(
            400,
            "sd.jsm.error.servicedesk.customer.remove.servicedesk.open.access.galaxia",
            "Customers cannot be removed from this service space because it has open access enabled",
        ),
    }
}

fn account_ids(call: &Call<'_>) -> Result<Vec<String>, Box<Answer>> {
    let ids = body::members(
        call.asked,
        "accountIds",
        "usernames",
        call.config.rules.membership_limit,
    );
    ids.map_err(|why| Box::new(errors::bad_body(call.asked, why)))
}
