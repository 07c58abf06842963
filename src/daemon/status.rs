//! What the daemon tells of itself: the loop reports to a [`Status`], and whoever asks reads from it.
//!
//! Owns what is kept between passes for the page, the metrics and the probes, and the judgement whether the daemon is
//! ready. Keeps no e-mail and decides nothing about Jira.

mod left;
pub mod snapshot;
mod state;
pub(super) mod text;
mod view;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use self::snapshot::Snapshot;
use self::state::State;
use crate::jira::Stats;
use crate::model::report::Report;
pub use crate::model::schedule::Kind;

/// What does not change while the daemon runs.
#[derive(Clone, Debug)]
pub struct About {
    /// Of quietdesk.
    pub version: &'static str,
    /// The roster's file or folder.
    pub roster: String,
    /// Jira's address.
    pub site_url: String,
    /// Whether it only observes.
    pub observe: bool,
    /// How often everything is read.
    pub interval: Duration,
    /// How many requests a second periodic reading may make.
    pub read_rate: f64,
    /// When it started.
    pub started: Timestamp,
}

/// What became of the roster's files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RosterState {
    /// Not read yet.
    Waiting,
    /// It is valid, and in force from now on.
    Valid {
        /// SHA-256 of the contents, in hexadecimal.
        digest: String,
        /// How many people it lists.
        customers: usize,
        /// How many desks it has.
        desks: usize,
    },
    /// It is missing or invalid.
    Unusable {
        /// Why, in a line.
        summary: String,
        /// Whether an earlier one stays in force.
        in_force: bool,
    },
}

/// How a pass ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PassResult {
    /// Everything was done, or observed.
    Done,
    /// It ran to its end, but something failed or is held.
    Partial,
    /// It ran to its end, but a guard refused a part.
    Guarded,
    /// Jira refused the credentials, or they lack a permission without which nothing can succeed.
    Refused,
    /// Jira could not be reached, or limits the rate past patience.
    Unreachable,
    /// It was told to stop.
    Interrupted,
}

/// A pass that ended.
#[derive(Clone, Debug)]
pub struct PassEnded<'a> {
    /// What it looked at.
    pub kind: Kind,
    /// How it ended.
    pub result: PassResult,
    /// How long it took.
    pub took: Duration,
    /// What was planned and what became of it. One without a plan is taken as none.
    pub report: Option<&'a Report>,
    /// What went wrong, in words that may hold an e-mail.
    pub problem: Option<String>,
    /// What the connection had counted before the pass; for a connection made in it, nothing.
    pub stats_before: &'a Stats,
    /// What it has counted now.
    pub stats_after: &'a Stats,
}

/// A handle to what the daemon tells of itself. Clones are the same.
#[derive(Clone)]
pub struct Status(Arc<Shared>);

struct Shared {
    about: About,
    clock: fn() -> Timestamp,
    state: Mutex<State>,
}

impl Status {
    /// Nothing has happened yet. `clock` tells the time of everything reported later.
    #[must_use]
    pub fn new(mut about: About, clock: fn() -> Timestamp) -> Self {
        about.roster = text::clean(&about.roster);
        about.site_url = text::clean(&about.site_url);
        let state = Mutex::new(State::new(about.interval));
        Self(Arc::new(Shared { about, clock, state }))
    }

    /// What became of the roster's files.
    pub fn roster(&self, roster: RosterState) {
        let now = self.now();
        self.state().roster(roster, now);
    }

    /// A pass begins.
    pub fn pass_began(&self, kind: Kind) {
        let now = self.now();
        self.state().pass_began(kind, now);
    }

    /// A pass ended.
    pub fn pass_ended(&self, ended: PassEnded<'_>) {
        let now = self.now();
        self.state().pass_ended(ended, now);
    }

    /// When everything is read next. After a full pass that ran to its end this also tells the interval, which may be
    /// stretched; it never counts as shorter than configured.
    pub fn next_full(&self, at: Timestamp) {
        let now = self.now();
        self.state().next_full(at, now, self.0.about.interval);
    }

    /// Why Jira refuses the credentials, or that it takes them.
    pub fn credentials(&self, refused: Option<String>) {
        let now = self.now();
        self.state().credentials(refused, now);
    }

    /// Why what a pass saw could not be saved, or that it was.
    pub fn saved(&self, problem: Option<String>) {
        self.state().unsaved = problem.map(|problem| text::clean(&problem));
    }

    /// How many requests are in flight, and how many may be.
    pub fn in_flight(&self, now: usize, allowed: usize) {
        self.state().in_flight = (now, allowed);
    }

    /// Whether the daemon does its work: the roster is valid, the credentials are taken, and a full pass ran to its end
    /// within the last three intervals (as they are at present).
    ///
    /// # Errors
    /// Every reason why not, in one line.
    pub fn ready(&self) -> Result<(), String> {
        let not_ready = self.state().not_ready(self.now());
        if not_ready.is_empty() {
            Ok(())
        } else {
            Err(not_ready.join("; "))
        }
    }

    /// Everything at this moment.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let now = self.now();
        self.state().snapshot(&self.0.about, now)
    }

    fn now(&self) -> Timestamp {
        (self.0.clock)()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PassResult {
    /// Every result.
    pub const ALL: [Self; 6] = [
        Self::Done,
        Self::Partial,
        Self::Guarded,
        Self::Refused,
        Self::Unreachable,
        Self::Interrupted,
    ];

    /// The word outputs use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Partial => "partial",
            Self::Guarded => "guarded",
            Self::Refused => "refused",
            Self::Unreachable => "unreachable",
            Self::Interrupted => "interrupted",
        }
    }

    /// Whether it ran to its end, so that what Jira has is known.
    #[must_use]
    pub fn ran_to_its_end(self) -> bool {
        match self {
            Self::Done | Self::Partial | Self::Guarded => true,
            Self::Refused | Self::Unreachable | Self::Interrupted => false,
        }
    }
}

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Status")
            .field("about", &self.0.about)
            .finish_non_exhaustive()
    }
}
