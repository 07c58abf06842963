//! When passes run: a state machine without a clock.
//!
//! Times are durations since the daemon started. At most one pass runs; events during it cause exactly one more. Two
//! things delay a pass: a wait that Jira asks for, which applies to every pass, and backoff after a failure, which an
//! edit or a signal ends.
//!
//! | event | then |
//! |---|---|
//! | a new roster | an edit pass at once; a full one where none has ever succeeded |
//! | SIGHUP | a full pass at once |
//! | new credentials | what is due, at once |
//! | the interval is over | a full pass, paced |
//! | a pass failed | the same pass after backoff |
//! | a pass had unknown outcomes | an edit pass after backoff, which reads them again |
//! | credentials refused | the same pass after [`Timing::refused`] |
//! | Jira asks to wait | nothing before that |

use std::time::Duration;

/// Intervals and delays of passes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timing {
    /// Shortest time from the end of one full pass to the next.
    pub interval: Duration,
    /// Most requests a second of a periodic full pass.
    pub read_rate: f64,
    /// Delay after refused credentials. Retrying more often can lock the account.
    pub refused: Duration,
    /// Backoff after the first failure; doubles with each.
    pub backoff: Duration,
    /// Longest backoff.
    pub backoff_at_most: Duration,
}

/// Share of the time that periodic reads may take.
const READING_SHARE: f64 = 0.05;
/// Largest random extension of the interval, as a share of it, so that daemons do not read at the same times.
const JITTER: f64 = 0.1;

/// What a pass reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PassKind {
    /// Everything the roster covers.
    Full,
    /// What changed in the roster since the last pass.
    Edit,
}

impl PassKind {
    /// Returns the name used in outputs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Edit => "edit",
        }
    }
}

/// A pass to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// What it reads.
    pub kind: PassKind,
    /// Whether it is periodic, and so reads no faster than [`Timing::read_rate`].
    pub paced: bool,
}

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Start this pass.
    Run(Run),
    /// Wait for an event, or until this time.
    Wait(Option<Duration>),
}

/// How a pass ended, for the schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunOutcome {
    /// Completed.
    Completed,
    /// Completed with unknown outcomes, because responses were lost.
    CompletedUncertain,
    /// Not completed.
    Failed {
        /// The wait that Jira asked for.
        wait: Option<Duration>,
    },
    /// The credentials were refused.
    Refused,
}

/// The cost of a pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// How long it took.
    pub took: Duration,
    /// Number of read requests.
    pub requests: u64,
}

/// Which full pass is due at once, before its periodic time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owed {
    No,
    Paced,
    Unpaced,
}

/// The state machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    timing: Timing,
    has_roster: bool,
    edit: bool,
    full: Owed,
    full_done: bool,
    full_due: Duration,
    interval: Duration,
    /// No pass before this: Jira asked to wait, or refused the credentials.
    not_before: Duration,
    /// No pass before this, unless an event ends the backoff.
    backoff: Duration,
    failures: u32,
    running: Option<Run>,
}

impl Schedule {
    /// Creates a schedule that waits for the first roster.
    #[must_use]
    pub fn new(timing: Timing) -> Self {
        Self {
            timing,
            has_roster: false,
            edit: false,
            full: Owed::Unpaced,
            full_done: false,
            full_due: Duration::ZERO,
            interval: timing.interval,
            not_before: Duration::ZERO,
            backoff: Duration::ZERO,
            failures: 0,
            running: None,
        }
    }

    /// Handles a new roster.
    pub fn roster_changed(&mut self) {
        self.has_roster = true;
        self.edit = true;
        self.backoff = Duration::ZERO;
    }

    /// Makes a full pass due now.
    pub fn request_full_pass(&mut self) {
        self.full = Owed::Unpaced;
        self.backoff = Duration::ZERO;
    }

    /// Handles new credentials.
    pub fn credentials_changed(&mut self) {
        self.not_before = Duration::ZERO;
        self.backoff = Duration::ZERO;
    }

    /// Returns what to do at `now`.
    #[must_use]
    pub fn next_action(&self, now: Duration) -> Next {
        if self.running.is_some() || !self.has_roster {
            return Next::Wait(None);
        }
        let (due, run) = self.next_run();
        let due = due.max(self.not_before).max(self.backoff);
        if now >= due {
            Next::Run(run)
        } else {
            Next::Wait(Some(due))
        }
    }

    /// Returns the next pass, and when it is due without delays.
    fn next_run(&self) -> (Duration, Run) {
        let full = |paced| Run {
            kind: PassKind::Full,
            paced,
        };
        match (self.full, self.edit) {
            (Owed::Unpaced, _) => (Duration::ZERO, full(false)),
            (Owed::No | Owed::Paced, true) => {
                let edit = Run {
                    kind: PassKind::Edit,
                    paced: false,
                };
                (Duration::ZERO, if self.full_done { edit } else { full(false) })
            }
            (Owed::Paced, false) => (Duration::ZERO, full(true)),
            (Owed::No, false) => (self.full_due, full(true)),
        }
    }

    /// Records the start of a pass. A full one includes a due edit pass.
    pub fn run_started(&mut self, run: Run) {
        self.running = Some(run);
        self.edit = false;
        if run.kind == PassKind::Full {
            self.full = Owed::No;
        }
    }

    /// Records the end of the running pass at `now`. `chance` is between 0 and 1.
    pub fn run_ended(&mut self, now: Duration, ended: RunOutcome, cost: Cost, chance: f64) {
        let Some(run) = self.running.take() else { return };
        match ended {
            RunOutcome::Completed | RunOutcome::CompletedUncertain => {
                if run.kind == PassKind::Full {
                    self.full_done = true;
                    self.interval = self.stretched_interval(cost, chance);
                    self.full_due = now + self.interval;
                }
                self.not_before = Duration::ZERO;
                if ended == RunOutcome::CompletedUncertain {
                    self.edit = true;
                    self.back_off(now, chance);
                } else {
                    self.failures = 0;
                    self.backoff = Duration::ZERO;
                }
            }
            RunOutcome::Failed { wait } => {
                self.make_due_again(run);
                self.not_before = wait.map_or(Duration::ZERO, |wait| now + wait);
                self.back_off(now, chance);
            }
            RunOutcome::Refused => {
                self.make_due_again(run);
                self.not_before = now + self.timing.refused;
            }
        }
    }

    /// Makes the same pass due again, unless an event during it already requires more.
    fn make_due_again(&mut self, run: Run) {
        match (run.kind, run.paced, self.full) {
            (PassKind::Edit, _, _) => self.edit = true,
            (PassKind::Full, _, Owed::Unpaced) | (PassKind::Full, true, Owed::Paced) => {}
            (PassKind::Full, true, Owed::No) => self.full = Owed::Paced,
            (PassKind::Full, false, Owed::No | Owed::Paced) => self.full = Owed::Unpaced,
        }
    }

    /// Doubles the backoff with each failure; `chance` shortens it by up to half. Also delays an edit that arrived
    /// during the pass, which would fail for the same reason.
    fn back_off(&mut self, now: Duration, chance: f64) {
        let doubled = 2_u32.saturating_pow(self.failures.min(16));
        self.failures = self.failures.saturating_add(1);
        let most = self
            .timing
            .backoff
            .saturating_mul(doubled)
            .min(self.timing.backoff_at_most);
        self.backoff = now + most.mul_f64(1.0 - chance.clamp(0.0, 1.0) / 2.0);
    }

    /// Returns an interval long enough that periodic reads take at most [`READING_SHARE`] of the time.
    fn stretched_interval(&self, cost: Cost, chance: f64) -> Duration {
        let paced = cost.requests as f64 / self.timing.read_rate.max(f64::MIN_POSITIVE);
        let reading = cost.took.as_secs_f64().max(paced);
        let least = Duration::try_from_secs_f64(reading / READING_SHARE).unwrap_or(Duration::MAX / 4);
        self.timing
            .interval
            .mul_f64(1.0 + JITTER * chance.clamp(0.0, 1.0))
            .max(least)
    }

    /// Returns when the next full pass is due, unless an event requires one before.
    #[must_use]
    pub fn full_due(&self) -> Duration {
        self.full_due.max(self.not_before)
    }
}

#[cfg(test)]
mod tests;
