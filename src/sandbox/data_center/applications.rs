//! License seats: granting one, which is a violation, and revoking one.

use super::super::common::errors;
use super::super::exchange::{JiraResponse, RequestContext};
use super::super::state::{APPLICATIONS, AccountNumber, Application};
use super::errors::require_administrator;
use super::users::account_in_query;

/// `POST /rest/api/2/user/application`.
pub(super) fn grant(call: &mut RequestContext<'_>) -> JiraResponse {
    let (no, application) = match account_and_application(call) {
        Ok(wanted) => wanted,
        Err(answer) => return *answer,
    };
    let group = application.group.to_owned();
    let effect = call.state.change_account(no, |account| {
        account.groups.insert(group);
    });
    if effect {
        call.state.take_seat();
    }
    let blame = format!("{} {}: takes a license seat", call.request.method, call.request.path);
    JiraResponse::empty(200).with_effect(effect).with_violation(blame)
}

/// `DELETE /rest/api/2/user/application`: 204, also where there was none (docs/jira.md#take-seat-back).
pub(super) fn revoke(call: &mut RequestContext<'_>) -> JiraResponse {
    let (no, application) = match account_and_application(call) {
        Ok(wanted) => wanted,
        Err(answer) => return *answer,
    };
    let effect = !call.fault.write_ignored
        && call.state.change_account(no, |account| {
            account.groups.remove(application.group);
        });
    JiraResponse::empty(204).with_effect(effect)
}

/// The account and the application in the parameters.
fn account_and_application(
    call: &RequestContext<'_>,
) -> Result<(AccountNumber, &'static Application), Box<JiraResponse>> {
    if let Some(refusal) = require_administrator(call) {
        return Err(Box::new(refusal));
    }
    let no = account_in_query(call, 400)?;
    let Some(key) = call.request.query("applicationKey") else {
        return Err(Box::new(errors::bad_parameter(call.request, "applicationKey")));
    };
    let found = APPLICATIONS.iter().find(|application| application.key == key);
    let missing = || {
        Box::new(errors::platform(
            400,
            &format!("The application '{key}' does not exist"),
        ))
    };
    Ok((no, found.ok_or_else(missing)?))
}
