//! Whether the token's file holds another token than before. Only a digest of it is kept.

use std::path::PathBuf;

use crate::files::{self, Accept};
use sha2::{Digest as _, Sha256};

/// A token's file, and what was last seen in it.
#[derive(Debug)]
pub(super) struct TokenFile {
    path: PathBuf,
    seen: Option<[u8; 32]>,
}

impl TokenFile {
    /// The file as it is now.
    pub(super) fn new(path: PathBuf) -> Self {
        let mut file = Self { path, seen: None };
        file.changed();
        file
    }

    /// Whether there is another token in it than when it was last looked at. A file that cannot be read holds none: the
    /// old token stays in use until there is another.
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
