//! What changes accounts of the platform.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::super::common::errors;
use super::super::exchange::{Answer, Call};
use super::super::seed::SeedPerson;
use super::super::state::{No, SERVICE_MANAGEMENT};
use super::rows;
use super::users::named;

/// The application and the group a user is given where nothing else is asked for.
const DEFAULT_APPLICATION: &str = "jira-software";
const DEFAULT_GROUP: &str = "jira-software-users";

/// `POST /rest/api/2/user` (jira-facts §§1, 2): without `applicationKeys` it takes a seat, with `notification` it mails;
/// both are violations.
pub(super) fn create(call: &mut Call<'_>) -> Answer {
    if let Some(refused) = refused(call) {
        return refused;
    }
    let known = [
        "name",
        "emailAddress",
        "displayName",
        "password",
        "applicationKeys",
        "notification",
    ];
    let body = match fields(call, &known) {
        Ok(body) => body,
        Err(answer) => return *answer,
    };
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or("").to_owned();
    let (name, email, password) = (text("name"), text("emailAddress"), text("password"));
    if name.is_empty() || email.is_empty() || password.is_empty() {
        return errors::bad_body(call.asked, "has no name, emailAddress or password");
    }
    if call.state.by_username(&name).is_some() {
        let taken = json!({"errorMessages": [], "errors": {"username": "A user with that username already exists."}});
        return Answer::json(400, &taken);
    }
    let no = call.state.create_user(&SeedPerson {
        name: text("displayName"),
        username: Some(name.to_lowercase()),
        ..SeedPerson::customer(email.as_str(), &[])
    });
    let asked_for: Option<Vec<String>> = body.get("applicationKeys").and_then(Value::as_array).map(|keys| {
        let keys = keys.iter().filter_map(Value::as_str);
        keys.map(str::to_owned).collect()
    });
    let by_default = call.config.rules.default_application;
    let given: BTreeSet<String> = match &asked_for {
        Some(keys) if keys.is_empty() && !by_default => BTreeSet::new(),
        Some(keys) if !keys.is_empty() => keys.iter().cloned().collect(),
        Some(_) | None => [DEFAULT_APPLICATION.to_owned()].into(),
    };
    given.iter().for_each(|_| call.state.take_seat());
    let blamed = asked_for.is_none_or(|keys| !keys.is_empty());
    call.state.change_account(no, |account| {
        account.password = Some(password);
        account
            .groups
            .extend((!given.is_empty()).then(|| DEFAULT_GROUP.to_owned()));
        account.applications = given;
    });
    let mut answer = spell(call, no, 201).with_effect(true);
    if call.disturbance.ignored {
        call.state.delete_account(no);
        answer.effect = false;
    }
    if blamed {
        answer = answer.blaming("POST /rest/api/2/user: takes a licence seat");
    }
    if body.contains_key("notification") {
        answer
            .mails
            .push((email, "an account was made for you in Jira".to_owned()));
        answer = answer.blaming("POST /rest/api/2/user: mails whoever it makes");
    }
    answer
}

/// `PUT /rest/api/2/user`: what the body has, the rest stays (jira-facts §1, H; the user name I, `active` U).
pub(super) fn update(call: &mut Call<'_>) -> Answer {
    if let Some(refused) = refused(call) {
        return refused;
    }
    let no = match named(call) {
        Ok(no) => no,
        Err(answer) => return *answer,
    };
    let body = match fields(call, &["name", "emailAddress", "displayName", "active"]) {
        Ok(body) => body,
        Err(answer) => return *answer,
    };
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    let rules = call.config.rules;
    let name = text("name")
        .filter(|_| rules.put_renames)
        .map(|name| name.to_lowercase());
    let holder = name.as_deref().and_then(|name| call.state.by_username(name));
    if holder.is_some_and(|(holder, _)| holder != no) {
        let taken = json!({"errorMessages": [], "errors": {"username": "A user with that username already exists."}});
        return Answer::json(400, &taken);
    }
    let active = body
        .get("active")
        .and_then(Value::as_bool)
        .filter(|_| rules.put_activates);
    let is_read_only = rules.read_only_directory.is_some();
    let effect = !call.disturbance.ignored
        && !is_read_only
        && call.state.change_account(no, |account| {
            account.username = name.unwrap_or_else(|| account.username.clone());
            account.email = text("emailAddress").unwrap_or_else(|| account.email.clone());
            account.name = text("displayName").unwrap_or_else(|| account.name.clone());
            account.active = active.unwrap_or(account.active);
        });
    spell(call, no, 200).with_effect(effect)
}

/// `PUT /rest/api/2/user/password`: 204 (H).
pub(super) fn set_password(call: &mut Call<'_>) -> Answer {
    if let Some(refused) = refused(call) {
        return refused;
    }
    let (no, body) = match (named(call), fields(call, &["password", "currentPassword"])) {
        (Ok(no), Ok(body)) => (no, body),
        (Err(answer), _) | (_, Err(answer)) => return *answer,
    };
    let Some(password) = body.get("password").and_then(Value::as_str).map(str::to_owned) else {
        return errors::bad_body(call.asked, "has no password");
    };
    let effect = call
        .state
        .change_account(no, |account| account.password = Some(password));
    Answer::empty(204).with_effect(effect)
}

/// `POST /rest/api/2/user/application`: gives a seat, which nobody may ask for.
pub(super) fn give_application(call: &mut Call<'_>) -> Answer {
    let no = match named_by_name(call) {
        Ok(no) => no,
        Err(answer) => return *answer,
    };
    let key = call
        .asked
        .query("applicationKey")
        .unwrap_or(SERVICE_MANAGEMENT)
        .to_owned();
    call.state.take_seat();
    call.state.change_account(no, |account| {
        account.applications.insert(key);
    });
    spell(call, no, 200)
        .with_effect(true)
        .blaming("POST /rest/api/2/user/application: takes a licence seat")
}

/// `DELETE /rest/api/2/user/application`: 204; the seat is free again.
pub(super) fn take_application(call: &mut Call<'_>) -> Answer {
    let (no, key) = match (named_by_name(call), call.asked.query("applicationKey")) {
        (Ok(no), Some(key)) => (no, key.to_owned()),
        (Ok(_), None) => return errors::bad_parameter(call.asked, "applicationKey"),
        (Err(answer), _) => return *answer,
    };
    if !call.config.administrator {
        return errors::platform(403, "You are not an administrator");
    }
    let effect = !call.disturbance.ignored
        && call.state.change_account(no, |account| {
            account.applications.remove(&key);
        });
    Answer::empty(204).with_effect(effect)
}

fn named_by_name(call: &Call<'_>) -> Result<No, Box<Answer>> {
    let found = call
        .asked
        .query("username")
        .and_then(|name| call.state.by_username(name));
    found
        .map(|(no, _)| no)
        .ok_or_else(|| Box::new(errors::platform(400, "The user named does not exist")))
}

/// Only administrators change users, and nobody those of a directory that Jira only reads.
fn refused(call: &Call<'_>) -> Option<Answer> {
    if !call.config.administrator {
        return Some(errors::platform(403, "You do not have permission to change users"));
    }
    match call.config.rules.read_only_directory {
        Some(200) if call.asked.method == "PUT" => None,
        Some(status) if status != 200 => Some(errors::platform(
            status,
            "The directory of this user cannot be written to",
        )),
        Some(_) => Some(errors::platform(400, "No directory can be written to")),
        None => None,
    }
}

/// The body's fields; one that is not known is a violation.
fn fields(call: &Call<'_>, known: &[&str]) -> Result<Map<String, Value>, Box<Answer>> {
    let bad = |why: &str| Box::new(errors::bad_body(call.asked, why));
    let body = call.asked.json().ok_or_else(|| bad("is not JSON"))?;
    let Value::Object(fields) = body else {
        return Err(bad("is not an object"));
    };
    match fields.keys().all(|key| known.contains(&key.as_str())) {
        true => Ok(fields),
        false => Err(bad("has a field that is not known")),
    }
}

fn spell(call: &Call<'_>, no: No, status: u16) -> Answer {
    match call.state.account(no) {
        Some(account) => Answer::json(status, &rows::platform(call, account, &[])),
        None => errors::platform(404, "The user named does not exist"),
    }
}
