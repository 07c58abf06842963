//! Migration from builds before 0.1.0, which used two redb files. All data is imported when the store is created, so
//! that removals due to `membership: owned` and uncertain creates are kept.
//!
//! The files are only read. To be deleted, with the redb dependency, in the first version that refuses such a
//! directory.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

use redb::{
    Builder, ConcurrencyMode, DatabaseError, Key, ReadOnlyDatabase, ReadTransaction, ReadableDatabase as _,
    ReadableTable as _, TableDefinition, TableError, Value,
};
use rusqlite::Transaction;
use tracing::{info, warn};

use super::error::StateError;
use super::error::{StoreError, StoreResult};
use super::roster::{self, RosterFile};
use super::rows::{self, restore_row};
use crate::model::ledger::{Ledger, Parts};

const LEDGER: (&str, ConcurrencyMode) = ("ledger.redb", ConcurrencyMode::SingleWriter);
const INTENTS: (&str, ConcurrencyMode) = ("intents.redb", ConcurrencyMode::ExclusiveWriter);
/// The only schema of these files.
const SCHEMA: u64 = 1;
const CACHE: usize = 4 * 1024 * 1024;

type Names<'a> = TableDefinition<'a, &'static str, ()>;
type Rows<'a> = TableDefinition<'a, (&'static str, &'static str, &'static str), &'static str>;

const META: TableDefinition<'_, &str, &str> = TableDefinition::new("meta");
const FACTS: Rows<'_> = TableDefinition::new("facts");
const ROWS: Rows<'_> = TableDefinition::new("rows");
const COMPLETED: Names<'_> = TableDefinition::new("completed");
const SEAT_GIVEN: TableDefinition<'_, &str, &str> = TableDefinition::new("seat_given");
const REFUSED: TableDefinition<'_, &str, Vec<&str>> = TableDefinition::new("refused");
const PLACES: TableDefinition<'_, (&str, u64), ()> = TableDefinition::new("places");
const ROSTER: TableDefinition<'_, u32, (&str, &[u8])> = TableDefinition::new("roster");
const EMAILS: Names<'_> = TableDefinition::new("intents");
/// Rows of the oldest builds: the number of removals from a desk at a time, without the accounts.
const REMOVED_COUNT: &str = "removed";

/// The state of an earlier version.
pub(super) struct OldState {
    ledger: Ledger,
    intents: Vec<String>,
    roster: Vec<RosterFile>,
}

impl OldState {
    /// Writes it to the store.
    pub(super) fn write(self, write: &Transaction<'_>) -> StoreResult<()> {
        rows::write(&self.ledger, write)?;
        let mut intents = write.prepare("INSERT INTO intents (email) VALUES (?1)")?;
        self.intents
            .iter()
            .try_for_each(|email| intents.execute([email]).map(drop))?;
        roster::save(&self.roster, write)
    }

    pub(super) fn into_ledger(self) -> Ledger {
        self.ledger
    }
}

/// Reads the old files of a directory; `None` if there are none.
///
/// # Errors
/// When they cannot be read, or belong to another site.
pub(super) fn read_old_state(folder: &Path, site: &str) -> Result<Option<OldState>, StateError> {
    let (ledger, intents) = (open_tables(folder, LEDGER, site)?, open_tables(folder, INTENTS, site)?);
    if ledger.is_none() && intents.is_none() {
        return Ok(None);
    }
    let mut old = OldState {
        ledger: Ledger::kept(),
        intents: Vec::new(),
        roster: Vec::new(),
    };
    let damaged = |(name, _): (&str, _)| {
        let file = folder.join(name);
        move |error| StateError::from_store_error("read", &file, error)
    };
    if let Some(tables) = ledger {
        old.ledger = restore_ledger(&tables).map_err(damaged(LEDGER))?;
        let files = read_rows(&tables, ROSTER, |_, (name, content)| {
            Ok((name.to_owned(), content.to_owned()))
        });
        old.roster = files.map_err(damaged(LEDGER))?;
    }
    if let Some(tables) = intents {
        old.intents = read_rows(&tables, EMAILS, |email, ()| Ok(email.to_owned())).map_err(damaged(INTENTS))?;
    }
    Ok(Some(old))
}

/// Renames the old files once the store exists, so that an earlier version does not continue from outdated data. Files
/// found beside an existing store are not imported.
///
/// # Errors
/// When a file cannot be renamed.
pub(super) fn rename_old_files(folder: &Path, taken_over: bool) -> Result<(), StateError> {
    for (name, _) in [LEDGER, INTENTS] {
        let (file, old) = (folder.join(name), folder.join(format!("{name}.old")));
        match fs::rename(&file, &old) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            renamed => {
                renamed.map_err(StateError::file_error("rename", &file))?;
                match taken_over {
                    true => info!(file = %old.display(), "imported from an earlier version; the file may be deleted"),
                    false => warn!(
                        file = %old.display(),
                        "not importing a file of an earlier version: its state was imported before"
                    ),
                }
            }
        }
    }
    Ok(())
}

fn restore_ledger(tables: &ReadTransaction) -> StoreResult<Ledger> {
    let mut parts = Parts::for_loading();
    read_rows(tables, FACTS, |(kind, of, email), value| {
        restore_row(&mut parts, (kind, of, email), value)
    })?;
    read_rows(tables, COMPLETED, |desk, ()| {
        restore_row(&mut parts, ("completed", desk, ""), "")
    })?;
    read_rows(tables, REFUSED, |email, ids| {
        restore_row(&mut parts, ("refused", email, ""), &ids.join("\n"))
    })?;
    read_rows(tables, SEAT_GIVEN, |_, account| {
        restore_row(&mut parts, ("seat-given", "", ""), account)
    })?;
    read_rows(tables, PLACES, |(desk, mark), ()| {
        restore_row(&mut parts, ("place", desk, &mark.to_string()), "")
    })?;
    read_rows(tables, ROWS, |(kind, one, two), value| match kind {
        REMOVED_COUNT => {
            let count: usize = value.parse().map_err(|_| StoreError::Unexpected("count"))?;
            let nth = |nth| restore_row(&mut parts, ("removed-account", one, &format!("{two}/{nth}")), two);
            (0..count).try_for_each(nth)
        }
        _ => restore_row(&mut parts, (kind, one, two), value),
    })?;
    Ok(Ledger::from_parts(parts))
}

/// Reads each row of a table with `read`; none if the table does not exist.
fn read_rows<K: Key + 'static, V: Value + 'static, T>(
    tables: &ReadTransaction,
    table: TableDefinition<'_, K, V>,
    mut read: impl for<'a> FnMut(K::SelfType<'a>, V::SelfType<'a>) -> StoreResult<T>,
) -> StoreResult<Vec<T>> {
    let table = match tables.open_table(table) {
        Err(TableError::TableDoesNotExist(_)) => return Ok(Vec::new()),
        opened => opened.map_err(redb::Error::from)?,
    };
    let mut all = Vec::new();
    for row in table.iter().map_err(redb::Error::from)? {
        let (key, value) = row.map_err(redb::Error::from)?;
        all.push(read(key.value(), value.value())?);
    }
    Ok(all)
}

impl From<redb::Error> for StoreError {
    fn from(_: redb::Error) -> Self {
        Self::Unexpected("content")
    }
}

/// Opens one of the files; `None` if it is missing or empty.
fn open_tables(
    folder: &Path,
    (name, mode): (&str, ConcurrencyMode),
    site: &str,
) -> Result<Option<ReadTransaction>, StateError> {
    let path = folder.join(name);
    let mut start = Vec::new();
    match File::open(&path).and_then(|file| file.take(9).read_to_end(&mut start)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        read => read.map_err(StateError::file_error("read", &path))?,
    };
    if start.iter().all(|byte| *byte == 0) {
        // A full disk cut it short when it was created.
        return Ok(None);
    }
    let tables = open(&path, mode).and_then(|database| Ok(database.begin_read()?));
    let tables = tables.map_err(|error| {
        if let redb::Error::DatabaseAlreadyOpen = error {
            return StateError::Busy { file: path.clone() };
        }
        if let redb::Error::Io(error) = error {
            return match is_about_content(&error) {
                true => StateError::from_store_error("read", &path, StoreError::Unexpected("content")),
                false => StateError::file_error("read", &path)(error),
            };
        }
        StateError::from_store_error("read", &path, error.into())
    })?;
    let damaged = |error| StateError::from_store_error("read", &path, error);
    let meta = read_rows(&tables, META, |name, text| Ok((name.to_owned(), text.to_owned()))).map_err(damaged)?;
    let text = |wanted| {
        meta.iter()
            .find(|(name, _)| name == wanted)
            .map(|(_, text)| text.clone())
    };
    let (Some(schema), Some(its)) = (text("schema").and_then(|schema| schema.parse().ok()), text("site")) else {
        return match meta.is_empty() {
            true => Ok(None),
            false => Err(damaged(StoreError::Unexpected("absence of the schema or the site"))),
        };
    };
    if schema > SCHEMA {
        let (file, known) = (path, SCHEMA);
        return Err(StateError::Newer { file, schema, known });
    }
    if its != site {
        return Err(StateError::OtherSite {
            folder: folder.to_owned(),
            site: its,
            wanted: site.to_owned(),
        });
    }
    Ok(Some(tables))
}

/// Returns whether the content is invalid, rather than unreadable.
fn is_about_content(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof)
}

fn open(path: &Path, mode: ConcurrencyMode) -> Result<ReadOnlyDatabase, redb::Error> {
    let mut builder = Builder::new();
    builder.set_concurrency_mode(mode).set_cache_size(CACHE);
    match builder.open_read_only(path) {
        // Left by a killed process: opening the file for writing repairs it.
        Err(DatabaseError::RepairAborted) => {
            drop(builder.open(path)?);
            Ok(builder.open_read_only(path)?)
        }
        opened => Ok(opened?),
    }
}
