//! Licence seats: giving one, which is a violation, and taking one back.

use super::super::common::errors;
use super::super::exchange::{Answer, Call};
use super::super::state::{APPLICATIONS, Application, No};
use super::errors::not_an_administrator;
use super::users::named;

/// `POST /rest/api/2/user/application`.
pub(super) fn grant(call: &mut Call<'_>) -> Answer {
    let (no, application) = match wanted(call) {
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
    let blame = format!("{} {}: takes a licence seat", call.asked.method, call.asked.path);
    Answer::empty(200).with_effect(effect).blaming(blame)
}

/// `DELETE /rest/api/2/user/application`: 204, also where there was nothing to take (docs/jira.md#take-seat-back).
pub(super) fn revoke(call: &mut Call<'_>) -> Answer {
    let (no, application) = match wanted(call) {
        Ok(wanted) => wanted,
        Err(answer) => return *answer,
    };
    let effect = !call.disturbance.ignored
        && call.state.change_account(no, |account| {
            account.groups.remove(application.group);
        });
    Answer::empty(204).with_effect(effect)
}

/// Whom and what the parameters name.
fn wanted(call: &Call<'_>) -> Result<(No, &'static Application), Box<Answer>> {
    if let Some(refusal) = not_an_administrator(call) {
        return Err(Box::new(refusal));
    }
    let no = named(call, 400)?;
    let Some(key) = call.asked.query("applicationKey") else {
        return Err(Box::new(errors::bad_parameter(call.asked, "applicationKey")));
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
