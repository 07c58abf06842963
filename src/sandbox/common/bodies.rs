//! The bodies of the service management's own calls.

use serde_json::Value;

use super::super::exchange::{Answer, Call};
use super::errors;

/// The address and the name of the body, the name in a field each deployment calls otherwise; without a name, the address
/// is it.
pub(in crate::sandbox) fn wanted(call: &Call<'_>, name_field: &str) -> Result<(String, String), &'static str> {
    let body = call.asked.json().ok_or("is not JSON")?;
    let body = body.as_object().ok_or("is not an object")?;
    let known = ["email", name_field];
    if body.keys().any(|key| !known.contains(&key.as_str())) {
        return Err("has a field that is not known");
    }
    let text = |key: &str| match body.get(key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err("has a field that is no text"),
    };
    let email = text("email")?.ok_or("has no email")?;
    let name = text(name_field)?;
    let name = name.unwrap_or_else(|| email.clone());
    if name.trim().is_empty() || name.chars().count() > 255 || name.contains(char::is_control) {
        return Err("has a display name Jira refuses");
    }
    Ok((email, name))
}

/// Whether Jira takes it for an address: something, one `@`, a domain with a dot.
pub(in crate::sandbox) fn is_address(email: &str) -> bool {
    let Some((local, domain)) = email.split_once('@') else {
        return false;
    };
    let inner_dot = domain.trim_matches('.').contains('.');
    let odd = |c: char| c.is_whitespace() || c.is_control() || c == '@';
    !local.is_empty() && inner_dot && !local.contains(odd) && !domain.contains(odd)
}

/// The accounts of a membership call: a few different ones and nothing else (jira-facts §7, M).
pub(in crate::sandbox) fn names(call: &Call<'_>, field: &str) -> Result<Vec<String>, Box<Answer>> {
    let bad = |why: &str| Box::new(errors::bad_body(call.asked, why));
    let body = call.asked.json().ok_or_else(|| bad("is not JSON"))?;
    let body = body.as_object().ok_or_else(|| bad("is not an object"))?;
    if body.keys().any(|key| key != field) {
        return Err(bad(&format!("has other fields than {field}")));
    }
    let ids = body.get(field).and_then(Value::as_array);
    let ids = ids.ok_or_else(|| bad(&format!("has no list of {field}")))?;
    let ids: Option<Vec<_>> = ids.iter().map(|id| id.as_str().map(str::to_owned)).collect();
    let ids = ids.ok_or_else(|| bad("has an account id that is no text"))?;
    let mut sorted = ids.clone();
    sorted.sort();
    sorted.dedup();
    match ids.len() {
        0 => Err(bad("names no account")),
        n if n > call.config.rules.membership_limit => Err(bad("names too many accounts")),
        n if n > sorted.len() => Err(bad("names an account twice")),
        _ => Ok(ids),
    }
}
