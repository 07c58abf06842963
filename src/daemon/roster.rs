//! The roster in force: the last good one, whatever has become of the file since.

use std::path::{Path, PathBuf};

use crate::roster_file::{Loaded, RosterError, Sources, load_sources, read_regular};

/// How often to read files anew that change while they are read.
const READINGS: usize = 5;

type Read = Result<Sources, RosterError>;

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

    /// Reads the files, and parses them where their content is not what was seen last. Where they change while they are
    /// read, it finds nothing: whatever changes them is an event of its own.
    pub fn look(&mut self) -> Looked {
        let read = read_regular(&self.path);
        if self.seen.as_ref() == Some(&Seen::of(&read)) {
            return self.same(read);
        }
        let Some(read) = self.steady(read) else {
            return Looked::Same;
        };
        let seen = Seen::of(&read);
        if self.seen.as_ref() == Some(&seen) {
            return self.same(read);
        }
        let sources = match read {
            Ok(sources) => sources,
            Err(error) => return self.unusable(seen, error),
        };
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

    /// What two readings in a row agree on. While the files of a folder are swapped for others, one reading can get
    /// some of either: a roster that nobody wrote, in which somebody who moved between files is missing.
    fn steady(&self, mut read: Read) -> Option<Read> {
        for _ in 0..READINGS {
            let again = read_regular(&self.path);
            if Seen::of(&again) == Seen::of(&read) {
                return Some(again);
            }
            read = again;
        }
        None
    }

    /// The content that is known, maybe in files of other names.
    fn same(&mut self, read: Read) -> Looked {
        if let (Some(good), Ok(sources)) = (&mut self.good, read)
            && good.digest == sources.digest()
        {
            good.files = sources.files;
        }
        Looked::Same
    }

    fn unusable(&mut self, seen: Seen, error: RosterError) -> Looked {
        self.seen = Some(seen);
        Looked::Unusable(error)
    }
}

impl Seen {
    fn of(read: &Read) -> Self {
        match read {
            Ok(sources) => Self::Contents(sources.digest()),
            Err(error) => Self::Unreadable(error.summary()),
        }
    }
}
