//! What can go wrong with a call, what Jira said about it, and what to do.
//!
//! Every error has one wording, in pieces: the operation, what went wrong, what to do. Whoever has said already what was
//! to be done leaves the operation away.

use std::fmt;
use std::time::Duration;

use super::sign_in::SignIn;

/// Why a call did not do what it was to do. Details may hold e-mails: not for logs above DEBUG.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallError {
    /// The credentials were not accepted.
    SignInRefused {
        /// What was to be done.
        operation: &'static str,
        /// What Jira said.
        detail: String,
        /// How quietdesk signed in.
        sign_in: SignIn,
    },
    /// The account may not do this (403).
    Forbidden {
        /// What was to be done.
        operation: &'static str,
        /// What Jira said.
        detail: String,
    },
    /// There is no such thing, or the account may not see it (404).
    NotFound {
        /// What was to be done.
        operation: &'static str,
        /// What Jira said.
        detail: String,
    },
    /// It exists already (409).
    Conflict {
        /// What was to be done.
        operation: &'static str,
        /// What Jira said.
        detail: String,
    },
    /// Jira does not accept the request (any other 4xx).
    Refused {
        /// What was to be done.
        operation: &'static str,
        /// The status.
        status: u16,
        /// What Jira said.
        detail: String,
    },
    /// Jira removes nobody from a desk that is open (docs/jira.md#remove-while-open).
    DeskIsOpen {
        /// What was to be done.
        operation: &'static str,
    },
    /// The answer was lost, and the request may not be repeated before somebody has looked.
    AnswerLost {
        /// What was to be done.
        operation: &'static str,
        /// How.
        detail: String,
    },
    /// It failed again and again while other requests succeed.
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
    /// There never was a connection: the name does not resolve, or nothing listens there.
    NoConnection {
        /// What was to be done.
        operation: &'static str,
        /// Why.
        detail: String,
    },
    /// Jira asks to wait longer than patience lasts.
    RateLimited {
        /// What was to be done.
        operation: &'static str,
        /// How long Jira asks to wait.
        wait: Duration,
    },
    /// Quietdesk was told to stop while it waited; nothing was sent.
    Stopped {
        /// What was to be done.
        operation: &'static str,
    },
    /// It ended like this after an attempt whose answer was lost.
    MaybeDone(Box<CallError>),
    /// The answer is not what Jira's API answers.
    Unintelligible {
        /// What was to be done.
        operation: &'static str,
        /// What is wrong with it.
        detail: String,
    },
    /// A status of success, with JSON or nothing, and not as Jira documents it: Jira itself may have sent it.
    Undocumented {
        /// What was to be done.
        operation: &'static str,
        /// What is wrong with it.
        detail: String,
    },
    /// The answer leads elsewhere; it is not followed, because credentials would go along.
    Redirected {
        /// What was to be done.
        operation: &'static str,
        /// Where to.
        location: String,
    },
}

impl std::error::Error for CallError {}

/// All there is to say, in a line.
impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {}: {}", self.operation(), self.reason())
    }
}

/// What is worth trying where Jira fails by itself.
const LATER: &str = "run again later; if it stays so, Jira's own log says why (Cloud: status.atlassian.com)";

impl CallError {
    /// What was to be done, in words that complete "cannot …".
    #[must_use]
    pub fn operation(&self) -> &'static str {
        match self {
            Self::SignInRefused { operation, .. }
            | Self::Forbidden { operation, .. }
            | Self::NotFound { operation, .. }
            | Self::Conflict { operation, .. }
            | Self::Refused { operation, .. }
            | Self::DeskIsOpen { operation }
            | Self::AnswerLost { operation, .. }
            | Self::GaveUp { operation, .. }
            | Self::Unreachable { operation, .. }
            | Self::NoConnection { operation, .. }
            | Self::RateLimited { operation, .. }
            | Self::Stopped { operation }
            | Self::Unintelligible { operation, .. }
            | Self::Undocumented { operation, .. }
            | Self::Redirected { operation, .. } => operation,
            Self::MaybeDone(error) => error.operation(),
        }
    }

    /// What went wrong and what to do about it, for whoever has said what was to be done.
    #[must_use]
    pub fn reason(&self) -> String {
        let reason = match self.what_to_do() {
            Some(advice) => format!("{}; {advice}", self.found()),
            None => self.found(),
        };
        match self {
            Self::MaybeDone(_) => format!("{reason}; an earlier attempt may have taken effect"),
            Self::SignInRefused { .. }
            | Self::Forbidden { .. }
            | Self::NotFound { .. }
            | Self::Conflict { .. }
            | Self::Refused { .. }
            | Self::DeskIsOpen { .. }
            | Self::AnswerLost { .. }
            | Self::GaveUp { .. }
            | Self::Unreachable { .. }
            | Self::NoConnection { .. }
            | Self::RateLimited { .. }
            | Self::Stopped { .. }
            | Self::Unintelligible { .. }
            | Self::Undocumented { .. }
            | Self::Redirected { .. } => reason,
        }
    }

    /// What went wrong.
    #[must_use]
    pub fn found(&self) -> String {
        match self {
            Self::SignInRefused { detail, .. } => format!("Jira refuses the sign-in ({detail})"),
            Self::Forbidden { detail, .. } => format!("quietdesk's account may not ({detail})"),
            Self::NotFound { detail, .. } => {
                format!("Jira knows no such thing, or hides it from quietdesk's account ({detail})")
            }
            Self::Conflict { detail, .. } => format!("it exists already ({detail})"),
            Self::Refused { status, detail, .. } => format!("Jira answers {status} ({detail})"),
            Self::DeskIsOpen { .. } => "the desk is open, and Jira removes nobody from it while it is".to_owned(),
            Self::AnswerLost { detail, .. } => format!("the answer was lost ({detail})"),
            Self::GaveUp { attempts, detail, .. } => {
                format!("it failed {attempts} times while other requests succeed, the last time: {detail}")
            }
            Self::Unreachable { patience, detail, .. } => {
                format!("no good answer for {} s ({detail})", patience.as_secs())
            }
            Self::NoConnection { detail, .. } => format!("no connection to Jira ({detail})"),
            Self::RateLimited { wait, .. } => {
                let seconds = wait.as_secs_f64().ceil();
                format!("Jira limits the rate and asks to wait {seconds} s")
            }
            Self::Stopped { .. } => "told to stop".to_owned(),
            Self::MaybeDone(error) => error.found(),
            Self::Unintelligible { detail, .. } => format!("the answer is not Jira's ({detail})"),
            Self::Undocumented { detail, .. } => format!("the answer is not the one that Jira documents ({detail})"),
            Self::Redirected { location, .. } => {
                format!("Jira redirects to {location}, which is not followed: credentials would go along")
            }
        }
    }

    /// What to do about it; nothing where that depends on what was to be done.
    #[must_use]
    pub fn what_to_do(&self) -> Option<&'static str> {
        Some(match self {
            Self::SignInRefused { detail, sign_in, .. } => sign_in.mend(detail),
            Self::Forbidden { detail, .. } if detail.contains("agent licence") => {
                "give the account an agent licence (admin.atlassian.com → Products → Jira Service Management), or use a \
                 token of an account that has one"
            }
            Self::Forbidden { .. } => "give the account the permission in Jira, or use a token of another account",
            Self::DeskIsOpen { .. } => "restrict it first",
            Self::GaveUp { .. } => LATER,
            Self::Unreachable { detail, .. } if detail.contains("certificate") => {
                "if the certificate is of an authority of your own, give that authority's with --ca-file"
            }
            // A status: it is Jira that fails, not the way to it.
            Self::Unreachable { detail, .. } if detail.starts_with('5') => LATER,
            Self::Unreachable { .. } => {
                "check --url, the network, proxies (HTTPS_PROXY) and, where Jira has a certificate of your own, --ca-file, \
                 or wait longer with --patience"
            }
            Self::NoConnection { .. } => "check --url, the network and proxies (HTTPS_PROXY)",
            Self::RateLimited { .. } => "try again then, or wait longer with --patience",
            Self::Unintelligible { .. } => {
                "check that --url is Jira's own address, and that no proxy answers in its place"
            }
            Self::Undocumented { .. } => "if this goes on, look for what changes answers between quietdesk and Jira",
            Self::Redirected { .. } => "check --url, or let quietdesk past the sign-on proxy before Jira",
            Self::MaybeDone(error) => return error.what_to_do(),
            Self::NotFound { .. }
            | Self::Conflict { .. }
            | Self::Refused { .. }
            | Self::AnswerLost { .. }
            | Self::Stopped { .. } => return None,
        })
    }
}

impl CallError {
    /// Whether every further call would meet it as well.
    #[must_use]
    pub fn ends_the_pass(&self) -> bool {
        match self {
            Self::SignInRefused { .. }
            | Self::Unreachable { .. }
            | Self::NoConnection { .. }
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
            | Self::Unintelligible { .. }
            | Self::Undocumented { .. } => false,
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

    /// The same after an attempt whose answer was lost, said once.
    #[must_use]
    pub fn after_a_lost_attempt(self) -> Self {
        match self.may_have_taken_effect() {
            true => self,
            false => Self::MaybeDone(Box::new(self)),
        }
    }

    /// Whether Jira may have done it all the same.
    #[must_use]
    pub fn may_have_taken_effect(&self) -> bool {
        match self {
            Self::AnswerLost { .. } | Self::Unintelligible { .. } | Self::Undocumented { .. } | Self::MaybeDone(_) => {
                true
            }
            Self::GaveUp { maybe_done, .. } | Self::Unreachable { maybe_done, .. } => *maybe_done,
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
