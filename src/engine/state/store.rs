//! The file of the store: how it is opened, and what has to be true of it first.
//!
//! SQLite, in its WAL mode: a reader of another process sees the last commit whole while the writer makes the next, and what
//! a killed writer left is mended by whoever opens it next. What is committed is on disk (`synchronous=FULL`).

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use super::error::{Answer, Problem, StateError};
use super::folder::private_file;
use super::migration;
use crate::files::check_regular;

/// The file, in the state directory.
pub(super) const FILE: &str = "state.sqlite";
/// What SQLite puts beside it.
const BESIDE: [&str; 2] = ["state.sqlite-wal", "state.sqlite-shm"];
/// Says that a file is quietdesk's: "qdsk".
const APPLICATION: i64 = 0x7164_736b;
/// The newest layout this version reads, and the one it writes. The first was of other files; see [`migration`].
const SCHEMA: u32 = 2;
/// How long somebody else's moment is waited for: a reader that mends what a killed writer left.
const PATIENCE: Duration = Duration::from_secs(5);
/// Memory for pages (KiB, negative by SQLite's custom), and how much of the WAL stays on disk (bytes): 4 MiB each.
const SETTINGS: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA cache_size = -4096;
    PRAGMA journal_size_limit = 4194304;
";

/// What is in it.
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
    /// Opens it, and makes it where it is missing, from what an earlier version left where there is any.
    ///
    /// # Errors
    /// When it cannot be opened, is damaged, or is not this version's or this site's.
    pub(super) fn open(folder: &Path, site: &str) -> Result<Self, StateError> {
        let file = folder.join(FILE);
        let made = private_file(&file, OpenOptions::new().read(true).append(true));
        let length = made.and_then(|file| file.metadata()).map(|about| about.len());
        if length.map_err(StateError::file("open", &file))? == 0 {
            // Of a file that was deleted: SQLite would take them for this one's.
            BESIDE.iter().try_for_each(|name| remove(&folder.join(name)))?;
        }
        let failed = |error| StateError::of_store("open", &file, error);
        let mut connection = connect(&file, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(failed)?;
        let set_up = |connection: &Connection| connection.execute_batch(SETTINGS).map_err(|error| failed(error.into()));
        let new = is_new(&connection).map_err(failed)?;
        if new {
            let old = migration::read(folder, site)?;
            set_up(&connection)?;
            transact(&mut connection, |write| {
                write.execute_batch(TABLES)?;
                write.execute("INSERT INTO site (url) VALUES (?1)", [site])?;
                write.pragma_update(None, "application_id", APPLICATION)?;
                write.pragma_update(None, "user_version", SCHEMA)?;
                old.map_or(Ok(()), |old| old.write(write))
            })
            .map_err(|error| StateError::of_store("write", &file, error))?;
        } else {
            verify(&connection, &file, site)?;
            set_up(&connection)?;
            check(&connection).map_err(failed)?;
        }
        migration::put_away(folder, new)?;
        let connection = Mutex::new(connection);
        Ok(Self { file, connection })
    }

    /// The right to write. Whoever has it writes what was there to be written when they got it.
    pub(super) fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads something.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn read<T>(&self, read: impl FnOnce(&Connection) -> Answer<T>) -> Result<T, StateError> {
        read(&self.lock()).map_err(|error| StateError::of_store("read", &self.file, error))
    }

    /// Writes something in one durable transaction: all of it or nothing.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn write<T>(
        &self,
        connection: &mut Connection,
        write: impl FnOnce(&Transaction<'_>) -> Answer<T>,
    ) -> Result<T, StateError> {
        transact(connection, write).map_err(|error| StateError::of_store("write", &self.file, error))
    }
}

/// Reads from the store beside a writer or not; nothing where there is none yet.
///
/// # Errors
/// As [`Store::open`].
pub(super) fn read_beside<T>(
    folder: &Path,
    site: &str,
    read: impl FnOnce(&Connection) -> Answer<T>,
) -> Result<Option<T>, StateError> {
    let file = folder.join(FILE);
    match file.metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(StateError::file("look at", &file)(error)),
        Ok(itself) if itself.is_file() && itself.len() == 0 => return Ok(None),
        Ok(itself) => {
            let is_regular = check_regular(itself.file_type());
            is_regular.map_err(|error| StateError::file("open", &file)(error.into()))?;
        }
    }
    let failed = |error| StateError::of_store("read", &file, error);
    let mut connection = connect(&file, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(failed)?;
    if is_new(&connection)
        .or_else(|error| {
            // A folder that cannot be written to; without a WAL the file alone is the whole truth.
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
    // One transaction, so that all that is read is of one commit.
    let snapshot = connection
        .unchecked_transaction()
        .map_err(|error| failed(error.into()))?;
    read(&snapshot).map(Some).map_err(failed)
}

fn connect(file: &Path, access: OpenFlags) -> Answer<Connection> {
    let connection = match access == OpenFlags::SQLITE_OPEN_READ_ONLY {
        true => Connection::open_with_flags(immutable(file), access | OpenFlags::SQLITE_OPEN_URI)?,
        false => Connection::open_with_flags(file, access)?,
    };
    connection.busy_timeout(PATIENCE)?;
    Ok(connection)
}

/// The address of a file that nobody can change.
fn immutable(file: &Path) -> String {
    let coded = |c: char| match c {
        '?' | '#' | '%' => format!("%{:02X}", u32::from(c)),
        _ => c.to_string(),
    };
    let path: String = file.to_string_lossy().chars().map(coded).collect();
    format!("file:{path}?immutable=1")
}

/// Whether nothing was ever written to it.
fn is_new(connection: &Connection) -> Answer<bool> {
    let tables = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))?;
    Ok(tables == 0)
}

fn verify(connection: &Connection, file: &Path, wanted: &str) -> Result<(), StateError> {
    let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let read = || -> Answer<_> {
        if number("application_id")? != APPLICATION {
            return Err(Problem::Unexpected("kind of file"));
        }
        let schema = u64::try_from(number("user_version")?).map_err(|_| Problem::Unexpected("schema"))?;
        let site = connection.query_row("SELECT url FROM site", [], |row| row.get::<_, String>(0));
        Ok((schema, site))
    };
    let (schema, site) = read().map_err(|error| StateError::of_store("read", file, error))?;
    if schema > u64::from(SCHEMA) {
        return Err(StateError::Newer {
            file: file.to_owned(),
            schema,
            known: u64::from(SCHEMA),
        });
    }
    let site = site.map_err(|error| StateError::of_store("read", file, error.into()))?;
    if site != wanted {
        return Err(StateError::OtherSite {
            folder: file.parent().unwrap_or(Path::new(".")).to_owned(),
            site,
            wanted: wanted.to_owned(),
        });
    }
    Ok(())
}

/// Looks at the structure of the whole file.
fn check(connection: &Connection) -> Answer<()> {
    let said = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0))?;
    match said.as_str() {
        "ok" => Ok(()),
        _ => Err(Problem::Unexpected("structure")),
    }
}

fn transact<T>(connection: &mut Connection, write: impl FnOnce(&Transaction<'_>) -> Answer<T>) -> Answer<T> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let written = write(&transaction)?;
    transaction.commit()?;
    Ok(written)
}

fn remove(file: &Path) -> Result<(), StateError> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(StateError::file("remove", file)(error)),
        Ok(()) | Err(_) => Ok(()),
    }
}
