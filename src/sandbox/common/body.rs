//! Reading what clients send: strictly, since a field Jira does not know is a mistake of the client.

use serde_json::{Map, Value};

use super::super::exchange::Asked;

/// The body: an object with none but the `known` fields.
pub(in crate::sandbox) fn object(asked: &Asked, known: &[&str]) -> Result<Map<String, Value>, &'static str> {
    let Value::Object(body) = asked.json().ok_or("is not JSON")? else {
        return Err("is not an object");
    };
    if body.keys().any(|key| !known.contains(&key.as_str())) {
        return Err("has a field that is not known");
    }
    Ok(body)
}

/// A field that is a text, where it is there.
pub(in crate::sandbox) fn text(body: &Map<String, Value>, key: &str) -> Result<Option<String>, &'static str> {
    match body.get(key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err("has a field that is no text"),
    }
}

/// A field that is a list of texts, where it is there.
pub(in crate::sandbox) fn texts(body: &Map<String, Value>, key: &str) -> Result<Option<Vec<String>>, &'static str> {
    let Some(list) = body.get(key) else {
        return Ok(None);
    };
    let list = list.as_array().ok_or("has a field that is no list")?;
    let list = list.iter().map(|item| item.as_str().map(str::to_owned));
    list.collect::<Option<_>>()
        .map(Some)
        .ok_or("has a list of what is no text")
}

/// The accounts a membership call names in the field `key`: a few different ones. The field that the other
/// deployment has, `other`, may be there and empty.
pub(in crate::sandbox) fn members(
    asked: &Asked,
    key: &str,
    other: &str,
    most: usize,
) -> Result<Vec<String>, &'static str> {
    let body = object(asked, &[key, other])?;
    if !texts(&body, other)?.unwrap_or_default().is_empty() {
        return Err("names accounts as the other deployment does");
    }
    let names = texts(&body, key)?.ok_or("names no accounts")?;
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

/// Whether Jira takes it for an address: something, one `@`, a domain with a dot.
pub(in crate::sandbox) fn is_address(email: &str) -> bool {
    let Some((local, domain)) = email.split_once('@') else {
        return false;
    };
    let inner_dot = domain.trim_matches('.').contains('.');
    let odd = |c: char| c.is_whitespace() || c.is_control() || c == '@';
    !local.is_empty() && inner_dot && !local.contains(odd) && !domain.contains(odd)
}

/// Whether Jira takes it for somebody's name.
pub(in crate::sandbox) fn is_name(name: &str) -> bool {
    !name.trim().is_empty() && name.chars().count() <= 255 && !name.contains(char::is_control)
}
