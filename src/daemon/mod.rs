//! When passes run: at the start, when the roster changes, and every interval.
//!
//! Owns the loop, the last good roster and the memory between passes. Passes never overlap: a change during a pass
//! leads to exactly one more. Must never decide what a pass does, nor write anything in observing mode.

pub mod roster;
mod tell;
pub mod watch;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use self::roster::{CurrentRoster, Looked};
use self::watch::Watch;
use crate::engine::observe::ObserveError;
use crate::engine::pass::{Preview, carry_out, preview};
use crate::engine::progress::Progress;
use crate::jira::{ConnectError, JiraRead, JiraWrite, Stats};
use crate::model::ledger::Ledger;
use crate::model::outcome::{Outcomes, Stopped};
use crate::model::roster::Roster;

/// How long calls in flight may take to finish once the daemon was told to stop.
const STOPPING: Duration = Duration::from_secs(9);
/// How long to wait after refused credentials: asking more often helps nobody.
const AFTER_REFUSAL: Duration = Duration::from_secs(300);
/// How long to wait after Jira could not be reached.
const AFTER_FAILURE: Duration = Duration::from_secs(30);
/// How often to look at the roster even though no event told of a change.
const POLL: Duration = Duration::from_secs(30);

/// How to reach Jira, as often as it takes.
pub type Connect = Box<dyn Fn() -> BoxFuture<'static, Result<JiraRead, ConnectError>> + Send + Sync>;

/// Narrows what a roster says to a part of it, or says why that part is not there.
pub type Narrow = Box<dyn Fn(Roster) -> Result<Roster, String> + Send + Sync>;

/// What the daemon is told.
pub struct Settings {
    /// The roster's file or folder.
    pub roster: PathBuf,
    /// Narrows what a roster says, for `--desk`.
    pub narrow: Narrow,
    /// How often to read everything again; stretched at random by up to a tenth.
    pub interval: Duration,
    /// Never write.
    pub observe: bool,
    /// How to reach Jira.
    pub connect: Connect,
    /// Who is told how far a pass is.
    pub progress: Box<dyn Progress>,
    /// Between 0 and 1, anew at each call.
    pub chance: Box<dyn Fn() -> f64 + Send + Sync>,
}

/// How a pass ended.
#[derive(Debug)]
pub enum PassEnd {
    /// Jira could not be signed in to.
    NotConnected(ConnectError),
    /// Nothing could be observed.
    NotObserved(ObserveError),
    /// It was told to stop before it had seen enough, or there is no roster yet.
    Interrupted,
    /// Observed only: nothing was written.
    Observed(Box<Preview>),
    /// Applied.
    Applied(Box<Preview>, Outcomes),
}

/// What a pass reaches Jira by. An observing daemon holds nothing that could write.
enum Connection {
    Observing(JiraRead),
    Applying(JiraWrite),
}

/// The daemon.
pub struct Daemon {
    settings: Settings,
    current: CurrentRoster,
    connection: Option<Connection>,
    ledger: Ledger,
    stop: CancellationToken,
}

impl Daemon {
    /// A daemon that has not looked at its roster yet.
    #[must_use]
    pub fn new(settings: Settings, stop: CancellationToken) -> Self {
        let current = CurrentRoster::new(&settings.roster);
        Self {
            settings,
            current,
            connection: None,
            ledger: Ledger::kept(),
            stop,
        }
    }

    /// Runs passes until it is told to stop. An invalid or missing roster and a Jira that does not answer are
    /// reported, and waited out.
    pub async fn run(mut self) {
        let mut watch = Watch::new(&self.settings.roster, POLL);
        info!(roster = %self.settings.roster.display(), interval = ?self.settings.interval, "watching");
        self.look();
        let mut due = Instant::now();
        while !self.stop.is_cancelled() {
            let ready = self.current.roster().is_some();
            if ready && Instant::now() >= due {
                let end = self.pass().await;
                due = Instant::now() + self.wait_after(&end);
                continue;
            }
            let stop = self.stop.clone();
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep_until(due), if ready => {}
                () = watch.changed() => if self.look() {
                    due = Instant::now();
                },
            }
        }
        info!("stopped");
    }

    /// Looks at the roster and says what it found; true where there is a new one to apply.
    pub fn look(&mut self) -> bool {
        let looked = self.current.look();
        tell::looked(&looked, self.current.roster().is_some());
        matches!(looked, Looked::New)
    }

    /// One pass over the last good roster.
    pub async fn pass(&mut self) -> PassEnd {
        let before = self.stats();
        let end = match self.current.roster() {
            Some(loaded) => match (self.settings.narrow)(loaded.roster.clone()) {
                Ok(roster) => self.pass_over(&Arc::new(roster)).await,
                Err(problem) => {
                    warn!(problem, "the roster cannot be used");
                    PassEnd::Interrupted
                }
            },
            None => PassEnd::Interrupted,
        };
        tell::pass(&end, &before, &self.stats());
        end
    }

    async fn pass_over(&mut self, roster: &Roster) -> PassEnd {
        let stop = self.stop.clone();
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => tokio::select! {
                () = stop.cancelled() => return PassEnd::Interrupted,
                connected = self.connect() => match connected {
                    Ok(connection) => connection,
                    Err(error) => return PassEnd::NotConnected(error),
                },
            },
        };
        let connection = self.connection.insert(connection);
        let progress = self.settings.progress.as_ref();
        let seen = tokio::select! {
            () = stop.cancelled() => return PassEnd::Interrupted,
            seen = preview(connection.read(), roster, &self.ledger, progress) => seen,
        };
        let seen = match seen {
            Ok(seen) => Box::new(seen),
            Err(error) => {
                // The next pass signs in anew, with whatever the token file holds by then.
                self.connection = None;
                return PassEnd::NotObserved(error);
            }
        };
        let outcomes = match connection {
            Connection::Observing(_) => None,
            Connection::Applying(jira) => Some(finish(carry_out(jira, &seen, progress, &stop), &stop).await),
        };
        let Some(outcomes) = outcomes else {
            self.ledger.fold(roster, seen.approved.plan(), &Outcomes::NONE);
            return PassEnd::Observed(seen);
        };
        self.ledger.fold(roster, seen.approved.plan(), &outcomes);
        if outcomes.stopped.is_some() {
            self.connection = None;
        }
        PassEnd::Applied(seen, outcomes)
    }

    fn stats(&self) -> Stats {
        self.connection
            .as_ref()
            .map(|connection| connection.read().stats())
            .unwrap_or_default()
    }

    async fn connect(&self) -> Result<Connection, ConnectError> {
        let jira = (self.settings.connect)().await?;
        Ok(match self.settings.observe {
            true => Connection::Observing(jira),
            false => Connection::Applying(JiraWrite::new(jira)),
        })
    }

    /// How long until the next pass, unless the roster changes before.
    fn wait_after(&self, end: &PassEnd) -> Duration {
        let stretched = self.settings.interval.mul_f64(1.0 + 0.1 * (self.settings.chance)());
        let refused = match end {
            PassEnd::NotConnected(error) => error.is_refusal(),
            PassEnd::NotObserved(error) => error.is_refusal(),
            PassEnd::Applied(_, outcomes) => match outcomes.stopped {
                Some(Stopped::Refused(_)) => true,
                Some(Stopped::Unreachable(_) | Stopped::RateLimited { .. }) => false,
                Some(Stopped::Asked) | None => return stretched,
            },
            PassEnd::Interrupted | PassEnd::Observed(_) => return stretched,
        };
        stretched.min(if refused { AFTER_REFUSAL } else { AFTER_FAILURE })
    }
}

impl Connection {
    fn read(&self) -> &JiraRead {
        match self {
            Self::Observing(jira) => jira,
            Self::Applying(jira) => jira,
        }
    }
}

/// Lets calls in flight finish, but not for ever. What is given up here is found out by the next pass.
async fn finish(applying: impl Future<Output = Outcomes>, stop: &CancellationToken) -> Outcomes {
    let bound = async {
        stop.cancelled().await;
        tokio::time::sleep(STOPPING).await;
    };
    tokio::select! {
        outcomes = applying => outcomes,
        () = bound => {
            warn!("calls in flight did not finish in time; the next pass finds out what became of them");
            Outcomes { stopped: Some(Stopped::Asked), ..Outcomes::default() }
        }
    }
}
