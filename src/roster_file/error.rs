//! Errors of loading a roster.

use std::path::PathBuf;

use super::problem::{Problems, escape_hostile};
use crate::files::ReadError;

/// Why a roster cannot be loaded.
///
/// `Display` of [`RosterError::Invalid`] is the whole report, which quotes the file; logs use
/// [`RosterError::summary`].
#[derive(Debug, thiserror::Error)]
pub enum RosterError {
    /// The path does not exist.
    #[error("no roster at {}; check the path", escape_hostile(&path.display().to_string()))]
    NotFound {
        /// The path that was tried.
        path: PathBuf,
    },
    /// It cannot be read.
    #[error("cannot read the roster {}; check that it is a regular, readable file", escape_hostile(&path.display().to_string()))]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: ReadError,
    },
    /// A folder without roster files.
    #[error(
        "no roster in the folder {}; put a *.yaml or *.yml file directly in it",
        escape_hostile(&path.display().to_string())
    )]
    NoRosterInFolder {
        /// The folder.
        path: PathBuf,
    },
    /// It is invalid.
    #[error("{0}")]
    Invalid(Problems),
}

impl RosterError {
    /// Returns one line for logs, without e-mails or other content of the file.
    #[must_use]
    pub fn summary(&self) -> String {
        match self {
            Self::Invalid(problems) => problems.summary(),
            Self::Unreadable { source, .. } => format!("{self}: {source}"),
            Self::NotFound { .. } | Self::NoRosterInFolder { .. } => self.to_string(),
        }
    }
}
