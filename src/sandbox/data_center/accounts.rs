//! Accounts of the platform, written: creating, changing, setting a password. Only administrators may, and only where
//! Jira can write to the directory.

use serde_json::{Map, Value};

use super::super::common::{body, errors};
use super::super::exchange::{Answer, Call};
use super::super::state::{APPLICATIONS, Application, NewUser, No};
use super::errors::{not_an_administrator, of_field, read_only};
use super::rows::whole_user;
use super::users::named;

/// What somebody else's username is answered, in Jira's words.
const NAME_TAKEN: &str = "A user with that username already exists.";

/// What creating an account asks for besides the account.
struct Extras {
    /// The applications it is given.
    applications: Vec<&'static Application>,
    /// Whether the client asked for them, or did not say that it wants none.
    seats_are_a_mistake: bool,
    /// Whether somebody is to be notified.
    notification: bool,
}

/// `POST /rest/api/2/user`. Without `applicationKeys`, or with some, it takes seats; with `notification`, it mails
/// (docs/jira.md#seat-by-application, docs/jira.md#user-notification): all of these are violations.
pub(super) fn create(call: &mut Call<'_>) -> Answer {
    if let Some(refusal) = not_an_administrator(call).or_else(|| read_only(call)) {
        return refusal;
    }
    let (user, extras) = match wanted(call) {
        Ok(wanted) => wanted,
        Err(why) => return errors::bad_body(call.asked, why),
    };
    if let Some((field, message)) = mistake(call, &user) {
        return of_field(400, field, message);
    }
    let email = user.email.clone();
    let Ok(no) = call.state.create_user(user, call.disturbance.search_lag) else {
        let message = match call.config.rules.create_answers_in_german {
            true => "Es gibt bereits einen Benutzer mit diesem Benutzernamen.",
            false => NAME_TAKEN,
        };
        return of_field(400, "username", message);
    };
    for application in &extras.applications {
        if !call.disturbance.ignored {
            call.state.take_seat();
        }
        call.state.change_account(no, |account| {
            account.groups.insert(application.group.to_owned());
        });
    }
    let mut answer = Answer::json(201, &whole_user(call, no, &[])).with_effect(!call.disturbance.ignored);
    let blame = |what: &str| format!("{} {}: {what}", call.asked.method, call.asked.path);
    if extras.seats_are_a_mistake {
        answer.violations.push(blame("takes a licence seat"));
    }
    if extras.notification {
        answer.violations.push(blame("mails people"));
        answer.mails.push((email, "an account was made for you".to_owned()));
    }
    if call.disturbance.ignored {
        call.state.delete_account(no);
    }
    answer
}

fn wanted(call: &Call<'_>) -> Result<(NewUser, Extras), &'static str> {
    let known = [
        "name",
        "emailAddress",
        "displayName",
        "password",
        "applicationKeys",
        "notification",
    ];
    let body = body::object(call.asked, &known)?;
    let text = |key| Ok::<_, &'static str>(body::text(&body, key)?.unwrap_or_default());
    let user = NewUser {
        username: text("name")?,
        email: text("emailAddress")?,
        name: text("displayName")?,
        password: text("password")?,
    };
    let keys = body::texts(&body, "applicationKeys")?;
    let seats_are_a_mistake = keys.as_ref().is_none_or(|keys| !keys.is_empty());
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
        applications.push(Application::default_one());
    }
    let extras = Extras {
        applications,
        seats_are_a_mistake,
        notification: body.contains_key("notification"),
    };
    Ok((user, extras))
}

/// The field of a new account that Jira refuses, and why.
fn mistake(call: &Call<'_>, user: &NewUser) -> Option<(&'static str, &'static str)> {
    let taken = call.config.rules.platform_refuses_taken_emails && !call.state.holders(&user.email).is_empty();
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

/// What changing an account asks for.
struct Changes {
    username: Option<String>,
    email: Option<String>,
    name: Option<String>,
    active: Option<bool>,
}

/// `PUT /rest/api/2/user`: what the body has is changed, the rest stays.
pub(super) fn update(call: &mut Call<'_>) -> Answer {
    if let Some(refusal) = not_an_administrator(call) {
        return refusal;
    }
    let no = match named(call, 404) {
        Ok(no) => no,
        Err(answer) => return *answer,
    };
    if let Some(refusal) = read_only(call) {
        return refusal;
    }
    let changes = match changes(call) {
        Ok(changes) => changes,
        Err(why) => return errors::bad_body(call.asked, why),
    };
    if let Some((field, message)) = wrong_change(call, no, &changes) {
        return of_field(400, field, message);
    }
    let effect = !call.disturbance.ignored
        && call.state.change_account(no, |account| {
            account.username = changes.username.unwrap_or_else(|| account.username.clone());
            account.email = changes.email.unwrap_or_else(|| account.email.clone());
            account.name = changes.name.unwrap_or_else(|| account.name.clone());
            account.active = changes.active.unwrap_or(account.active);
        });
    Answer::json(200, &whole_user(call, no, &[])).with_effect(effect)
}

/// The changes of the body that Jira minds, by the rules.
fn changes(call: &Call<'_>) -> Result<Changes, &'static str> {
    let rules = &call.config.rules;
    let body = body::object(call.asked, &["name", "emailAddress", "displayName", "active"])?;
    if body.is_empty() {
        return Err("changes nothing");
    }
    Ok(Changes {
        username: body::text(&body, "name")?.filter(|_| rules.rename_by_put),
        email: body::text(&body, "emailAddress")?,
        name: body::text(&body, "displayName")?,
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

/// The field of a change that Jira refuses, and why.
fn wrong_change(call: &Call<'_>, no: No, changes: &Changes) -> Option<(&'static str, &'static str)> {
    let holder = changes.username.as_ref().and_then(|name| call.state.by_username(name));
    let others = |email: &String| call.state.holders(email).into_iter().any(|holder| holder != no);
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
pub(super) fn set_password(call: &mut Call<'_>) -> Answer {
    if let Some(refusal) = not_an_administrator(call) {
        return refusal;
    }
    let no = match named(call, 404) {
        Ok(no) => no,
        Err(answer) => return *answer,
    };
    if let Some(refusal) = read_only(call) {
        return refusal;
    }
    let body = body::object(call.asked, &["password"]);
    let password = match body.and_then(|body| body::text(&body, "password")) {
        Ok(password) => password.unwrap_or_default(),
        Err(why) => return errors::bad_body(call.asked, why),
    };
    if password.is_empty() {
        return of_field(400, "password", "You must specify a password.");
    }
    let effect = !call.disturbance.ignored
        && call
            .state
            .change_account(no, |account| account.password = Some(password));
    Answer::empty(204).with_effect(effect)
}
