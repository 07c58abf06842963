//! What a response contains besides its data: errors, the sign-in state, and whether it is complete.

use http::{HeaderMap, StatusCode};
use serde_json::Value;

use super::errors::CallError;
use super::sign_in::{SignInMethod, is_basic_auth_disabled};
use super::transport::Response;
use crate::model::name::is_hostile;

/// Maximum length of a response excerpt in messages, in characters.
const DETAIL: usize = 300;
/// Header that reports a failed sign-in, whatever the status (docs/jira.md#dead-token, docs/jira.md#login-reason).
const LOGIN_REASON: &str = "x-seraph-loginreason";
/// Its values that mean a failed sign-in.
const REFUSALS: [&str; 2] = ["AUTHENTICATED_FAILED", "AUTHENTICATION_DENIED"];

/// Returns a header as text.
pub(super) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// Whether a JSON body ends prematurely. A body in another format, such as HTML, is not truncated.
pub(super) fn is_truncated(answer: &Response) -> bool {
    match serde_json::from_slice::<serde::de::IgnoredAny>(&answer.body) {
        Ok(_) => false,
        Err(error) => error.is_eof(),
    }
}

/// The sign-in state that a response reports, whatever its status.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum LoginState {
    /// No problem reported.
    NoProblem,
    /// The sign-in failed: with a dead token, the response can be 200 with what anonymous users see.
    Refused(String),
    /// The account is signed in but lacks a permission.
    PermissionMissing(String),
}

/// Reads the sign-in state. The header can be repeated or hold a list; `OUT` reports an earlier sign-out, and is
/// ignored.
pub(super) fn login_state(headers: &HeaderMap) -> LoginState {
    let lines = headers.get_all(LOGIN_REASON).iter();
    let lines: Vec<_> = lines.filter_map(|line| line.to_str().ok()).collect();
    let reasons = || lines.iter().flat_map(|line| line.split(',')).map(str::trim);
    let found = |reason: &str| reasons().any(|found| found.eq_ignore_ascii_case(reason));
    let message = || truncate_message(&lines.join(", "));
    match REFUSALS.into_iter().any(found) {
        true => LoginState::Refused(message()),
        false if found("AUTHORISATION_FAILED") => LoginState::PermissionMissing(message()),
        false => LoginState::NoProblem,
    }
}

/// Returns the error for a response with a status that is neither a success nor worth retrying.
pub(super) fn error_for_response(
    operation: &'static str,
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    sign_in: SignInMethod,
) -> CallError {
    let detail = error_detail(status, body);
    let refused = |detail| CallError::SignInRefused {
        operation,
        detail,
        sign_in,
    };
    match status.as_u16() {
        401 => refused(detail),
        // A permission would not help.
        403 if is_basic_auth_disabled(&detail) => refused(detail),
        403 if sign_in.is_to_cloud() && body.trim_ascii().is_empty() => CallError::Forbidden {
            operation,
            detail: NO_AGENT_LICENSE.to_owned(),
        },
        403 => CallError::Forbidden { operation, detail },
        404 => CallError::NotFound { operation, detail },
        409 => CallError::Conflict { operation, detail },
        400 if is_open_desk_error(body) => CallError::DeskIsOpen { operation },
        300..=399 => {
            let location = headers
                .get(http::header::LOCATION)
                .and_then(|value| value.to_str().ok());
            // Only the origin: the rest of a redirect can contain tokens.
            let target = location.and_then(|text| url::Url::parse(text).ok());
            let origin = target.map(|url| url.origin().ascii_serialization());
            CallError::Redirected {
                operation,
                location: origin.unwrap_or_else(|| "another page".to_owned()),
            }
        }
        status => CallError::Refused {
            operation,
            status,
            detail,
        },
    }
}

/// The meaning of an empty 403 on Cloud.
const NO_AGENT_LICENSE: &str =
    "403 with an empty body: on Jira Cloud, the account has no agent license of Jira Service Management";

/// Prefix of Jira's message keys for removing a customer from an open desk (docs/jira.md#remove-while-open).
const OPEN_DESK_KEY_PREFIX: &str = "sd.jsm.error.servicedesk.customer.remove.servicedesk.open.access.";

fn is_open_desk_error(body: &[u8]) -> bool {
    let json = serde_json::from_slice::<Value>(body).ok();
    let key = json.as_ref().and_then(|json| json.pointer("/i18nErrorMessage/i18nKey"));
    key.and_then(Value::as_str)
        .is_some_and(|key| key.starts_with(OPEN_DESK_KEY_PREFIX))
}

/// Returns Jira's error message in one short line, from any of the shapes of docs/jira.md#error-shapes.
pub(super) fn error_detail(status: StatusCode, body: &[u8]) -> String {
    let message = match serde_json::from_slice::<Value>(body) {
        Ok(json) => error_message(&json),
        Err(_) if body.iter().all(u8::is_ascii_whitespace) => None,
        Err(_) => Some(format!("{} that are not JSON", count_of_bytes(body.len()))),
    };
    message.map_or_else(|| status.to_string(), |text| truncate_message(&text))
}

fn error_message(json: &Value) -> Option<String> {
    let text = |value: &Value| value.as_str().filter(|text| !text.trim().is_empty()).map(str::to_owned);
    let single = ["errorMessage", "message"].iter().find_map(|key| text(json.get(key)?));
    let listed = json
        .get("errorMessages")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(text);
    let fields = json.get("errors").and_then(Value::as_object).into_iter().flatten();
    let fields = fields.filter_map(|(field, why)| Some(format!("{field}: {}", text(why)?)));
    let key = json
        .pointer("/i18nErrorMessage/i18nKey")
        .and_then(Value::as_str)
        .map(str::to_owned);
    let all: Vec<_> = single.into_iter().chain(listed).chain(fields).collect();
    if all.is_empty() { key } else { Some(all.join("; ")) }
}

fn count_of_bytes(count: usize) -> String {
    if count == 1 {
        "1 byte".to_owned()
    } else {
        format!("{count} bytes")
    }
}

fn truncate_message(text: &str) -> String {
    let clean = text.chars().map(|c| if is_hostile(c) { ' ' } else { c });
    let short: String = clean.take(DETAIL).collect();
    if short.len() < text.len() && short.chars().count() == DETAIL {
        format!("{short}…")
    } else {
        short
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_of_error_becomes_one_line() {
        for (body, expected) in [
            (
                r#"{"errorMessages":["one","two"],"errors":{"email":"bad"}}"#,
                "one; two; email: bad",
            ),
            (r#"{"errorMessage":"no","i18nErrorMessage":{"i18nKey":"sd.x"}}"#, "no"),
            (r#"{"i18nErrorMessage":{"i18nKey":"sd.x"}}"#, "sd.x"),
            (
                r#"{"message":"Basic\u001b[31m Authentication"}"#,
                "Basic [31m Authentication",
            ),
            (r#"{"code":403,"message":"m"}"#, "m"),
            ("<html>secret</html>", "19 bytes that are not JSON"),
            ("", "400 Bad Request"),
            ("{}", "400 Bad Request"),
            ("null", "400 Bad Request"),
            ("[1]", "400 Bad Request"),
        ] {
            assert_eq!(
                error_detail(StatusCode::BAD_REQUEST, body.as_bytes()),
                expected,
                "{body}"
            );
        }
        let long = format!(r#"{{"message":"{}"}}"#, "x".repeat(9000));
        assert_eq!(
            error_detail(StatusCode::BAD_REQUEST, long.as_bytes()).chars().count(),
            DETAIL + 1
        );
    }

    #[test]
    fn statuses_become_errors_by_what_they_mean() {
        let error = |status: u16| {
            let mut headers = HeaderMap::new();
            headers.insert(
                "location",
                "https://sso.example.com/login?token=secret".parse().unwrap(),
            );
            error_for_response(
                "do it",
                StatusCode::from_u16(status).unwrap(),
                &headers,
                b"",
                SignInMethod::TokenOnly,
            )
        };
        assert!(error(401).is_refusal() && error(401).ends_pass());
        assert!(error(403).is_refusal() && !error(403).ends_pass());
        assert!(matches!(error(404), CallError::NotFound { .. }));
        assert!(matches!(error(409), CallError::Conflict { .. }));
        assert!(matches!(error(400), CallError::Refused { status: 400, .. }));
        let open = format!(r#"{{"i18nErrorMessage":{{"i18nKey":"{OPEN_DESK_KEY_PREFIX}x"}}}}"#);
        let error_of = |body: &str| {
            let headers = HeaderMap::new();
            error_for_response(
                "do it",
                StatusCode::BAD_REQUEST,
                &headers,
                body.as_bytes(),
                SignInMethod::ApiToken,
            )
        };
        assert!(matches!(error_of(&open), CallError::DeskIsOpen { .. }));
        assert!(matches!(error_of("{}"), CallError::Refused { .. }));
        let redirected = error(302).to_string();
        assert!(
            redirected.contains("https://sso.example.com,") && !redirected.contains("secret"),
            "{redirected}"
        );
    }

    #[test]
    fn a_refused_sign_in_is_seen_in_any_header_and_any_list() {
        let with = |reasons: &[&str]| {
            let mut headers = HeaderMap::new();
            for reason in reasons {
                headers.append(LOGIN_REASON, reason.parse().unwrap());
            }
            login_state(&headers)
        };
        for reasons in [
            &["AUTHENTICATED_FAILED"][..],
            &["AUTHENTICATION_DENIED"],
            &["OUT, AUTHENTICATED_FAILED"],
            &["OUT", "AUTHENTICATED_FAILED"],
            &["OK", "OUT,AUTHENTICATION_DENIED"],
            &["OUT, AUTHENTICATED_FAILED, AUTHORISATION_FAILED"],
        ] {
            assert_eq!(with(reasons), LoginState::Refused(reasons.join(", ")));
        }
        for reasons in [
            &["OK"][..],
            &["OUT, OK"],
            &["OUT", "OK"],
            &["OUT"],
            &[""],
            &[],
            &["NEW_ONE"],
        ] {
            assert_eq!(with(reasons), LoginState::NoProblem, "{reasons:?}");
        }
        assert_eq!(
            with(&["OUT, AUTHORISATION_FAILED"]),
            LoginState::PermissionMissing("OUT, AUTHORISATION_FAILED".to_owned())
        );
    }
}
