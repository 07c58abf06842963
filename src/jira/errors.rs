//! Errors of calls to Jira: what went wrong, Jira's message, and what to do.
//!
//! Every error text has the same parts: the operation, what went wrong, what to do. Callers that already named the
//! operation omit it.

use std::fmt;
use std::time::Duration;

use super::sign_in::SignInMethod;

/// The error of a call. Details may contain e-mails: not for logs above DEBUG.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallError {
    /// The credentials were rejected.
    SignInRefused {
        /// The operation, in words that complete "cannot …".
        operation: &'static str,
        /// Jira's message.
        detail: String,
        /// How quietdesk signed in.
        sign_in: SignInMethod,
    },
    /// The account lacks a permission (403).
    Forbidden {
        /// The operation, in words that complete "cannot …".
        operation: &'static str,
        /// Jira's message.
        detail: String,
    },
    /// The resource does not exist, or the account may not see it (404).
    NotFound {
        /// The operation, in words that complete "cannot …".
        operation: &'static str,
        /// Jira's message.
        detail: String,
    },
    /// The resource already exists (409).
    Conflict {
        /// The operation, in words that complete "cannot …".
        operation: &'static str,
        /// Jira's message.
        detail: String,
    },
    /// Jira rejects the request (any other 4xx).
    Refused {
        /// The operation, in words that complete "cannot …".
        operation: &'static str,
        /// The status.
        status: u16,
        /// Jira's message.
        detail: String,
    },
    /// Jira does not remove customers from an open desk (docs/jira.md#remove-while-open).
    DeskIsOpen {
        /// The operation, in words that complete "cannot …".
        operation: &'static str,
    },
    /// The response was lost, and the request must not be repeated before its effect has been looked up.
    ResponseLost {
        /// The operation, in words that complete "cannot …".
        operation: &'static str,
        /// How it was lost.
        detail: String,
    },
    /// The call failed repeatedly while other requests succeeded.
    GaveUp {
        /// The operation, in words that complete "cannot …".
        operation: &'static str,
        /// Number of attempts.
        attempts: usize,
        /// The last failure.
        detail: String,
        /// Whether a lost attempt may have taken effect.
        possibly_applied: bool,
    },
    /// Nothing has succeeded for as long as patience lasts.
    Unreachable {
        /// The operation, in words that complete "cannot …".
        operation: &'static str,
        /// How long quietdesk waited.
        patience: Duration,
        /// The last failure.
        detail: String,
        /// Whether a lost attempt may have taken effect.
        possibly_applied: bool,
    },
    /// There was never a connection: the name does not resolve, or nothing listens there.
    NoConnection {
        /// The operation, in words that complete "cannot …".
        operation: &'static str,
        /// Why.
        detail: String,
    },
    /// Jira asks to wait longer than patience lasts.
    RateLimited {
        /// The operation, in words that complete "cannot …".
        operation: &'static str,
        /// How long Jira asks to wait.
        wait: Duration,
    },
    /// quietdesk is shutting down; the request was not sent.
    Stopped {
        /// The operation, in words that complete "cannot …".
        operation: &'static str,
    },
    /// The error of the last attempt, after an attempt with a lost response.
    PossiblyApplied(Box<CallError>),
    /// The response does not have the format of Jira's API.
    InvalidResponse {
        /// The operation, in words that complete "cannot …".
        operation: &'static str,
        /// What is wrong with the response.
        detail: String,
    },
    /// A success with JSON or an empty body that differs from Jira's documentation: Jira itself may have sent it.
    UndocumentedResponse {
        /// The operation, in words that complete "cannot …".
        operation: &'static str,
        /// What is wrong with the response.
        detail: String,
    },
    /// The response is a redirect; it is not followed, because it would leak the credentials.
    Redirected {
        /// The operation, in words that complete "cannot …".
        operation: &'static str,
        /// The origin of the target.
        location: String,
    },
}

impl std::error::Error for CallError {}

/// The whole error in one line.
impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {}: {}", self.operation(), self.reason())
    }
}

/// Advice for failures of Jira itself.
const LATER: &str = "run again later; if it persists, check Jira's own log (Cloud: status.atlassian.com)";

impl CallError {
    /// Returns the operation, in words that complete "cannot …".
    #[must_use]
    pub fn operation(&self) -> &'static str {
        match self {
            Self::SignInRefused { operation, .. }
            | Self::Forbidden { operation, .. }
            | Self::NotFound { operation, .. }
            | Self::Conflict { operation, .. }
            | Self::Refused { operation, .. }
            | Self::DeskIsOpen { operation }
            | Self::ResponseLost { operation, .. }
            | Self::GaveUp { operation, .. }
            | Self::Unreachable { operation, .. }
            | Self::NoConnection { operation, .. }
            | Self::RateLimited { operation, .. }
            | Self::Stopped { operation }
            | Self::InvalidResponse { operation, .. }
            | Self::UndocumentedResponse { operation, .. }
            | Self::Redirected { operation, .. } => operation,
            Self::PossiblyApplied(error) => error.operation(),
        }
    }

    /// Returns what went wrong and what to do, for callers that already named the operation.
    #[must_use]
    pub fn reason(&self) -> String {
        let reason = match self.advice() {
            Some(advice) => format!("{}; {advice}", self.problem()),
            None => self.problem(),
        };
        match self {
            Self::PossiblyApplied(_) => format!("{reason}; an earlier attempt may have taken effect"),
            Self::SignInRefused { .. }
            | Self::Forbidden { .. }
            | Self::NotFound { .. }
            | Self::Conflict { .. }
            | Self::Refused { .. }
            | Self::DeskIsOpen { .. }
            | Self::ResponseLost { .. }
            | Self::GaveUp { .. }
            | Self::Unreachable { .. }
            | Self::NoConnection { .. }
            | Self::RateLimited { .. }
            | Self::Stopped { .. }
            | Self::InvalidResponse { .. }
            | Self::UndocumentedResponse { .. }
            | Self::Redirected { .. } => reason,
        }
    }

    /// Returns what went wrong.
    #[must_use]
    pub fn problem(&self) -> String {
        match self {
            Self::SignInRefused { detail, .. } => format!("Jira refuses the sign-in ({detail})"),
            Self::Forbidden { detail, .. } => format!("permission denied ({detail})"),
            Self::NotFound { detail, .. } => format!("not found, or not visible to quietdesk's account ({detail})"),
            Self::Conflict { detail, .. } => format!("it already exists ({detail})"),
            Self::Refused { status, detail, .. } => format!("Jira returned {status} ({detail})"),
            Self::DeskIsOpen { .. } => "Jira does not remove customers from an open desk".to_owned(),
            Self::ResponseLost { detail, .. } => format!("the response was lost ({detail})"),
            Self::GaveUp { attempts, detail, .. } => {
                format!("it failed {attempts} times while other requests succeeded (last failure: {detail})")
            }
            Self::Unreachable { patience, detail, .. } => {
                format!("no valid response for {} s ({detail})", patience.as_secs())
            }
            Self::NoConnection { detail, .. } => format!("no connection to Jira ({detail})"),
            Self::RateLimited { wait, .. } => {
                let seconds = wait.as_secs_f64().ceil();
                format!("Jira limits the rate and asks to wait {seconds} s")
            }
            Self::Stopped { .. } => "quietdesk is shutting down".to_owned(),
            Self::PossiblyApplied(error) => error.problem(),
            Self::InvalidResponse { detail, .. } => format!("invalid response ({detail})"),
            Self::UndocumentedResponse { detail, .. } => {
                format!("the response differs from Jira's documentation ({detail})")
            }
            Self::Redirected { location, .. } => {
                format!("Jira redirects to {location}, which is not followed because it would leak the credentials")
            }
        }
    }

    /// Returns advice; `None` where it depends on the operation.
    #[must_use]
    pub fn advice(&self) -> Option<&'static str> {
        Some(match self {
            Self::SignInRefused { detail, sign_in, .. } => sign_in.advice(detail),
            Self::Forbidden { detail, .. } if detail.contains("agent license") => {
                "give the account an agent license (admin.atlassian.com → Products → Jira Service Management), or use \
                 a token of an account that has one"
            }
            Self::Forbidden { .. } => "give the account the permission in Jira, or use a token of another account",
            Self::DeskIsOpen { .. } => "restrict the desk first",
            Self::GaveUp { .. } => LATER,
            Self::Unreachable { detail, .. } if detail.contains("certificate") => {
                "if the certificate was issued by a private CA, give the CA's certificate with --ca-file"
            }
            // A 5xx status: Jira itself fails, not the network.
            Self::Unreachable { detail, .. } if detail.starts_with('5') => LATER,
            Self::Unreachable { .. } => {
                "check --url, the network, proxies (HTTPS_PROXY) and, for a private CA, --ca-file, or wait longer with \
                 --patience"
            }
            Self::NoConnection { .. } => "check --url, the network and proxies (HTTPS_PROXY)",
            Self::RateLimited { .. } => "run again after that, or wait longer with --patience",
            Self::InvalidResponse { .. } => {
                "check that --url is Jira's own address and that no proxy responds in its place"
            }
            Self::UndocumentedResponse { .. } => "if it persists, check for a proxy that changes Jira's responses",
            Self::Redirected { .. } => "check --url, or let quietdesk bypass the sign-on proxy in front of Jira",
            Self::PossiblyApplied(error) => return error.advice(),
            Self::NotFound { .. }
            | Self::Conflict { .. }
            | Self::Refused { .. }
            | Self::ResponseLost { .. }
            | Self::Stopped { .. } => return None,
        })
    }
}

impl CallError {
    /// Whether every further call would fail as well.
    #[must_use]
    pub fn ends_pass(&self) -> bool {
        match self {
            Self::SignInRefused { .. }
            | Self::Unreachable { .. }
            | Self::NoConnection { .. }
            | Self::RateLimited { .. }
            | Self::Stopped { .. }
            | Self::Redirected { .. } => true,
            Self::PossiblyApplied(error) => error.ends_pass(),
            Self::Forbidden { .. }
            | Self::NotFound { .. }
            | Self::Conflict { .. }
            | Self::Refused { .. }
            | Self::DeskIsOpen { .. }
            | Self::ResponseLost { .. }
            | Self::GaveUp { .. }
            | Self::InvalidResponse { .. }
            | Self::UndocumentedResponse { .. } => false,
        }
    }

    /// Whether the credentials were rejected or a permission is missing.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        matches!(self.last_error(), Self::SignInRefused { .. } | Self::Forbidden { .. })
    }

    /// Returns how long Jira asks to wait, where that exceeds patience.
    #[must_use]
    pub fn requested_wait(&self) -> Option<Duration> {
        if let Self::RateLimited { wait, .. } = self.last_error() {
            Some(*wait)
        } else {
            None
        }
    }

    /// Whether quietdesk shut down before the request was sent.
    #[must_use]
    pub fn is_shutdown(&self) -> bool {
        matches!(self.last_error(), Self::Stopped { .. })
    }

    /// Returns the error of the last attempt.
    fn last_error(&self) -> &Self {
        if let Self::PossiblyApplied(error) = self {
            error
        } else {
            self
        }
    }

    /// Adds that an earlier attempt with a lost response may have taken effect; unchanged where it says so already.
    #[must_use]
    pub fn with_lost_attempt(self) -> Self {
        match self.may_have_taken_effect() {
            true => self,
            false => Self::PossiblyApplied(Box::new(self)),
        }
    }

    /// Whether Jira may have applied the request anyway.
    #[must_use]
    pub fn may_have_taken_effect(&self) -> bool {
        match self {
            Self::ResponseLost { .. }
            | Self::InvalidResponse { .. }
            | Self::UndocumentedResponse { .. }
            | Self::PossiblyApplied(_) => true,
            Self::GaveUp { possibly_applied, .. } | Self::Unreachable { possibly_applied, .. } => *possibly_applied,
            Self::SignInRefused { .. }
            | Self::Forbidden { .. }
            | Self::NotFound { .. }
            | Self::Conflict { .. }
            | Self::Refused { .. }
            | Self::DeskIsOpen { .. }
            | Self::NoConnection { .. }
            | Self::RateLimited { .. }
            | Self::Stopped { .. }
            | Self::Redirected { .. } => false,
        }
    }
}
