//! What an answer says besides its JSON: what went wrong, how long to wait, and whether it is whole.

use std::time::Duration;

use http::{HeaderMap, StatusCode};
use serde_json::Value;

use super::errors::CallError;
use super::sign_in::{SignIn, is_basic_switched_off};
use super::transport::Answer;
use crate::model::name::is_hostile;

/// Longest part of an answer that is repeated to a person, in characters.
const DETAIL: usize = 300;
/// Headers that say a sign-in failed, whatever the status (jira-facts §5, H).
const LOGIN_REASON: &str = "x-seraph-loginreason";

/// A header's text.
pub(super) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// How long Jira asks to wait: seconds, or a date measured against the answer's own (jira-facts §7, H).
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = header(headers, "retry-after")?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = |text: &str| jiff::fmt::rfc2822::parse(text).ok().map(|date| date.timestamp());
    let (until, now) = (date(text)?, date(header(headers, "date")?)?);
    Duration::try_from(until.duration_since(now)).ok()
}

/// Whether a body that should be JSON ends in the middle of it. HTML, say, is not cut short but something else.
pub(super) fn is_cut_short(answer: &Answer) -> bool {
    match serde_json::from_slice::<serde::de::IgnoredAny>(&answer.body) {
        Ok(_) => false,
        Err(error) => error.is_eof(),
    }
}

/// Whether an answer says that the sign-in failed, whatever its status: a dead token can give 200 with anonymous data
/// (jira-facts §5, H).
pub(super) fn login_refused(headers: &HeaderMap) -> Option<String> {
    let reason = headers.get(LOGIN_REASON)?.to_str().unwrap_or("?");
    (!reason.trim().is_empty() && reason.trim() != "OK").then(|| shortened(reason))
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

/// How the keys begin of what Jira says about removing somebody from an open desk (jira-facts §7, H).
const OPEN_DESK: &str = "sd.jsm.error.servicedesk.customer.remove.servicedesk.open.access.";

fn is_about_an_open_desk(body: &[u8]) -> bool {
    let json = serde_json::from_slice::<Value>(body).ok();
    let key = json.as_ref().and_then(|json| json.pointer("/i18nErrorMessage/i18nKey"));
    key.and_then(Value::as_str)
        .is_some_and(|key| key.starts_with(OPEN_DESK))
}

/// What Jira said, in one short line: any of the shapes of jira-facts §7.
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
    fn a_refused_sign_in_is_seen_whatever_the_status() {
        let with = |reason: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(LOGIN_REASON, reason.parse().unwrap());
            login_refused(&headers)
        };
        assert_eq!(with("AUTHENTICATED_FAILED").as_deref(), Some("AUTHENTICATED_FAILED"));
        assert_eq!(with("AUTHENTICATION_DENIED").as_deref(), Some("AUTHENTICATION_DENIED"));
        assert_eq!(with("OK"), None);
        assert_eq!(login_refused(&HeaderMap::new()), None);
    }
}
