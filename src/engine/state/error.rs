//! What can be wrong with a state directory. No e-mail is ever part of it.

use std::io;
use std::path::{Path, PathBuf};

use redb::{DatabaseError, StorageError};

/// Why the state cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// A file or folder that cannot be read, made or written.
    #[error("cannot {operation} {}; check its owner, its permissions and the space left, or name another with --state-dir", path.display())]
    File {
        /// What was to be done.
        operation: &'static str,
        /// To what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Somebody else could change what is kept there.
    #[error("the state directory {} {why}; {advice}, or name another with --state-dir", folder.display())]
    Unsafe {
        /// The folder.
        folder: PathBuf,
        /// What is wrong with it.
        why: &'static str,
        /// How to mend it.
        advice: &'static str,
    },
    /// Another quietdesk writes there.
    #[error(
        "the state directory {} is in use by {holder}; wait for it or stop it, or name another with --state-dir",
        folder.display()
    )]
    InUse {
        /// The folder.
        folder: PathBuf,
        /// Who it is, as far as it said so.
        holder: String,
    },
    /// It remembers another Jira.
    #[error(
        "the state directory {} belongs to {site}, not to {wanted}; name another with --state-dir (one for each Jira)",
        folder.display()
    )]
    OtherSite {
        /// The folder.
        folder: PathBuf,
        /// The Jira it belongs to.
        site: String,
        /// The Jira it was opened for.
        wanted: String,
    },
    /// A later version wrote it.
    #[error(
        "{} was written by a newer quietdesk (schema {schema}, this one knows up to {known}); use that version, or name \
         another directory with --state-dir", file.display()
    )]
    Newer {
        /// The file.
        file: PathBuf,
        /// Its schema.
        schema: u64,
        /// The newest this version knows.
        known: u64,
    },
    /// It is not what quietdesk wrote.
    #[error(
        "{} is damaged, or no file of quietdesk's; it may be deleted safely while no quietdesk runs: {lost}",
        file.display()
    )]
    Damaged {
        /// The file.
        file: PathBuf,
        /// What is lost with it.
        lost: &'static str,
        /// What is wrong.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Another process had the file open all the time.
    #[error("{} is kept open by another process; stop it, and try again", file.display())]
    Busy {
        /// The file.
        file: PathBuf,
    },
}

impl StateError {
    /// For `map_err`, where the system refuses something.
    pub(super) fn file(operation: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File {
            operation,
            path,
            source,
        }
    }

    /// What an error of the store means for one of its files.
    pub(super) fn of_store(
        operation: &'static str,
        file: &Path,
        lost: &'static str,
        error: impl Into<redb::Error>,
    ) -> Self {
        let path = file.to_owned();
        let error = error.into();
        if is_about_content(&error) {
            let source = error.into();
            return Self::Damaged {
                file: path,
                lost,
                source,
            };
        }
        if let redb::Error::DatabaseAlreadyOpen | redb::Error::LockProtocolMismatch = error {
            return Self::Busy { file: path };
        }
        let source = if let redb::Error::Io(source) = error {
            source
        } else {
            io::Error::other(error)
        };
        Self::File {
            operation,
            path,
            source,
        }
    }
}

/// Whether it says that the bytes are wrong, rather than out of reach. Only then is advice to delete them right.
fn is_about_content(error: &redb::Error) -> bool {
    let wrong_kind =
        |error: &io::Error| matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof);
    matches!(error, redb::Error::Io(error) if wrong_kind(error))
        || matches!(
            error,
            redb::Error::Corrupted(_)
                | redb::Error::UpgradeRequired(_)
                | redb::Error::RepairAborted
                | redb::Error::TableDoesNotExist(_)
                | redb::Error::TableTypeMismatch { .. }
                | redb::Error::TableIsMultimap(_)
                | redb::Error::TableIsNotMultimap(_)
                | redb::Error::TypeDefinitionChanged { .. }
        )
}

/// Whether a file is only open elsewhere for the moment.
pub(super) fn is_busy(error: &DatabaseError) -> bool {
    matches!(error, DatabaseError::DatabaseAlreadyOpen)
}

/// Whether a file was left in the middle of a write, by a process or a machine that died.
pub(super) fn is_unfinished(error: &DatabaseError) -> bool {
    matches!(error, DatabaseError::RepairAborted)
}

/// A value that quietdesk would not have written.
#[derive(Debug, thiserror::Error)]
#[error("unexpected {0}")]
pub(super) struct Unexpected(pub(super) &'static str);

impl From<Unexpected> for redb::Error {
    fn from(error: Unexpected) -> Self {
        StorageError::Corrupted(error.to_string()).into()
    }
}
