//! A desk's customers: making them, adding them.

use serde_json::{Value, json};

use super::super::common::desks::{id as desk_id, no_desk};
use super::super::common::{bodies, errors};
use super::super::config::AddAnswer;
use super::super::exchange::{Answer, Call};
use super::super::seed::SeedPerson;
use super::super::state::No;
use super::rows;

/// `POST /rest/servicedeskapi/customer`: 201, silently, named by the e-mail (jira-facts §1, H). Without a password: whoever
/// wants one asks for it at the portal.
pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let (email, name) = match bodies::wanted(call, "fullName") {
        Ok(wanted) => wanted,
        Err(why) => return errors::bad_body(call.asked, why),
    };
    if !bodies::is_address(&email) {
        let message = "The email address is not valid.";
        return errors::jsm(400, "sd.customers.create.error.email.invalid", message);
    }
    let rules = call.config.rules;
    let username = match rules.lowercase_usernames {
        true => email.to_lowercase(),
        false => email.clone(),
    };
    let email_taken = !rules.create_ignores_emails && !call.state.holders(&email).is_empty();
    if email_taken || call.state.by_username(&username).is_some() {
        let status = if rules.conflict_is_409 { 409 } else { 400 };
        let message = "An account already exists for this email";
        return errors::jsm(status, "sd.customers.create.error.email.exists", message);
    }
    if let Some(status) = rules.read_only_directory {
        let status = if status == 200 { 400 } else { status };
        return errors::jsm(
            status,
            "sd.customers.create.error.directory",
            "No directory can be written to.",
        );
    }
    let lag = call.disturbance.search_lag;
    let no = call.state.create_user(&SeedPerson {
        name,
        username: Some(username),
        ..SeedPerson::customer(email.as_str(), &[])
    });
    call.state.lag(no, lag);
    let created = call
        .state
        .account(no)
        .map(|account| Answer::json(201, &rows::customer(call, account)));
    if call.disturbance.ignored {
        call.state.delete_account(no);
    }
    created.unwrap_or_default().with_effect(!call.disturbance.ignored)
}

/// `POST …/servicedesk/{serviceDeskId}/customer`: 200, or 400 where somebody cannot be added; the others are added all the
/// same (I, as on Cloud).
pub(super) fn add(call: &mut Call<'_>) -> Answer {
    let Some(desk) = desk_id(call) else {
        return no_desk(call);
    };
    let names = match bodies::names(call, "usernames") {
        Ok(names) => names,
        Err(answer) => return *answer,
    };
    if call.disturbance.ignored {
        return added(call, &names);
    }
    let came = call.state.add_customers(desk, &names);
    let effect = !came.new.is_empty();
    if came.unknown.is_empty() && came.refused.is_empty() {
        return added(call, &names).with_effect(effect);
    }
    let whom = came
        .unknown
        .iter()
        .chain(&came.refused)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    let message = format!("These users cannot be added: {whom}");
    errors::jsm(400, "sd.customers.add.error", &message).with_effect(effect)
}

/// The users, in one of the shapes that have been seen (jira-facts §1, H that each must be accepted).
fn added(call: &Call<'_>, names: &[String]) -> Answer {
    let known: Vec<No> = names
        .iter()
        .filter_map(|name| Some(call.state.by_username(name)?.0))
        .collect();
    let accounts = known.into_iter().filter_map(|no| call.state.account(no));
    let users: Vec<Value> = accounts.map(|account| rows::customer(call, account)).collect();
    match call.config.rules.add_answer {
        AddAnswer::Page => {
            let size = users.len();
            Answer::json(
                200,
                &json!({"size": size, "start": 0, "limit": size, "isLastPage": true, "values": users}),
            )
        }
        AddAnswer::Array => Answer::json(200, &users),
        AddAnswer::Object => Answer::json(200, &json!({"users": users})),
        AddAnswer::Empty => Answer::empty(200),
        AddAnswer::NoContent => Answer::empty(204),
    }
}
