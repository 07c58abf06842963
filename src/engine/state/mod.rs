//! What outlives the process: the ledger, the last good roster, the intents, and the journal of writes.
//!
//! | file | holds | how it is shared |
//! |---|---|---|
//! | `lock` | who writes: process, command, since when | the writer's lock, for as long as it lives |
//! | `ledger.redb` | the ledger and the last good roster | opened by the writer for the moment of a load or a save; readers beside it |
//! | `intents.redb` | the creates that were about to be sent | held open by the writer, read by nobody else |
//! | `handoff.jsonl` | who was made, and first passwords | added to by the writer; read and cleared beside it |
//! | `approvals.jsonl` | what somebody approved of | added to by `approve`, beside the writer |
//! | `refused.json` | what the guards refused in the last pass | put in place whole by the writer |
//! | `refused-by-plan.json` | what they refused in the last `plan` | put in place whole by `plan`, beside the writer |
//! | `site.json` | Jira's own name, and every address it was reached by | put in place whole by the writer |
//! | `audit.jsonl`, `.1`, `.2` … | a line for each call, and for each step it was for | appended to by the writer |
//!
//! One process writes; [`read_ledger`] works beside it. `ledger.redb` is opened in redb's `SingleWriter` mode, in which a
//! reader of another process sees the last commit whole while the writer makes the next (tried across processes by
//! `tests/state.rs`). It is opened for moments only, because a file that a killed writer had open has to be mended
//! before it is read; whoever comes first does that, reader or writer.
//!
//! Losing any file, or the folder, is safe: nobody is made twice or removed for it. Deciding what to change is no
//! business of this module, and no error of it names an e-mail.

mod approvals;
mod audit;
mod error;
mod folder;
mod handoff;
mod intents;
mod ledger;
mod lock;
mod rows;
mod site;
mod store;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use redb::{ConcurrencyMode, ReadTransaction, ReadableDatabase as _, ReadableTable as _, TableDefinition};
use secrecy::SecretString;
use tokio::task::spawn_blocking;
use tracing::warn;

pub use self::approvals::{Approval, Judged, approvals, approve, keep_planned};
use self::audit::Audit;
pub use self::audit::Rotation;
pub use self::error::StateError;
use self::handoff::HandOffFile;
pub use self::handoff::{HandOff, clear_hand_off, read_hand_off};
use self::intents::Intents;
use self::ledger::Difference;
use self::lock::Lock;
pub use self::site::{KnownSite, known_site, recorded_site, remember_site};
use self::store::{Store, table};
use super::book::{Book, BookError};
use crate::model::desk::DeskKey;
use crate::model::email::{Email, EmailKey};
use crate::model::ledger::{Fact, History, Ledger, Parts};
use crate::model::observed::Deployment;
use crate::model::outcome::{Outcome, StepEnd};
use crate::model::plan::Plan;
use crate::model::roster::Roster;
use crate::model::step::{Action, Step};

/// The last good roster: the files in the order they were read, by name, with their content.
const ROSTER: TableDefinition<'_, u32, (&str, &[u8])> = TableDefinition::new("roster");

/// A file of a kept roster: its name and its content.
pub type RosterFile = (String, Vec<u8>);

/// A state directory, opened for writing. Dropping it writes what waits and lets go of the lock.
pub struct State {
    folder: PathBuf,
    /// The address it was opened by.
    address: String,
    ledger: Store,
    /// What the ledger's file holds.
    saved: Mutex<Parts>,
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

/// Creates whose end nobody knows.
#[derive(Default)]
struct Open {
    /// Of this apply: about to be sent, or under way.
    begun: BTreeSet<EmailKey>,
    /// Of an earlier apply or an earlier life: may have taken effect.
    unsettled: BTreeSet<EmailKey>,
    /// The new addresses this apply gave to accounts.
    renamed: BTreeSet<EmailKey>,
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
        let ledger = ledger_store(folder, site_url);
        let database = ledger.checked_writer()?;
        let saved = load(&ledger, &ledger.read(&database)?)?;
        ledger.guarded("close", || {
            drop(database);
            Ok(())
        })?;
        let hand_off = Arc::new(HandOffFile::open(folder, site_url, opener.clock)?);
        let intents = Intents::open(
            intents_store(folder, site_url),
            folder.to_owned(),
            Arc::clone(&hand_off),
        );
        let (intents, unsettled) = intents?;
        let audit = Audit::open(folder, opener.clock, opener.rotation)?;
        folder::sync(folder)?;
        Ok(Self {
            folder: folder.to_owned(),
            address: site_url.to_owned(),
            ledger,
            saved: Mutex::new(saved),
            hand_off,
            intents,
            open: Mutex::new(Open {
                unsettled,
                ..Open::default()
            }),
            audit,
            _lock: lock,
        })
    }

    /// The ledger as it was last saved; one that remembers nothing yet where it never was.
    #[must_use]
    pub fn ledger(&self) -> Ledger {
        Ledger::restored(self.saved().clone())
    }

    /// Saves the ledger: what differs from what was saved last, in one durable transaction. Intents of accounts that it
    /// has seen go. Blocks: milliseconds for a small difference, a few seconds for 100 000 new people.
    ///
    /// # Errors
    /// When it cannot be written; what was saved before is untouched then.
    pub fn save(&self, ledger: &Ledger) -> Result<(), StateError> {
        self.settle_seen(ledger);
        self.intents.flush();
        let mut saved = self.saved();
        let difference = Difference::between(&saved, ledger.parts());
        if difference.is_empty() {
            return Ok(());
        }
        let database = self.ledger.writer()?;
        self.ledger.guarded("write", || difference.write(&database))?;
        let take_over = difference.owned(ledger.parts());
        take_over(&mut saved);
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

    /// Accounts that a pass saw, and that an earlier life may have made without learning of it: it did, and whoever hands
    /// them off is told. Before [`State::save`], which forgets that they were in doubt.
    ///
    /// Whoever was given a new address is handed off by that one from now on.
    pub fn found(&self, roster: &Roster, plan: &Plan) {
        for email in self.unsettled() {
            if let (Some(account), Some(customer)) = (plan.accounts.get(&email), roster.customers.get(&email)) {
                let desks: Vec<_> = customer.desks.iter().cloned().collect();
                self.hand_off
                    .made(&customer.email, customer.name_for_creation(), &desks, &account.id);
            }
        }
        if plan.site.deployment == Deployment::DataCenter {
            self.found_renamed(roster, plan);
        }
    }

    /// Accounts whose entries name older addresses, and that have the new one by now.
    fn found_renamed(&self, roster: &Roster, plan: &Plan) {
        let steps = plan.steps.iter().chain(&plan.paused).map(|step| &step.action);
        let updated = steps.filter(|action| changes_address(action)).filter_map(Action::email);
        let held = plan.held.iter().filter(|held| held.desk.is_none());
        let held = held.filter_map(|held| held.email.as_ref());
        let mut still_old: BTreeSet<_> = updated.chain(held).map(|email| email.key().clone()).collect();
        still_old.retain(|email| !self.creates().renamed.contains(email));
        let moved = roster
            .customers
            .values()
            .filter(|customer| !customer.previously.is_empty());
        for customer in moved.filter(|customer| !still_old.contains(customer.email.key())) {
            let Some(account) = plan.accounts.get(customer.email.key()) else {
                continue;
            };
            for old in &customer.previously {
                if self.creates().unsettled.remove(old.key()) {
                    let desks: Vec<_> = customer.desks.iter().cloned().collect();
                    self.hand_off
                        .made(old, customer.name_for_creation(), &desks, &account.id);
                    self.intents.settle(old.key());
                }
            }
            self.hand_off.renamed(&account.id, &customer.email);
        }
    }

    /// What is approved of and was not made use of yet, each with when it was approved.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn approvals(&self, history: &History, now: i64) -> Result<BTreeMap<String, i64>, StateError> {
        approvals(&self.folder, history, now)
    }

    /// Keeps what the guards refused, for whoever approves of it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep_refused(&self, judged: Judged<'_>) -> Result<(), StateError> {
        approvals::keep_refused(&self.folder, judged)
    }

    /// Keeps a roster that was found good: each file's name and content, in the order they were read.
    ///
    /// # Errors
    /// When it cannot be written; the one kept before is untouched then.
    pub fn keep_roster(&self, files: &[RosterFile]) -> Result<(), StateError> {
        // Saving waits meanwhile: the file has one writer at a time.
        let _saved = self.saved();
        let database = self.ledger.writer()?;
        self.ledger.guarded("write", || {
            let write = database.begin_write()?;
            write.delete_table(ROSTER)?;
            {
                let mut rows = write.open_table(ROSTER)?;
                for (at, (name, content)) in (0..).zip(files) {
                    rows.insert(at, (name.as_str(), content.as_slice()))?;
                }
            }
            Ok(write.commit()?)
        })
    }

    /// The roster kept last; nothing where none was.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn roster(&self) -> Result<Option<Vec<RosterFile>>, StateError> {
        let Some(database) = self.ledger.reader()? else {
            return Ok(None);
        };
        self.ledger.guarded("read", || {
            let Some(rows) = table(&database.begin_read()?, ROSTER)? else {
                return Ok(None);
            };
            let files = rows.iter()?.map(|row| {
                let (_, file) = row?;
                let (name, content) = file.value();
                Ok((name.to_owned(), content.to_owned()))
            });
            files.collect::<Result<_, redb::Error>>().map(Some)
        })
    }

    /// The e-mails of creates that may have taken effect without anybody learning of it, most of them left by an earlier
    /// life of the process.
    #[must_use]
    pub fn unsettled(&self) -> BTreeSet<EmailKey> {
        self.creates().unsettled.clone()
    }

    /// An account that was seen is no longer in doubt.
    fn settle_seen(&self, ledger: &Ledger) {
        let mut creates = self.creates();
        let agreed = &ledger.parts().agreed;
        creates.unsettled.retain(|email| {
            let is_seen = agreed.contains_key(&Fact::Account(email.clone()));
            if is_seen {
                self.intents.settle(email);
            }
            !is_seen
        });
    }

    fn saved(&self) -> MutexGuard<'_, Parts> {
        self.saved.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn creates(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book for State {
    fn begins(&self, plan: &Plan) {
        let mut creates = self.creates();
        let begun = std::mem::take(&mut creates.begun);
        creates.renamed.clear();
        creates.unsettled.extend(begun);
        drop(creates);
        self.hand_off.know(&plan.portals);
        if !plan.steps.is_empty() {
            self.audit.begins(plan.steps.len());
        }
    }

    fn is_unsettled(&self, email: &EmailKey) -> bool {
        self.creates().unsettled.contains(email)
    }

    fn intend<'a>(&'a self, email: &'a EmailKey) -> BoxFuture<'a, Result<(), BookError>> {
        self.creates().begun.insert(email.clone());
        Box::pin(self.intents.intend(email))
    }

    fn first_password<'a>(
        &'a self,
        email: &'a Email,
        name: &'a str,
        desks: &'a [DeskKey],
        new: SecretString,
    ) -> BoxFuture<'a, Result<SecretString, BookError>> {
        let hand_off = Arc::clone(&self.hand_off);
        let (email, name, desks) = (email.clone(), name.to_owned(), desks.to_vec());
        Box::pin(async move {
            let written = spawn_blocking(move || hand_off.intend(&email, &name, &desks, new)).await;
            let written = written.unwrap_or_else(|gone| Err(io::Error::other(gone)));
            written.map_err(|error| self.intents.error(Arc::new(error)))
        })
    }

    fn unproven(&self) -> BTreeSet<EmailKey> {
        self.hand_off.pending()
    }

    fn attempts(&self, steps: &[&Step]) {
        self.audit.attempts(steps);
    }

    fn ended(&self, step: &Step, end: &StepEnd) {
        self.audit.ended(step, end);
        if let (true, true, Some(email)) = (
            changes_address(&step.action),
            end.outcome.is_success(),
            step.action.email(),
        ) {
            self.creates().renamed.insert(email.key().clone());
        }
        let Action::CreateCustomer {
            email,
            name,
            desks,
            password,
        } = &step.action
        else {
            return;
        };
        match (&end.account, end.outcome) {
            // Before its intent is settled, which waits until this is on disk.
            (Some(account), Outcome::Done | Outcome::Failed) => {
                if password.is_none() && !end.refused {
                    // It was made just now and without one; whatever an earlier create was sent with came to nothing.
                    self.hand_off.cancelled(email);
                }
                self.hand_off.made(email, name, desks, &account.id);
            }
            // Somebody who had an account keeps the password they have.
            (_, Outcome::Linked | Outcome::Held | Outcome::Already) => self.hand_off.cancelled(email),
            (None, Outcome::Failed | Outcome::NotAttempted | Outcome::Skipped) if !self.is_unsettled(email.key()) => {
                self.hand_off.cancelled(email);
            }
            _ => {}
        }
        let email = email.key();
        let mut creates = self.creates();
        let was_begun = creates.begun.remove(email);
        let is_settled = match end.outcome {
            Outcome::Done | Outcome::Already | Outcome::Linked | Outcome::Held => {
                creates.unsettled.remove(email);
                true
            }
            Outcome::Unknown => {
                creates.unsettled.insert(email.clone());
                false
            }
            // It tells of this create, and nothing of an earlier one that may have taken effect.
            Outcome::Failed | Outcome::Skipped | Outcome::NotAttempted => {
                was_begun && !creates.unsettled.contains(email)
            }
        };
        if is_settled {
            self.intents.settle(email);
        }
    }
}

/// Whether a step gives an account another address.
fn changes_address(action: &Action) -> bool {
    matches!(action, Action::UpdateCustomer { changes, .. } if changes.address.is_some())
}

impl Drop for State {
    fn drop(&mut self) {
        self.intents.flush();
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State")
            .field("ledger", &self.ledger)
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
    let store = ledger_store(folder, site_url);
    let Some(database) = store.reader()? else {
        return Ok(None);
    };
    let tables = store.guarded("read", || Ok(database.begin_read()?))?;
    load(&store, &tables).map(|parts| Some(Ledger::restored(parts)))
}

fn load(store: &Store, tables: &ReadTransaction) -> Result<Parts, StateError> {
    store.guarded("read", || ledger::load(tables))
}

fn ledger_store(folder: &Path, site: &str) -> Store {
    Store {
        file: folder.join("ledger.redb"),
        lost: "what is lost is why things differ, which creates Jira refused, and the roster to fall back on",
        site: site.to_owned(),
        mode: ConcurrencyMode::SingleWriter,
        cache: 64 * 1024 * 1024,
    }
}

fn intents_store(folder: &Path, site: &str) -> Store {
    Store {
        file: folder.join("intents.redb"),
        lost: "what is lost is which accounts of an interrupted pass are its own; they are reported as found, not made",
        site: site.to_owned(),
        mode: ConcurrencyMode::ExclusiveWriter,
        cache: 4 * 1024 * 1024,
    }
}
