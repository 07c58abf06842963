//! Accounts of the platform: one, a search, the sweep of all.

use serde_json::{Value, json};

use super::super::common::errors;
use super::super::common::page::row_range;
use super::super::exchange::{JiraResponse, RequestContext};
use super::super::seed::PersonKind;
use super::super::state::{Account, AccountNumber};
use super::rows::PlatformUser;

/// The most accounts on a page, and in a search (docs/jira.md#sweep-cloud, docs/jira.md#search-end).
const THOUSAND: usize = 1000;

/// `GET /rest/api/3/user`.
pub(super) fn get(call: &RequestContext<'_>) -> JiraResponse {
    let asked = call.request;
    let Some(id) = asked.query("accountId").filter(|id| !id.is_empty()) else {
        return errors::bad_parameter(asked, "accountId");
    };
    let expand: Vec<_> = asked.query("expand").unwrap_or("").split(',').collect();
    let known = ["", "groups", "applicationRoles"];
    if !expand.iter().all(|word| known.contains(word)) {
        return errors::bad_parameter(asked, "expand");
    }
    let Some((no, account)) = call.state.by_id(id) else {
        let message = "Specified user does not exist or you do not have required permissions";
        return errors::platform(404, message);
    };
    let groups: &[&str] = match account.kind {
        _ if no == call.state.own_account() => &["jira-servicedesk-users", "site-admins"],
        PersonKind::Agent => &["jira-servicedesk-users"],
        PersonKind::App => &["atlassian-addons"],
        PersonKind::PortalOnly | PersonKind::Atlassian => &[],
    };
    let groups = groups.iter().map(|name| {
        json!({
            "name": name, "groupId": format!("group-{name}"),
            "self": format!("{}/rest/api/3/group?groupId=group-{name}", asked.site_url),
        })
    });
    let role = json!({"key": "jira-servicedesk", "name": "Jira Service Management"});
    let roles = (account.kind == PersonKind::Agent).then_some(role);
    let expanded = |name: &str, items: Vec<Value>| {
        let size = items.len();
        let shown = if expand.contains(&name) { items } else { vec![] };
        json!({"size": size, "items": shown})
    };
    let user = PlatformUser::from_account(account, call);
    let mut body = serde_json::to_value(&user).unwrap_or_default();
    body["groups"] = expanded("groups", groups.collect());
    body["applicationRoles"] = expanded("applicationRoles", roles.into_iter().collect());
    body["expand"] = json!("groups,applicationRoles");
    JiraResponse::json(200, &body)
}

/// `GET /rest/api/3/user/search`: active accounts with a name or address that starts with the query, or the account of
/// an id. Empty without the permission (docs/jira.md#search-without-permission).
pub(super) fn search(call: &mut RequestContext<'_>) -> JiraResponse {
    let asked = call.request;
    let filled = |name| asked.query(name).filter(|text| !text.trim().is_empty());
    let (query, id) = match (filled("query"), filled("accountId")) {
        (Some(query), None) => (query, None),
        (None, Some(id)) => ("", Some(id)),
        (None, None) | (Some(_), Some(_)) => return errors::bad_parameter(asked, "query"),
    };
    let (start, most) = match start_and_most(call) {
        Ok(numbers) => numbers,
        Err(answer) => return *answer,
    };
    let portal_only_too = call.config.rules.search_finds_portal_only;
    let wanted = |account: &Account| account.active && (portal_only_too || account.kind != PersonKind::PortalOnly);
    let found = match id {
        _ if !call.config.user_picker || call.fault.empty => Vec::new(),
        None => call.state.search(query, THOUSAND, |_, _, account| wanted(account)),
        Some(id) => {
            let found = call.state.by_id(id).filter(|(_, account)| wanted(account));
            found.into_iter().map(|(no, _)| no).collect()
        }
    };
    let range = row_range(start, most, found.len(), call.fault);
    accounts_response(call, &found[range])
}

/// `GET /rest/api/3/users/search`: all accounts, oldest first. Rows are dropped after the range is taken.
pub(super) fn sweep(call: &RequestContext<'_>) -> JiraResponse {
    if !call.config.user_picker {
        return errors::platform(403, "You do not have permission to browse users.");
    }
    let (start, most) = match start_and_most(call) {
        Ok(numbers) => numbers,
        Err(answer) => return *answer,
    };
    if call.fault.empty {
        return accounts_response(call, &[]);
    }
    let order = call.state.oldest_first();
    let Some(gap) = call.config.rules.sweep_gap.filter(|&gap| gap > 1) else {
        return accounts_response(call, &order[row_range(start, most, order.len(), call.fault)]);
    };
    // Of every `gap` places, the last is a dropped row. The list does not end with one.
    let gap = gap as usize;
    let places = order.len() + order.len().saturating_sub(1) / (gap - 1);
    let places = row_range(start, most, places, call.fault);
    let filled = places.filter(|place| place % gap != gap - 1);
    let rows: Vec<_> = filled
        .filter_map(|place| order.get(place - place / gap).copied())
        .collect();
    accounts_response(call, &rows)
}

fn start_and_most(call: &RequestContext<'_>) -> Result<(usize, usize), Box<JiraResponse>> {
    let number = |name| {
        let number = call.request.number(name);
        number.map_err(|name| Box::new(errors::bad_parameter(call.request, name)))
    };
    let most = number("maxResults")?.unwrap_or(50);
    if most == 0 {
        return Err(Box::new(errors::bad_parameter(call.request, "maxResults")));
    }
    let cap = call.fault.page_limit.map_or(THOUSAND, |cap| cap as usize);
    Ok((number("startAt")?.unwrap_or(0), most.min(cap.min(THOUSAND))))
}

fn accounts_response(call: &RequestContext<'_>, accounts: &[AccountNumber]) -> JiraResponse {
    let mut rows: Vec<_> = accounts
        .iter()
        .filter_map(|&no| call.state.account(no))
        .map(|account| PlatformUser::from_account(account, call))
        .collect();
    rows.truncate(rows.len().saturating_sub(call.fault.short_by as usize));
    JiraResponse::json(200, &rows)
}
