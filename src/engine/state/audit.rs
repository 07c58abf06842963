//! The journal of what was written to Jira: `audit.jsonl`, one JSON object a line. Holds e-mails; readable by its owner
//! alone.
//!
//! A call has a line before it is made, and each step one when it has ended: what was begun and has no end was under way
//! when the process was killed. A line is handed to the system before the call, or before its step counts as ended, so it
//! survives a crash of the process. It is not flushed to the disk each time: what a power failure takes of it, Jira's own
//! audit log still has.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions, remove_file, rename};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::Serialize;
use tracing::{error, info};

use super::error::StateError;
use super::folder::private_file;
use crate::model::account::AccountId;
use crate::model::desk::DeskKey;
use crate::model::outcome::{Outcome, StepEnd};
use crate::model::step::{AccountRef, Action, Cause, Step, StepId, StepKind, Who};

/// How long the journal may become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// When a new file is begun, in bytes.
    pub size: u64,
    /// How many full files are kept: `audit.jsonl.1` is the newest of them. Those of the running pass are kept besides.
    pub files: u32,
}

impl Default for Rotation {
    /// 1 GiB: about four million lines.
    fn default() -> Self {
        Self {
            size: 64 * 1024 * 1024,
            files: 16,
        }
    }
}

pub(super) struct Audit {
    path: PathBuf,
    clock: fn() -> Timestamp,
    rotation: Rotation,
    journal: Mutex<Journal>,
    /// Steps that were begun and have not ended.
    begun: Mutex<BTreeSet<StepId>>,
}

struct Journal {
    file: File,
    size: u64,
    /// How many files were begun since the running pass began.
    of_this_pass: u32,
    /// The last line could not be written, or not whole.
    failing: bool,
}

/// The beginning of a pass.
#[derive(Serialize)]
struct PassLine {
    time: Timestamp,
    pass: Pass,
}

#[derive(Serialize)]
struct Pass {
    steps: usize,
    version: &'static str,
}

/// Steps that are about to be written to Jira. What became of them follows, each with a line of its own, unless the
/// process was killed.
#[derive(Serialize)]
struct BegunLine<'a> {
    time: Timestamp,
    begun: Vec<About<'a>>,
}

/// Which step, and what it is about.
#[derive(Serialize)]
struct About<'a> {
    step: StepId,
    kind: StepKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<&'a AccountId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    desk: Option<&'a DeskKey>,
}

impl<'a> About<'a> {
    fn of(step: &'a Step) -> Self {
        Self {
            step: step.id,
            kind: step.action.kind(),
            email: step.action.email().map(|email| email.as_str()),
            account: existing(&step.action).map(|account| &account.id),
            desk: step.action.desk(),
        }
    }
}

/// The account a step is about, where it was there before.
fn existing(action: &Action) -> Option<&AccountRef> {
    match action {
        Action::UpdateCustomer { account, .. }
        | Action::RemoveFromDesk { account, .. }
        | Action::AddToDesk {
            who: Who::Existing(account),
            ..
        } => Some(account),
        Action::AddToDesk { .. } | Action::CreateCustomer { .. } | Action::SetAccess { .. } => None,
    }
}

/// What became of a step.
#[derive(Serialize)]
struct StepLine<'a> {
    time: Timestamp,
    #[serde(flatten)]
    about: About<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<&'a str>,
    cause: Cause,
    outcome: Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    /// How Jira numbered the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<&'a str>,
}

impl Audit {
    /// Opens the journal; a line that a crash cut off is ended, so that the next one stands alone. A new file is begun
    /// before one would grow too long.
    pub(super) fn open(folder: &Path, clock: fn() -> Timestamp, rotation: Rotation) -> Result<Self, StateError> {
        let path = folder.join("audit.jsonl");
        let journal = Journal::open(&path).map_err(StateError::file("open", &path))?;
        Ok(Self {
            path,
            clock,
            rotation,
            journal: Mutex::new(journal),
            begun: Mutex::default(),
        })
    }

    /// A pass begins.
    pub(super) fn begins(&self, steps: usize) {
        let version = env!("CARGO_PKG_VERSION");
        self.begun().clear();
        self.journal().of_this_pass = 0;
        self.append(&PassLine {
            time: (self.clock)(),
            pass: Pass { steps, version },
        });
    }

    /// Steps are about to be written to Jira.
    pub(super) fn attempts(&self, steps: &[&Step]) {
        if !steps.is_empty() {
            self.begun().extend(steps.iter().map(|step| step.id));
            self.append(&BegunLine {
                time: (self.clock)(),
                begun: steps.iter().map(|step| About::of(step)).collect(),
            });
        }
    }

    /// A step has ended; it has a line where it was written to Jira, or was about to be.
    pub(super) fn ended(&self, step: &Step, end: &StepEnd) {
        let was_begun = self.begun().remove(&step.id);
        if !(was_begun || end.sent) {
            return;
        }
        let (before, after) = match &step.action {
            Action::CreateCustomer { name, .. } => (None, Some(name.clone())),
            Action::UpdateCustomer { changes, .. } => {
                let (before, after) = changes.before_and_after();
                (Some(before), Some(after))
            }
            Action::AddToDesk { .. } | Action::RemoveFromDesk { .. } => (None, None),
            Action::SetAccess { before, after, .. } => (Some(before.to_string()), Some(after.to_string())),
        };
        let mut about = About::of(step);
        if let Some(account) = &end.account {
            about.account = Some(&account.id);
        }
        self.append(&StepLine {
            time: (self.clock)(),
            about,
            before: before.as_deref(),
            after: after.as_deref(),
            cause: step.cause,
            outcome: end.outcome,
            error: end.error.as_deref(),
            request: end.request.as_deref(),
        });
    }

    fn begun(&self) -> MutexGuard<'_, BTreeSet<StepId>> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A journal that cannot be written is told once, and stops nothing: what was done stays done.
    fn append(&self, line: &impl Serialize) {
        let mut journal = self.journal();
        let written = serde_json::to_vec(line)
            .map_err(io::Error::other)
            .and_then(|line| journal.append(&self.path, line, self.rotation));
        let was_failing = std::mem::replace(&mut journal.failing, written.is_err());
        if let (Err(problem), false) = (written, was_failing) {
            error!(file = %self.path.display(), %problem, "the journal cannot be written; free space or mend its permissions");
        }
    }
}

impl Journal {
    fn open(path: &Path) -> io::Result<Self> {
        let mut file = private_file(path, OpenOptions::new().read(true).append(true))?;
        let size = end_the_last_line(&mut file)?;
        Ok(Self {
            file,
            size,
            of_this_pass: 0,
            failing: false,
        })
    }

    fn append(&mut self, path: &Path, mut line: Vec<u8>, rotation: Rotation) -> io::Result<()> {
        line.push(b'\n');
        let length = line.len() as u64;
        if self.failing {
            self.size = end_the_last_line(&mut self.file)?;
        }
        if self.size > 0 && self.size + length > rotation.size {
            let of_this_pass = self.of_this_pass + 1;
            rotate(path, rotation.files.max(of_this_pass))?;
            *self = Self {
                of_this_pass,
                ..Self::open(path)?
            };
        }
        // One write: lines of two moments never mix, and a crash cuts off the last one at most.
        self.file.write_all(&line)?;
        self.size += length;
        Ok(())
    }
}

/// Ends a line that was cut off; the file's length then.
fn end_the_last_line(file: &mut File) -> io::Result<u64> {
    let size = file.seek(SeekFrom::End(0))?;
    let mut last = [b'\n'];
    if size > 0 {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
    }
    if last == [b'\n'] {
        return Ok(size);
    }
    file.write_all(b"\n")?;
    Ok(size + 1)
}

/// Makes room: each full file becomes one older, and those older than `kept` go.
fn rotate(path: &Path, kept: u32) -> io::Result<()> {
    let aged = |age: u32| match age {
        0 => path.to_owned(),
        age => {
            let mut aged = path.as_os_str().to_owned();
            aged.push(format!(".{age}"));
            PathBuf::from(aged)
        }
    };
    let mut oldest = 0;
    while aged(oldest + 1).exists() {
        oldest += 1;
    }
    for age in (0..=oldest).rev() {
        rename(aged(age), aged(age + 1))?;
    }
    for age in (kept + 1..=oldest + 1).rev() {
        let file = aged(age);
        let last_written = file.metadata().and_then(|about| about.modified()).ok();
        let until = last_written.and_then(|time| Timestamp::try_from(time).ok());
        remove_file(&file)?;
        info!(
            file = %file.display(), until = until.map(tracing::field::display), kept,
            "the oldest file of the journal is deleted; --audit-files keeps more of them, and --audit-size longer ones"
        );
    }
    Ok(())
}
