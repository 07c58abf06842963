//! The hand-off file: created accounts, with their portals and first passwords.
//!
//! JSON lines, append-only. A password is written before it is sent to Jira, so that neither a crash nor a lost
//! response leaves an account with an unknown password. The result of a create is written before its intent is deleted
//! (see `intents`), so that after a crash in between the next process writes it again. Reading and clearing work beside
//! a writer: every change locks the file and checks that it is still the one in the directory.

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
use self::lines::{Desk, Line, count_lines, emails_by_account, fold_lines, read_lines};
use self::rewriting::{FILE, is_current_file, open_file, rewrite};
pub use self::rewriting::{clear_hand_off, read_hand_off};
use super::error::StateError;
use crate::model::account::AccountId;
use crate::model::desk::DeskKey;
use crate::model::email::{Email, EmailKey};

/// Number of obsolete lines at which the file is compacted, unless it holds more live ones.
const DEAD: usize = 100;

/// The file, open for appending.
pub(super) struct HandOffFile {
    path: PathBuf,
    portals: Mutex<Portals>,
    clock: fn() -> Timestamp,
    writer: Mutex<Writer>,
    /// Number of lines flushed to disk. Locked during a flush, so that concurrent callers wait for it and find their
    /// lines flushed too.
    synced: Mutex<u64>,
}

/// What is known about the portals of the desks.
struct Portals {
    /// The base URL of the site.
    site: String,
    /// Portal numbers by desk.
    numbers: BTreeMap<DeskKey, u64>,
}

struct Writer {
    file: File,
    /// Lines appended since it was opened.
    written: u64,
    /// Passwords of accounts not known to be created.
    pending: BTreeMap<EmailKey, SecretString>,
    /// The e-mails in the hand-off by account. Read when an account is first renamed.
    addresses: Option<BTreeMap<AccountId, EmailKey>>,
    /// Numbers of live and obsolete lines.
    lines: (usize, usize),
}

impl HandOffFile {
    pub(super) fn open(folder: &Path, site: &str, clock: fn() -> Timestamp) -> Result<Self, StateError> {
        let path = folder.join(FILE);
        let file = open_file(&path).map_err(StateError::file_error("open", &path))?;
        let lines = read_lines(&path)?;
        let all = lines.len();
        let (made, pending) = fold_lines(lines);
        let live = made.iter().chain(pending.values()).map(count_lines).sum();
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

    /// Removes obsolete lines once they are the larger part of the file.
    fn compact(&self) {
        let mut writer = self.writer();
        let (live, dead) = writer.lines;
        if dead <= live.max(DEAD) {
            return;
        }
        let compacted = rewrite(&self.path, |_| true);
        let reopened =
            compacted.and_then(|_| open_file(&self.path).map_err(StateError::file_error("open", &self.path)));
        match reopened {
            Ok(file) => (writer.file, writer.lines) = (file, (live, 0)),
            // Harmless: the file is longer than necessary. Retried after the same growth.
            Err(problem) => {
                writer.lines = (live, 0);
                debug!(%problem, "cannot compact the hand-off file");
            }
        }
    }

    /// Adds portal numbers of desks.
    pub(super) fn add_portals(&self, portals: &BTreeMap<DeskKey, u64>) {
        let known = portals.iter().map(|(key, portal)| (key.clone(), *portal));
        self.portals().numbers.extend(known);
    }

    /// Sets the base URL of the site for portal links.
    pub(super) fn set_base_url(&self, address: &str) {
        address.trim_end_matches('/').clone_into(&mut self.portals().site);
    }

    fn portals(&self) -> MutexGuard<'_, Portals> {
        self.portals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns desks with portal links: by portal number if known, else by project.
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

    /// Returns the password to create an account with: the one an earlier create was sent with, else `new`, after
    /// writing it to disk. Blocks for a flush.
    pub(super) fn record_password(
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

    /// Returns the e-mails of accounts that may have been created with a password.
    pub(super) fn pending_emails(&self) -> BTreeSet<EmailKey> {
        self.writer().pending.keys().cloned().collect()
    }

    /// Records a created account. On disk after the next [`HandOffFile::flush`].
    pub(super) fn record_created(&self, email: &Email, name: &str, desks: &[DeskKey], account: &AccountId) {
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

    /// Records the current e-mail of an account, if it differs. On disk after the next [`HandOffFile::flush`].
    pub(super) fn record_renamed(&self, account: &AccountId, email: &Email) {
        {
            let mut writer = self.writer();
            let addresses = writer.addresses.get_or_insert_with(|| emails_by_account(&self.path));
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

    /// Discards a pending password: the account existed before, or Jira refused to create it.
    pub(super) fn cancel_password(&self, email: &Email) {
        if self.writer().pending.remove(email.key()).is_some() {
            self.append_or_warn(&Line::Cancelled {
                email: email.to_string(),
                at: (self.clock)(),
            });
            let mut writer = self.writer();
            // This line and the one it cancels.
            writer.lines = (writer.lines.0.saturating_sub(2), writer.lines.1 + 2);
            drop(writer);
            self.compact();
        }
    }

    /// Flushes all appended lines to disk.
    pub(super) fn flush(&self) -> Result<(), StateError> {
        self.sync().map_err(StateError::file_error("flush", &self.path))
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
        // The account exists even if this line is not written, so the failure must be visible.
        if let Err(problem) = self.append(line) {
            warn!(
                file = %self.path.display(), %problem,
                "cannot write an account to the hand-off file; free disk space or correct its permissions"
            );
        }
    }

    fn append(&self, line: &Line) -> io::Result<()> {
        let mut bytes = serde_json::to_vec(line)?;
        bytes.push(b'\n');
        let mut writer = self.writer();
        loop {
            writer.file.lock()?;
            if is_current_file(&writer.file, &self.path) {
                break;
            }
            // It was cleared: another file has replaced it.
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
