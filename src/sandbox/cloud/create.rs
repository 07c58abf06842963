//! Creating a portal-only customer, which mails nobody (docs/jira.md#create-silent).

use super::super::common::{body, errors};
use super::super::exchange::{Answer, Call};
use super::rows::JsmUser;

/// `POST /rest/servicedeskapi/customer`: 201, or 409 (400 without `strictConflictStatusCode`) where the address is
/// taken, by whatever account. The body then names no id.
pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let Ok(strict) = call.asked.flag("strictConflictStatusCode") else {
        return errors::bad_body(call.asked, "strictConflictStatusCode is no boolean");
    };
    if !call.config.administrator {
        let message = "You do not have permission to create customers.";
        return errors::jsm(403, "sd.customers.create.error.permission", message);
    }
    let (email, name) = match wanted(call) {
        Ok(wanted) => wanted,
        Err(why) => return errors::bad_body(call.asked, why),
    };
    if !body::is_address(&email) {
        let message = "The email address is not valid.";
        return errors::jsm(400, "sd.customers.create.error.email.invalid", message);
    }
    let lag = call.disturbance.search_lag;
    let Ok(no) = call.state.create_customer(&email, &name, lag) else {
        let status = if strict == Some(true) { 409 } else { 400 };
        let message = "An account already exists for this email";
        return errors::jsm(status, "sd.customers.create.error.email.exists", message);
    };
    let created = call.state.account(no);
    let created = created.map(|account| Answer::json(201, &JsmUser::of(account, call)));
    if call.disturbance.ignored {
        call.state.delete_account(no);
    }
    created.unwrap_or_default().with_effect(!call.disturbance.ignored)
}

/// The address and the name of the body; without a name, the address is it.
fn wanted(call: &Call<'_>) -> Result<(String, String), &'static str> {
    let body = body::object(call.asked, &["email", "displayName", "fullName"])?;
    let email = body::text(&body, "email")?.ok_or("has no email")?;
    let name = body::text(&body, "displayName")?.or(body::text(&body, "fullName")?);
    let name = name.unwrap_or_else(|| email.clone());
    if !body::is_name(&name) {
        return Err("has a display name Jira refuses");
    }
    Ok((email, name))
}
