//! Accounts of the platform: one, a search, a list.

use serde_json::{Value, json};

use super::super::common::errors;
use super::super::common::page::shown;
use super::super::config::{Deployment, Version};
use super::super::exchange::{Answer, Call};
use super::super::state::No;
use super::rows;

/// The most accounts a page of a search holds (jira-facts §1, H).
const SEARCH_PAGE: usize = 1000;
/// Where a search ends from 10.0 on (H).
const SEARCH_ENDS: usize = 100;
/// The most accounts a page of the list holds (H).
const LIST_PAGE: usize = 2000;

/// The account a request names by `username` or `key`.
pub(super) fn named(call: &Call<'_>) -> Result<No, Box<Answer>> {
    let asked = call.asked;
    let found = match (asked.query("username"), asked.query("key")) {
        (Some(name), None) => call.state.by_username(name),
        (None, Some(key)) => call.state.by_id(key),
        _ => return Err(Box::new(errors::bad_parameter(asked, "username"))),
    };
    let missing = "The user named does not exist";
    found
        .map(|(no, _)| no)
        .ok_or_else(|| Box::new(errors::platform(404, missing)))
}

/// `GET /rest/api/2/user`: exact on the user name, whatever its case (H, I).
pub(super) fn one(call: &Call<'_>) -> Answer {
    let expand: Vec<_> = call.asked.query("expand").unwrap_or("").split(',').collect();
    if !expand
        .iter()
        .all(|word| ["", "groups", "applicationRoles"].contains(word))
    {
        return errors::bad_parameter(call.asked, "expand");
    }
    match named(call) {
        Ok(no) => match call.state.account(no) {
            Some(account) => Answer::json(200, &rows::platform(call, account, &expand)),
            None => errors::platform(404, "The user named does not exist"),
        },
        Err(answer) => *answer,
    }
}

/// `GET /rest/api/2/user/search`: beginnings of user names, names and addresses; `.` is everybody. Without the permission
/// nobody is found (jira-facts §5, H).
pub(super) fn search(call: &mut Call<'_>) -> Answer {
    let asked = call.asked;
    let Some(query) = asked.query("username").filter(|query| !query.trim().is_empty()) else {
        return errors::bad_parameter(asked, "username");
    };
    let (start, most) = match (asked.number("startAt"), asked.number("maxResults")) {
        (Ok(start), Ok(most)) => (start.unwrap_or(0), most.unwrap_or(50)),
        (Err(name), _) | (_, Err(name)) => return errors::bad_parameter(asked, name),
    };
    let (active, inactive) = (
        asked.query("includeActive") != Some("false"),
        asked.query("includeInactive") == Some("true"),
    );
    let ends = match call.config.deployment {
        Deployment::DataCenter(Version::V9_12) | Deployment::Cloud => usize::MAX,
        Deployment::DataCenter(_) => SEARCH_ENDS,
    };
    let wanted = |is_active: bool| if is_active { active } else { inactive };
    let mut found = match query {
        _ if !call.config.user_picker || call.disturbance.empty => Vec::new(),
        "." => {
            let state = &call.state;
            let all = state.order().iter().copied();
            all.filter(|no| state.account(*no).is_some_and(|account| wanted(account.active)))
                .collect()
        }
        query => call.state.search(query, ends, |_, _, account| wanted(account.active)),
    };
    found.truncate(ends);
    let cap = call.disturbance.page_limit.map_or(SEARCH_PAGE, |cap| cap as usize);
    let range = shown(start, most.min(cap.min(SEARCH_PAGE)), found.len(), call.disturbance);
    Answer::json(200, &spell(call, &found[range]))
}

/// `GET /rest/api/2/user/list`: everybody, page after page (H from 10.3 on; inactive ones too, I).
pub(super) fn list(call: &Call<'_>) -> Answer {
    let asked = call.asked;
    let Ok(most) = asked.number("maxResults") else {
        return errors::bad_parameter(asked, "maxResults");
    };
    let cap = call.disturbance.page_limit.map_or(LIST_PAGE, |cap| cap as usize);
    let most = most.unwrap_or(50).clamp(1, cap.clamp(1, LIST_PAGE));
    // A cursor is nobody's to read; here it is a place, spelled so that no client can count on it.
    let start = match asked.query("cursor") {
        None => Some(0),
        Some(cursor) => cursor.strip_prefix("c-").and_then(|place| place.parse::<usize>().ok()),
    };
    let Some(start) = start else {
        return errors::bad_parameter(asked, "cursor");
    };
    if !call.config.user_picker {
        return errors::platform(403, "You do not have permission to browse users");
    }
    let order = call.state.order();
    let range = shown(start, most, order.len(), call.disturbance);
    let last = range.end >= order.len();
    let next = format!("c-{}", range.end);
    let mut body = json!({
        "self": format!("{}{}", asked.base, asked.path),
        "maxResults": most,
        "isLast": last,
        "values": spell(call, &order[range]),
    });
    if !last {
        body["nextCursor"] = json!(next);
        body["nextPage"] = json!(format!("{}{}?cursor={next}&maxResults={most}", asked.base, asked.path));
    }
    Answer::json(200, &body)
}

fn spell(call: &Call<'_>, accounts: &[No]) -> Vec<Value> {
    let accounts = accounts.iter().filter_map(|no| call.state.account(*no));
    accounts.map(|account| rows::bare(call, account)).collect()
}
