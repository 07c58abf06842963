//! The hand-off file: who was made, and how to reach them.
//!
//! Lines of JSON, added to and never changed. A password is in it before Jira learns of it, so that neither a crash nor a
//! lost answer leaves an account whose password nobody knows; what became of the account is in it before the account's
//! intent goes (see `intents`), so that a crash in between makes the next life say it again. Reading, and clearing, work
//! beside a writer: whoever changes the file locks it, and looks whether it still is the one in the folder.

mod lines;
mod rewriting;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use tracing::{debug, warn};

pub use self::lines::HandOff;
use self::lines::{Desk, Line, addresses, fold, lines_count, read_lines};
use self::rewriting::{FILE, is_there, open_file, rewrite};
pub use self::rewriting::{clear_hand_off, read_hand_off};
use super::error::StateError;
use crate::model::account::AccountId;
use crate::model::desk::DeskKey;
use crate::model::email::{Email, EmailKey};

/// How many lines that say nothing any more are left in it at most, where it holds fewer of others.
const DEAD: usize = 100;

/// The file, open for adding to it.
pub(super) struct HandOffFile {
    path: PathBuf,
    /// What is known of the desks' portals.
    portals: Mutex<Portals>,
    clock: fn() -> Timestamp,
    writer: Mutex<Writer>,
    /// How many lines are on disk for sure. Held while they are brought there, so that those who wait for it meanwhile
    /// find theirs done: many at once cost one flush.
    synced: Mutex<u64>,
}

struct Portals {
    /// The site's address: what theirs begin with.
    site: String,
    /// Their numbers.
    numbers: BTreeMap<DeskKey, u64>,
}

struct Writer {
    file: File,
    /// Lines added since it was opened.
    written: u64,
    /// Passwords of accounts that are not known to be made.
    pending: BTreeMap<EmailKey, SecretString>,
    /// The addresses that accounts are handed off by. Nothing until somebody has another one.
    addresses: Option<BTreeMap<AccountId, EmailKey>>,
    /// Lines that say something, and those that say nothing any more.
    lines: (usize, usize),
}

impl HandOffFile {
    pub(super) fn open(folder: &Path, site: &str, clock: fn() -> Timestamp) -> Result<Self, StateError> {
        let path = folder.join(FILE);
        let file = open_file(&path).map_err(StateError::file("open", &path))?;
        let lines = read_lines(&path)?;
        let all = lines.len();
        let (made, pending) = fold(lines);
        let live = made.iter().chain(pending.values()).map(lines_count).sum();
        let pending = pending.into_iter();
        let pending = pending.filter_map(|(key, entry)| Some((key, entry.password?)));
        let writer = Writer {
            file,
            written: 0,
            pending: pending.collect(),
            addresses: None,
            lines: (live, all.saturating_sub(live)),
        };
        let opened = Self {
            path,
            portals: Mutex::new(Portals {
                site: site.trim_end_matches('/').to_owned(),
                numbers: BTreeMap::new(),
            }),
            clock,
            writer: Mutex::new(writer),
            synced: Mutex::new(0),
        };
        opened.compact();
        Ok(opened)
    }

    /// Leaves out of the file what says nothing any more, once that is the larger part.
    fn compact(&self) {
        let mut writer = self.writer();
        let (live, dead) = writer.lines;
        if dead <= live.max(DEAD) {
            return;
        }
        let compacted = rewrite(&self.path, |_| true);
        let reopened = compacted.and_then(|_| open_file(&self.path).map_err(StateError::file("open", &self.path)));
        match reopened {
            Ok(file) => (writer.file, writer.lines) = (file, (live, 0)),
            // It is only longer than it needs to be; tried again when it has grown as much again.
            Err(problem) => {
                writer.lines = (live, 0);
                debug!(%problem, "the hand-off file is not shortened");
            }
        }
    }

    /// Takes in the numbers of desks' portals.
    pub(super) fn know(&self, portals: &BTreeMap<DeskKey, u64>) {
        let known = portals.iter().map(|(key, portal)| (key.clone(), *portal));
        self.portals().numbers.extend(known);
    }

    /// The address people know the site by, which portals' addresses begin with from now on.
    pub(super) fn know_site(&self, address: &str) {
        address.trim_end_matches('/').clone_into(&mut self.portals().site);
    }

    fn portals(&self) -> MutexGuard<'_, Portals> {
        self.portals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Desks with the addresses of their portals: by number where that is known, else by project.
    fn with_portals(&self, desks: &[DeskKey]) -> Vec<Desk> {
        let known = self.portals();
        let site = &known.site;
        let desk = |key: &DeskKey| Desk {
            portal: match known.numbers.get(key) {
                Some(number) => format!("{site}/servicedesk/customer/portal/{number}"),
                None => format!("{site}/servicedesk/customer/portals/project/{key}"),
            },
            key: key.to_string(),
        };
        desks.iter().map(desk).collect()
    }

    /// The password to make an account with: the one an earlier create was sent with, else this one, which is on disk
    /// then. Blocks for a flush.
    pub(super) fn intend(
        &self,
        email: &Email,
        name: &str,
        desks: &[DeskKey],
        new: SecretString,
    ) -> io::Result<SecretString> {
        if let Some(pending) = self.writer().pending.get(email.key()) {
            return Ok(pending.clone());
        }
        self.append(&Line::Intended {
            email: email.to_string(),
            name: name.to_owned(),
            desks: self.with_portals(desks),
            password: new.expose_secret().to_owned(),
            at: (self.clock)(),
        })?;
        self.sync()?;
        self.writer().pending.insert(email.key().clone(), new.clone());
        Ok(new)
    }

    /// Whose accounts may have been made with a password.
    pub(super) fn pending(&self) -> BTreeSet<EmailKey> {
        self.writer().pending.keys().cloned().collect()
    }

    /// An account was made. On disk after the next [`HandOffFile::flush`].
    pub(super) fn made(&self, email: &Email, name: &str, desks: &[DeskKey], account: &AccountId) {
        let line = Line::Made {
            email: email.to_string(),
            name: name.to_owned(),
            account: account.0.clone(),
            desks: self.with_portals(desks),
            at: (self.clock)(),
        };
        self.append_or_warn(&line);
        let mut writer = self.writer();
        writer.pending.remove(email.key());
        if let Some(addresses) = &mut writer.addresses {
            addresses.insert(account.clone(), email.key().clone());
        }
    }

    /// An account has this address, whichever it was made with: it is handed off by this one. On disk after the next
    /// [`HandOffFile::flush`].
    pub(super) fn renamed(&self, account: &AccountId, email: &Email) {
        {
            let mut writer = self.writer();
            let addresses = writer.addresses.get_or_insert_with(|| addresses(&self.path));
            match addresses.get_mut(account) {
                Some(known) if known != email.key() => known.clone_from(email.key()),
                Some(_) | None => return,
            }
        }
        self.append_or_warn(&Line::Renamed {
            account: account.0.clone(),
            email: email.to_string(),
            at: (self.clock)(),
        });
    }

    /// The account existed all along, or Jira refused to make it: nobody gets that password.
    pub(super) fn cancelled(&self, email: &Email) {
        if self.writer().pending.remove(email.key()).is_some() {
            self.append_or_warn(&Line::Cancelled {
                email: email.to_string(),
                at: (self.clock)(),
            });
            let mut writer = self.writer();
            // It, and what it takes back.
            writer.lines = (writer.lines.0.saturating_sub(2), writer.lines.1 + 2);
            drop(writer);
            self.compact();
        }
    }

    /// Brings everything added so far to the disk.
    pub(super) fn flush(&self) -> Result<(), StateError> {
        self.sync().map_err(StateError::file("flush", &self.path))
    }

    fn sync(&self) -> io::Result<()> {
        let wanted = self.writer().written;
        let mut synced = self.synced.lock().unwrap_or_else(PoisonError::into_inner);
        if *synced >= wanted {
            return Ok(());
        }
        let (file, written) = {
            let writer = self.writer();
            (writer.file.try_clone()?, writer.written)
        };
        file.sync_data()?;
        *synced = written;
        Ok(())
    }

    fn append_or_warn(&self, line: &Line) {
        // The account is there whether or not this is written; that it is told matters all the more.
        if let Err(problem) = self.append(line) {
            warn!(
                file = %self.path.display(), %problem,
                "who was made could not be written down for `quietdesk handoff`; free space or mend its permissions"
            );
        }
    }

    fn append(&self, line: &Line) -> io::Result<()> {
        let mut bytes = serde_json::to_vec(line)?;
        bytes.push(b'\n');
        let mut writer = self.writer();
        loop {
            writer.file.lock()?;
            if is_there(&writer.file, &self.path) {
                break;
            }
            // It was cleared: another file is in its place, and this one in nobody's.
            writer.file = open_file(&self.path)?;
        }
        let appended = writer.file.write_all(&bytes);
        writer.file.unlock()?;
        appended?;
        writer.written += 1;
        writer.lines.0 += 1;
        Ok(())
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
