//! Opening and saving a state directory.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use tracing::warn;

use super::audit::{Audit, Rotation};
use super::error::StateError;
use super::handoff::HandOffFile;
use super::intents::Intents;
use super::lock::Lock;
use super::roster::{self, RosterFile};
use super::site::{KnownSite, remember_site};
use super::store::Store;
use super::uncertain_creates::UncertainCreates;
use super::{folder, rows};
use crate::model::ledger::Ledger;

/// A state directory, opened for writing. Dropping it writes pending changes and releases the lock.
pub struct State {
    pub(super) folder: PathBuf,
    /// The site URL it was opened with.
    pub(super) address: String,
    pub(super) store: Arc<Store>,
    /// The ledger as read on opening, until the first call of [`State::ledger`].
    pub(super) initial_ledger: Mutex<Option<Ledger>>,
    pub(super) hand_off: Arc<HandOffFile>,
    pub(super) intents: Intents,
    pub(super) uncertain_creates: Mutex<UncertainCreates>,
    pub(super) audit: Audit,
    // Last field, so that the lock is released after everything else is closed.
    _lock: Lock,
}

/// The command that opens a state directory, and its settings.
#[derive(Clone, Copy, Debug)]
pub struct Opener<'a> {
    /// The command, such as `run`; the error for a directory in use names it.
    pub command: &'a str,
    /// The current time.
    pub clock: fn() -> Timestamp,
    /// The limits of the audit journal.
    pub rotation: Rotation,
}

impl<'a> Opener<'a> {
    /// Returns an opener with the default journal limits.
    #[must_use]
    pub fn new(command: &'a str, clock: fn() -> Timestamp) -> Self {
        Self {
            command,
            clock,
            rotation: Rotation::default(),
        }
    }
}

impl State {
    /// Opens the state directory of a site for writing; creates it if missing (mode 0700, files 0600). Blocks: about a
    /// second for 100 000 people.
    ///
    /// # Errors
    /// When the directory is unsafe, in use, damaged, unreadable or not writable, belongs to another site, or was
    /// written by a newer version. Nothing is changed, but a missing directory may have been created.
    pub fn open(folder: &Path, site_url: &str, opener: Opener<'_>) -> Result<Self, StateError> {
        folder::create_directory(folder)?;
        let lock = Lock::take(folder, opener.command, (opener.clock)())?;
        let store = Arc::new(Store::open(folder, site_url)?);
        let ledger = store.read(rows::load)?;
        let hand_off = Arc::new(HandOffFile::open(folder, site_url, opener.clock)?);
        let intents = Intents::new(Arc::clone(&store), folder.to_owned(), Arc::clone(&hand_off));
        let unsettled = intents.load()?;
        let audit = Audit::open(folder, opener.clock, opener.rotation)?;
        folder::sync_directory(folder)?;
        Ok(Self {
            folder: folder.to_owned(),
            address: site_url.to_owned(),
            store,
            initial_ledger: Mutex::new(Some(ledger)),
            hand_off,
            intents,
            uncertain_creates: Mutex::new(UncertainCreates::from_earlier_run(unsettled)),
            audit,
            _lock: lock,
        })
    }

    /// Returns the ledger as last saved; an empty one if it never was.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn ledger(&self) -> Result<Ledger, StateError> {
        let opened = self
            .initial_ledger
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        opened.map_or_else(|| self.store.read(rows::load), Ok)
    }

    /// Saves the changes of the ledger in one durable transaction and deletes the intents of accounts in it. Blocks:
    /// milliseconds for a small change, a few seconds for 100 000 new people.
    ///
    /// # Errors
    /// When it cannot be written; the previous state is untouched, and the next save writes these changes too.
    pub fn save(&self, ledger: &mut Ledger) -> Result<(), StateError> {
        self.settle_known(ledger);
        self.intents.flush();
        if ledger.is_changed() {
            let mut connection = self.store.lock();
            self.store.write(&mut connection, |write| rows::write(ledger, write))?;
            // The ledger read on opening is outdated now.
            *self.initial_ledger.lock().unwrap_or_else(PoisonError::into_inner) = None;
            ledger.mark_saved();
        }
        Ok(())
    }

    /// Records Jira's base URL after Jira was reached. The hand-off uses it for links, and the state is found by it,
    /// whatever URL is given.
    pub fn record_base_url(&self, address: &str) {
        self.hand_off.set_base_url(address);
        match remember_site(&self.folder, address, &[&self.address]) {
            Ok(Some(KnownSite { identity, .. })) if identity != address => {
                warn!(before = identity, now = address, "the base URL of Jira has changed");
            }
            Ok(_) => {}
            Err(problem) => warn!(%problem, "cannot save the addresses of this site"),
        }
    }

    /// Saves a valid roster: each file's name and content, in reading order. Writes only the differences from the
    /// previous one.
    ///
    /// # Errors
    /// When it cannot be written; the previous one is untouched.
    pub fn save_roster(&self, files: &[RosterFile]) -> Result<(), StateError> {
        let mut connection = self.store.lock();
        self.store.write(&mut connection, |write| roster::save(files, write))
    }

    /// Returns the roster saved last, if any.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn saved_roster(&self) -> Result<Option<Vec<RosterFile>>, StateError> {
        self.store.read(roster::load)
    }
}

impl Drop for State {
    fn drop(&mut self) {
        self.intents.flush();
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State")
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}
