//! The roster as files in a folder, and what may stand beside them that is no file.

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use quietdesk::model::roster::Roster;
use quietdesk::roster_file;
use rand::RngExt as _;
use rand::rngs::StdRng;
use tempfile::TempDir;

use super::Life;
use super::drawn::yaml;

/// A pipe without a writer, made once: a process started later would hold the locks of this one for a moment.
static PIPE: OnceLock<(TempDir, PathBuf)> = OnceLock::new();

/// Makes what lives need, before the first begins.
pub(super) fn prepare() {
    PIPE.get_or_init(|| {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("pipe");
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        (folder, path)
    });
}

/// An odd entry in the folder of rosters, named like a roster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OddFile {
    Pipe,
    Socket,
    Device,
}

impl OddFile {
    /// None most of the time.
    pub(super) fn drawn(random: &mut StdRng) -> Option<Self> {
        match random.random_range(0..30) {
            0 => Some(Self::Pipe),
            1 => Some(Self::Socket),
            2 => Some(Self::Device),
            _ => None,
        }
    }

    fn put(self, path: &Path) {
        match self {
            Self::Pipe => fs::hard_link(&PIPE.get().unwrap().1, path).unwrap(),
            Self::Socket => drop(UnixListener::bind(path).unwrap()),
            Self::Device => symlink("/dev/zero", path).unwrap(),
        }
    }
}

impl Life {
    /// Writes the roster and reads it as the program does. With an odd entry beside it, it cannot be read, and the last
    /// one stays in force.
    pub(super) fn read_roster(&mut self, odd: Option<OddFile>) -> Option<Roster> {
        let folder = self.folder.path().join("rosters");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("roster.yaml"), yaml(&self.wanted)).unwrap();
        let beside = folder.join("more.yaml");
        let _ = fs::remove_file(&beside);
        if let Some(odd) = odd {
            odd.put(&beside);
        }
        match (roster_file::load(&folder), odd) {
            (Ok(loaded), None) => self.in_force = Some(loaded.roster.as_of(self.today())),
            (Err(error), Some(_)) => self.log.push(format!("{odd:?} beside the roster: {error}")),
            (read, _) => self.must(false, &format!("{odd:?} beside the roster: {read:?}")),
        }
        self.in_force.clone()
    }
}
