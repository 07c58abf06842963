//! The database file: opening and verifying it.
//!
//! SQLite in WAL mode: readers in other processes see the last commit while the writer makes the next, and the next
//! process to open the file recovers what a killed writer left. Commits are on disk (`synchronous=FULL`).

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use super::error::{StateError, StoreError, StoreResult};
use super::folder::open_private_file;
use super::migration;
use crate::files::check_regular;

/// The file, in the state directory.
pub(super) const FILE: &str = "state.sqlite";
/// The files SQLite creates beside it.
const BESIDE: [&str; 2] = ["state.sqlite-wal", "state.sqlite-shm"];
/// Identifies quietdesk's files: "qdsk".
const APPLICATION: i64 = 0x7164_736b;
/// The schema this version writes, and the newest it reads. Schema 1 used other files; see [`migration`].
const SCHEMA: u32 = 2;
/// Busy timeout, for example while a reader recovers what a killed writer left.
const PATIENCE: Duration = Duration::from_secs(5);
/// `cache_size` is in KiB when negative, `journal_size_limit` in bytes: 4 MiB each.
const SETTINGS: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA cache_size = -4096;
    PRAGMA journal_size_limit = 4194304;
";

/// The tables.
pub(super) const TABLES: &str = "
    CREATE TABLE site (url TEXT NOT NULL) STRICT;
    CREATE TABLE ledger (kind TEXT, one TEXT, two TEXT, value TEXT NOT NULL, PRIMARY KEY (kind, one, two))
        STRICT, WITHOUT ROWID;
    CREATE TABLE intents (email TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
    CREATE TABLE roster_files (id INTEGER PRIMARY KEY, place INTEGER NOT NULL, name TEXT NOT NULL) STRICT;
    CREATE TABLE roster_chunks (file INTEGER, place INTEGER, digest BLOB NOT NULL, content BLOB NOT NULL,
        PRIMARY KEY (file, place)) STRICT;
";

/// The store, open for writing.
#[derive(Debug)]
pub(super) struct Store {
    file: PathBuf,
    connection: Mutex<Connection>,
}

impl Store {
    /// Opens the store; creates it if missing, importing the files of an earlier version.
    ///
    /// # Errors
    /// When it cannot be opened, is damaged, was written by a newer version, or belongs to another site.
    pub(super) fn open(folder: &Path, site: &str) -> Result<Self, StateError> {
        let file = folder.join(FILE);
        let made = open_private_file(&file, OpenOptions::new().read(true).append(true));
        let length = made.and_then(|file| file.metadata()).map(|about| about.len());
        if length.map_err(StateError::file_error("open", &file))? == 0 {
            // Left by a deleted database: SQLite would apply them to the new one.
            BESIDE
                .iter()
                .try_for_each(|name| remove_if_exists(&folder.join(name)))?;
        }
        let failed = |error| StateError::from_store_error("open", &file, error);
        let mut connection = connect(&file, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(failed)?;
        let set_up = |connection: &Connection| connection.execute_batch(SETTINGS).map_err(|error| failed(error.into()));
        let new = is_new(&connection).map_err(failed)?;
        if new {
            let old = migration::read_old_state(folder, site)?;
            set_up(&connection)?;
            transact(&mut connection, |write| {
                write.execute_batch(TABLES)?;
                write.execute("INSERT INTO site (url) VALUES (?1)", [site])?;
                write.pragma_update(None, "application_id", APPLICATION)?;
                write.pragma_update(None, "user_version", SCHEMA)?;
                old.map_or(Ok(()), |old| old.write(write))
            })
            .map_err(|error| StateError::from_store_error("write", &file, error))?;
        } else {
            verify(&connection, &file, site)?;
            set_up(&connection)?;
            check_structure(&connection).map_err(failed)?;
        }
        migration::rename_old_files(folder, new)?;
        let connection = Mutex::new(connection);
        Ok(Self { file, connection })
    }

    /// Locks the connection. Take what to write after locking.
    pub(super) fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `read`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn read<T>(&self, read: impl FnOnce(&Connection) -> StoreResult<T>) -> Result<T, StateError> {
        read(&self.lock()).map_err(|error| StateError::from_store_error("read", &self.file, error))
    }

    /// Runs `write` in one durable transaction.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn write<T>(
        &self,
        connection: &mut Connection,
        write: impl FnOnce(&Transaction<'_>) -> StoreResult<T>,
    ) -> Result<T, StateError> {
        transact(connection, write).map_err(|error| StateError::from_store_error("write", &self.file, error))
    }
}

/// Reads from the store without the lock; `None` if there is no store yet.
///
/// # Errors
/// As [`Store::open`].
pub(super) fn read_without_lock<T>(
    folder: &Path,
    site: &str,
    read: impl FnOnce(&Connection) -> StoreResult<T>,
) -> Result<Option<T>, StateError> {
    let file = folder.join(FILE);
    match file.metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(StateError::file_error("inspect", &file)(error)),
        Ok(itself) if itself.is_file() && itself.len() == 0 => return Ok(None),
        Ok(itself) => {
            let is_regular = check_regular(itself.file_type());
            is_regular.map_err(|error| StateError::file_error("open", &file)(error.into()))?;
        }
    }
    let failed = |error| StateError::from_store_error("read", &file, error);
    let mut connection = connect(&file, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(failed)?;
    if is_new(&connection)
        .or_else(|error| {
            // A read-only directory: without a WAL, the file alone is complete.
            connection = match folder.join(BESIDE[0]).exists() {
                true => return Err(error),
                false => connect(&file, OpenFlags::SQLITE_OPEN_READ_ONLY)?,
            };
            is_new(&connection)
        })
        .map_err(failed)?
    {
        return Ok(None);
    }
    verify(&connection, &file, site)?;
    // One transaction, so that all reads see the same commit.
    let snapshot = connection
        .unchecked_transaction()
        .map_err(|error| failed(error.into()))?;
    read(&snapshot).map(Some).map_err(failed)
}

fn connect(file: &Path, access: OpenFlags) -> StoreResult<Connection> {
    let connection = match access == OpenFlags::SQLITE_OPEN_READ_ONLY {
        true => Connection::open_with_flags(immutable_uri(file), access | OpenFlags::SQLITE_OPEN_URI)?,
        false => Connection::open_with_flags(file, access)?,
    };
    connection.busy_timeout(PATIENCE)?;
    Ok(connection)
}

/// Returns the SQLite URI of a file to be opened as immutable.
fn immutable_uri(file: &Path) -> String {
    let coded = |c: char| match c {
        '?' | '#' | '%' => format!("%{:02X}", u32::from(c)),
        _ => c.to_string(),
    };
    let path: String = file.to_string_lossy().chars().map(coded).collect();
    format!("file:{path}?immutable=1")
}

/// Returns whether the database has no tables yet.
fn is_new(connection: &Connection) -> StoreResult<bool> {
    let tables = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))?;
    Ok(tables == 0)
}

fn verify(connection: &Connection, file: &Path, wanted: &str) -> Result<(), StateError> {
    let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let read = || -> StoreResult<_> {
        if number("application_id")? != APPLICATION {
            return Err(StoreError::Unexpected("kind of file"));
        }
        let schema = u64::try_from(number("user_version")?).map_err(|_| StoreError::Unexpected("schema"))?;
        let site = connection.query_row("SELECT url FROM site", [], |row| row.get::<_, String>(0));
        Ok((schema, site))
    };
    let (schema, site) = read().map_err(|error| StateError::from_store_error("read", file, error))?;
    if schema > u64::from(SCHEMA) {
        return Err(StateError::Newer {
            file: file.to_owned(),
            schema,
            known: u64::from(SCHEMA),
        });
    }
    let site = site.map_err(|error| StateError::from_store_error("read", file, error.into()))?;
    if site != wanted {
        return Err(StateError::OtherSite {
            folder: file.parent().unwrap_or(Path::new(".")).to_owned(),
            site,
            wanted: wanted.to_owned(),
        });
    }
    Ok(())
}

/// Checks the structure of the whole file.
fn check_structure(connection: &Connection) -> StoreResult<()> {
    let result = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0))?;
    match result.as_str() {
        "ok" => Ok(()),
        _ => Err(StoreError::Unexpected("structure")),
    }
}

fn transact<T>(connection: &mut Connection, write: impl FnOnce(&Transaction<'_>) -> StoreResult<T>) -> StoreResult<T> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let written = write(&transaction)?;
    transaction.commit()?;
    Ok(written)
}

fn remove_if_exists(file: &Path) -> Result<(), StateError> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(StateError::file_error("remove", file)(error)),
        Ok(()) | Err(_) => Ok(()),
    }
}
