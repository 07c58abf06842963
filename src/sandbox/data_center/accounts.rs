//! Writes to accounts of the platform: create, update, set a password. Only for administrators, and only where the
//! directory is writable.

use serde_json::{Map, Value};

use super::super::common::{body, errors};
use super::super::exchange::{JiraResponse, RequestContext};
use super::super::state::{APPLICATIONS, AccountNumber, Application, NewUser};
use super::errors::{of_field, require_administrator, require_writable_directory};
use super::rows::user_with_groups;
use super::users::account_in_query;

/// Jira's message for a username that is taken.
const NAME_TAKEN: &str = "A user with that username already exists.";

/// What a request to create an account contains besides the account.
struct Extras {
    /// The applications to grant.
    applications: Vec<&'static Application>,
    /// Whether the client requested applications, or did not exclude them with an empty list.
    requests_seats: bool,
    /// Whether a notification is requested.
    notification: bool,
}

/// `POST /rest/api/2/user`. Without `applicationKeys`, or with some, it takes seats; with `notification`, it sends
/// e-mail (docs/jira.md#seat-by-application, docs/jira.md#user-notification): all of these are violations.
pub(super) fn create(call: &mut RequestContext<'_>) -> JiraResponse {
    if let Some(refusal) = require_administrator(call).or_else(|| require_writable_directory(call)) {
        return refusal;
    }
    let (user, extras) = match parse_new_user(call) {
        Ok(wanted) => wanted,
        Err(why) => return errors::bad_body(call.request, why),
    };
    if let Some((field, message)) = invalid_field(call, &user) {
        return of_field(400, field, message);
    }
    let email = user.email.clone();
    let Ok(no) = call.state.create_user(user, call.fault.search_lag) else {
        let message = match call.config.rules.create_answers_in_german {
            true => "Es gibt bereits einen Benutzer mit diesem Benutzernamen.",
            false => NAME_TAKEN,
        };
        return of_field(400, "username", message);
    };
    for application in &extras.applications {
        if !call.fault.write_ignored {
            call.state.take_seat();
        }
        call.state.change_account(no, |account| {
            account.groups.insert(application.group.to_owned());
        });
    }
    let mut answer = JiraResponse::json(201, &user_with_groups(call, no, &[])).with_effect(!call.fault.write_ignored);
    let blame = |what: &str| format!("{} {}: {what}", call.request.method, call.request.path);
    if extras.requests_seats {
        answer.violations.push(blame("takes a license seat"));
    }
    if extras.notification {
        answer.violations.push(blame("sends e-mail"));
        answer.mails.push((email, "an account was created for you".to_owned()));
    }
    if call.fault.write_ignored {
        call.state.delete_account(no);
    }
    answer
}

fn parse_new_user(call: &RequestContext<'_>) -> Result<(NewUser, Extras), &'static str> {
    let known = [
        "name",
        "emailAddress",
        "displayName",
        "password",
        "applicationKeys",
        "notification",
    ];
    let body = body::parse_object(call.request, &known)?;
    let text = |key| Ok::<_, &'static str>(body::string_field(&body, key)?.unwrap_or_default());
    let user = NewUser {
        username: text("name")?,
        email: text("emailAddress")?,
        name: text("displayName")?,
        password: text("password")?,
    };
    let keys = body::string_list_field(&body, "applicationKeys")?;
    let requests_seats = keys.as_ref().is_none_or(|keys| !keys.is_empty());
    let by_default = match &keys {
        None => true,
        Some(keys) => keys.is_empty() && call.config.rules.empty_application_keys_take_a_seat,
    };
    let mut applications = Vec::new();
    for key in keys.unwrap_or_default() {
        let found = APPLICATIONS.iter().find(|application| application.key == key);
        applications.push(found.ok_or("names an application that does not exist")?);
    }
    if by_default {
        applications.push(Application::default_application());
    }
    let extras = Extras {
        applications,
        requests_seats,
        notification: body.contains_key("notification"),
    };
    Ok((user, extras))
}

/// Returns the field of a new account that Jira refuses, and the message.
fn invalid_field(call: &RequestContext<'_>, user: &NewUser) -> Option<(&'static str, &'static str)> {
    let taken =
        call.config.rules.platform_refuses_taken_emails && !call.state.accounts_with_email(&user.email).is_empty();
    if user.username.trim().is_empty() {
        Some(("username", "You must specify a username."))
    } else if user.username.contains(['<', '>', '&']) {
        Some(("username", "The username must not contain '<', '>' or '&'."))
    } else if user.password.is_empty() {
        Some(("password", "You must specify a password."))
    } else if !body::is_name(&user.name) {
        Some(("displayName", "You must specify a full name."))
    } else if !body::is_address(&user.email) {
        Some(("emailAddress", "You must specify a valid email address."))
    } else if taken {
        Some(("emailAddress", "A user with that email address already exists."))
    } else {
        None
    }
}

/// The fields of an account to change.
struct Changes {
    username: Option<String>,
    email: Option<String>,
    name: Option<String>,
    active: Option<bool>,
}

/// `PUT /rest/api/2/user`: changes the fields in the body, and no others.
pub(super) fn update(call: &mut RequestContext<'_>) -> JiraResponse {
    if let Some(refusal) = require_administrator(call) {
        return refusal;
    }
    let no = match account_in_query(call, 404) {
        Ok(no) => no,
        Err(answer) => return *answer,
    };
    if let Some(refusal) = require_writable_directory(call) {
        return refusal;
    }
    let changes = match changes(call) {
        Ok(changes) => changes,
        Err(why) => return errors::bad_body(call.request, why),
    };
    if let Some((field, message)) = invalid_change(call, no, &changes) {
        return of_field(400, field, message);
    }
    let effect = !call.fault.write_ignored
        && call.state.change_account(no, |account| {
            account.username = changes.username.unwrap_or_else(|| account.username.clone());
            account.email = changes.email.unwrap_or_else(|| account.email.clone());
            account.name = changes.name.unwrap_or_else(|| account.name.clone());
            account.active = changes.active.unwrap_or(account.active);
        });
    JiraResponse::json(200, &user_with_groups(call, no, &[])).with_effect(effect)
}

/// Returns the changes in the body that Jira applies, according to the rules.
fn changes(call: &RequestContext<'_>) -> Result<Changes, &'static str> {
    let rules = &call.config.rules;
    let body = body::parse_object(call.request, &["name", "emailAddress", "displayName", "active"])?;
    if body.is_empty() {
        return Err("changes nothing");
    }
    Ok(Changes {
        username: body::string_field(&body, "name")?.filter(|_| rules.rename_by_put),
        email: body::string_field(&body, "emailAddress")?,
        name: body::string_field(&body, "displayName")?,
        active: boolean(&body, "active")?.filter(|_| rules.put_active),
    })
}

fn boolean(body: &Map<String, Value>, key: &str) -> Result<Option<bool>, &'static str> {
    match body.get(key) {
        None => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(*flag)),
        Some(_) => Err("has a field that is neither true nor false"),
    }
}

/// Returns the field of an update that Jira refuses, and the message.
fn invalid_change(
    call: &RequestContext<'_>,
    no: AccountNumber,
    changes: &Changes,
) -> Option<(&'static str, &'static str)> {
    let holder = changes.username.as_ref().and_then(|name| call.state.by_username(name));
    let others = |email: &String| {
        call.state
            .accounts_with_email(email)
            .into_iter()
            .any(|holder| holder != no)
    };
    if changes.username.as_ref().is_some_and(|name| name.trim().is_empty()) {
        Some(("username", "You must specify a username."))
    } else if holder.is_some_and(|(holder, _)| holder != no) {
        Some(("username", NAME_TAKEN))
    } else if changes.name.as_ref().is_some_and(|name| !body::is_name(name)) {
        Some(("displayName", "You must specify a full name."))
    } else if changes.email.as_ref().is_some_and(|email| !body::is_address(email)) {
        Some(("emailAddress", "You must specify a valid email address."))
    } else if call.config.rules.platform_refuses_taken_emails && changes.email.as_ref().is_some_and(others) {
        Some(("emailAddress", "A user with that email address already exists."))
    } else {
        None
    }
}

/// `PUT /rest/api/2/user/password`.
pub(super) fn set_password(call: &mut RequestContext<'_>) -> JiraResponse {
    if let Some(refusal) = require_administrator(call) {
        return refusal;
    }
    let no = match account_in_query(call, 404) {
        Ok(no) => no,
        Err(answer) => return *answer,
    };
    if let Some(refusal) = require_writable_directory(call) {
        return refusal;
    }
    let body = body::parse_object(call.request, &["password"]);
    let password = match body.and_then(|body| body::string_field(&body, "password")) {
        Ok(password) => password.unwrap_or_default(),
        Err(why) => return errors::bad_body(call.request, why),
    };
    if password.is_empty() {
        return of_field(400, "password", "You must specify a password.");
    }
    let effect = !call.fault.write_ignored
        && call
            .state
            .change_account(no, |account| account.password = Some(password));
    JiraResponse::empty(204).with_effect(effect)
}
