//! What builds before 0.1.0 kept, in two files of redb: taken over whole when the store is made, so that nobody whom
//! `membership: owned` is still to take off is forgotten, and no create that may have taken effect.
//!
//! Only read here. Goes, and redb with it, with the first version that refuses such a folder.

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
use super::error::{Answer, Problem};
use super::roster::{self, RosterFile};
use super::rows::{self, restore};
use crate::model::ledger::{Ledger, Parts};

const LEDGER: (&str, ConcurrencyMode) = ("ledger.redb", ConcurrencyMode::SingleWriter);
const INTENTS: (&str, ConcurrencyMode) = ("intents.redb", ConcurrencyMode::ExclusiveWriter);
/// The only layout they ever had.
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
/// How many were taken off a desk at a time: what the oldest of them wrote, without saying whom.
const REMOVED_COUNT: &str = "removed";

/// What an earlier version left.
pub(super) struct Old {
    ledger: Ledger,
    intents: Vec<String>,
    roster: Vec<RosterFile>,
}

impl Old {
    /// Writes it into the store.
    pub(super) fn write(self, write: &Transaction<'_>) -> Answer<()> {
        rows::write(&self.ledger, write)?;
        let mut intents = write.prepare("INSERT INTO intents (email) VALUES (?1)")?;
        self.intents
            .iter()
            .try_for_each(|email| intents.execute([email]).map(drop))?;
        roster::keep(&self.roster, write)
    }

    pub(super) fn into_ledger(self) -> Ledger {
        self.ledger
    }
}

/// Reads what is in a folder; nothing where there are no such files.
///
/// # Errors
/// When they cannot be read, or belong to another site.
pub(super) fn read(folder: &Path, site: &str) -> Result<Option<Old>, StateError> {
    let (ledger, intents) = (tables(folder, LEDGER, site)?, tables(folder, INTENTS, site)?);
    if ledger.is_none() && intents.is_none() {
        return Ok(None);
    }
    let mut old = Old {
        ledger: Ledger::kept(),
        intents: Vec::new(),
        roster: Vec::new(),
    };
    let damaged = |(name, _): (&str, _)| {
        let file = folder.join(name);
        move |error| StateError::of_store("read", &file, error)
    };
    if let Some(tables) = ledger {
        old.ledger = ledger_of(&tables).map_err(damaged(LEDGER))?;
        let files = each(&tables, ROSTER, |_, (name, content)| {
            Ok((name.to_owned(), content.to_owned()))
        });
        old.roster = files.map_err(damaged(LEDGER))?;
    }
    if let Some(tables) = intents {
        old.intents = each(&tables, EMAILS, |email, ()| Ok(email.to_owned())).map_err(damaged(INTENTS))?;
    }
    Ok(Some(old))
}

/// Renames them, once the store holds what they did: an earlier version would go on from what is no longer so. What is
/// there beside a store that was not made just now is not read.
///
/// # Errors
/// When a file cannot be renamed.
pub(super) fn put_away(folder: &Path, taken_over: bool) -> Result<(), StateError> {
    for (name, _) in [LEDGER, INTENTS] {
        let (file, old) = (folder.join(name), folder.join(format!("{name}.old")));
        match fs::rename(&file, &old) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            renamed => {
                renamed.map_err(StateError::file("rename", &file))?;
                match taken_over {
                    true => info!(file = %old.display(), "taken over from an earlier version; it may be deleted"),
                    false => warn!(
                        file = %old.display(),
                        "an earlier version wrote it, and it is not read: what was taken over before is what counts"
                    ),
                }
            }
        }
    }
    Ok(())
}

fn ledger_of(tables: &ReadTransaction) -> Answer<Ledger> {
    let mut parts = Parts::to_be_read();
    each(tables, FACTS, |(kind, of, email), value| {
        restore(&mut parts, (kind, of, email), value)
    })?;
    each(tables, COMPLETED, |desk, ()| {
        restore(&mut parts, ("completed", desk, ""), "")
    })?;
    each(tables, REFUSED, |email, ids| {
        restore(&mut parts, ("refused", email, ""), &ids.join("\n"))
    })?;
    each(tables, SEAT_GIVEN, |_, account| {
        restore(&mut parts, ("seat-given", "", ""), account)
    })?;
    each(tables, PLACES, |(desk, mark), ()| {
        restore(&mut parts, ("place", desk, &mark.to_string()), "")
    })?;
    each(tables, ROWS, |(kind, one, two), value| match kind {
        REMOVED_COUNT => {
            let count: usize = value.parse().map_err(|_| Problem::Unexpected("count"))?;
            let nth = |nth| restore(&mut parts, ("removed-account", one, &format!("{two}/{nth}")), two);
            (0..count).try_for_each(nth)
        }
        _ => restore(&mut parts, (kind, one, two), value),
    })?;
    Ok(Ledger::restored(parts))
}

/// What each row of a table comes to; nothing where it was never written to.
fn each<K: Key + 'static, V: Value + 'static, T>(
    tables: &ReadTransaction,
    table: TableDefinition<'_, K, V>,
    mut read: impl for<'a> FnMut(K::SelfType<'a>, V::SelfType<'a>) -> Answer<T>,
) -> Answer<Vec<T>> {
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

impl From<redb::Error> for Problem {
    fn from(_: redb::Error) -> Self {
        Self::Unexpected("content")
    }
}

/// What one of the files holds; nothing where it is not there, or nothing was ever written to it.
fn tables(
    folder: &Path,
    (name, mode): (&str, ConcurrencyMode),
    site: &str,
) -> Result<Option<ReadTransaction>, StateError> {
    let path = folder.join(name);
    let mut start = Vec::new();
    match File::open(&path).and_then(|file| file.take(9).read_to_end(&mut start)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        read => read.map_err(StateError::file("read", &path))?,
    };
    if start.iter().all(|byte| *byte == 0) {
        // A full disk cut it short when it was made.
        return Ok(None);
    }
    let tables = open(&path, mode).and_then(|database| Ok(database.begin_read()?));
    let tables = tables.map_err(|error| {
        if let redb::Error::DatabaseAlreadyOpen = error {
            return StateError::Busy { file: path.clone() };
        }
        if let redb::Error::Io(error) = error {
            return match is_about_content(&error) {
                true => StateError::of_store("read", &path, Problem::Unexpected("content")),
                false => StateError::file("read", &path)(error),
            };
        }
        StateError::of_store("read", &path, error.into())
    })?;
    let damaged = |error| StateError::of_store("read", &path, error);
    let meta = each(&tables, META, |name, text| Ok((name.to_owned(), text.to_owned()))).map_err(damaged)?;
    let text = |wanted| {
        meta.iter()
            .find(|(name, _)| name == wanted)
            .map(|(_, text)| text.clone())
    };
    let (Some(schema), Some(its)) = (text("schema").and_then(|schema| schema.parse().ok()), text("site")) else {
        return match meta.is_empty() {
            true => Ok(None),
            false => Err(damaged(Problem::Unexpected("absence of the schema or the site"))),
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

/// Whether it says that the bytes are wrong, rather than out of reach.
fn is_about_content(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof)
}

fn open(path: &Path, mode: ConcurrencyMode) -> Result<ReadOnlyDatabase, redb::Error> {
    let mut builder = Builder::new();
    builder.set_concurrency_mode(mode).set_cache_size(CACHE);
    match builder.open_read_only(path) {
        // A process that was killed left it: opening it for writing mends it.
        Err(DatabaseError::RepairAborted) => {
            drop(builder.open(path)?);
            Ok(builder.open_read_only(path)?)
        }
        opened => Ok(opened?),
    }
}
