//! Whether a roster's files are being written right now.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::roster_file;

/// The files of a roster, their lengths and times. Two equal ones a moment apart: nobody is writing.
///
/// Only what every file system keeps still while nobody writes: some give a file another inode number each time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamp(Vec<(PathBuf, Option<Mark>)>);

/// Nothing of a folder but that it is one: other files in it may come and go.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Mark {
    Folder,
    File(u64, Option<SystemTime>),
}

impl Stamp {
    /// The files as they are now.
    pub(super) fn of(roster: &Path) -> Self {
        let files = roster_file::files(roster).unwrap_or_default();
        let paths = std::iter::once(roster.to_owned()).chain(files);
        Self(
            paths
                .map(|path| {
                    let mark = mark(&path);
                    (path, mark)
                })
                .collect(),
        )
    }
}

fn mark(path: &Path) -> Option<Mark> {
    let found = fs::metadata(path).ok()?;
    Some(if found.is_dir() {
        Mark::Folder
    } else {
        Mark::File(found.len(), found.modified().ok())
    })
}
