//! Why there is no connection, and what to do about it. One wording, as of [`CallError`].

use std::fmt;
use std::time::Duration;

use super::errors::CallError;
use crate::model::observed::Deployment;

/// Why there is no connection.
#[derive(Debug)]
pub enum ConnectError {
    /// A certificate file that cannot be used.
    CaFile {
        /// Which file.
        file: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Without certificates to trust, no connection can be checked.
    Tls(reqwest::Error),
    /// Another kind of Jira than was said.
    AnotherKind {
        /// What was said.
        expected: Deployment,
        /// What it is.
        found: Deployment,
    },
    /// There is no Jira at that address: waiting brings none.
    NoJira {
        /// The address.
        url: String,
        /// What was answered.
        detail: String,
    },
    /// Cloud knows a token by whose it is.
    NoUser,
    /// The settings cannot be used any more: the token file cannot be read, say.
    Settings(String),
    /// A call failed.
    Call(CallError),
}

impl std::error::Error for ConnectError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::CaFile { source, .. } => Some(source.as_ref()),
            Self::Tls(source) => Some(source),
            Self::AnotherKind { .. } | Self::NoJira { .. } | Self::NoUser | Self::Settings(_) | Self::Call(_) => None,
        }
    }
}

impl From<CallError> for ConnectError {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

/// All there is to say, in a line.
impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Call(error) = self {
            return error.fmt(f);
        }
        f.write_str(&self.found())?;
        if let Some(advice) = self.what_to_do() {
            write!(f, "; {advice}")?;
        }
        match self {
            Self::NoJira { .. } => f.write_str("; `quietdesk doctor` looks at each piece"),
            Self::CaFile { .. }
            | Self::Tls(_)
            | Self::AnotherKind { .. }
            | Self::NoUser
            | Self::Settings(_)
            | Self::Call(_) => Ok(()),
        }
    }
}

impl ConnectError {
    /// What went wrong, without its causes.
    #[must_use]
    pub fn found(&self) -> String {
        match self {
            Self::CaFile { file, .. } => format!("--ca-file {file} cannot be read"),
            Self::Tls(_) => "no encrypted connection can be made from this machine".to_owned(),
            Self::AnotherKind { expected, found } => format!("this is Jira {found}, not {expected}"),
            Self::NoJira { url, detail } => format!("there is no Jira at {url}: it answers 404 ({detail})"),
            Self::NoUser => "nobody says whose API token it is, which Jira Cloud asks for".to_owned(),
            Self::Settings(why) => why.clone(),
            Self::Call(error) => error.found(),
        }
    }

    /// What to do about it; nothing where that depends on what was to be done.
    #[must_use]
    pub fn what_to_do(&self) -> Option<&'static str> {
        Some(match self {
            Self::CaFile { .. } => "give a PEM file with certificates",
            Self::Tls(_) => "install the system's CA certificates (Debian: ca-certificates), or give --ca-file",
            Self::AnotherKind { .. } => "correct --deployment, or leave it to quietdesk to find out",
            Self::NoJira { .. } => "correct --url: it is Jira's own address, with the path that Jira is under",
            Self::NoUser => "give --user with the account's e-mail, or write user:token in the token file",
            Self::Settings(_) => return None,
            Self::Call(error) => return error.what_to_do(),
        })
    }

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
