//! Creating a portal-only customer, which mails nobody (jira-facts §1, M).

use serde_json::Value;

use super::super::exchange::{Answer, Call};
use super::errors;
use super::rows::JsmUser;

/// `POST /rest/servicedeskapi/customer`: 201, or 409 (400 without `strictConflictStatusCode`) where the address is
/// taken, by whatever account. The body then names no id.
pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let strict = match call.asked.query("strictConflictStatusCode") {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return errors::bad_body(call.asked, "strictConflictStatusCode is no boolean"),
    };
    if !call.config.administrator {
        let message = "You do not have permission to create customers.";
        return errors::jsm(403, "sd.customers.create.error.permission", message);
    }
    let (email, name) = match wanted(call) {
        Ok(wanted) => wanted,
        Err(why) => return errors::bad_body(call.asked, why),
    };
    if !is_address(&email) {
        let message = "The email address is not valid.";
        return errors::jsm(400, "sd.customers.create.error.email.invalid", message);
    }
    let lag = call.disturbance.search_lag;
    let Ok(no) = call.state.create_customer(&email, &name, lag) else {
        let status = if strict { 409 } else { 400 };
        let message = "An account already exists for this email";
        return errors::jsm(status, "sd.customers.create.error.email.exists", message);
    };
    let created = call.state.account(no).map(|account| {
        let rules = &call.config.rules;
        let row = JsmUser::of(account, &call.asked.base, rules, call.disturbance);
        Answer::json(201, &row)
    });
    if call.disturbance.ignored {
        call.state.delete_account(no);
    }
    created.unwrap_or_default().with_effect(!call.disturbance.ignored)
}

/// The address and the name of the body; without a name, the address is it.
fn wanted(call: &Call<'_>) -> Result<(String, String), &'static str> {
    let body = call.asked.json().ok_or("is not JSON")?;
    let body = body.as_object().ok_or("is not an object")?;
    let known = ["email", "displayName", "fullName"];
    if body.keys().any(|key| !known.contains(&key.as_str())) {
        return Err("has a field that is not known");
    }
    let text = |key: &str| match body.get(key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err("has a field that is no text"),
    };
    let email = text("email")?.ok_or("has no email")?;
    let name = text("displayName")?.or(text("fullName")?);
    let name = name.unwrap_or_else(|| email.clone());
    if name.trim().is_empty() || name.chars().count() > 255 || name.contains(char::is_control) {
        return Err("has a display name Jira refuses");
    }
    Ok((email, name))
}

/// Whether Jira takes it for an address: something, one `@`, a domain with a dot.
fn is_address(email: &str) -> bool {
    let Some((local, domain)) = email.split_once('@') else {
        return false;
    };
    let inner_dot = domain.trim_matches('.').contains('.');
    let odd = |c: char| c.is_whitespace() || c.is_control() || c == '@';
    !local.is_empty() && inner_dot && !local.contains(odd) && !domain.contains(odd)
}
