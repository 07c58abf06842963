//! What the daemon tells of itself: the loop reports to a [`Status`], and whoever asks reads from it.
//!
//! Owns what is kept between passes for the page, the metrics and the probes, and the judgement whether the daemon is
//! ready. Keeps no e-mail and decides nothing about Jira.

mod left;
mod reported;
pub mod snapshot;
mod state;
pub(super) mod text;
mod view;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

pub use self::reported::{About, PassEnded, PassResult, RosterState};
use self::snapshot::Snapshot;
use self::state::State;
pub use crate::daemon::schedule::Kind;

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

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Status")
            .field("about", &self.0.about)
            .finish_non_exhaustive()
    }
}
