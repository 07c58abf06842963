//! Why there is no roster.

use std::path::PathBuf;

use super::problem::{Problems, safe};
use crate::files::ReadError;

/// Why there is no roster.
///
/// `Display` of [`RosterError::Invalid`] is the whole report, which quotes the file; logs get
/// [`RosterError::summary`].
#[derive(Debug, thiserror::Error)]
pub enum RosterError {
    /// Nothing there.
    #[error("no roster at {}; check the path", safe(&path.display().to_string()))]
    NotFound {
        /// The path that was tried.
        path: PathBuf,
    },
    /// There, but it cannot be read.
    #[error("cannot read the roster {}; put a regular file there that quietdesk may read", safe(&path.display().to_string()))]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: ReadError,
    },
    /// A folder without any file of a roster.
    #[error(
        "no roster in the folder {}; put a *.yaml or *.yml file directly in it",
        safe(&path.display().to_string())
    )]
    NoRosterInFolder {
        /// The folder.
        path: PathBuf,
    },
    /// Read, but not valid.
    #[error("{0}")]
    Invalid(Problems),
}

impl RosterError {
    /// One line for logs, without e-mails and without anything else the file says.
    #[must_use]
    pub fn summary(&self) -> String {
        match self {
            Self::Invalid(problems) => problems.summary(),
            Self::Unreadable { source, .. } => format!("{self}: {source}"),
            Self::NotFound { .. } | Self::NoRosterInFolder { .. } => self.to_string(),
        }
    }
}
