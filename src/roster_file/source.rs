//! Reads the bytes of a roster: one file, or the files of a folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::error::RosterError;
use crate::files::{self, Accept, ReadError};

/// Maximum size of a roster in bytes, all files together: about two million people.
const LARGEST: u64 = 256 * 1024 * 1024;

/// One file's bytes and name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The name, as shown in messages.
    pub name: String,
    /// The contents, not yet decoded.
    pub bytes: Vec<u8>,
}

/// The files of one roster, in name order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sources {
    /// The files, in name order.
    pub files: Vec<PathBuf>,
    /// Their contents, in the same order.
    pub sources: Vec<Source>,
}

impl Sources {
    /// Returns the SHA-256 in hex. For one file: of its contents, as `sha256sum` prints it. For several: of each
    /// file's name, a zero byte, its length and its contents, in order.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        if let [only] = self.sources.as_slice() {
            hash.update(&only.bytes);
        } else {
            for (file, source) in self.files.iter().zip(&self.sources) {
                hash.update(file.file_name().unwrap_or_default().as_encoded_bytes());
                hash.update([0]);
                hash.update((source.bytes.len() as u64).to_le_bytes());
                hash.update(&source.bytes);
            }
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Reads the bytes of a roster: one file, or every `*.yaml` and `*.yml` directly in a folder, in name order. Ignores
/// hidden files and sub-folders; follows links. The roster itself may be a pipe (`<(…)` of a shell), which can take
/// time.
///
/// # Errors
/// [`RosterError::NotFound`], [`RosterError::Unreadable`] or [`RosterError::NoRosterInFolder`]. A file that
/// disappears while the folder is read is an error, so that a roster is never incomplete.
pub fn read(path: &Path) -> Result<Sources, RosterError> {
    read_accepting(path, Accept::FilesAndPipes)
}

/// Like [`read`], for regular files only, for a roster that is read repeatedly. Never blocks on a pipe.
///
/// # Errors
/// As [`read`].
pub fn read_regular(path: &Path) -> Result<Sources, RosterError> {
    read_accepting(path, Accept::Files)
}

fn read_accepting(path: &Path, accept: Accept) -> Result<Sources, RosterError> {
    let files = files(path)?;
    let mut sources = Vec::with_capacity(files.len());
    let mut left = LARGEST;
    for file in &files {
        let accept = if file == path { accept } else { Accept::Files };
        let bytes = files::read(file, left, accept).map_err(|error| {
            // The limit is for all files together; this file alone may be small.
            let too_large = matches!(error, ReadError::TooLarge(_));
            match too_large {
                true => unreadable(path, ReadError::TooLarge(LARGEST)),
                false => unreadable(file, error),
            }
        })?;
        left -= bytes.len() as u64;
        sources.push(Source {
            name: file.display().to_string(),
            bytes,
        });
    }
    Ok(Sources { files, sources })
}

/// Returns the files that [`read`] would read, in name order.
///
/// # Errors
/// As [`read`], but for contents.
pub(crate) fn files(path: &Path) -> Result<Vec<PathBuf>, RosterError> {
    let kind = fs::metadata(path).map_err(|source| system_error(path, source))?;
    if kind.is_dir() {
        files_in_folder(path)
    } else {
        Ok(vec![path.to_owned()])
    }
}

fn files_in_folder(folder: &Path) -> Result<Vec<PathBuf>, RosterError> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(|source| system_error(folder, source))? {
        let file = entry.map_err(|source| system_error(folder, source))?.path();
        if !has_roster_file_name(&file) {
            continue;
        }
        let kind = fs::metadata(&file).map_err(|source| system_error(&file, source))?;
        if !kind.is_dir() {
            files.push(file);
        }
    }
    if files.is_empty() {
        return Err(RosterError::NoRosterInFolder {
            path: folder.to_owned(),
        });
    }
    files.sort();
    Ok(files)
}

/// Returns warnings about files that look like conflict copies: by the naming patterns of file synchronizers, Git merge
/// tools, and manual copies.
pub(super) fn conflict_copy_warnings(files: &[PathBuf]) -> Vec<String> {
    let warning = |file: &PathBuf| {
        let name = file.file_stem()?.to_str()?.to_lowercase();
        is_conflict_copy(&name).then(|| {
            format!(
                "{} looks like a conflict copy, and is part of the roster: people removed from the original file stay \
                 listed here; merge it into the original file and delete it",
                super::problem::escape_hostile(&file.display().to_string())
            )
        })
    };
    let several = files.len() > 1;
    files.iter().filter(|_| several).filter_map(warning).collect()
}

fn is_conflict_copy(name: &str) -> bool {
    let marks = [
        "conflicted copy",
        "case conflict",
        "sync-conflict",
        "conflict-copy",
        "- copy",
        "copy of ",
    ];
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // `team_BASE_123`, from Git merge tools.
    let of_merge = ["_base_", "_local_", "_remote_", "_backup_"].iter().any(|mark| {
        let number = name.rsplit_once(mark);
        number.is_some_and(|(_, number)| is_number(number))
    });
    // `team (1)`, `team (copy)`.
    let in_brackets = name.strip_suffix(')').and_then(|name| name.rsplit_once(" ("));
    let numbered = in_brackets
        .is_some_and(|(_, inside)| is_number(inside) || inside.contains("copy") || inside.contains("conflict"));
    of_merge || numbered || marks.iter().any(|mark| name.contains(mark))
}

fn has_roster_file_name(file: &Path) -> bool {
    let hidden = file
        .file_name()
        .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    let yaml = file
        .extension()
        .is_some_and(|ending| ending == "yaml" || ending == "yml");
    yaml && !hidden
}

fn system_error(path: &Path, source: io::Error) -> RosterError {
    unreadable(path, ReadError::System(source))
}

fn unreadable(path: &Path, source: ReadError) -> RosterError {
    let path = path.to_owned();
    if source.is_not_found() {
        RosterError::NotFound { path }
    } else {
        RosterError::Unreadable { path, source }
    }
}
