//! Errors of the state directory. They never contain an e-mail.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;
use rusqlite::types::FromSqlError;

/// Why the state cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// A file or directory cannot be read, created or written.
    #[error(
        "cannot {operation} {}; check its owner, permissions and free disk space, or use another --state-dir",
        path.display()
    )]
    File {
        /// The failed operation, as a verb phrase.
        operation: &'static str,
        /// Its file or directory.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// Another user could change its content.
    #[error("the state directory {} {why}; {advice}, or use another --state-dir", folder.display())]
    Unsafe {
        /// The directory.
        folder: PathBuf,
        /// The problem, as a predicate.
        why: &'static str,
        /// How to fix it.
        advice: &'static str,
    },
    /// Another quietdesk holds the lock.
    #[error(
        "the state directory {} is in use by {holder}; wait until it ends, stop it, or use another --state-dir",
        folder.display()
    )]
    InUse {
        /// The directory.
        folder: PathBuf,
        /// The holder of the lock, as far as it is known.
        holder: String,
    },
    /// It belongs to another Jira site.
    #[error(
        "the state directory {} belongs to {site}, not to {wanted}; use another --state-dir (one for each Jira site)",
        folder.display()
    )]
    OtherSite {
        /// The directory.
        folder: PathBuf,
        /// The site it belongs to.
        site: String,
        /// The site it was opened for.
        wanted: String,
    },
    /// A newer version wrote it.
    #[error(
        "{} was written by a newer quietdesk (schema {schema}; this version supports up to {known}); upgrade \
         quietdesk, or use another --state-dir", file.display()
    )]
    Newer {
        /// The file.
        file: PathBuf,
        /// Its schema.
        schema: u64,
        /// The newest supported schema.
        known: u64,
    },
    /// Its content is not valid.
    #[error(
        "{} is damaged or is not a quietdesk file; it can be deleted safely while quietdesk is stopped, with any -wal \
         and -shm files beside it; {lost}",
        file.display()
    )]
    Damaged {
        /// The file.
        file: PathBuf,
        /// What deleting it loses, as a clause.
        lost: &'static str,
        /// The cause.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Another process keeps the file locked.
    #[error("{} is kept open by another process; stop that process and try again", file.display())]
    Busy {
        /// The file.
        file: PathBuf,
    },
}

impl StateError {
    /// Returns a `map_err` function for a failed file operation.
    pub(super) fn file_error(operation: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File {
            operation,
            path,
            source,
        }
    }

    /// Converts an error of the store to one about its file.
    pub(super) fn from_store_error(operation: &'static str, file: &Path, error: StoreError) -> Self {
        let path = file.to_owned();
        if error.is_invalid_content() {
            let source = error.into();
            return Self::Damaged {
                file: path,
                lost: "this loses the causes of differences, the removals still due to `membership: owned`, the \
                       creates Jira refused, the last good roster, and the uncertain creates of an interrupted pass",
                source,
            };
        }
        match error.code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy { file: path },
            _ => Self::file_error(operation, file)(io::Error::other(error)),
        }
    }
}

/// The result of reading or writing the store.
pub(super) type StoreResult<T> = Result<T, StoreError>;

/// An error of the store or its content.
#[derive(Debug, thiserror::Error)]
pub(super) enum StoreError {
    /// An SQLite error.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// A value that quietdesk would not have written.
    #[error("unexpected {0}")]
    Unexpected(&'static str),
}

impl From<FromSqlError> for StoreError {
    fn from(_: FromSqlError) -> Self {
        Self::Unexpected("kind of value")
    }
}

impl StoreError {
    /// Returns whether the content is invalid, rather than unreadable. Only then may the advice be to delete it.
    fn is_invalid_content(&self) -> bool {
        match self {
            Self::Unexpected(_) => true,
            // `Unknown` is SQLite's generic error, such as a missing table.
            Self::Sqlite(rusqlite::Error::SqliteFailure(failure, _)) => matches!(
                failure.code,
                ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::Unknown
            ),
            Self::Sqlite(_) => true,
        }
    }

    fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Unexpected(_) => None,
            Self::Sqlite(error) => error.sqlite_error_code(),
        }
    }
}
