//! A desk's customers: list, add, remove.

use super::super::common::desks::{desk_id, desk_not_found};
use super::super::common::page::jsm_page;
use super::super::common::{body, errors};
use super::super::exchange::{JiraResponse, RequestContext};
use super::super::state::{AccountNumber, Desk, DeskIsOpen};
use super::rows::JsmUser;

/// `GET …/servicedesk/{serviceDeskId}/customer`.
pub(super) fn list(call: &mut RequestContext<'_>) -> JiraResponse {
    let Some(id) = desk_id(call) else {
        return desk_not_found(call);
    };
    let found: Option<Vec<AccountNumber>> = match call.request.query("query") {
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
            .map(|account| JsmUser::from_account(account, call))
            .collect()
    })
}

fn active_customers(call: &RequestContext<'_>, desk: u32) -> Vec<AccountNumber> {
    let listed = call.state.desk(desk).map(Desk::listed).unwrap_or_default();
    let active = |no: &&AccountNumber| call.state.account(**no).is_some_and(|a| a.active);
    listed.iter().filter(active).copied().collect()
}

/// `POST …/servicedesk/{serviceDeskId}/customer`: 204, or 400 where an account cannot be added; the others are still
/// added (docs/jira.md#add-partly).
pub(super) fn add(call: &mut RequestContext<'_>) -> JiraResponse {
    let Some(desk) = desk_id(call) else {
        return desk_not_found(call);
    };
    let ids = match account_ids(call) {
        Ok(ids) => ids,
        Err(answer) => return *answer,
    };
    if call.fault.write_ignored {
        return JiraResponse::empty(204);
    }
    let added = call.state.add_customers(desk, &ids);
    let effect = !added.new.is_empty();
    let answer = match (added.unknown.as_slice(), added.refused.as_slice()) {
        ([], []) => JiraResponse::empty(204),
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

/// `DELETE …/servicedesk/{serviceDeskId}/customer`: 204, also for accounts not on the list; 400 while the desk is open.
pub(super) fn remove(call: &mut RequestContext<'_>) -> JiraResponse {
    let Some(desk) = desk_id(call) else {
        return desk_not_found(call);
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
    if call.fault.write_ignored {
        return JiraResponse::empty(204);
    }
    let known: Vec<AccountNumber> = known.into_iter().map(|(no, _)| no).collect();
    match call.state.remove_customers(desk, &known) {
        Ok(removed) => JiraResponse::empty(204).with_effect(removed > 0),
        Err(DeskIsOpen) => errors::jsm(
            400,
            "sd.jsm.error.servicedesk.customer.remove.servicedesk.open.access.galaxia",
            "Customers cannot be removed from this service space because it has open access enabled",
        ),
    }
}

fn account_ids(call: &RequestContext<'_>) -> Result<Vec<String>, Box<JiraResponse>> {
    let ids = body::parse_members(
        call.request,
        "accountIds",
        "usernames",
        call.config.rules.membership_limit,
    );
    ids.map_err(|why| Box::new(errors::bad_body(call.request, why)))
}
