//! Customers, by the service management's own calls: create, which sends no e-mail and takes no seat, and add.

use serde_json::json;

use super::super::common::desks::{desk_id, desk_not_found};
use super::super::common::{body, errors};
use super::super::config::AddAnswer;
use super::super::exchange::{JiraResponse, RequestContext};
use super::super::state::AccountNumber;
use super::errors::{require_administrator, require_writable_directory};
use super::rows::JsmUser;

/// `POST /rest/servicedeskapi/customer`: 201, or 400 where the address is taken, by any account. The body then has no
/// information about that account.
pub(super) fn create(call: &mut RequestContext<'_>) -> JiraResponse {
    if let Some(refusal) = require_administrator(call).or_else(|| require_writable_directory(call)) {
        return refusal;
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
    let created = created.map(|account| JiraResponse::json(201, &JsmUser::from_account(account, call)));
    if call.fault.write_ignored {
        call.state.delete_account(no);
    }
    created.unwrap_or_default().with_effect(!call.fault.write_ignored)
}

/// Returns the address and the name in the body; the name defaults to the address.
fn parse_new_customer(call: &RequestContext<'_>) -> Result<(String, String), &'static str> {
    let body = body::parse_object(call.request, &["email", "fullName"])?;
    let email = body::string_field(&body, "email")?.ok_or("has no email")?;
    let name = body::string_field(&body, "fullName")?.unwrap_or_else(|| email.clone());
    if body::is_name(&name) {
        Ok((email, name))
    } else {
        Err("has a full name Jira refuses")
    }
}

/// `POST …/servicedesk/{serviceDeskId}/customer`: 200, or 400 where an account cannot be added; the others are still
/// added (docs/jira.md#add-partly).
pub(super) fn add(call: &mut RequestContext<'_>) -> JiraResponse {
    let Some(desk) = desk_id(call) else {
        return desk_not_found(call);
    };
    let names = match body::parse_members(
        call.request,
        "usernames",
        "accountIds",
        call.config.rules.membership_limit,
    ) {
        Ok(names) => names,
        Err(why) => return errors::bad_body(call.request, why),
    };
    if call.fault.write_ignored {
        let named = names.iter().filter_map(|name| call.state.by_username(name));
        return add_response(call, &named.map(|(no, _)| no).collect::<Vec<_>>());
    }
    let result = call.state.add_customers(desk, &names);
    let answer = match (result.unknown.as_slice(), result.refused.as_slice()) {
        ([], []) => add_response(call, &result.valid),
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

/// The response to adding, in the shape set by the rules.
fn add_response(call: &RequestContext<'_>, accounts: &[AccountNumber]) -> JiraResponse {
    let rows = accounts.iter().filter_map(|&no| call.state.account(no));
    let rows: Vec<_> = rows.map(|account| JsmUser::from_account(account, call)).collect();
    match call.config.rules.add_answer {
        AddAnswer::Users => JiraResponse::json(200, &rows),
        AddAnswer::User => JiraResponse::json(200, &rows.first()),
        AddAnswer::Page => {
            let own = format!("{}{}", call.request.site_url, call.request.path);
            let body = json!({
                "size": rows.len(), "start": 0, "limit": rows.len(), "isLastPage": true, "values": rows,
                "_links": {"base": call.request.site_url, "context": "", "self": own},
            });
            JiraResponse::json(200, &body)
        }
        AddAnswer::Empty => JiraResponse::empty(200),
        AddAnswer::NoContent => JiraResponse::empty(204),
    }
}

/// 404 for listing and removing a desk's customers, which only Cloud supports (docs/jira.md#role-is-list).
pub(super) fn cloud_only(call: &RequestContext<'_>) -> JiraResponse {
    let (method, path) = (&call.request.method, &call.request.path);
    let answer = errors::error_for_path(path, 404, "null for uri");
    answer.with_violation(format!("{method} {path}: Data Center has no such call"))
}
