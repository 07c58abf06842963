//! The writer's lock: one process at a time changes the state directory.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;

use jiff::Timestamp;

use super::error::StateError;
use super::folder::open_private_file;

/// Longest holder text to read, in bytes.
const HOLDER: u64 = 200;

/// The lock, held until dropped. The system releases it when the process dies.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock without waiting.
    ///
    /// # Errors
    /// [`StateError::InUse`] with the holder, if another process (or another handle of this one) has it.
    pub(super) fn take(folder: &Path, command: &str, since: Timestamp) -> Result<Self, StateError> {
        let path = folder.join("lock");
        let opened = open_private_file(&path, OpenOptions::new().read(true).write(true));
        let mut file = opened.map_err(StateError::file_error("open", &path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let folder = folder.to_owned();
                let holder = describe_holder(&mut file);
                return Err(StateError::InUse { folder, holder });
            }
            Err(TryLockError::Error(error)) => return Err(StateError::file_error("lock", &path)(error)),
        }
        // Only for error messages: the system's file lock decides, not the text.
        let text = format!("{} {command} {since}\n", std::process::id());
        let written = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(text.as_bytes()));
        written.map_err(StateError::file_error("write", &path))?;
        Ok(Self { _file: file })
    }
}

/// Returns a description of the holder; a general one if it has not written its text yet.
fn describe_holder(file: &mut File) -> String {
    let mut text = String::new();
    let read = file.take(HOLDER).read_to_string(&mut text);
    let mut words = text.split_whitespace();
    match (read, words.next(), words.next(), words.next()) {
        (Ok(_), Some(pid), Some(command), Some(since)) => {
            format!("`quietdesk {command}` (process {pid}, since {since})")
        }
        _ => "another quietdesk".to_owned(),
    }
}
