//! Errors of connecting to Jira, with advice. The parts of their texts are those of [`CallError`].

use std::fmt;
use std::time::Duration;

use super::errors::CallError;
use crate::model::observed::Deployment;

/// The error of connecting to Jira.
#[derive(Debug)]
pub enum ConnectError {
    /// The file of CA certificates cannot be used.
    CaFile {
        /// The path.
        file: String,
        /// The cause.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// TLS cannot be set up: without trusted certificates, no connection can be verified.
    Tls(reqwest::Error),
    /// The deployment differs from the given one.
    WrongDeployment {
        /// The given deployment.
        expected: Deployment,
        /// The detected deployment.
        found: Deployment,
    },
    /// There is no Jira at this address; waiting does not help.
    NotJira {
        /// The address.
        url: String,
        /// The response.
        detail: String,
    },
    /// The token has no user, which Cloud requires.
    MissingUser,
    /// The settings cannot be used any more, for example because the token file cannot be read.
    Settings(String),
    /// A call failed.
    Call(CallError),
}

impl std::error::Error for ConnectError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::CaFile { source, .. } => Some(source.as_ref()),
            Self::Tls(source) => Some(source),
            Self::WrongDeployment { .. }
            | Self::NotJira { .. }
            | Self::MissingUser
            | Self::Settings(_)
            | Self::Call(_) => None,
        }
    }
}

impl From<CallError> for ConnectError {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

/// The whole error in one line.
impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Call(error) = self {
            return error.fmt(f);
        }
        f.write_str(&self.problem())?;
        if let Some(advice) = self.advice() {
            write!(f, "; {advice}")?;
        }
        match self {
            Self::NotJira { .. } => f.write_str("; run `quietdesk doctor` to check each part"),
            Self::CaFile { .. }
            | Self::Tls(_)
            | Self::WrongDeployment { .. }
            | Self::MissingUser
            | Self::Settings(_)
            | Self::Call(_) => Ok(()),
        }
    }
}

impl ConnectError {
    /// Returns what went wrong, without causes.
    #[must_use]
    pub fn problem(&self) -> String {
        match self {
            Self::CaFile { file, .. } => format!("--ca-file {file} cannot be read"),
            Self::Tls(_) => "TLS is not available on this machine".to_owned(),
            Self::WrongDeployment { expected, found } => format!("this is Jira {found}, not {expected}"),
            Self::NotJira { url, detail } => format!("there is no Jira at {url}: it returned 404 ({detail})"),
            Self::MissingUser => "the API token has no user, and Jira Cloud requires one".to_owned(),
            Self::Settings(why) => why.clone(),
            Self::Call(error) => error.problem(),
        }
    }

    /// Returns advice; `None` where it depends on the operation.
    #[must_use]
    pub fn advice(&self) -> Option<&'static str> {
        Some(match self {
            Self::CaFile { .. } => "give a PEM file with certificates",
            Self::Tls(_) => "install the system's CA certificates (Debian: ca-certificates), or give --ca-file",
            Self::WrongDeployment { .. } => "correct --deployment, or omit it so that quietdesk detects it",
            Self::NotJira { .. } => "correct --url: use Jira's own address, including its path",
            Self::MissingUser => "give --user with the account's e-mail, or write user:token in the token file",
            Self::Settings(_) => return None,
            Self::Call(error) => return error.advice(),
        })
    }

    /// Returns how long Jira asks to wait, where that exceeds patience.
    #[must_use]
    pub fn requested_wait(&self) -> Option<Duration> {
        match self {
            Self::Call(error) => error.requested_wait(),
            Self::CaFile { .. }
            | Self::Tls(_)
            | Self::WrongDeployment { .. }
            | Self::NotJira { .. }
            | Self::MissingUser
            | Self::Settings(_) => None,
        }
    }

    /// Whether the credentials were rejected or a permission is missing, rather than Jira unreachable.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Call(error) => error.is_refusal(),
            Self::CaFile { .. }
            | Self::Tls(_)
            | Self::WrongDeployment { .. }
            | Self::NotJira { .. }
            | Self::MissingUser
            | Self::Settings(_) => false,
        }
    }
}
