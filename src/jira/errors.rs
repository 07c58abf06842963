//! What can go wrong with a call, and what Jira said about it.

use std::time::Duration;

use http::{HeaderMap, StatusCode};
use serde_json::Value;

use super::sign_in::{SignIn, is_basic_switched_off};
use crate::model::name::is_hostile;
use crate::model::observed::Deployment;

/// Longest part of an answer that is repeated to a person, in characters.
const DETAIL: usize = 300;
/// Headers that say a sign-in failed, whatever the status (jira-facts §5, H).
const LOGIN_REASON: &str = "x-seraph-loginreason";

/// Why a call did not do what it was to do. Details may hold e-mails: not for logs above DEBUG.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The credentials were not accepted.
    #[error("cannot {operation}: Jira refuses the sign-in ({detail}); {}", sign_in.mend(detail))]
    SignInRefused {
        /// What was to be done.
        operation: &'static str,
        /// What Jira said.
        detail: String,
        /// How quietdesk signed in.
        sign_in: SignIn,
    },
    /// The account may not do this (403).
    #[error(
        "cannot {operation}: quietdesk's account may not ({detail}); give it the permission in Jira, or use another account"
    )]
    Forbidden {
        /// What was to be done.
        operation: &'static str,
        /// What Jira said.
        detail: String,
    },
    /// There is no such thing, or the account may not see it (404).
    #[error("cannot {operation}: Jira knows no such thing, or hides it from quietdesk's account ({detail})")]
    NotFound {
        /// What was to be done.
        operation: &'static str,
        /// What Jira said.
        detail: String,
    },
    /// It exists already (409).
    #[error("cannot {operation}: it exists already ({detail})")]
    Conflict {
        /// What was to be done.
        operation: &'static str,
        /// What Jira said.
        detail: String,
    },
    /// Jira does not accept the request (any other 4xx).
    #[error("cannot {operation}: Jira answers {status} ({detail})")]
    Refused {
        /// What was to be done.
        operation: &'static str,
        /// The status.
        status: u16,
        /// What Jira said.
        detail: String,
    },
    /// Jira removes nobody from a desk that is open (jira-facts §7, H).
    #[error("cannot {operation}: the desk is open, and Jira removes nobody from it while it is; restrict it first")]
    DeskIsOpen {
        /// What was to be done.
        operation: &'static str,
    },
    /// The answer was lost, and the request may not be repeated before somebody has looked.
    #[error("cannot {operation}: the answer was lost ({detail})")]
    AnswerLost {
        /// What was to be done.
        operation: &'static str,
        /// How.
        detail: String,
    },
    /// It failed again and again while other requests succeed.
    #[error(
        "cannot {operation}: it failed {attempts} times while other requests succeed, the last time: {detail}; run again later"
    )]
    GaveUp {
        /// What was to be done.
        operation: &'static str,
        /// How often it was tried.
        attempts: usize,
        /// The last failure.
        detail: String,
        /// Whether a lost attempt may have taken effect.
        maybe_done: bool,
    },
    /// Nothing has succeeded for as long as patience lasts.
    #[error(
        "cannot {operation}: Jira has not answered for {} s ({detail}); check --url, the network, proxies and --ca-file, or \
         wait longer with --patience", patience.as_secs()
    )]
    Unreachable {
        /// What was to be done.
        operation: &'static str,
        /// How long.
        patience: Duration,
        /// The last failure.
        detail: String,
        /// Whether a lost attempt may have taken effect.
        maybe_done: bool,
    },
    /// Jira asks to wait longer than patience lasts.
    #[error(
        "cannot {operation}: Jira limits the rate and asks to wait {} s, longer than --patience allows; try again then",
        wait.as_secs()
    )]
    RateLimited {
        /// What was to be done.
        operation: &'static str,
        /// How long Jira asks to wait.
        wait: Duration,
    },
    /// Quietdesk was told to stop while it waited; nothing was sent.
    #[error("cannot {operation}: told to stop")]
    Stopped {
        /// What was to be done.
        operation: &'static str,
    },
    /// It ended like this after an attempt whose answer was lost.
    #[error("{0}; an earlier attempt may have taken effect")]
    MaybeDone(Box<CallError>),
    /// The answer is not what Jira's API answers.
    #[error("cannot {operation}: the answer is not Jira's ({detail}); check that --url is Jira's own address")]
    Unintelligible {
        /// What was to be done.
        operation: &'static str,
        /// What is wrong with it.
        detail: String,
    },
    /// The answer leads elsewhere; it is not followed, because credentials would go along.
    #[error(
        "cannot {operation}: Jira redirects to {location}, which is not followed; check --url, or a sign-on proxy before it"
    )]
    Redirected {
        /// What was to be done.
        operation: &'static str,
        /// Where to.
        location: String,
    },
}

impl CallError {
    /// Whether every further call would meet it as well.
    #[must_use]
    pub fn ends_the_pass(&self) -> bool {
        match self {
            Self::SignInRefused { .. }
            | Self::Unreachable { .. }
            | Self::RateLimited { .. }
            | Self::Stopped { .. }
            | Self::Redirected { .. } => true,
            Self::MaybeDone(error) => error.ends_the_pass(),
            Self::Forbidden { .. }
            | Self::NotFound { .. }
            | Self::Conflict { .. }
            | Self::Refused { .. }
            | Self::DeskIsOpen { .. }
            | Self::AnswerLost { .. }
            | Self::GaveUp { .. }
            | Self::Unintelligible { .. } => false,
        }
    }

    /// Whether credentials or a permission were refused.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        matches!(self.last(), Self::SignInRefused { .. } | Self::Forbidden { .. })
    }

    /// How long Jira asks to wait before anything else is asked, where that is longer than patience lasts.
    #[must_use]
    pub fn wait(&self) -> Option<Duration> {
        if let Self::RateLimited { wait, .. } = self.last() {
            Some(*wait)
        } else {
            None
        }
    }

    /// Whether quietdesk was told to stop before it could be made.
    #[must_use]
    pub fn is_stop(&self) -> bool {
        matches!(self.last(), Self::Stopped { .. })
    }

    /// How the last attempt ended.
    fn last(&self) -> &Self {
        if let Self::MaybeDone(error) = self { error } else { self }
    }

    /// Whether Jira may have done it all the same.
    #[must_use]
    pub fn may_have_taken_effect(&self) -> bool {
        match self {
            Self::AnswerLost { .. } | Self::Unintelligible { .. } | Self::MaybeDone(_) => true,
            Self::GaveUp { maybe_done, .. } | Self::Unreachable { maybe_done, .. } => *maybe_done,
            Self::SignInRefused { .. }
            | Self::Forbidden { .. }
            | Self::NotFound { .. }
            | Self::Conflict { .. }
            | Self::Refused { .. }
            | Self::DeskIsOpen { .. }
            | Self::RateLimited { .. }
            | Self::Stopped { .. }
            | Self::Redirected { .. } => false,
        }
    }
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// A certificate file that cannot be used.
    #[error("--ca-file {file} cannot be read; give a PEM file with certificates")]
    CaFile {
        /// Which file.
        file: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Without certificates to trust, no connection can be checked.
    #[error("no encrypted connection can be made; install the system's CA certificates, or give --ca-file")]
    Tls(#[source] reqwest::Error),
    /// Another kind of Jira than was said.
    #[error("this is Jira {found}, not {expected}; correct --deployment, or leave it to quietdesk to find out")]
    AnotherKind {
        /// What was said.
        expected: Deployment,
        /// What it is.
        found: Deployment,
    },
    /// Cloud knows a token by whose it is.
    #[error(
        "nobody says whose API token it is; give --user with the account's e-mail, or write user:token in the token file"
    )]
    NoUser,
    /// The settings cannot be used any more: the token file cannot be read, say.
    #[error("{0}")]
    Settings(String),
    /// A call failed.
    #[error(transparent)]
    Call(#[from] CallError),
}

impl ConnectError {
    /// How long Jira asks to wait, where that is longer than patience lasts.
    #[must_use]
    pub fn wait(&self) -> Option<Duration> {
        match self {
            Self::Call(error) => error.wait(),
            Self::CaFile { .. } | Self::Tls(_) | Self::AnotherKind { .. } | Self::NoUser | Self::Settings(_) => None,
        }
    }

    /// Whether credentials or a permission were refused, rather than Jira out of reach.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Call(error) => error.is_refusal(),
            Self::CaFile { .. } | Self::Tls(_) | Self::AnotherKind { .. } | Self::NoUser | Self::Settings(_) => false,
        }
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
            refusal(
                "do it",
                StatusCode::BAD_REQUEST,
                &HeaderMap::new(),
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
