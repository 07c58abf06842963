//! `quietdesk run`: the daemon.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::args::{ConnectionArgs, RunArgs};
use super::exit::Exit;
use super::seed::seed_differing_from_roster;
use super::site::{DeskSelection, log_account, log_site, policy_and_passwords, resolve_connection};
use super::state_dir::StateDir;
use super::{Failure, settings, signals, state};
use crate::daemon::status::{About, Status};
use crate::daemon::{Connect, Daemon, PassEnd, Settings, telemetry};
use crate::engine::state::State;
use crate::files::Accept;
use crate::jira::{self, ConnectError, JiraRead};
use crate::model::ledger::Ledger;
use crate::model::roster::Roster;
use crate::render::{progress, text};
use crate::roster_file;

/// How often to check the roster and the token for changes without an event.
const POLL: Duration = Duration::from_secs(30);

pub(super) async fn run(args: RunArgs) -> Result<Exit, Failure> {
    let stop = signals::stop_token()?;
    let narrow = DeskSelection::parse(&args.site.target.desks)?;
    // An invalid file is reported at once; the daemon reads it again before each pass.
    let (mut policy, _) = policy_and_passwords(&args.site.target.policy, Accept::Files)?;
    let roster = initial_roster(&args, &narrow)?;
    // Dropping this stops the sandbox.
    let (reached, _embedded) = resolve_connection(
        &args.site.target.connection,
        || seed_differing_from_roster(&roster),
        &stop,
    )
    .await?;
    let token_file = match args.site.target.connection.sandbox {
        true => None,
        false => settings::token_file(&args.site.target.connection),
    };
    let connection = &args.site.target.connection;
    let place = StateDir::resolve(connection, &reached, false).await?;
    log_site(place.as_ref(), connection, &reached);
    policy.approve_arguments = state::approve_arguments(place.as_ref(), connection);
    let (state, ledger) = open_state(&args, place.as_ref(), &reached)?;
    let status = initial_status(&args, &reached);
    let served = match args.listen.filter(|_| !args.once) {
        Some(address) => {
            let listener = listen(address).await?;
            Some(tokio::spawn(telemetry::serve(listener, status.clone(), stop.clone())))
        }
        None => None,
    };
    let hand_off = state::hand_off_command(place.as_ref());
    let two_states = DuplicateStateCheck::new(place, stop.clone());
    let settings = Settings {
        policy,
        passwords: args.site.target.policy.passwords.clone(),
        ledger: ledger.unwrap_or_else(Ledger::kept),
        state,
        status: status.clone(),
        clock: Timestamp::now,
        roster: args.site.roster.clone(),
        narrow: Box::new(move |roster| narrow.narrow_checked(roster).map_err(|failure| failure.to_string())),
        interval: args.interval,
        read_rate: f64::from(args.read_rate),
        poll: POLL,
        observe: args.observe,
        connect: connector(args.site.target.connection, reached, Arc::clone(&two_states)),
        token_file,
        hangup: signals::hangup_notify()?,
        progress: Box::new(progress::Bar::new()),
        chance: Box::new(rand::random),
    };
    let daemon = Daemon::new(settings, stop);
    if args.once {
        let end = daemon.run_once().await;
        two_states.take_failure()?;
        log_hand_off(&end, hand_off.as_deref());
        let saved = if status.snapshot().unsaved.is_some() {
            Exit::Internal
        } else {
            Exit::Done
        };
        return Ok(Exit::first_of([exit_for_pass_end(&end), saved]));
    }
    daemon.run().await;
    if let Some(served) = served {
        // It ends a second after the daemon is stopped; it cannot fail.
        let _ = served.await;
    }
    two_states.take_failure()?;
    Ok(Exit::Done)
}

/// Returns the roster at the start, for a single pass or to seed a sandbox; otherwise an empty one, because the daemon
/// waits for a valid roster.
fn initial_roster(args: &RunArgs, narrow: &DeskSelection) -> Result<Roster, Failure> {
    if !args.once && !args.site.target.connection.sandbox {
        return Ok(Roster::default());
    }
    // It is read repeatedly, which a pipe does not allow.
    let sources = roster_file::read_regular(&args.site.roster);
    let loaded = sources.and_then(roster_file::load_sources);
    let roster = loaded.map_err(|error| Failure::new(Exit::Invalid, error))?.roster;
    narrow.narrow_checked(roster.clone())?;
    Ok(roster)
}

/// Opens the state and reads its ledger. With `--observe` it takes no lock, and can run beside a process that applies.
fn open_state(
    args: &RunArgs,
    place: Option<&StateDir>,
    reached: &jira::Settings,
) -> Result<(Option<State>, Option<Ledger>), Failure> {
    if args.observe {
        return Ok((None, state::read(place)?));
    }
    let rotation = args.journal.rotation();
    let state = state::open(place, &args.site.target.connection, reached, "run", rotation)?;
    let ledger = state.as_ref().map(State::ledger).transpose();
    Ok((state, ledger.map_err(state::failure)?))
}

/// Logs that there are accounts to hand off. Only for a single pass, which a person runs.
fn log_hand_off(end: &PassEnd, command: Option<&str>) {
    let (PassEnd::Applied(seen, outcomes), Some(command)) = (end, command) else {
        return;
    };
    let made = outcomes.count_accounts_to_hand_off(seen.approved.plan());
    if let Some(line) = text::hand_off_line(made, command) {
        info!("{line}");
    }
}

fn initial_status(args: &RunArgs, reached: &jira::Settings) -> Status {
    let about = About {
        version: env!("CARGO_PKG_VERSION"),
        roster: args.site.roster.display().to_string(),
        site_url: reached.url.to_string(),
        observe: args.observe,
        interval: args.interval,
        read_rate: f64::from(args.read_rate),
        started: Timestamp::now(),
    };
    Status::new(about, Timestamp::now)
}

/// The status page cannot be served.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on --listen {address}; check for another quietdesk on this port, or use a port above 1023")]
struct ListenError {
    address: SocketAddr,
    source: io::Error,
}

async fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    let listener = TcpListener::bind(address).await;
    let listener = listener.map_err(|source| Failure::new(Exit::Invalid, ListenError { address, source }))?;
    let at = listener.local_addr()?;
    info!(url = %format!("http://{at}/"), "serving the status page");
    if !at.ip().is_loopback() {
        warn!(
            "the status page has no sign-in and can be reached from other machines; put a proxy with authentication in \
             front of it"
        );
    }
    Ok(listener)
}

/// Detects two states of the site, which stops the daemon: each would be incomplete.
struct DuplicateStateCheck {
    state_dir: Option<StateDir>,
    failure: Mutex<Option<Failure>>,
    stop: CancellationToken,
}

impl DuplicateStateCheck {
    fn new(place: Option<StateDir>, stop: CancellationToken) -> Arc<Self> {
        Arc::new(Self {
            state_dir: place,
            failure: Mutex::new(None),
            stop,
        })
    }

    /// Checks, once Jira has reported which site it is.
    fn check(&self, jira: &JiraRead) -> Result<(), ConnectError> {
        let looked = self
            .state_dir
            .as_ref()
            .map(|place| place.check_reported_site(jira.base_url()));
        let Some(Err(failure)) = looked else { return Ok(()) };
        let message = failure.to_string();
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
        self.stop.cancel();
        Err(ConnectError::Settings(message))
    }

    /// # Errors
    /// When there are two, with exit code 3.
    fn take_failure(&self) -> Result<(), Failure> {
        let found = self.failure.lock().unwrap_or_else(PoisonError::into_inner).take();
        found.map_or(Ok(()), Err)
    }
}

/// Returns a function that connects with the current token; a simulated Jira's token never changes.
fn connector(args: ConnectionArgs, first: jira::Settings, two_states: Arc<DuplicateStateCheck>) -> Connect {
    let args = Arc::new(args);
    Box::new(move || {
        let (args, first, two_states) = (Arc::clone(&args), first.clone(), Arc::clone(&two_states));
        let stop = two_states.stop.clone();
        Box::pin(async move {
            let settings = match args.sandbox {
                true => first,
                // The token may come through a pipe, which can take time and must not block the loop.
                false => spawn_blocking(move || {
                    let settings = settings::connection(&args, &stop);
                    settings.map_err(|failure| ConnectError::Settings(failure.to_string()))
                })
                .await
                .map_err(|error| ConnectError::Settings(error.to_string()))??,
            };
            let jira = JiraRead::connect(settings).await?;
            log_account(&jira);
            two_states.check(&jira)?;
            Ok(jira)
        })
    })
}

fn exit_for_pass_end(end: &PassEnd) -> Exit {
    match end {
        PassEnd::NotConnected(error) => Exit::from_connect_error(error),
        PassEnd::NotObserved(error) => Exit::from_observe_error(error),
        PassEnd::Interrupted => Exit::Partial,
        PassEnd::NothingToDo => Exit::Done,
        PassEnd::Observed(seen) => Exit::from_findings(&seen.approved),
        PassEnd::Applied(seen, outcomes) => Exit::from_outcomes(&seen.approved, outcomes),
    }
}
