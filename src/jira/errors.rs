//! What can go wrong with a call, and what Jira said about it.

use std::time::Duration;

use super::sign_in::SignIn;
use crate::model::observed::Deployment;

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
    /// There never was a connection: the name does not resolve, or nothing listens there.
    #[error("cannot {operation}: no connection to Jira ({detail}); check --url, the network and proxies")]
    NoConnection {
        /// What was to be done.
        operation: &'static str,
        /// Why.
        detail: String,
    },
    /// Jira asks to wait longer than patience lasts.
    #[error(
        "cannot {operation}: Jira limits the rate and asks to wait {} s, longer than --patience allows; try again then",
        wait.as_secs_f64().ceil()
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
    /// A status of success, with JSON or nothing, and not as Jira documents it: Jira itself may have sent it.
    #[error(
        "cannot {operation}: the answer is not the one that Jira documents ({detail}); if this goes on, look for what \
         changes answers between quietdesk and Jira"
    )]
    Undocumented {
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
    /// There is no Jira at that address: waiting brings none.
    #[error(
        "there is no Jira at {url}: it answers 404 ({detail}); correct --url, which is Jira's own address with the path that \
         Jira is under; `quietdesk doctor` looks at each piece"
    )]
    NoJira {
        /// The address.
        url: String,
        /// What was answered.
        detail: String,
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
            Self::CaFile { .. }
            | Self::Tls(_)
            | Self::AnotherKind { .. }
            | Self::NoJira { .. }
            | Self::NoUser
            | Self::Settings(_) => None,
        }
    }

    /// Whether credentials or a permission were refused, rather than Jira out of reach.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Call(error) => error.is_refusal(),
            Self::CaFile { .. }
            | Self::Tls(_)
            | Self::AnotherKind { .. }
            | Self::NoJira { .. }
            | Self::NoUser
            | Self::Settings(_) => false,
        }
    }
}
