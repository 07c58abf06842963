//! The daemon's status: the loop reports to a [`Status`]; the page, the metrics and the probes read from it.
//!
//! Owns what these keep between passes, and the decision whether the daemon is ready. Keeps no e-mail and decides
//! nothing about Jira.

mod open_issues;
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
pub use crate::daemon::schedule::PassKind;

/// A handle to the daemon's status. Clones share it.
#[derive(Clone)]
pub struct Status(Arc<Shared>);

struct Shared {
    about: About,
    clock: fn() -> Timestamp,
    state: Mutex<State>,
}

impl Status {
    /// Creates an empty status. `clock` gives the time of each report.
    #[must_use]
    pub fn new(mut about: About, clock: fn() -> Timestamp) -> Self {
        about.roster = text::sanitize(&about.roster);
        about.site_url = text::sanitize(&about.site_url);
        let state = Mutex::new(State::new(about.interval));
        Self(Arc::new(Shared { about, clock, state }))
    }

    /// Reports the state of the roster files.
    pub fn set_roster(&self, roster: RosterState) {
        let now = self.now();
        self.state().set_roster(roster, now);
    }

    /// Reports the start of a pass.
    pub fn pass_began(&self, kind: PassKind) {
        let now = self.now();
        self.state().pass_began(kind, now);
    }

    /// Reports the end of a pass.
    pub fn pass_ended(&self, ended: PassEnded<'_>) {
        let now = self.now();
        self.state().pass_ended(ended, now);
    }

    /// Reports when the next full pass is due. After a completed full pass, this also sets the interval, which may be
    /// stretched but is never shorter than configured.
    pub fn set_next_full(&self, at: Timestamp) {
        let now = self.now();
        self.state().set_next_full(at, now, self.0.about.interval);
    }

    /// Reports why Jira refuses the credentials; `None` if it accepts them.
    pub fn set_credentials(&self, refused: Option<String>) {
        let now = self.now();
        self.state().set_credentials(refused, now);
    }

    /// Reports why the results of a pass could not be saved; `None` if they were.
    pub fn set_save_error(&self, problem: Option<String>) {
        self.state().unsaved = problem.map(|problem| text::sanitize(&problem));
    }

    /// Reports how many requests are in flight, and the current limit.
    pub fn set_in_flight(&self, now: usize, allowed: usize) {
        self.state().in_flight = (now, allowed);
    }

    /// Checks that the roster is valid, the credentials are accepted, the last results are saved, and a full pass
    /// completed within the last three (current) intervals.
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

    /// Returns the whole current status.
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
