//! Reading and replacing the hand-off file, beside a writer.

use std::fs::{File, OpenOptions, rename};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{MetadataExt as _, fchown};
use std::path::Path;

use super::lines::{HandOff, fold_lines, read_lines, to_lines};
use crate::engine::state::error::StateError;
use crate::engine::state::folder::{self, open_private_file};

/// The file, in the state directory.
pub(super) const FILE: &str = "handoff.jsonl";

/// Returns the created accounts in order, then those that may have been created.
///
/// # Errors
/// When the file cannot be read.
pub fn read_hand_off(folder: &Path) -> Result<Vec<HandOff>, StateError> {
    let (mut made, pending) = fold_lines(read_lines(&folder.join(FILE))?);
    made.extend(pending.into_values());
    Ok(made)
}

/// Removes the `shown` entries from the file and returns their number. Keeps accounts created since, and passwords of
/// accounts not known to be created.
///
/// # Errors
/// When it cannot be read or replaced; it is then unchanged.
pub fn clear_hand_off(folder: &Path, shown: &[HandOff]) -> Result<usize, StateError> {
    let path = folder.join(FILE);
    if !path.exists() {
        return Ok(0);
    }
    let was_shown = |entry: &HandOff| {
        let same = |other: &HandOff| other.is_created && (&other.email, other.at) == (&entry.email, entry.at);
        shown.iter().any(same)
    };
    rewrite(&path, |entry| !was_shown(entry))
}

/// Replaces the file, dropping created accounts that `keeps` rejects; accounts that may have been created stay. Returns
/// the number dropped.
pub(super) fn rewrite(path: &Path, keeps: impl Fn(&HandOff) -> bool) -> Result<usize, StateError> {
    let failed = |error| StateError::file_error("rewrite", path)(error);
    let file = loop {
        let file = open_file(path).map_err(failed)?;
        file.lock().map_err(failed)?;
        if is_current_file(&file, path) {
            break file;
        }
    };
    let (made, pending) = fold_lines(read_lines(path)?);
    let new = path.with_extension("jsonl.new");
    let mut kept = open_private_file(&new, OpenOptions::new().write(true).truncate(true)).map_err(failed)?;
    // Root may clear the file of a service that runs as another user.
    let (owner, own) = (file.metadata().map_err(failed)?, kept.metadata().map_err(failed)?);
    if (owner.uid(), owner.gid()) != (own.uid(), own.gid()) {
        fchown(&kept, Some(owner.uid()), Some(owner.gid())).map_err(failed)?;
    }
    let before = made.len();
    let left: Vec<_> = made.into_iter().filter(keeps).collect();
    let went = before - left.len();
    for line in left.into_iter().chain(pending.into_values()).flat_map(to_lines) {
        let mut bytes = serde_json::to_vec(&line).map_err(io::Error::other).map_err(failed)?;
        bytes.push(b'\n');
        kept.write_all(&bytes).map_err(failed)?;
    }
    kept.sync_all().map_err(failed)?;
    rename(&new, path).map_err(failed)?;
    folder::sync_directory(path.parent().unwrap_or(Path::new(".")))?;
    drop(file);
    Ok(went)
}

pub(super) fn open_file(path: &Path) -> io::Result<File> {
    let mut file = open_private_file(path, OpenOptions::new().read(true).append(true))?;
    // Terminate a line that a crash cut off.
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

/// Returns whether `path` still names the open file.
pub(super) fn is_current_file(file: &File, path: &Path) -> bool {
    match (file.metadata(), path.metadata()) {
        (Ok(open), Ok(named)) => (open.dev(), open.ino()) == (named.dev(), named.ino()),
        _ => false,
    }
}
