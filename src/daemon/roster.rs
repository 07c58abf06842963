//! The roster in force: the last good one, whatever has become of the file since.

use std::path::{Path, PathBuf};

use crate::roster_file::{Loaded, RosterError, Sources, load_sources, read};

/// The roster in force, and what was last seen where it comes from.
#[derive(Debug)]
pub struct CurrentRoster {
    path: PathBuf,
    good: Option<Loaded>,
    seen: Option<Seen>,
    /// What the roster in force was made of, until somebody takes it to be kept.
    sources: Option<Sources>,
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
            sources: None,
        }
    }

    /// The roster in force.
    #[must_use]
    pub fn roster(&self) -> Option<&Loaded> {
        self.good.as_ref()
    }

    /// What the roster in force was made of, once.
    pub fn take_sources(&mut self) -> Option<Sources> {
        self.sources.take()
    }

    /// Puts a roster in force that was kept from before.
    ///
    /// # Errors
    /// When it is not valid: an earlier version may have thought otherwise.
    pub fn restore(&mut self, kept: Sources) -> Result<(), RosterError> {
        self.good = Some(load_sources(kept)?);
        Ok(())
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
        match load_sources(sources.clone()) {
            Ok(loaded) => {
                self.sources = Some(sources);
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
