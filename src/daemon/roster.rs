//! The roster in force: the last good one, whatever the file holds now.

use std::path::{Path, PathBuf};

use crate::roster_file::{Loaded, RosterError, Sources, load_sources, read_regular};

/// How often to read again while files change during a read.
const READINGS: usize = 5;

type Read = Result<Sources, RosterError>;

/// The roster in force, and what its files held at the last read.
#[derive(Debug)]
pub struct CurrentRoster {
    path: PathBuf,
    last_good: Option<Loaded>,
    last_read: Option<LastRead>,
    /// The source files of the roster in force, until they are taken to be saved.
    sources: Option<Sources>,
}

/// The result of the last read, so that nothing is reported twice.
#[derive(Debug, PartialEq, Eq)]
enum LastRead {
    Contents(String),
    Unreadable(String),
}

/// The result of reading the roster files.
#[derive(Debug)]
pub enum ReloadOutcome {
    /// Unchanged since the last read.
    Unchanged,
    /// A new, valid roster, now in force.
    New,
    /// The roster in force again, after files that could not be used.
    Recovered,
    /// Unusable files: the last good roster, if there is one, stays in force.
    Unusable(RosterError),
}

impl CurrentRoster {
    /// Creates it without a roster; reads nothing yet.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            last_good: None,
            last_read: None,
            sources: None,
        }
    }

    /// The roster in force.
    #[must_use]
    pub fn roster(&self) -> Option<&Loaded> {
        self.last_good.as_ref()
    }

    /// Takes the source files of the roster in force; `None` at the second call.
    pub fn take_sources(&mut self) -> Option<Sources> {
        self.sources.take()
    }

    /// Puts a roster in force that an earlier run saved.
    ///
    /// # Errors
    /// When it is not valid, as an earlier version may have accepted it.
    pub fn restore(&mut self, kept: Sources) -> Result<(), RosterError> {
        self.last_good = Some(load_sources(kept)?);
        Ok(())
    }

    /// Reads the files, and parses them if their content differs from the last read. Returns
    /// [`ReloadOutcome::Unchanged`] if they keep changing while they are read, because each change causes an event of
    /// its own.
    pub fn reload(&mut self) -> ReloadOutcome {
        let read = read_regular(&self.path);
        if self.last_read.as_ref() == Some(&LastRead::of(&read)) {
            return self.update_file_names(read);
        }
        let Some(read) = self.read_until_stable(read) else {
            return ReloadOutcome::Unchanged;
        };
        let seen = LastRead::of(&read);
        if self.last_read.as_ref() == Some(&seen) {
            return self.update_file_names(read);
        }
        let sources = match read {
            Ok(sources) => sources,
            Err(error) => return self.unusable(seen, error),
        };
        match load_sources(sources.clone()) {
            Ok(loaded) => {
                self.sources = Some(sources);
                let same = self.last_good.as_ref().is_some_and(|good| good.digest == loaded.digest);
                (self.last_read, self.last_good) = (Some(seen), Some(loaded));
                if same {
                    ReloadOutcome::Recovered
                } else {
                    ReloadOutcome::New
                }
            }
            Err(error) => self.unusable(seen, error),
        }
    }

    /// Reads until two reads in a row agree. While the files of a folder are replaced, one read can mix old and new
    /// files, and miss a customer who moved between them.
    fn read_until_stable(&self, mut read: Read) -> Option<Read> {
        for _ in 0..READINGS {
            let again = read_regular(&self.path);
            if LastRead::of(&again) == LastRead::of(&read) {
                return Some(again);
            }
            read = again;
        }
        None
    }

    /// Handles unchanged content, possibly in files with new names.
    fn update_file_names(&mut self, read: Read) -> ReloadOutcome {
        if let (Some(good), Ok(sources)) = (&mut self.last_good, read)
            && good.digest == sources.digest()
        {
            good.files = sources.files;
        }
        ReloadOutcome::Unchanged
    }

    fn unusable(&mut self, seen: LastRead, error: RosterError) -> ReloadOutcome {
        self.last_read = Some(seen);
        ReloadOutcome::Unusable(error)
    }
}

impl LastRead {
    fn of(read: &Read) -> Self {
        match read {
            Ok(sources) => Self::Contents(sources.digest()),
            Err(error) => Self::Unreadable(error.summary()),
        }
    }
}
