//! What a write came to, and which answers say that it was done.

use http::StatusCode;
use serde::de::IgnoredAny;

use super::answers::header;
use super::errors::CallError;
use super::transport::Answer;
use crate::model::account::Account;

/// What Jira answers to a write that it has done.
#[derive(Clone, Copy, Debug)]
pub(super) enum Success {
    /// This status, with JSON.
    Json(StatusCode),
    /// 204, with nothing.
    NoContent,
    /// Not documented: any status of success, with JSON or nothing.
    Undocumented,
}

impl Success {
    /// Whether an answer, whose status is one of success, says that it was done. Anything else may have come from
    /// something before Jira, such as a sign-on page or a proxy.
    pub(super) fn check(self, operation: &'static str, answer: Answer) -> Result<Answer, CallError> {
        let is_empty = answer.body.iter().all(u8::is_ascii_whitespace);
        let is_json = || serde_json::from_slice::<IgnoredAny>(&answer.body).is_ok();
        let (is_meant, expected) = match self {
            Self::Json(status) => (
                answer.status == status && is_json(),
                format!("{} with JSON", status.as_u16()),
            ),
            Self::NoContent => {
                let is_meant = answer.status == StatusCode::NO_CONTENT && is_empty;
                (is_meant, "204 without a body".to_owned())
            }
            Self::Undocumented => (is_empty || is_json(), "JSON or nothing".to_owned()),
        };
        if is_meant {
            return Ok(answer);
        }
        let may_be_jiras = is_empty || is_json();
        let kind = header(&answer.headers, "content-type").unwrap_or("no content type");
        let detail = format!("{} with {kind}, where {expected} is expected", answer.status.as_u16());
        Err(match may_be_jiras {
            true => CallError::Undocumented { operation, detail },
            false => CallError::Unintelligible { operation, detail },
        })
    }
}

/// What a write came to, and how Jira numbered it: the header `atl-traceid` or `x-arequestid` of its last answer, for
/// whoever has to ask Atlassian what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written<T> {
    /// What it came to.
    pub result: Result<T, CallError>,
    /// Jira's number; nothing where it gave none, or did not answer.
    pub request: Option<String>,
    /// Whether the answer to an earlier attempt was lost: that one may have taken effect, whatever became of the last.
    pub maybe_done: bool,
}

impl<T> Written<T> {
    /// The same with another result.
    pub(super) fn map<U>(self, with: impl FnOnce(Result<T, CallError>) -> Result<U, CallError>) -> Written<U> {
        Written {
            result: with(self.result),
            request: self.request,
            maybe_done: self.maybe_done,
        }
    }
}

impl<T: Into<Account>> Written<T> {
    pub(super) fn into_account(self) -> Written<Account> {
        self.map(|result| result.map(Into::into))
    }
}
