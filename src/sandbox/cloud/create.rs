//! Creating a portal-only customer, which sends no e-mail (docs/jira.md#create-silent).

use super::super::common::{body, errors};
use super::super::exchange::{JiraResponse, RequestContext};
use super::rows::JsmUser;

/// `POST /rest/servicedeskapi/customer`: 201, or 409 (400 without `strictConflictStatusCode`) where the address is
/// taken, by any account. The body then has no id.
pub(super) fn create(call: &mut RequestContext<'_>) -> JiraResponse {
    let Ok(strict) = call.request.flag("strictConflictStatusCode") else {
        return errors::bad_body(call.request, "strictConflictStatusCode is not a boolean");
    };
    if !call.config.administrator {
        let message = "You do not have permission to create customers.";
        return errors::jsm(403, "sd.customers.create.error.permission", message);
    }
    let (email, name) = match parse_new_customer(call) {
        Ok(wanted) => wanted,
        Err(why) => return errors::bad_body(call.request, why),
    };
    if !body::is_address(&email) {
        let message = "The email address is not valid.";
        return errors::jsm(400, "sd.customers.create.error.email.invalid", message);
    }
    let lag = call.fault.search_lag;
    let Ok(no) = call.state.create_customer(&email, &name, lag) else {
        let status = if strict == Some(true) { 409 } else { 400 };
        let message = "An account already exists for this email";
        return errors::jsm(status, "sd.customers.create.error.email.exists", message);
    };
    let created = call.state.account(no);
    let created = created.map(|account| JiraResponse::json(201, &JsmUser::from_account(account, call)));
    if call.fault.write_ignored {
        call.state.delete_account(no);
    }
    created.unwrap_or_default().with_effect(!call.fault.write_ignored)
}

/// Returns the address and the name in the body; the name defaults to the address.
fn parse_new_customer(call: &RequestContext<'_>) -> Result<(String, String), &'static str> {
    let body = body::parse_object(call.request, &["email", "displayName", "fullName"])?;
    let email = body::string_field(&body, "email")?.ok_or("has no email")?;
    let name = body::string_field(&body, "displayName")?.or(body::string_field(&body, "fullName")?);
    let name = name.unwrap_or_else(|| email.clone());
    if !body::is_name(&name) {
        return Err("has a display name Jira refuses");
    }
    Ok((email, name))
}
