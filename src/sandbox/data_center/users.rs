//! Accounts of the platform, read: one, a search, the list of all.

use serde_json::json;

use super::super::common::errors;
use super::super::common::page::shown;
use super::super::config::Version;
use super::super::exchange::{Answer, Call};
use super::super::state::{Account, No};
use super::errors::no_user;
use super::rows::{PlatformUser, whole_user};
use super::site::version;

/// The most accounts a page of the search holds (docs/jira.md#sweep-dot).
const SEARCH_PAGE: usize = 1000;

/// Where the search ends from Jira 10 on (docs/jira.md#search-100).
const SEARCH_END: usize = 100;

/// The most accounts a page of the list holds (docs/jira.md#sweep-cursor).
const LIST_PAGE: usize = 2000;

/// The account that `username` or `key` names; `status` is what is answered where there is none.
pub(super) fn named(call: &Call<'_>, status: u16) -> Result<No, Box<Answer>> {
    let filled = |name| call.asked.query(name).filter(|value| !value.is_empty());
    let (name, found) = match (filled("username"), filled("key")) {
        (Some(username), None) => (username, call.state.by_username(username)),
        (None, Some(key)) => (key, call.state.by_id(key)),
        (None, None) | (Some(_), Some(_)) => return Err(Box::new(errors::bad_parameter(call.asked, "username"))),
    };
    let found = found.map(|(no, _)| no);
    found.ok_or_else(|| Box::new(no_user(status, name)))
}

/// `GET /rest/api/2/user`.
pub(super) fn one(call: &Call<'_>) -> Answer {
    let expand: Vec<_> = call.asked.query("expand").unwrap_or("").split(',').collect();
    let known = ["", "groups", "applicationRoles"];
    if !expand.iter().all(|word| known.contains(word)) {
        return errors::bad_parameter(call.asked, "expand");
    }
    if let Err(name) = call.asked.flag("includeDeleted") {
        return errors::bad_parameter(call.asked, name);
    }
    match named(call, 404) {
        Ok(no) => Answer::json(200, &whole_user(call, no, &expand)),
        Err(answer) => *answer,
    }
}

/// `GET /rest/api/2/user/search`: accounts whose username, name or address begins with `username`. Without the permission
/// nobody is found (docs/jira.md#search-without-permission).
pub(super) fn search(call: &mut Call<'_>) -> Answer {
    let asked = call.asked;
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
    let mut found = if !call.config.user_picker || call.disturbance.empty {
        Vec::new()
    } else if query == "." && call.config.rules.dot_finds_everybody {
        let all = call.state.order().iter().copied();
        all.filter(|&no| call.state.account(no).is_some_and(wanted)).collect()
    } else {
        call.state.search(query, usize::MAX, |_, _, account| wanted(account))
    };
    found.truncate(end);
    let range = shown(start.unwrap_or(0), most, found.len(), call.disturbance);
    let mut rows = rows(call, &found[range]);
    rows.truncate(rows.len().saturating_sub(call.disturbance.short_by as usize));
    Answer::json(200, &rows)
}

/// `GET /rest/api/2/user/list`: every account, the oldest first, from Jira 10.3 on. A cursor is the number of the account
/// the page begins with.
pub(super) fn list(call: &Call<'_>) -> Answer {
    let asked = call.asked;
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
    let all = call.state.order();
    let has_inactive = call.config.rules.user_list_has_inactive;
    let first = all.partition_point(|no| (no.get() as usize) < cursor.unwrap_or(0));
    let range = shown(first, most, all.len(), call.disturbance);
    let next = all.get(range.end).filter(|_| !call.disturbance.empty);
    let mut accounts = all[range].to_vec();
    accounts.retain(|&no| has_inactive || call.state.account(no).is_some_and(|account| account.active));
    accounts.truncate(accounts.len().saturating_sub(call.disturbance.short_by as usize));
    if call.disturbance.empty {
        accounts.clear();
    }
    let own = format!(
        "{}{}?cursor={}&maxResults={most}",
        asked.base,
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
            asked.base, asked.path
        ));
    }
    Answer::json(200, &body)
}

fn rows<'a>(call: &'a Call<'_>, accounts: &[No]) -> Vec<PlatformUser<'a>> {
    let accounts = accounts.iter().filter_map(|&no| call.state.account(no));
    accounts.map(|account| PlatformUser::of(account, call)).collect()
}

/// How many accounts a page holds: what was asked for, at the most `cap`.
fn page(call: &Call<'_>, cap: usize) -> Result<usize, &'static str> {
    let most = call.asked.number("maxResults")?.unwrap_or(50);
    let lowered = call.disturbance.page_limit.map_or(cap, |limit| limit as usize);
    if most == 0 {
        Err("maxResults")
    } else {
        Ok(most.min(lowered).min(cap))
    }
}
