//! Reading the hand-off file and putting it in place anew, beside a writer.

use std::fs::{File, OpenOptions, rename};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{MetadataExt as _, fchown};
use std::path::Path;

use super::lines::{HandOff, fold, lines_of, read_lines};
use crate::engine::state::error::StateError;
use crate::engine::state::folder::{self, private_file};

/// The file, in the state directory.
pub(super) const FILE: &str = "handoff.jsonl";

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
pub(super) fn rewrite(path: &Path, keeps: impl Fn(&HandOff) -> bool) -> Result<usize, StateError> {
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

pub(super) fn open_file(path: &Path) -> io::Result<File> {
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
pub(super) fn is_there(file: &File, path: &Path) -> bool {
    match (file.metadata(), path.metadata()) {
        (Ok(open), Ok(named)) => (open.dev(), open.ino()) == (named.dev(), named.ino()),
        _ => false,
    }
}
