//! What can be wrong with a state directory. No e-mail is ever part of it.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;
use rusqlite::types::FromSqlError;

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
        "{} is damaged, or no file of quietdesk's; it may be deleted safely while no quietdesk runs (with what lies beside it \
         by the same name): {lost}",
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

    /// What an error of the store means for its file.
    pub(super) fn of_store(operation: &'static str, file: &Path, error: Problem) -> Self {
        let path = file.to_owned();
        if error.is_about_content() {
            let source = error.into();
            return Self::Damaged {
                file: path,
                lost: "what is lost is why things differ, whom `membership: owned` is still to take off, which creates Jira \
                       refused, the roster to fall back on, and which accounts of an interrupted pass are its own",
                source,
            };
        }
        match error.code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy { file: path },
            _ => Self::file(operation, file)(io::Error::other(error)),
        }
    }
}

/// What reading the store, or writing it, comes to.
pub(super) type Answer<T> = Result<T, Problem>;

/// What can go wrong with the content of the store.
#[derive(Debug, thiserror::Error)]
pub(super) enum Problem {
    /// SQLite says so.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// A value that quietdesk would not have written.
    #[error("unexpected {0}")]
    Unexpected(&'static str),
}

impl From<FromSqlError> for Problem {
    fn from(_: FromSqlError) -> Self {
        Self::Unexpected("kind of value")
    }
}

impl Problem {
    /// Whether it says that the bytes are wrong, rather than out of reach. Only then is advice to delete them right.
    fn is_about_content(&self) -> bool {
        match self {
            Self::Unexpected(_) => true,
            // `Unknown` is SQLite's general error: a table that should be there is not.
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
