//! Reads of accounts of the platform: one, a search, the list of all.

use serde_json::json;

use super::super::common::errors;
use super::super::common::page::row_range;
use super::super::config::Version;
use super::super::exchange::{JiraResponse, RequestContext};
use super::super::state::{Account, AccountNumber};
use super::errors::user_not_found;
use super::rows::{PlatformUser, user_with_groups};
use super::site::version;

/// The most accounts on a page of the search (docs/jira.md#sweep-dot).
const SEARCH_PAGE: usize = 1000;

/// The most accounts a search finds from Jira 10 on (docs/jira.md#search-100).
const SEARCH_END: usize = 100;

/// The most accounts on a page of the list (docs/jira.md#sweep-cursor).
const LIST_PAGE: usize = 2000;

/// Returns the account of the parameter `username` or `key`, or an error with `status` where there is none.
pub(super) fn account_in_query(call: &RequestContext<'_>, status: u16) -> Result<AccountNumber, Box<JiraResponse>> {
    let filled = |name| call.request.query(name).filter(|value| !value.is_empty());
    let (name, found) = match (filled("username"), filled("key")) {
        (Some(username), None) => (username, call.state.by_username(username)),
        (None, Some(key)) => (key, call.state.by_id(key)),
        (None, None) | (Some(_), Some(_)) => return Err(Box::new(errors::bad_parameter(call.request, "username"))),
    };
    let found = found.map(|(no, _)| no);
    found.ok_or_else(|| Box::new(user_not_found(status, name)))
}

/// `GET /rest/api/2/user`.
pub(super) fn get(call: &RequestContext<'_>) -> JiraResponse {
    let expand: Vec<_> = call.request.query("expand").unwrap_or("").split(',').collect();
    let known = ["", "groups", "applicationRoles"];
    if !expand.iter().all(|word| known.contains(word)) {
        return errors::bad_parameter(call.request, "expand");
    }
    if let Err(name) = call.request.flag("includeDeleted") {
        return errors::bad_parameter(call.request, name);
    }
    match account_in_query(call, 404) {
        Ok(no) => JiraResponse::json(200, &user_with_groups(call, no, &expand)),
        Err(answer) => *answer,
    }
}

/// `GET /rest/api/2/user/search`: accounts with a username, name or address that starts with `username`. Empty without
/// the permission (docs/jira.md#search-without-permission).
pub(super) fn search(call: &mut RequestContext<'_>) -> JiraResponse {
    let asked = call.request;
    let Some(query) = asked.query("username").filter(|query| !query.trim().is_empty()) else {
        return errors::bad_parameter(asked, "username");
    };
    let flag = |name, by_default| Ok(asked.flag(name)?.unwrap_or(by_default));
    let numbers = flag("includeActive", true)
        .and_then(|active| Ok((active, flag("includeInactive", false)?)))
        .and_then(|flags| Ok((flags, asked.number("startAt")?, page(call, SEARCH_PAGE)?)));
    let ((active, inactive), start, most) = match numbers {
        Ok(numbers) => numbers,
        Err(name) => return errors::bad_parameter(asked, name),
    };
    let wanted = |account: &Account| if account.active { active } else { inactive };
    let end = if version(call) < Version::V10_0 {
        usize::MAX
    } else {
        SEARCH_END
    };
    let mut found = if !call.config.user_picker || call.fault.empty {
        Vec::new()
    } else if query == "." && call.config.rules.dot_finds_everybody {
        let all = call.state.oldest_first().iter().copied();
        all.filter(|&no| call.state.account(no).is_some_and(wanted)).collect()
    } else {
        call.state.search(query, usize::MAX, |_, _, account| wanted(account))
    };
    found.truncate(end);
    let range = row_range(start.unwrap_or(0), most, found.len(), call.fault);
    let mut rows = rows(call, &found[range]);
    rows.truncate(rows.len().saturating_sub(call.fault.short_by as usize));
    JiraResponse::json(200, &rows)
}

/// `GET /rest/api/2/user/list`: all accounts, oldest first, from Jira 10.3 on. A cursor is the number of the first
/// account of the page.
pub(super) fn list(call: &RequestContext<'_>) -> JiraResponse {
    let asked = call.request;
    if version(call) < Version::V10_3 {
        return errors::platform(404, "null for uri");
    }
    if !call.config.user_picker {
        return errors::platform(403, "You do not have permission to browse users.");
    }
    let numbers = asked
        .number("cursor")
        .and_then(|cursor| Ok((cursor, page(call, LIST_PAGE)?)));
    let (cursor, most) = match numbers {
        Ok(numbers) => numbers,
        Err(name) => return errors::bad_parameter(asked, name),
    };
    let all = call.state.oldest_first();
    let has_inactive = call.config.rules.user_list_has_inactive;
    let first = all.partition_point(|no| (no.get() as usize) < cursor.unwrap_or(0));
    let range = row_range(first, most, all.len(), call.fault);
    let next = all.get(range.end).filter(|_| !call.fault.empty);
    let mut accounts = all[range].to_vec();
    accounts.retain(|&no| has_inactive || call.state.account(no).is_some_and(|account| account.active));
    accounts.truncate(accounts.len().saturating_sub(call.fault.short_by as usize));
    if call.fault.empty {
        accounts.clear();
    }
    let own = format!(
        "{}{}?cursor={}&maxResults={most}",
        asked.site_url,
        asked.path,
        cursor.unwrap_or(0)
    );
    let mut body = json!({
        "self": own, "maxResults": most, "isLast": next.is_none(), "values": rows(call, &accounts),
    });
    if let Some(next) = next {
        let cursor = next.get();
        body["nextCursor"] = json!(cursor.to_string());
        body["nextPage"] = json!(format!(
            "{}{}?cursor={cursor}&maxResults={most}",
            asked.site_url, asked.path
        ));
    }
    JiraResponse::json(200, &body)
}

fn rows<'a>(call: &'a RequestContext<'_>, accounts: &[AccountNumber]) -> Vec<PlatformUser<'a>> {
    let accounts = accounts.iter().filter_map(|&no| call.state.account(no));
    accounts
        .map(|account| PlatformUser::from_account(account, call))
        .collect()
}

/// The size of a page: the number requested, at most `cap`.
fn page(call: &RequestContext<'_>, cap: usize) -> Result<usize, &'static str> {
    let most = call.request.number("maxResults")?.unwrap_or(50);
    let lowered = call.fault.page_limit.map_or(cap, |limit| limit as usize);
    if most == 0 {
        Err("maxResults")
    } else {
        Ok(most.min(lowered).min(cap))
    }
}
