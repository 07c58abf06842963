//! When passes run: a state machine of moments, without a clock.
//!
//! A moment is the time since the daemon began. At most one pass runs; whatever happens meanwhile leads to exactly one
//! more. Two things delay a pass: what Jira asks for, which holds for everything, and backoff after a failure, which an
//! edit or a signal cuts short.
//!
//! | event | then |
//! |---|---|
//! | a new roster | an edit pass at once; a full one where none has ever succeeded |
//! | SIGHUP | a full pass at once |
//! | new credentials | whatever is owed, at once |
//! | the interval is over | a full pass, paced |
//! | a pass failed | the same again after backoff |
//! | a pass left answers unsettled | an edit pass after backoff, which reads them again |
//! | credentials refused | the same again after [`Timing::refused`] |
//! | Jira asks to wait | nothing before that |

use std::time::Duration;

/// How the daemon times its passes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timing {
    /// From the end of one full pass to the next, at least.
    pub interval: Duration,
    /// Requests a second a periodic full read may make.
    pub read_rate: f64,
    /// How long to wait after refused credentials: asking more often helps nobody, and can lock an account.
    pub refused: Duration,
    /// Backoff after the first failure; doubles with each.
    pub backoff: Duration,
    /// Backoff at most.
    pub backoff_at_most: Duration,
}

/// The part of the time that periodic reading may take.
const READING_SHARE: f64 = 0.05;
/// The part of the interval by which chance lengthens it, so that daemons do not read in step.
const JITTER: f64 = 0.1;

/// What a pass reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Everything the roster speaks of.
    Full,
    /// What changed in the roster since the last pass.
    Edit,
}

impl Kind {
    /// The word outputs use.
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
    pub kind: Kind,
    /// Whether nobody waits for it, so that it reads no faster than [`Timing::read_rate`].
    pub paced: bool,
}

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Begin this pass.
    Run(Run),
    /// Wait for an event, or until this moment.
    Wait(Option<Duration>),
}

/// How a pass ended, as far as its timing goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It came to its end.
    Settled,
    /// It came to its end, and some answers were lost.
    Unsettled,
    /// It did not come to its end; Jira may have asked to wait.
    Failed {
        /// For how long.
        wait: Option<Duration>,
    },
    /// The credentials were refused.
    Refused,
}

/// What a pass cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// How long it took.
    pub took: Duration,
    /// How many requests it read with.
    pub requests: u64,
}

/// Which full pass is owed at once, rather than at its time.
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
    /// Nothing before this: Jira, or an account that could be locked, asks for it.
    asked: Duration,
    /// Nothing before this but what an event asks for.
    backoff: Duration,
    failures: u32,
    running: Option<Run>,
}

impl Schedule {
    /// Nothing has happened yet.
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
            asked: Duration::ZERO,
            backoff: Duration::ZERO,
            failures: 0,
            running: None,
        }
    }

    /// A new roster is in force.
    pub fn new_roster(&mut self) {
        self.has_roster = true;
        self.edit = true;
        self.backoff = Duration::ZERO;
    }

    /// Somebody asks for a full read now.
    pub fn read_again(&mut self) {
        self.full = Owed::Unpaced;
        self.backoff = Duration::ZERO;
    }

    /// There are new credentials.
    pub fn new_credentials(&mut self) {
        self.asked = Duration::ZERO;
        self.backoff = Duration::ZERO;
    }

    /// What to do at `now`.
    #[must_use]
    pub fn next(&self, now: Duration) -> Next {
        if self.running.is_some() || !self.has_roster {
            return Next::Wait(None);
        }
        let (due, run) = self.first();
        let due = due.max(self.asked).max(self.backoff);
        if now >= due {
            Next::Run(run)
        } else {
            Next::Wait(Some(due))
        }
    }

    /// The next pass, and when it would be due if nothing delayed it.
    fn first(&self) -> (Duration, Run) {
        let full = |paced| Run {
            kind: Kind::Full,
            paced,
        };
        match (self.full, self.edit) {
            (Owed::Unpaced, _) => (Duration::ZERO, full(false)),
            (Owed::No | Owed::Paced, true) => {
                let edit = Run {
                    kind: Kind::Edit,
                    paced: false,
                };
                (Duration::ZERO, if self.full_done { edit } else { full(false) })
            }
            (Owed::Paced, false) => (Duration::ZERO, full(true)),
            (Owed::No, false) => (self.full_due, full(true)),
        }
    }

    /// A pass began. A full one does what an edit pass would have done.
    pub fn began(&mut self, run: Run) {
        self.running = Some(run);
        self.edit = false;
        if run.kind == Kind::Full {
            self.full = Owed::No;
        }
    }

    /// The pass that runs ended at `now`. `chance` is between 0 and 1.
    pub fn ended(&mut self, now: Duration, ended: Ended, cost: Cost, chance: f64) {
        let Some(run) = self.running.take() else { return };
        match ended {
            Ended::Settled | Ended::Unsettled => {
                if run.kind == Kind::Full {
                    self.full_done = true;
                    self.interval = self.stretched(cost, chance);
                    self.full_due = now + self.interval;
                }
                self.asked = Duration::ZERO;
                if ended == Ended::Unsettled {
                    self.edit = true;
                    self.back_off(now, chance);
                } else {
                    self.failures = 0;
                    self.backoff = Duration::ZERO;
                }
            }
            Ended::Failed { wait } => {
                self.owe(run);
                self.asked = wait.map_or(Duration::ZERO, |wait| now + wait);
                self.back_off(now, chance);
            }
            Ended::Refused => {
                self.owe(run);
                self.asked = now + self.timing.refused;
            }
        }
    }

    /// The same pass again, unless something that happened meanwhile asks for more.
    fn owe(&mut self, run: Run) {
        match (run.kind, run.paced, self.full) {
            (Kind::Edit, _, _) => self.edit = true,
            (Kind::Full, _, Owed::Unpaced) | (Kind::Full, true, Owed::Paced) => {}
            (Kind::Full, true, Owed::No) => self.full = Owed::Paced,
            (Kind::Full, false, Owed::No | Owed::Paced) => self.full = Owed::Unpaced,
        }
    }

    /// Doubles with each failure; chance takes up to half of it away. An edit that came meanwhile waits as well: what
    /// failed just now would fail for it, too.
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

    /// So long that reading takes at most [`READING_SHARE`] of the time, at the speed a periodic read may have.
    fn stretched(&self, cost: Cost, chance: f64) -> Duration {
        let paced = cost.requests as f64 / self.timing.read_rate.max(f64::MIN_POSITIVE);
        let reading = cost.took.as_secs_f64().max(paced);
        let least = Duration::try_from_secs_f64(reading / READING_SHARE).unwrap_or(Duration::MAX / 4);
        self.timing
            .interval
            .mul_f64(1.0 + JITTER * chance.clamp(0.0, 1.0))
            .max(least)
    }

    /// When the next full pass is due, where nothing asks for one before.
    #[must_use]
    pub fn full_due(&self) -> Duration {
        self.full_due.max(self.asked)
    }
}

#[cfg(test)]
mod tests;
