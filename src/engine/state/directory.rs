//! A state directory, opened for writing.

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
use super::unsettled::Open;
use super::{folder, rows};
use crate::model::ledger::Ledger;

/// A state directory, opened for writing. Dropping it writes what waits and lets go of the lock.
pub struct State {
    pub(super) folder: PathBuf,
    /// The address it was opened by.
    pub(super) address: String,
    pub(super) store: Arc<Store>,
    /// The ledger as it was when this was opened, until somebody asks for it.
    pub(super) opened: Mutex<Option<Ledger>>,
    pub(super) hand_off: Arc<HandOffFile>,
    pub(super) intents: Intents,
    pub(super) open: Mutex<Open>,
    pub(super) audit: Audit,
    // Last, so that the lock is let go of when everything else is closed.
    _lock: Lock,
}

/// Who opens a state directory.
#[derive(Clone, Copy, Debug)]
pub struct Opener<'a> {
    /// The command, such as `run`: told to whoever finds the directory in use.
    pub command: &'a str,
    /// The time of day.
    pub clock: fn() -> Timestamp,
    /// How long the journal may become.
    pub rotation: Rotation,
}

impl<'a> Opener<'a> {
    /// `command`, telling the time by `clock`.
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
    /// Opens the state directory of a site for writing, and makes it where it is missing (mode 0700, files 0600).
    /// Blocks: about a second for 100 000 people.
    ///
    /// # Errors
    /// When the folder is not safe or in use, belongs to another site, was written by a newer version, is damaged, or
    /// cannot be read or written. Nothing is changed then, but a missing folder may have been made.
    pub fn open(folder: &Path, site_url: &str, opener: Opener<'_>) -> Result<Self, StateError> {
        folder::make(folder)?;
        let lock = Lock::take(folder, opener.command, (opener.clock)())?;
        let store = Arc::new(Store::open(folder, site_url)?);
        let ledger = store.read(rows::load)?;
        let hand_off = Arc::new(HandOffFile::open(folder, site_url, opener.clock)?);
        let intents = Intents::new(Arc::clone(&store), folder.to_owned(), Arc::clone(&hand_off));
        let unsettled = intents.left()?;
        let audit = Audit::open(folder, opener.clock, opener.rotation)?;
        folder::sync(folder)?;
        Ok(Self {
            folder: folder.to_owned(),
            address: site_url.to_owned(),
            store,
            opened: Mutex::new(Some(ledger)),
            hand_off,
            intents,
            open: Mutex::new(Open::left(unsettled)),
            audit,
            _lock: lock,
        })
    }

    /// The ledger as it was last saved; one that remembers nothing yet where it never was.
    ///
    /// # Errors
    /// When it cannot be read again; it could when this was opened.
    pub fn ledger(&self) -> Result<Ledger, StateError> {
        let opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner).take();
        opened.map_or_else(|| self.store.read(rows::load), Ok)
    }

    /// Saves what changed in the ledger since it was last saved, in one durable transaction. Intents of accounts that it
    /// has seen go. Blocks: milliseconds for a small change, a few seconds for 100 000 new people.
    ///
    /// # Errors
    /// When it cannot be written; what was saved before is untouched then, and the next save writes these changes, too.
    pub fn save(&self, ledger: &mut Ledger) -> Result<(), StateError> {
        self.settle_seen(ledger);
        self.intents.flush();
        if ledger.is_changed() {
            let mut connection = self.store.lock();
            self.store.write(&mut connection, |write| rows::write(ledger, write))?;
            // From now on another one than was opened.
            *self.opened.lock().unwrap_or_else(PoisonError::into_inner) = None;
            ledger.written();
        }
        Ok(())
    }

    /// Jira was reached: this is the address people know it by, for links in the hand-off, and the name the state is found
    /// by from now on, whatever address is typed.
    pub fn reached(&self, address: &str) {
        self.hand_off.know_site(address);
        match remember_site(&self.folder, address, &[&self.address]) {
            Ok(Some(KnownSite { identity, .. })) if identity != address => {
                warn!(
                    before = identity,
                    now = address,
                    "Jira names itself by another address than before"
                );
            }
            Ok(_) => {}
            Err(problem) => warn!(%problem, "the addresses of this site are not written down"),
        }
    }

    /// Keeps a roster that was found good: each file's name and content, in the order they were read. Writes what differs
    /// from the one kept before.
    ///
    /// # Errors
    /// When it cannot be written; the one kept before is untouched then.
    pub fn keep_roster(&self, files: &[RosterFile]) -> Result<(), StateError> {
        let mut connection = self.store.lock();
        self.store.write(&mut connection, |write| roster::keep(files, write))
    }

    /// The roster kept last; nothing where none was.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn roster(&self) -> Result<Option<Vec<RosterFile>>, StateError> {
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
