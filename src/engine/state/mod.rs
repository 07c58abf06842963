//! What outlives the process: the ledger, the last good roster, the intents, and the journal of writes.
//!
//! | file | holds | how it is shared |
//! |---|---|---|
//! | `lock` | who writes: process, command, since when | the writer's lock, for as long as it lives |
//! | `state.sqlite` (`-wal`, `-shm`) | the ledger, the last good roster, and the creates that were about to be sent | held open by the writer; readers beside it |
//! | `handoff.jsonl` | who was made, and first passwords | added to by the writer; read and cleared beside it |
//! | `approvals.jsonl` | what somebody approved of | added to by `approve`, beside the writer |
//! | `refused.json` | what the guards refused in the last pass | put in place whole by the writer |
//! | `refused-by-plan.json` | what they refused in the last `plan` | put in place whole by `plan`, beside the writer |
//! | `site.json` | Jira's own name, and every address it was reached by | put in place whole by the writer |
//! | `audit.jsonl`, `.1`, `.2` … | a line for each call, and for each step it was for | appended to by the writer |
//!
//! One process writes; [`read_ledger`] works beside it, and after it was killed. What builds before 0.1.0 kept is read by
//! `migration`.
//!
//! Losing any file, or the folder, is safe: nobody is made twice or removed for it. Deciding what to change is no
//! business of this module, and no error of it names an e-mail.

pub(in crate::engine) mod approvals;
mod audit;
mod creates;
pub(in crate::engine) mod error;
mod folder;
mod handoff;
mod intents;
mod lock;
mod migration;
mod roster;
mod rows;
mod site;
mod store;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use tracing::warn;

pub use self::approvals::{Approval, Judged, approvals, approve, keep_planned};
use self::audit::Audit;
pub use self::audit::Rotation;
use self::creates::Open;
pub use self::error::StateError;
use self::handoff::HandOffFile;
pub use self::handoff::{HandOff, clear_hand_off, read_hand_off};
use self::intents::Intents;
use self::lock::Lock;
pub use self::roster::RosterFile;
pub use self::site::{KnownSite, known_site, recorded_site, remember_site};
use self::store::Store;
use crate::model::ledger::Ledger;

/// A state directory, opened for writing. Dropping it writes what waits and lets go of the lock.
pub struct State {
    folder: PathBuf,
    /// The address it was opened by.
    address: String,
    store: Arc<Store>,
    /// The ledger as it was when this was opened, until somebody asks for it.
    opened: Mutex<Option<Ledger>>,
    hand_off: Arc<HandOffFile>,
    intents: Intents,
    open: Mutex<Open>,
    audit: Audit,
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

/// Reads a site's ledger, beside a writer or not. Nothing where there is no state yet; makes nothing. Blocks: about a
/// second for 100 000 people.
///
/// # Errors
/// As [`State::open`], but for the lock.
pub fn read_ledger(folder: &Path, site_url: &str) -> Result<Option<Ledger>, StateError> {
    if !folder::check(folder)? {
        return Ok(None);
    }
    match store::read_beside(folder, site_url, rows::load)? {
        Some(ledger) => Ok(Some(ledger)),
        None => Ok(migration::read(folder, site_url)?.map(migration::Old::into_ledger)),
    }
}
