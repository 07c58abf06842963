//! Strict parsing of request bodies: an unknown field is a mistake of the client.

use serde_json::{Map, Value};

use super::super::exchange::JiraRequest;

/// Parses the body as an object with only `known` fields.
pub(in crate::sandbox) fn parse_object(
    asked: &JiraRequest,
    known: &[&str],
) -> Result<Map<String, Value>, &'static str> {
    let Value::Object(body) = asked.json().ok_or("is not JSON")? else {
        return Err("is not an object");
    };
    if body.keys().any(|key| !known.contains(&key.as_str())) {
        return Err("has an unknown field");
    }
    Ok(body)
}

/// Returns a string field, if present.
pub(in crate::sandbox) fn string_field(body: &Map<String, Value>, key: &str) -> Result<Option<String>, &'static str> {
    match body.get(key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err("has a field that is not a string"),
    }
}

/// Returns a field that is a list of strings, if present.
pub(in crate::sandbox) fn string_list_field(
    body: &Map<String, Value>,
    key: &str,
) -> Result<Option<Vec<String>>, &'static str> {
    let Some(list) = body.get(key) else {
        return Ok(None);
    };
    let list = list.as_array().ok_or("has a field that is not a list")?;
    let list = list.iter().map(|item| item.as_str().map(str::to_owned));
    list.collect::<Option<_>>()
        .map(Some)
        .ok_or("has a list item that is not a string")
}

/// Returns the accounts of a membership call, from the field `key`: 1 to `most`, all different. The field of the other
/// deployment, `other`, may be there if empty.
pub(in crate::sandbox) fn parse_members(
    asked: &JiraRequest,
    key: &str,
    other: &str,
    most: usize,
) -> Result<Vec<String>, &'static str> {
    let body = parse_object(asked, &[key, other])?;
    if !string_list_field(&body, other)?.unwrap_or_default().is_empty() {
        return Err("names accounts as the other deployment does");
    }
    let names = string_list_field(&body, key)?.ok_or("names no accounts")?;
    let mut sorted = names.clone();
    sorted.sort();
    sorted.dedup();
    match names.len() {
        0 => Err("names no account"),
        n if n > most => Err("names too many accounts"),
        n if n > sorted.len() => Err("names an account twice"),
        _ => Ok(names),
    }
}

/// Whether Jira accepts it as an address: a local part, one `@`, a domain with a dot.
pub(in crate::sandbox) fn is_address(email: &str) -> bool {
    let Some((local, domain)) = email.split_once('@') else {
        return false;
    };
    let inner_dot = domain.trim_matches('.').contains('.');
    let odd = |c: char| c.is_whitespace() || c.is_control() || c == '@';
    !local.is_empty() && inner_dot && !local.contains(odd) && !domain.contains(odd)
}

/// Whether Jira accepts it as a display name.
pub(in crate::sandbox) fn is_name(name: &str) -> bool {
    !name.trim().is_empty() && name.chars().count() <= 255 && !name.contains(char::is_control)
}
