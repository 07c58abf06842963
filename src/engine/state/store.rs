//! A file of the store: how it is opened, and what has to be true of it first.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use redb::{
    Builder, ConcurrencyMode, Database, DatabaseError, ReadOnlyDatabase, ReadOnlyTable, ReadTransaction,
    ReadableDatabase as _, TableDefinition,
};

use tracing::warn;

use super::StateError;
use super::error::{Unexpected, is_busy, is_unfinished};
use super::folder::private_file;
use crate::files::check_regular;

/// The newest layout this version reads, and the one it writes.
pub(super) const SCHEMA: u64 = 1;
/// The layout and the site, in every file of the store.
const META: TableDefinition<'_, &str, &str> = TableDefinition::new("meta");
/// How long redb's mark is, in bytes.
const MARK: u64 = 9;
/// How long a file that is open elsewhere is waited for: so often, so long.
const TRIES: u32 = 250;
const PAUSE: Duration = Duration::from_millis(20);

/// One file of the store.
#[derive(Clone, Debug)]
pub(super) struct Store {
    /// Where it is.
    pub file: PathBuf,
    /// What is lost when it is deleted.
    pub lost: &'static str,
    /// The site it has to belong to.
    pub site: String,
    /// How processes share it.
    pub mode: ConcurrencyMode,
    /// Memory for pages of it, at most, in bytes.
    pub cache: usize,
}

impl Store {
    /// Opens it for writing, and makes it where it is missing.
    ///
    /// # Errors
    /// When it cannot be opened, is damaged, or is not this version's or this site's.
    pub(super) fn writer(&self) -> Result<Database, StateError> {
        self.open(false)
    }

    /// The same, after every page of it was compared with its checksum: what redb trusts may make it panic.
    ///
    /// # Errors
    /// As [`Store::writer`].
    pub(super) fn checked_writer(&self) -> Result<Database, StateError> {
        self.open(true)
    }

    fn open(&self, check: bool) -> Result<Database, StateError> {
        let mut file = private_file(&self.file, OpenOptions::new().read(true).append(true))
            .map_err(StateError::file("open", &self.file))?;
        if was_cut_short(&mut file).map_err(StateError::file("read", &self.file))? {
            warn!(file = %self.file.display(), "it was cut short when it was made, and holds nothing: it is made anew");
            file.set_len(0).map_err(StateError::file("write", &self.file))?;
        }
        drop(file);
        let database = self.patiently("open", || {
            let mut builder = self.builder();
            builder.set_check_integrity_on_open(check);
            // An empty file becomes a store, any other has to be one.
            builder.create(&self.file)
        })?;
        let is_new = {
            let tables = self.read(&database)?;
            self.guarded("read", || Ok(tables.list_tables()?.next().is_none()))?
        };
        if is_new {
            self.guarded("write", || self.begin(&database))?;
        } else {
            self.verify(&self.read(&database)?)?;
        }
        Ok(database)
    }

    /// Opens it for reading, beside a writer or not; nothing where there is none yet. Mends what a killed writer left.
    ///
    /// # Errors
    /// As [`Store::writer`].
    pub(super) fn reader(&self) -> Result<Option<ReadOnlyDatabase>, StateError> {
        match self.file.metadata() {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(StateError::file("look at", &self.file)(error)),
            Ok(itself) if itself.is_file() && itself.len() == 0 => return Ok(None),
            Ok(itself) => {
                let is_regular = check_regular(itself.file_type());
                is_regular.map_err(|error| StateError::file("open", &self.file)(error.into()))?;
            }
        }
        let cut_short = File::open(&self.file).and_then(|mut file| was_cut_short(&mut file));
        if cut_short.map_err(StateError::file("read", &self.file))? {
            return Ok(None);
        }
        let database = self.patiently("open", || match self.builder().open_read_only(&self.file) {
            // Opening for writing mends it, if no writer came back meanwhile; redb's own locks decide that.
            Err(error) if is_unfinished(&error) => {
                drop(self.builder().open(&self.file)?);
                self.builder().open_read_only(&self.file)
            }
            opened => opened,
        })?;
        let tables = self.guarded("read", || Ok(database.begin_read()?))?;
        if self.guarded("read", || Ok(tables.list_tables()?.next().is_none()))? {
            return Ok(None);
        }
        self.verify(&tables)?;
        drop(tables);
        Ok(Some(database))
    }

    /// What the file holds now.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn read(&self, database: &Database) -> Result<ReadTransaction, StateError> {
        self.guarded("read", || Ok(database.begin_read()?))
    }

    /// Runs something on the file and says what an error means for it. redb may panic over a file that somebody altered;
    /// that is an error like any other here.
    ///
    /// # Errors
    /// What went wrong.
    pub(super) fn guarded<T>(
        &self,
        operation: &'static str,
        work: impl FnOnce() -> Result<T, redb::Error>,
    ) -> Result<T, StateError> {
        let result = catch_unwind(AssertUnwindSafe(work));
        let result = result.unwrap_or_else(|_| Err(Unexpected("content").into()));
        result.map_err(|error| StateError::of_store(operation, &self.file, self.lost, error))
    }

    /// Opens the file as soon as nobody else keeps it from that, or gives up.
    fn patiently<T>(
        &self,
        operation: &'static str,
        open: impl Fn() -> Result<T, DatabaseError>,
    ) -> Result<T, StateError> {
        self.guarded(operation, || {
            for _ in 0..TRIES {
                match open() {
                    Err(error) if is_busy(&error) || is_unfinished(&error) => sleep(PAUSE),
                    opened => return Ok(opened?),
                }
            }
            Ok(open()?)
        })
    }

    fn builder(&self) -> Builder {
        let mut builder = Builder::new();
        builder.set_concurrency_mode(self.mode).set_cache_size(self.cache);
        builder
    }

    fn begin(&self, database: &Database) -> Result<(), redb::Error> {
        let write = database.begin_write()?;
        {
            let mut meta = write.open_table(META)?;
            meta.insert("schema", SCHEMA.to_string().as_str())?;
            meta.insert("site", self.site.as_str())?;
        }
        Ok(write.commit()?)
    }

    fn verify(&self, tables: &ReadTransaction) -> Result<(), StateError> {
        let (schema, site) = self.guarded("read", || {
            let meta = tables.open_table(META)?;
            let text = |meta: &ReadOnlyTable<&str, &str>, name| {
                let found = meta.get(name)?.map(|text| text.value().to_owned());
                found.ok_or_else(|| redb::Error::from(Unexpected("absence of the schema or the site")))
            };
            let schema = text(&meta, "schema")?.parse().map_err(|_| Unexpected("schema"))?;
            Ok((schema, text(&meta, "site")?))
        })?;
        if schema > SCHEMA {
            return Err(StateError::Newer {
                file: self.file.clone(),
                schema,
                known: SCHEMA,
            });
        }
        if site != self.site {
            return Err(StateError::OtherSite {
                folder: self.file.parent().unwrap_or(Path::new(".")).to_owned(),
                site,
                wanted: self.site.clone(),
            });
        }
        Ok(())
    }
}

/// Whether making the file never came to its end, as on a full disk: redb writes its mark at the very start of it last.
fn was_cut_short(file: &mut File) -> io::Result<bool> {
    let mut start = Vec::new();
    file.take(MARK).read_to_end(&mut start)?;
    Ok(!start.is_empty() && start.iter().all(|byte| *byte == 0))
}

/// The rows of a table, or of none where it was never written to.
pub(super) fn table<K: redb::Key + 'static, V: redb::Value + 'static>(
    tables: &ReadTransaction,
    definition: TableDefinition<'_, K, V>,
) -> Result<Option<ReadOnlyTable<K, V>>, redb::Error> {
    match tables.open_table(definition) {
        Ok(table) => Ok(Some(table)),
        Err(redb::TableError::TableDoesNotExist(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
