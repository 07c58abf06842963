//! What an answer says besides its JSON: what went wrong, who is signed in, and whether it is whole.

use http::{HeaderMap, StatusCode};
use serde_json::Value;

use super::errors::CallError;
use super::sign_in::{SignIn, is_basic_switched_off};
use super::transport::Answer;
use crate::model::name::is_hostile;

/// Longest part of an answer that is repeated to a person, in characters.
const DETAIL: usize = 300;
/// Headers that say a sign-in failed, whatever the status (docs/jira.md#dead-token, docs/jira.md#login-reason).
const LOGIN_REASON: &str = "x-seraph-loginreason";
/// Its values that say so.
const REFUSALS: [&str; 2] = ["AUTHENTICATED_FAILED", "AUTHENTICATION_DENIED"];

/// A header's text.
pub(super) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// Whether a body that should be JSON ends in the middle of it. HTML, say, is not cut short but something else.
pub(super) fn is_cut_short(answer: &Answer) -> bool {
    match serde_json::from_slice::<serde::de::IgnoredAny>(&answer.body) {
        Ok(_) => false,
        Err(error) => error.is_eof(),
    }
}

/// What an answer says of the sign-in, whatever its status.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Login {
    /// Nothing that matters.
    Fine,
    /// It failed: a dead token can give 200 with what anonymous people see.
    Refused(String),
    /// The account is known, and lacks a permission.
    MayNot(String),
}

/// What an answer says of the sign-in. The header can come more than once, or hold a list; `OUT` says that somebody was
/// signed out before, and tells nothing of this sign-in.
pub(super) fn login(headers: &HeaderMap) -> Login {
    let lines = headers.get_all(LOGIN_REASON).iter();
    let lines: Vec<_> = lines.filter_map(|line| line.to_str().ok()).collect();
    let reasons = || lines.iter().flat_map(|line| line.split(',')).map(str::trim);
    let found = |reason: &str| reasons().any(|found| found.eq_ignore_ascii_case(reason));
    let said = || shortened(&lines.join(", "));
    match REFUSALS.into_iter().any(found) {
        true => Login::Refused(said()),
        false if found("AUTHORISATION_FAILED") => Login::MayNot(said()),
        false => Login::Fine,
    }
}

/// The error an answer stands for, whose status is not a success and not worth repeating.
pub(super) fn refusal(
    operation: &'static str,
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    sign_in: SignIn,
) -> CallError {
    let detail = detail(status, body);
    let refused = |detail| CallError::SignInRefused {
        operation,
        detail,
        sign_in,
    };
    match status.as_u16() {
        401 => refused(detail),
        // No permission would mend that.
        403 if is_basic_switched_off(&detail) => refused(detail),
        403 if sign_in.is_to_cloud() && body.trim_ascii().is_empty() => CallError::Forbidden {
            operation,
            detail: NO_AGENT.to_owned(),
        },
        403 => CallError::Forbidden { operation, detail },
        404 => CallError::NotFound { operation, detail },
        409 => CallError::Conflict { operation, detail },
        400 if is_about_an_open_desk(body) => CallError::DeskIsOpen { operation },
        300..=399 => {
            let location = headers
                .get(http::header::LOCATION)
                .and_then(|value| value.to_str().ok());
            // Only where to: the rest of a redirect can hold tokens.
            let place = location.and_then(|text| url::Url::parse(text).ok());
            let place = place.map(|url| url.origin().ascii_serialization());
            CallError::Redirected {
                operation,
                location: place.unwrap_or_else(|| "another page".to_owned()),
            }
        }
        status => CallError::Refused {
            operation,
            status,
            detail,
        },
    }
}

/// What Cloud means by a 403 without a word.
const NO_AGENT: &str =
    "403 with an empty body: on Jira Cloud, the account has no agent licence of Jira Service Management";

/// How the keys begin of what Jira says about removing somebody from an open desk (docs/jira.md#remove-while-open).
const OPEN_DESK: &str = "sd.jsm.error.servicedesk.customer.remove.servicedesk.open.access.";

fn is_about_an_open_desk(body: &[u8]) -> bool {
    let json = serde_json::from_slice::<Value>(body).ok();
    let key = json.as_ref().and_then(|json| json.pointer("/i18nErrorMessage/i18nKey"));
    key.and_then(Value::as_str)
        .is_some_and(|key| key.starts_with(OPEN_DESK))
}

/// What Jira said, in one short line: any of the shapes of docs/jira.md#error-shapes.
pub(super) fn detail(status: StatusCode, body: &[u8]) -> String {
    let said = match serde_json::from_slice::<Value>(body) {
        Ok(json) => said(&json),
        Err(_) if body.iter().all(u8::is_ascii_whitespace) => None,
        Err(_) => Some(format!("{} of something that is not JSON", bytes(body.len()))),
    };
    said.map_or_else(|| status.to_string(), |text| shortened(&text))
}

fn said(json: &Value) -> Option<String> {
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

fn bytes(count: usize) -> String {
    if count == 1 {
        "1 byte".to_owned()
    } else {
        format!("{count} bytes")
    }
}

fn shortened(text: &str) -> String {
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
    fn every_shape_of_error_is_told_in_one_line() {
        for (body, told) in [
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
            ("<html>secret</html>", "19 bytes of something that is not JSON"),
            ("", "400 Bad Request"),
            ("{}", "400 Bad Request"),
            ("null", "400 Bad Request"),
            ("[1]", "400 Bad Request"),
        ] {
            assert_eq!(detail(StatusCode::BAD_REQUEST, body.as_bytes()), told, "{body}");
        }
        let long = format!(r#"{{"message":"{}"}}"#, "x".repeat(9000));
        assert_eq!(
            detail(StatusCode::BAD_REQUEST, long.as_bytes()).chars().count(),
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
            refusal(
                "do it",
                StatusCode::from_u16(status).unwrap(),
                &headers,
                b"",
                SignIn::Alone,
            )
        };
        assert!(error(401).is_refusal() && error(401).ends_the_pass());
        assert!(error(403).is_refusal() && !error(403).ends_the_pass());
        assert!(matches!(error(404), CallError::NotFound { .. }));
        assert!(matches!(error(409), CallError::Conflict { .. }));
        assert!(matches!(error(400), CallError::Refused { status: 400, .. }));
        let open = format!(r#"{{"i18nErrorMessage":{{"i18nKey":"{OPEN_DESK}x"}}}}"#);
        let error_of = |body: &str| {
            let headers = HeaderMap::new();
            refusal(
                "do it",
                StatusCode::BAD_REQUEST,
                &headers,
                body.as_bytes(),
                SignIn::ApiToken,
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
            login(&headers)
        };
        for reasons in [
            &["AUTHENTICATED_FAILED"][..],
            &["AUTHENTICATION_DENIED"],
            &["OUT, AUTHENTICATED_FAILED"],
            &["OUT", "AUTHENTICATED_FAILED"],
            &["OK", "OUT,AUTHENTICATION_DENIED"],
            &["OUT, AUTHENTICATED_FAILED, AUTHORISATION_FAILED"],
        ] {
            assert_eq!(with(reasons), Login::Refused(reasons.join(", ")));
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
            assert_eq!(with(reasons), Login::Fine, "{reasons:?}");
        }
        assert_eq!(
            with(&["OUT, AUTHORISATION_FAILED"]),
            Login::MayNot("OUT, AUTHORISATION_FAILED".to_owned())
        );
    }
}
