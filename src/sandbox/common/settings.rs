//! The access settings of a desk, an internal path (docs/jira.md#access-path).

use serde_json::{Map, Value, json};

use super::super::config::{Deployment, SettingsAnswer, SettingsSpelling};
use super::super::exchange::{JiraResponse, RequestContext};
use super::super::state::{Desk, Settings};
use super::{body, errors};

/// A made-up setting, in place of unknown ones.
const ANOTHER: &str = "anotherSetting";

/// `GET /rest/servicedesk/1/servicedesk/{projectKey}/settings/requestsecurity`.
pub(in crate::sandbox) fn read(call: &RequestContext<'_>) -> JiraResponse {
    match administered_desk(call) {
        Ok(desk) => JiraResponse::json(200, &settings_json(call, desk)),
        Err(answer) => *answer,
    }
}

/// `POST` on the same path: a full replacement (docs/jira.md#access-full-replacement). A field that is absent becomes
/// false.
pub(in crate::sandbox) fn write(call: &mut RequestContext<'_>) -> JiraResponse {
    let id = match administered_desk(call) {
        Ok(desk) => desk.id,
        Err(answer) => return *answer,
    };
    let settings = match parse_settings(call) {
        Ok(settings) => settings,
        Err(why) => return errors::bad_body(call.request, why),
    };
    if settings.signup && !call.config.rules.public_signup {
        let message = "Public signup is not enabled for this site.";
        return errors::error_for_path(&call.request.path, 400, message);
    }
    let effect = !call.fault.write_ignored && call.state.set_settings(id, settings);
    let answer = match call.config.rules.settings_answer {
        SettingsAnswer::Settings => read(call),
        SettingsAnswer::Empty => JiraResponse::empty(200),
        SettingsAnswer::NoContent => JiraResponse::empty(204),
    };
    answer.with_effect(effect)
}

fn administered_desk<'a>(call: &'a RequestContext<'_>) -> Result<&'a Desk, Box<JiraResponse>> {
    let error = |status, message| Box::new(errors::error_for_path(&call.request.path, status, message));
    let desk = call.state.desk_by_key(call.request.path_parameter(0));
    let desk = desk.ok_or_else(|| error(404, "The service desk does not exist."))?;
    if call.config.administrator {
        Ok(desk)
    } else {
        Err(error(403, "You are not an administrator of this project."))
    }
}

fn parse_settings(call: &RequestContext<'_>) -> Result<Settings, &'static str> {
    let mut known = vec!["manageEnabled", "autocompleteEnabled", "serviceDeskOpenAccess"];
    if has_signup_field(call) {
        known.push("serviceDeskPublicSignup");
    }
    if call.config.rules.settings_have_another {
        known.push(ANOTHER);
    }
    let body = body::parse_object(call.request, &known)?;
    let flag = |key: &str| match body.get(key) {
        None => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(Value::String(text)) if text == "true" => Ok(true),
        Some(Value::String(text)) if text == "false" => Ok(false),
        Some(_) => Err("has a field that is neither true nor false"),
    };
    Ok(Settings {
        open: flag("serviceDeskOpenAccess")?,
        signup: flag("serviceDeskPublicSignup")?,
        manage: flag("manageEnabled")?,
        autocomplete: flag("autocompleteEnabled")?,
        another: flag(ANOTHER)?,
    })
}

/// Whether the settings have `serviceDeskPublicSignup`.
fn has_signup_field(call: &RequestContext<'_>) -> bool {
    match call.config.deployment {
        Deployment::Cloud => !call.config.rules.settings_leave_signup_out,
        Deployment::DataCenter(_) => true,
    }
}

fn settings_json(call: &RequestContext<'_>, desk: &Desk) -> Value {
    let settings = desk.settings;
    let flags = [
        ("serviceDeskOpenAccess", settings.open),
        ("serviceDeskPublicSignup", settings.signup),
        ("manageEnabled", settings.manage),
        ("autocompleteEnabled", settings.autocomplete),
        ("globalPublicSignup", call.config.rules.public_signup),
        ("globalAnonymousAccess", false),
        ("canAdministerJIRA", call.config.administrator),
        ("customerRoleMisconfigured", false),
        (ANOTHER, settings.another),
    ];
    let is_there = |name: &str| match name {
        "serviceDeskPublicSignup" => has_signup_field(call),
        ANOTHER => call.config.rules.settings_have_another,
        _ => true,
    };
    let mut body: Map<_, _> = flags
        .into_iter()
        .filter(|(name, _)| is_there(name))
        .map(|(name, flag)| {
            let value = match call.config.rules.settings_spelling {
                SettingsSpelling::Booleans => Value::Bool(flag),
                SettingsSpelling::Texts => Value::String(flag.to_string()),
            };
            (name.to_owned(), value)
        })
        .collect();
    body.insert("id".to_owned(), json!(desk.id));
    body.insert("portalId".to_owned(), json!(desk.id));
    let portal = format!("{}/servicedesk/customer/portal/{}", call.request.site_url, desk.id);
    body.insert("portalUrl".to_owned(), json!(portal));
    Value::Object(body)
}
