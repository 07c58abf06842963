//! Creating a portal-only customer, which mails nobody (jira-facts §1, M).

use super::super::common::{bodies, errors};
use super::super::exchange::{Answer, Call};
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
    let (email, name) = match bodies::wanted(call, "displayName") {
        Ok(wanted) => wanted,
        Err(why) => return errors::bad_body(call.asked, why),
    };
    if !bodies::is_address(&email) {
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
