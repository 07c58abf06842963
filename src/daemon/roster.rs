//! The roster in force: the last good one, whatever has become of the file since.

use std::path::{Path, PathBuf};

use crate::roster_file::{Loaded, RosterError, load_sources, read};

/// The roster in force, and what was last seen where it comes from.
#[derive(Debug)]
pub struct CurrentRoster {
    path: PathBuf,
    good: Option<Loaded>,
    seen: Option<Seen>,
}

/// What was last seen, so that nothing is told twice.
#[derive(Debug, PartialEq, Eq)]
enum Seen {
    Contents(String),
    Unreadable(String),
}

/// What a look found.
#[derive(Debug)]
pub enum Looked {
    /// What was there before.
    Same,
    /// A new, valid roster: it is in force now.
    New,
    /// The one in force, after something that could not be used.
    Mended,
    /// Something that cannot be used: the last good roster, if there is one, stays in force.
    Unusable(RosterError),
}

impl CurrentRoster {
    /// Nothing in force, nothing seen.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            good: None,
            seen: None,
        }
    }

    /// The roster in force.
    #[must_use]
    pub fn roster(&self) -> Option<&Loaded> {
        self.good.as_ref()
    }

    /// Reads the files, and parses them where their content is not what was seen last.
    pub fn look(&mut self) -> Looked {
        let sources = match read(&self.path) {
            Ok(sources) => sources,
            Err(error) => return self.unusable(Seen::Unreadable(error.to_string()), error),
        };
        let seen = Seen::Contents(sources.digest());
        if self.seen.as_ref() == Some(&seen) {
            return Looked::Same;
        }
        match load_sources(sources) {
            Ok(loaded) => {
                let same = self.good.as_ref().is_some_and(|good| good.digest == loaded.digest);
                (self.seen, self.good) = (Some(seen), Some(loaded));
                if same { Looked::Mended } else { Looked::New }
            }
            Err(error) => self.unusable(seen, error),
        }
    }

    fn unusable(&mut self, seen: Seen, error: RosterError) -> Looked {
        let told = self.seen.replace(seen);
        if told == self.seen {
            Looked::Same
        } else {
            Looked::Unusable(error)
        }
    }
}
