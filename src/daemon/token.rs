//! Detects a new token in the token file. Keeps only a digest of it.

use std::path::PathBuf;

use crate::files::{self, Accept};
use sha2::{Digest as _, Sha256};

/// A token file, and the digest of the token last read from it.
#[derive(Debug)]
pub(super) struct TokenFile {
    path: PathBuf,
    seen: Option<[u8; 32]>,
}

impl TokenFile {
    /// Reads the file's current token.
    pub(super) fn new(path: PathBuf) -> Self {
        let mut file = Self { path, seen: None };
        file.changed();
        file
    }

    /// Returns whether the token differs from the last one read. A file that cannot be read counts as unchanged: the
    /// old token stays in use.
    pub(super) fn changed(&mut self) -> bool {
        let Ok(text) = files::read(&self.path, files::TOKEN, Accept::Files) else {
            return false;
        };
        let now: [u8; 32] = Sha256::digest(text.trim_ascii()).into();
        self.seen.replace(now) != Some(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_another_token_is_a_change() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let mut file = TokenFile::new(path.clone());
        assert!(!file.changed(), "missing");
        for (text, changed) in [("one", true), ("one\n", false), ("two", true), ("two", false)] {
            std::fs::write(&path, text).unwrap();
            assert_eq!(file.changed(), changed, "{text:?}");
        }
        std::fs::remove_file(&path).unwrap();
        assert!(!file.changed(), "gone");
    }
}
