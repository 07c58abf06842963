//! Where a roster's bytes come from: one file, or the files of a folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::error::RosterError;
use crate::files::{self, Accept, ReadError};

/// Largest roster taken in, in bytes, all its files together: about two million people.
const LARGEST: u64 = 256 * 1024 * 1024;

/// One file's bytes, with the name messages show for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The name, as messages show it.
    pub name: String,
    /// The contents, not yet decoded.
    pub bytes: Vec<u8>,
}

/// What [`read`] found: the files of one roster in name order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sources {
    /// The files, in name order.
    pub files: Vec<PathBuf>,
    /// Their contents, in the same order.
    pub sources: Vec<Source>,
}

impl Sources {
    /// SHA-256 in hex: of one file, its contents, as `sha256sum` prints it; of several, for each in order the
    /// file's own name, a zero byte, the length and the contents.
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

/// Reads the bytes of a roster: of one file, or of every `*.yaml` and `*.yml` directly in a folder, in name
/// order. Hidden files and sub-folders are left alone; links are followed. A pipe is read where it is the roster itself
/// (`<(…)` of a shell), which may take time.
///
/// # Errors
/// [`RosterError::NotFound`], [`RosterError::Unreadable`] or [`RosterError::NoRosterInFolder`]. A file that
/// vanishes while the folder is read is an error, so that a roster is never half a roster.
pub fn read(path: &Path) -> Result<Sources, RosterError> {
    read_as(path, Accept::FilesAndPipes)
}

/// The same of regular files alone, for a roster that is read again and again. Waits for nothing.
///
/// # Errors
/// As [`read`].
pub fn read_regular(path: &Path) -> Result<Sources, RosterError> {
    read_as(path, Accept::Files)
}

fn read_as(path: &Path, accept: Accept) -> Result<Sources, RosterError> {
    let files = files(path)?;
    let mut sources = Vec::with_capacity(files.len());
    let mut left = LARGEST;
    for file in &files {
        let accept = if file == path { accept } else { Accept::Files };
        let bytes = files::read(file, left, accept).map_err(|error| {
            // Of all files together: one of them alone may be small.
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

/// The files [`read`] would read, in name order.
///
/// # Errors
/// As [`read`], but for contents.
pub(crate) fn files(path: &Path) -> Result<Vec<PathBuf>, RosterError> {
    let kind = fs::metadata(path).map_err(|source| cannot(path, source))?;
    if kind.is_dir() {
        files_of(path)
    } else {
        Ok(vec![path.to_owned()])
    }
}

fn files_of(folder: &Path) -> Result<Vec<PathBuf>, RosterError> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(|source| cannot(folder, source))? {
        let file = entry.map_err(|source| cannot(folder, source))?.path();
        if !is_named_as_roster(&file) {
            continue;
        }
        let kind = fs::metadata(&file).map_err(|source| cannot(&file, source))?;
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

/// Warns of files of a folder that look like what a conflict between two writers left behind: the marks of file
/// synchronizers, of Git's merge tools, and of copies made by hand.
pub(super) fn conflict_copies(files: &[PathBuf]) -> Vec<String> {
    let warning = |file: &PathBuf| {
        let name = file.file_stem()?.to_str()?.to_lowercase();
        is_conflict_copy(&name).then(|| {
            format!(
                "{} looks like the copy of a file that a conflict left behind, and counts as part of the roster: a person \
                 who leaves the other file stays by this one; merge it into the other file and delete it",
                super::problem::safe(&file.display().to_string())
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
    // `team_BASE_123`, as Git's merge tools name them.
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

fn is_named_as_roster(file: &Path) -> bool {
    let hidden = file
        .file_name()
        .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    let yaml = file
        .extension()
        .is_some_and(|ending| ending == "yaml" || ending == "yml");
    yaml && !hidden
}

fn cannot(path: &Path, source: io::Error) -> RosterError {
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
