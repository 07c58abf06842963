//! The JSON of pages, and the parts of an account that both deployments show.

use std::borrow::Cow;
use std::ops::Range;

use serde::Serialize;
use serde_json::json;

use super::super::config::Rules;
use super::super::exchange::{JiraResponse, RequestContext};
use super::super::faults::InjectedFault;
use super::super::state::Account;
use super::errors;

/// The address in a response: `None` if hidden, masked if the rules require it.
pub(in crate::sandbox) fn shown_email<'a>(
    account: &'a Account,
    rules: &Rules,
    injected_fault: &InjectedFault,
) -> Option<Cow<'a, str>> {
    if injected_fault.hide_emails || account.hides_email(rules) {
        return None;
    }
    let email = account.email.as_str();
    Some(match rules.mask_emails {
        true => email.replace('@', " at ").replace('.', " dot ").into(),
        false => email.into(),
    })
}

/// The avatar URLs of an account.
#[derive(Serialize)]
pub(in crate::sandbox) struct Avatars {
    #[serde(rename = "48x48")]
    large: &'static str,
    #[serde(rename = "24x24")]
    small: &'static str,
    #[serde(rename = "16x16")]
    tiny: &'static str,
    #[serde(rename = "32x32")]
    medium: &'static str,
}

/// The avatars of every account.
pub(in crate::sandbox) const AVATARS: Avatars = Avatars {
    large: "https://avatar.example/default-48.png",
    small: "https://avatar.example/default-24.png",
    tiny: "https://avatar.example/default-16.png",
    medium: "https://avatar.example/default-32.png",
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Page<T> {
    #[serde(rename = "_expands")]
    expands: [(); 0],
    size: usize,
    start: usize,
    limit: usize,
    is_last_page: bool,
    #[serde(rename = "_links")]
    links: PageLinks,
    values: Vec<T>,
}

#[derive(Serialize)]
struct PageLinks {
    base: String,
    context: &'static str,
    #[serde(rename = "self")]
    own: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prev: Option<String>,
}

/// A JSM page (docs/jira.md#jsm-pages) of a list with `total` rows; `rows` returns the rows of a range.
pub(in crate::sandbox) fn jsm_page<T: Serialize>(
    call: &RequestContext<'_>,
    total: usize,
    rows: impl FnOnce(Range<usize>) -> Vec<T>,
) -> JiraResponse {
    let (asked, injected_fault) = (call.request, call.fault);
    let (start, limit) = match (asked.number("start"), asked.number("limit")) {
        (Ok(start), Ok(limit)) => (start.unwrap_or(0), limit.unwrap_or(50)),
        (Err(name), _) | (_, Err(name)) => return errors::bad_parameter(asked, name),
    };
    if limit == 0 {
        return errors::bad_parameter(asked, "limit");
    }
    let cap = injected_fault.page_limit.unwrap_or(u32::MAX);
    let limit = limit.min(call.config.page_limit.min(cap).max(1) as usize);
    let range = row_range(start, limit, total, injected_fault);
    let mut last = range.end >= total;
    if !call.config.rules.full_last_page_says_so && range.len() == limit {
        last = false;
    }
    let mut values = rows(range);
    if injected_fault.short_by > 0 {
        values.truncate(values.len().saturating_sub(injected_fault.short_by as usize));
        last = false;
    }
    if injected_fault.empty {
        values.clear();
        last = true;
    }
    if injected_fault.endless {
        return endless(call, start, limit);
    }
    let link = |start| format!("{}{}?start={start}&limit={limit}", asked.site_url, asked.path);
    let page = Page {
        expands: [],
        size: values.len(),
        start,
        limit,
        is_last_page: last,
        links: PageLinks {
            base: asked.site_url.clone(),
            context: "",
            own: link(start),
            next: (!last).then(|| link(start + limit)),
            prev: (start > 0).then(|| link(start.saturating_sub(limit))),
        },
        values,
    };
    JiraResponse::json(200, &page)
}

/// A page of made-up customers or desks, never the last one.
fn endless(call: &RequestContext<'_>, start: usize, limit: usize) -> JiraResponse {
    let rows = (start..start + limit).map(|n| {
        json!({
            "accountId": format!("qm:endless:{n}"), "emailAddress": format!("endless{n}@example.com"),
            "displayName": format!("Endless {n}"), "active": true,
            "id": n.to_string(), "projectId": n.to_string(), "projectKey": format!("E{n}"), "projectName": "Endless",
        })
    });
    let rows: Vec<_> = rows.collect();
    let base = &call.request.site_url;
    let body = json!({
        "size": rows.len(), "start": start, "limit": limit, "isLastPage": false, "values": rows,
        "_links": {"base": base, "context": "", "self": format!("{base}{}", call.request.path)},
    });
    JiraResponse::json(200, &body)
}

/// The rows of a page, including an injected shift.
pub(in crate::sandbox) fn row_range(
    start: usize,
    limit: usize,
    total: usize,
    injected_fault: &InjectedFault,
) -> Range<usize> {
    let shift = usize::try_from(injected_fault.shift.unsigned_abs()).unwrap_or(usize::MAX);
    let first = if injected_fault.shift < 0 {
        start.saturating_sub(shift)
    } else {
        start.saturating_add(shift)
    };
    let first = first.min(total);
    first..first.saturating_add(limit).min(total)
}
