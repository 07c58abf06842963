//! The writer's lock: one process at a time changes what the state directory holds.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;

use jiff::Timestamp;

use super::error::StateError;
use super::folder::private_file;

/// Longest text of a holder that is repeated, in bytes.
const HOLDER: u64 = 200;

/// Held as long as it lives; the system lets go of it when the process dies, however it dies.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// # Errors
    /// [`StateError::InUse`] where another process (or another handle of this one) has it, saying who.
    pub(super) fn take(folder: &Path, command: &str, since: Timestamp) -> Result<Self, StateError> {
        let path = folder.join("lock");
        let opened = private_file(&path, OpenOptions::new().read(true).write(true));
        let mut file = opened.map_err(StateError::file("open", &path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let folder = folder.to_owned();
                let holder = holder(&mut file);
                return Err(StateError::InUse { folder, holder });
            }
            Err(TryLockError::Error(error)) => return Err(StateError::file("lock", &path)(error)),
        }
        // The holder's name is for people: the lock is the system's, so a text left by a dead process says nothing.
        let text = format!("{} {command} {since}\n", std::process::id());
        let written = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(text.as_bytes()));
        written.map_err(StateError::file("write", &path))?;
        Ok(Self { _file: file })
    }
}

/// Who holds it, as far as that can be read; it may be about to write its name.
fn holder(file: &mut File) -> String {
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
