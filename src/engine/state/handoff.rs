//! The hand-off file: who was made, and how to reach them.
//!
//! Lines of JSON, added to and never changed. A password is in it before Jira learns of it, so that neither a crash nor a
//! lost answer leaves an account whose password nobody knows; what became of the account is in it before the account's
//! intent goes (see `intents`), so that a crash in between makes the next life say it again. Reading, and clearing, work
//! beside a writer: whoever changes the file locks it, and looks whether it still is the one in the folder.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions, rename};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{MetadataExt as _, fchown};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use tracing::{debug, warn};

use super::error::StateError;
use super::folder::{self, private_file};
use crate::files::{self, Accept};
use crate::model::account::AccountId;
use crate::model::desk::DeskKey;
use crate::model::email::{Email, EmailKey};

const FILE: &str = "handoff.jsonl";
/// How many lines that say nothing any more are left in it at most, where it holds fewer of others.
const DEAD: usize = 100;
/// Largest one taken in, in bytes: over a million people.
const LARGEST: u64 = 1024 * 1024 * 1024;

/// Somebody who was made.
#[derive(Clone, Debug)]
pub struct HandOff {
    /// The address.
    pub email: String,
    /// The display name.
    pub name: String,
    /// The account, as soon as it is known.
    pub account: Option<AccountId>,
    /// Whether it is known to be made.
    pub made: bool,
    /// The desks it was made for, each with the address of its portal.
    pub desks: Vec<(DeskKey, String)>,
    /// Its first password, where it was given one.
    pub password: Option<SecretString>,
    /// When it was made, or about to be.
    pub at: Timestamp,
}

/// One line.
#[derive(Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum Line {
    /// It is about to be made, with this password.
    Intended {
        email: String,
        name: String,
        desks: Vec<Desk>,
        password: String,
        at: Timestamp,
    },
    /// It was made.
    Made {
        email: String,
        name: String,
        account: String,
        desks: Vec<Desk>,
        at: Timestamp,
    },
    /// It has this address now.
    Renamed {
        account: String,
        email: String,
        at: Timestamp,
    },
    /// It was not made, and will not be with that password.
    Cancelled { email: String, at: Timestamp },
    /// A later version's.
    #[serde(other)]
    Unknown,
}

/// A desk and the address of its portal.
#[derive(Serialize, Deserialize)]
struct Desk {
    key: String,
    portal: String,
}

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

/// Who was made, in that order, and then who perhaps was.
///
/// # Errors
/// When the file cannot be read.
pub fn read_hand_off(folder: &Path) -> Result<Vec<HandOff>, StateError> {
    let (mut made, pending) = fold(read_lines(&folder.join(FILE))?);
    made.extend(pending.into_values());
    Ok(made)
}

/// Takes out of the file who was `shown`, and leaves the rest: whoever was made meanwhile, and passwords of accounts that
/// are not known to be made. Says how many went.
///
/// # Errors
/// When it cannot be read or replaced; it is as it was then.
pub fn clear_hand_off(folder: &Path, shown: &[HandOff]) -> Result<usize, StateError> {
    let path = folder.join(FILE);
    if !path.exists() {
        return Ok(0);
    }
    let was_shown = |entry: &HandOff| {
        let same = |other: &HandOff| other.made && (&other.email, other.at) == (&entry.email, entry.at);
        shown.iter().any(same)
    };
    rewrite(&path, |entry| !was_shown(entry))
}

/// Puts a file in its place with only those who were made that are to be kept, and everybody who perhaps was. Says how
/// many went.
fn rewrite(path: &Path, keeps: impl Fn(&HandOff) -> bool) -> Result<usize, StateError> {
    let failed = |error| StateError::file("rewrite", path)(error);
    let file = loop {
        let file = open_file(path).map_err(failed)?;
        file.lock().map_err(failed)?;
        if is_there(&file, path) {
            break file;
        }
    };
    let (made, pending) = fold(read_lines(path)?);
    let new = path.with_extension("jsonl.new");
    let mut kept = private_file(&new, OpenOptions::new().write(true).truncate(true)).map_err(failed)?;
    // Root may clear what a service's own user goes on writing to.
    let (owner, own) = (file.metadata().map_err(failed)?, kept.metadata().map_err(failed)?);
    if (owner.uid(), owner.gid()) != (own.uid(), own.gid()) {
        fchown(&kept, Some(owner.uid()), Some(owner.gid())).map_err(failed)?;
    }
    let before = made.len();
    let left: Vec<_> = made.into_iter().filter(keeps).collect();
    let went = before - left.len();
    for line in left.into_iter().chain(pending.into_values()).flat_map(lines_of) {
        let mut bytes = serde_json::to_vec(&line).map_err(io::Error::other).map_err(failed)?;
        bytes.push(b'\n');
        kept.write_all(&bytes).map_err(failed)?;
    }
    kept.sync_all().map_err(failed)?;
    rename(&new, path).map_err(failed)?;
    folder::sync(path.parent().unwrap_or(Path::new(".")))?;
    drop(file);
    Ok(went)
}

fn lines_count(entry: &HandOff) -> usize {
    usize::from(entry.password.is_some()) + usize::from(entry.account.is_some())
}

/// The lines that say what an entry does.
fn lines_of(entry: HandOff) -> Vec<Line> {
    let desks = || {
        let desks = entry.desks.iter();
        desks
            .map(|(key, portal)| Desk {
                key: key.to_string(),
                portal: portal.clone(),
            })
            .collect()
    };
    let intended = entry.password.as_ref().map(|password| Line::Intended {
        email: entry.email.clone(),
        name: entry.name.clone(),
        desks: desks(),
        password: password.expose_secret().to_owned(),
        at: entry.at,
    });
    let made = entry.account.as_ref().map(|account| Line::Made {
        email: entry.email.clone(),
        name: entry.name.clone(),
        account: account.0.clone(),
        desks: desks(),
        at: entry.at,
    });
    intended.into_iter().chain(made).collect()
}

fn open_file(path: &Path) -> io::Result<File> {
    let mut file = private_file(path, OpenOptions::new().read(true).append(true))?;
    // A line that a crash cut off is ended, so that the next one stands alone.
    if file.seek(SeekFrom::End(0))? > 0 {
        let mut last = [0];
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
        if last != [b'\n'] {
            file.write_all(b"\n")?;
        }
    }
    Ok(file)
}

/// Whether the file is the one of this name still.
fn is_there(file: &File, path: &Path) -> bool {
    match (file.metadata(), path.metadata()) {
        (Ok(open), Ok(named)) => (open.dev(), open.ino()) == (named.dev(), named.ino()),
        _ => false,
    }
}

fn read_lines(path: &Path) -> Result<Vec<Line>, StateError> {
    let text = match files::read(path, LARGEST, Accept::Files) {
        Err(error) if error.is_not_found() => return Ok(Vec::new()),
        text => text.map_err(|error| StateError::file("read", path)(error.into()))?,
    };
    let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let lines = lines.enumerate().filter_map(|(at, line)| match serde_json::from_slice(line) {
        Ok(line) => Some(line),
        Err(_) => {
            warn!(file = %path.display(), line = at + 1, "a line of the hand-off file cannot be read, and is passed over");
            None
        }
    });
    Ok(lines.collect())
}

/// The addresses that accounts are handed off by. A file that cannot be read is told when it is read for somebody.
fn addresses(path: &Path) -> BTreeMap<AccountId, EmailKey> {
    let made = read_lines(path).map(|lines| fold(lines).0).unwrap_or_default();
    let made = made.into_iter();
    made.filter_map(|entry| Some((entry.account?, EmailKey::of(&entry.email))))
        .collect()
}

/// Who was made, each once, and who may have been.
fn fold(lines: Vec<Line>) -> (Vec<HandOff>, BTreeMap<EmailKey, HandOff>) {
    let (mut made, mut pending) = (Vec::<HandOff>::new(), BTreeMap::<EmailKey, HandOff>::new());
    let mut places: BTreeMap<EmailKey, usize> = BTreeMap::new();
    for line in lines {
        match line {
            Line::Intended {
                email,
                name,
                desks,
                password,
                at,
            } => {
                let entry = HandOff {
                    name,
                    account: None,
                    made: false,
                    desks: keys(desks),
                    password: Some(SecretString::from(password)),
                    at,
                    email,
                };
                pending.insert(EmailKey::of(&entry.email), entry);
            }
            Line::Made {
                email,
                name,
                account,
                desks,
                at,
            } => {
                let key = EmailKey::of(&email);
                let entry = HandOff {
                    password: pending.remove(&key).and_then(|intended| intended.password),
                    account: Some(AccountId(account)),
                    made: true,
                    desks: keys(desks),
                    email,
                    name,
                    at,
                };
                match places.get(&key).and_then(|place| made.get_mut(*place)) {
                    // Said again, by a life that did not know it was said.
                    Some(earlier) if earlier.account == entry.account && entry.password.is_none() => {}
                    // Somebody who was deleted and made again is the later one.
                    Some(earlier) => *earlier = entry,
                    None => {
                        places.insert(key, made.len());
                        made.push(entry);
                    }
                }
            }
            Line::Renamed { account, email, .. } => {
                let account = AccountId(account);
                let found = made.iter().position(|entry| entry.account.as_ref() == Some(&account));
                if let Some((place, entry)) = found.and_then(|place| Some((place, made.get_mut(place)?))) {
                    places.remove(&EmailKey::of(&entry.email));
                    places.insert(EmailKey::of(&email), place);
                    entry.email = email;
                }
            }
            Line::Cancelled { email, .. } => drop(pending.remove(&EmailKey::of(&email))),
            Line::Unknown => {}
        }
    }
    (made, pending)
}

fn keys(desks: Vec<Desk>) -> Vec<(DeskKey, String)> {
    let desks = desks.into_iter();
    desks
        .filter_map(|desk| Some((DeskKey::parse(&desk.key).ok()?, desk.portal)))
        .collect()
}

#[cfg(test)]
mod tests;
