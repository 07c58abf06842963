//! The daemon's settings.

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

/// Connects to Jira; reads the token again at each call.
pub type Connect = Box<dyn Fn() -> BoxFuture<'static, Result<JiraRead, ConnectError>> + Send + Sync>;

/// Restricts a roster to the selected desks, or returns why they are not in it.
pub type Narrow = Box<dyn Fn(Roster) -> Result<Roster, String> + Send + Sync>;

/// Settings of a daemon.
pub struct Settings {
    /// The roster's file or folder.
    pub roster: PathBuf,
    /// Restricts the roster, for `--desk`.
    pub narrow: Narrow,
    /// Time between full passes; lengthened by jitter and for large sites.
    pub interval: Duration,
    /// Most requests a second of a periodic full pass.
    pub read_rate: f64,
    /// How often to check the roster and the token file without a file event.
    pub poll: Duration,
    /// Never write to Jira.
    pub observe: bool,
    /// Connects to Jira.
    pub connect: Connect,
    /// The token file to watch.
    pub token_file: Option<PathBuf>,
    /// Notified at SIGHUP, which asks for a full pass.
    pub hangup: Arc<Notify>,
    /// The state directory; `None` keeps nothing.
    pub state: Option<State>,
    /// The ledger at the start; that of `state`, where there is one.
    pub ledger: Ledger,
    /// What plans may do beyond the roster.
    pub policy: Policy,
    /// The initial passwords file, read before each pass.
    pub passwords: Option<PathBuf>,
    /// Receives what the status page and metrics show.
    pub status: Status,
    /// The wall clock.
    pub clock: fn() -> Timestamp,
    /// Receives the progress of a pass.
    pub progress: Box<dyn Progress>,
    /// Returns a new random number between 0 and 1.
    pub chance: Box<dyn Fn() -> f64 + Send + Sync>,
}
