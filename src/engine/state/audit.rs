//! The audit journal of writes to Jira: `audit.jsonl`, one JSON object per line. Contains e-mails; readable by its
//! owner only.
//!
//! A call has a line before it is made, and each of its steps one when it has ended: a step without an end was under
//! way when the process was killed. A line is written before the call, or before its step counts as ended, so it
//! survives a crash of the process. Lines are not flushed to disk one by one: Jira's own audit log covers what a power
//! failure loses.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions, remove_file, rename};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::Serialize;
use tracing::{error, info};

use super::error::StateError;
use super::folder::open_private_file;
use crate::model::account::AccountId;
use crate::model::desk::DeskKey;
use crate::model::outcome::{Outcome, StepResult};
use crate::model::step::{AccountRef, Action, Cause, Step, StepAccount, StepId, StepKind};

/// The limits of the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// Size at which a new file is started, in bytes.
    pub size: u64,
    /// Number of full files to keep; `audit.jsonl.1` is the newest. Files of the running pass are always kept.
    pub files: u32,
}

impl Default for Rotation {
    /// 1 GiB in total: about four million lines.
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
    journal: Mutex<AuditFile>,
    /// Steps that have begun and not ended.
    begun: Mutex<BTreeSet<StepId>>,
}

struct AuditFile {
    file: File,
    size: u64,
    /// Number of files started in the running pass.
    files_of_this_pass: u32,
    /// The last line was not written completely.
    failing: bool,
}

/// The line at the start of a pass.
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

/// The line before a call: its steps. Each gets a [`StepLine`] afterwards, unless the process is killed.
#[derive(Serialize)]
struct BegunLine<'a> {
    time: Timestamp,
    begun: Vec<StepSubject<'a>>,
}

/// A step and its subject.
#[derive(Serialize)]
struct StepSubject<'a> {
    step: StepId,
    kind: StepKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<&'a AccountId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    desk: Option<&'a DeskKey>,
}

impl<'a> StepSubject<'a> {
    fn from_step(step: &'a Step) -> Self {
        Self {
            step: step.id,
            kind: step.action.kind(),
            email: step.action.email().map(|email| email.as_str()),
            account: existing_account(&step.action).map(|account| &account.id),
            desk: step.action.desk(),
        }
    }
}

/// Returns the account of a step, if it existed before the plan.
fn existing_account(action: &Action) -> Option<&AccountRef> {
    match action {
        Action::UpdateCustomer { account, .. }
        | Action::RemoveFromDesk { account, .. }
        | Action::AddToDesk {
            who: StepAccount::Existing(account),
            ..
        } => Some(account),
        Action::AddToDesk { .. } | Action::CreateCustomer { .. } | Action::SetAccess { .. } => None,
    }
}

/// The line after a step.
#[derive(Serialize)]
struct StepLine<'a> {
    time: Timestamp,
    #[serde(flatten)]
    about: StepSubject<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<&'a str>,
    cause: Cause,
    outcome: Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    /// Jira's request id.
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<&'a str>,
}

impl Audit {
    /// Opens the journal and terminates a line that a crash cut off.
    pub(super) fn open(folder: &Path, clock: fn() -> Timestamp, rotation: Rotation) -> Result<Self, StateError> {
        let path = folder.join("audit.jsonl");
        let journal = AuditFile::open(&path).map_err(StateError::file_error("open", &path))?;
        Ok(Self {
            path,
            clock,
            rotation,
            journal: Mutex::new(journal),
            begun: Mutex::default(),
        })
    }

    /// Records the start of a pass.
    pub(super) fn begin_pass(&self, steps: usize) {
        let version = env!("CARGO_PKG_VERSION");
        self.begun().clear();
        self.journal().files_of_this_pass = 0;
        self.append(&PassLine {
            time: (self.clock)(),
            pass: Pass { steps, version },
        });
    }

    /// Records steps that are about to be written to Jira.
    pub(super) fn record_attempts(&self, steps: &[&Step]) {
        if !steps.is_empty() {
            self.begun().extend(steps.iter().map(|step| step.id));
            self.append(&BegunLine {
                time: (self.clock)(),
                begun: steps.iter().map(|step| StepSubject::from_step(step)).collect(),
            });
        }
    }

    /// Records the outcome of a step, if it was written to Jira or about to be.
    pub(super) fn record_outcome(&self, step: &Step, end: &StepResult) {
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
        let mut about = StepSubject::from_step(step);
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
            request: end.request_id.as_deref(),
        });
    }

    fn begun(&self) -> MutexGuard<'_, BTreeSet<StepId>> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn journal(&self) -> MutexGuard<'_, AuditFile> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends a line. A failure is logged once and does not stop the pass.
    fn append(&self, line: &impl Serialize) {
        let mut journal = self.journal();
        let written = serde_json::to_vec(line)
            .map_err(io::Error::other)
            .and_then(|line| journal.append(&self.path, line, self.rotation));
        let was_failing = std::mem::replace(&mut journal.failing, written.is_err());
        if let (Err(problem), false) = (written, was_failing) {
            error!(
                file = %self.path.display(), %problem,
                "cannot write the audit journal; free disk space or correct the permissions"
            );
        }
    }
}

impl AuditFile {
    fn open(path: &Path) -> io::Result<Self> {
        let mut file = open_private_file(path, OpenOptions::new().read(true).append(true))?;
        let size = terminate_last_line(&mut file)?;
        Ok(Self {
            file,
            size,
            files_of_this_pass: 0,
            failing: false,
        })
    }

    fn append(&mut self, path: &Path, mut line: Vec<u8>, rotation: Rotation) -> io::Result<()> {
        line.push(b'\n');
        let length = line.len() as u64;
        if self.failing {
            self.size = terminate_last_line(&mut self.file)?;
        }
        if self.size > 0 && self.size + length > rotation.size {
            let files_of_this_pass = self.files_of_this_pass + 1;
            rotate(path, rotation.files.max(files_of_this_pass))?;
            *self = Self {
                files_of_this_pass,
                ..Self::open(path)?
            };
        }
        // One write per line: lines are never interleaved, and a crash cuts off the last one at most.
        self.file.write_all(&line)?;
        self.size += length;
        Ok(())
    }
}

/// Terminates a line that was cut off; returns the file's length.
fn terminate_last_line(file: &mut File) -> io::Result<u64> {
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

/// Renames each full file to the next number and deletes those beyond `kept`.
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
            "deleted the oldest audit journal file; raise --audit-files or --audit-size to keep more"
        );
    }
    Ok(())
}
