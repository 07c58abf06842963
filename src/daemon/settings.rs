//! What the daemon is told.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tokio::sync::Notify;

use super::status::Status;
use crate::engine::progress::Progress;
use crate::engine::state::State;
use crate::jira::{ConnectError, JiraRead};
use crate::model::ledger::Ledger;
use crate::model::policy::Policy;
use crate::model::roster::Roster;

/// How to reach Jira, as often as it takes: reads the token anew each time.
pub type Connect = Box<dyn Fn() -> BoxFuture<'static, Result<JiraRead, ConnectError>> + Send + Sync>;

/// Narrows what a roster says to a part of it, or says why that part is not there.
pub type Narrow = Box<dyn Fn(Roster) -> Result<Roster, String> + Send + Sync>;

/// What the daemon is told.
pub struct Settings {
    /// The roster's file or folder.
    pub roster: PathBuf,
    /// Narrows what a roster says, for `--desk`.
    pub narrow: Narrow,
    /// How often to read everything again, at least; lengthened by chance and for large sites.
    pub interval: Duration,
    /// Requests a second a periodic read makes at most.
    pub read_rate: f64,
    /// How often to look at the roster and the token even though no event told of a change.
    pub poll: Duration,
    /// Never write.
    pub observe: bool,
    /// How to reach Jira.
    pub connect: Connect,
    /// The file the token comes from, to be watched.
    pub token_file: Option<PathBuf>,
    /// Somebody asks to read everything again (SIGHUP).
    pub hangup: Arc<Notify>,
    /// Where it remembers; nothing where it is to forget.
    pub state: Option<State>,
    /// What it remembers at the start: what `state` does, where there is one.
    pub ledger: Ledger,
    /// What plans may do besides what the roster says.
    pub policy: Policy,
    /// The file of first passwords, read anew before each pass.
    pub passwords: Option<PathBuf>,
    /// What is told to who looks on.
    pub status: Status,
    /// What time it is.
    pub clock: fn() -> Timestamp,
    /// Who is told how far a pass is.
    pub progress: Box<dyn Progress>,
    /// Between 0 and 1, anew at each call.
    pub chance: Box<dyn Fn() -> f64 + Send + Sync>,
}
