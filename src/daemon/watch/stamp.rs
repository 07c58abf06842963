//! Detects whether a roster's files are being written.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::roster_file;

/// The files of a roster, with lengths and times. Two equal stamps a moment apart: no write is in progress.
///
/// Excludes inode numbers, which some file systems change at each call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamp(Vec<(PathBuf, Option<PathState>)>);

/// The state of one path. Of a folder, only that it is one: other files in it may come and go.
#[derive(Clone, Debug, PartialEq, Eq)]
enum PathState {
    Folder,
    File(u64, Option<SystemTime>),
}

impl Stamp {
    /// Reads the current stamp.
    pub(super) fn of(roster: &Path) -> Self {
        let files = roster_file::files(roster).unwrap_or_default();
        let paths = std::iter::once(roster.to_owned()).chain(files);
        Self(
            paths
                .map(|path| {
                    let path_state = path_state(&path);
                    (path, path_state)
                })
                .collect(),
        )
    }
}

fn path_state(path: &Path) -> Option<PathState> {
    let found = fs::metadata(path).ok()?;
    Some(if found.is_dir() {
        PathState::Folder
    } else {
        PathState::File(found.len(), found.modified().ok())
    })
}
