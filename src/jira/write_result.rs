//! Results of writes, and which responses mean that a write was done.

use http::StatusCode;
use serde::de::IgnoredAny;

use super::errors::CallError;
use super::responses::header;
use super::transport::Response;
use crate::model::account::Account;

/// The response that means that a write was done.
#[derive(Clone, Copy, Debug)]
pub(super) enum ExpectedResponse {
    /// This status, with JSON.
    Json(StatusCode),
    /// 204, without a body.
    NoContent,
    /// Not documented: any success status, with JSON or an empty body.
    Undocumented,
}

impl ExpectedResponse {
    /// Checks that a response with a success status means that the write was done. Any other may come from something in
    /// front of Jira, such as a sign-on page or a proxy.
    pub(super) fn check(self, operation: &'static str, answer: Response) -> Result<Response, CallError> {
        let is_empty = answer.body.iter().all(u8::is_ascii_whitespace);
        let is_json = || serde_json::from_slice::<IgnoredAny>(&answer.body).is_ok();
        let (is_expected, expected) = match self {
            Self::Json(status) => (
                answer.status == status && is_json(),
                format!("{} with JSON", status.as_u16()),
            ),
            Self::NoContent => {
                let is_expected = answer.status == StatusCode::NO_CONTENT && is_empty;
                (is_expected, "204 without a body".to_owned())
            }
            Self::Undocumented => (is_empty || is_json(), "JSON or an empty body".to_owned()),
        };
        if is_expected {
            return Ok(answer);
        }
        let may_be_jiras = is_empty || is_json();
        let kind = header(&answer.headers, "content-type").unwrap_or("no content type");
        let detail = format!("{} with {kind}; expected {expected}", answer.status.as_u16());
        Err(match may_be_jiras {
            true => CallError::UndocumentedResponse { operation, detail },
            false => CallError::InvalidResponse { operation, detail },
        })
    }
}

/// The result of a write, with the id Jira gave the request: the header `atl-traceid` or `x-arequestid` of its last
/// response, for questions to Atlassian's support.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteResult<T> {
    /// The result.
    pub result: Result<T, CallError>,
    /// Jira's id of the request; `None` where the response had none, or there was no response.
    pub request_id: Option<String>,
    /// Whether the response to an earlier attempt was lost: that attempt may have taken effect, whatever the result of
    /// the last one.
    pub possibly_applied: bool,
}

impl<T> WriteResult<T> {
    /// Maps the result.
    pub(super) fn map<U>(self, with: impl FnOnce(Result<T, CallError>) -> Result<U, CallError>) -> WriteResult<U> {
        WriteResult {
            result: with(self.result),
            request_id: self.request_id,
            possibly_applied: self.possibly_applied,
        }
    }
}

impl<T: Into<Account>> WriteResult<T> {
    pub(super) fn into_account(self) -> WriteResult<Account> {
        self.map(|result| result.map(Into::into))
    }
}
