//! Customers, by the service management's own calls: creating, which mails nobody and takes no seat, and adding.

use serde_json::json;

use super::super::common::desks::{id as desk_id, no_desk};
use super::super::common::{body, errors};
use super::super::config::AddAnswer;
use super::super::exchange::{Answer, Call};
use super::super::state::No;
use super::errors::{not_an_administrator, read_only};
use super::rows::JsmUser;

/// `POST /rest/servicedeskapi/customer`: 201, or 400 where the address is taken, by whatever account. The body then
/// tells nothing of that account.
pub(super) fn create(call: &mut Call<'_>) -> Answer {
    if let Some(refusal) = not_an_administrator(call).or_else(|| read_only(call)) {
        return refusal;
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
        let status = if call.config.rules.create_answers_conflict {
            409
        } else {
            400
        };
        let message = match call.config.rules.create_answers_in_german {
            true => "Für diese E-Mail-Adresse gibt es bereits ein Konto.",
            false => "An account already exists for this email",
        };
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
    let body = body::object(call.asked, &["email", "fullName"])?;
    let email = body::text(&body, "email")?.ok_or("has no email")?;
    let name = body::text(&body, "fullName")?.unwrap_or_else(|| email.clone());
    if body::is_name(&name) {
        Ok((email, name))
    } else {
        Err("has a full name Jira refuses")
    }
}

/// `POST …/servicedesk/{serviceDeskId}/customer`: 200, or 400 where somebody cannot be added; the others are added all
/// the same (docs/jira.md#add-partly).
pub(super) fn add(call: &mut Call<'_>) -> Answer {
    let Some(desk) = desk_id(call) else {
        return no_desk(call);
    };
    let names = match body::members(
        call.asked,
        "usernames",
        "accountIds",
        call.config.rules.membership_limit,
    ) {
        Ok(names) => names,
        Err(why) => return errors::bad_body(call.asked, why),
    };
    if call.disturbance.ignored {
        let named = names.iter().filter_map(|name| call.state.by_username(name));
        return added(call, &named.map(|(no, _)| no).collect::<Vec<_>>());
    }
    let result = call.state.add_customers(desk, &names);
    let answer = match (result.unknown.as_slice(), result.refused.as_slice()) {
        ([], []) => added(call, &result.valid),
        ([], refused) => {
            let message = format!("These users cannot be customers: {}", refused.join(", "));
            errors::jsm(400, "sd.customers.add.error.user.inactive", &message)
        }
        (unknown, _) => {
            let message = format!("These users do not exist: {}", unknown.join(", "));
            errors::jsm(400, "sd.customers.add.error.user.notfound", &message)
        }
    };
    answer.with_effect(!result.new.is_empty())
}

/// What adding answers, in the shape the rules say.
fn added(call: &Call<'_>, accounts: &[No]) -> Answer {
    let rows = accounts.iter().filter_map(|&no| call.state.account(no));
    let rows: Vec<_> = rows.map(|account| JsmUser::of(account, call)).collect();
    match call.config.rules.add_answer {
        AddAnswer::Users => Answer::json(200, &rows),
        AddAnswer::User => Answer::json(200, &rows.first()),
        AddAnswer::Page => {
            let own = format!("{}{}", call.asked.base, call.asked.path);
            let body = json!({
                "size": rows.len(), "start": 0, "limit": rows.len(), "isLastPage": true, "values": rows,
                "_links": {"base": call.asked.base, "context": "", "self": own},
            });
            Answer::json(200, &body)
        }
        AddAnswer::Empty => Answer::empty(200),
        AddAnswer::NoContent => Answer::empty(204),
    }
}

/// Listing and removing a desk's customers, which only Cloud can (docs/jira.md#role-is-list).
pub(super) fn absent(call: &Call<'_>) -> Answer {
    let (method, path) = (&call.asked.method, &call.asked.path);
    let answer = errors::of_path(path, 404, "null for uri");
    answer.blaming(format!("{method} {path}: Data Center has no such call"))
}
