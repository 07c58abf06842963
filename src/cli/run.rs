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
use super::place::Place;
use super::seed::seed_for;
use super::site::{Narrow, policy, reach, tell_account, tell_place};
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

/// How often to look at the roster and the token even though no event told of a change.
const POLL: Duration = Duration::from_secs(30);

pub(super) async fn run(args: RunArgs) -> Result<Exit, Failure> {
    let stop = signals::stop_token()?;
    let narrow = Narrow::parse(&args.site.target.desks)?;
    // A file that cannot be used is told at once; the daemon reads it anew before each pass.
    let (mut policy, _) = policy(&args.site.target.policy, Accept::Files)?;
    let roster = first_roster(&args, &narrow)?;
    // A sandbox lives as long as this is held.
    let (reached, _embedded) = reach(&args.site.target.connection, || seed_for(&roster), &stop).await?;
    let token_file = match args.site.target.connection.sandbox {
        true => None,
        false => settings::token_file(&args.site.target.connection),
    };
    let connection = &args.site.target.connection;
    let place = Place::settle(connection, &reached, false).await?;
    tell_place(place.as_ref(), connection, &reached);
    policy.approve_at = state::approve_at(place.as_ref(), connection);
    let (state, ledger) = remembered(&args, place.as_ref(), &reached)?;
    let status = status(&args, &reached);
    let served = match args.listen.filter(|_| !args.once) {
        Some(address) => {
            let listener = listen(address).await?;
            Some(tokio::spawn(telemetry::serve(listener, status.clone(), stop.clone())))
        }
        None => None,
    };
    let hand_off = state::hand_off_command(place.as_ref());
    let two_states = TwoStates::new(place, stop.clone());
    let settings = Settings {
        policy,
        passwords: args.site.target.policy.passwords.clone(),
        ledger: ledger.unwrap_or_else(Ledger::kept),
        state,
        status: status.clone(),
        clock: Timestamp::now,
        roster: args.site.roster.clone(),
        narrow: Box::new(move |roster| narrow.checked(roster).map_err(|failure| failure.to_string())),
        interval: args.interval,
        read_rate: f64::from(args.read_rate),
        poll: POLL,
        observe: args.observe,
        connect: connect(args.site.target.connection, reached, Arc::clone(&two_states)),
        token_file,
        hangup: signals::hangup()?,
        progress: Box::new(progress::Bar::new()),
        chance: Box::new(rand::random),
    };
    let daemon = Daemon::new(settings, stop);
    if args.once {
        let end = daemon.once().await;
        two_states.found()?;
        tell_hand_off(&end, hand_off.as_deref());
        let saved = if status.snapshot().unsaved.is_some() {
            Exit::Internal
        } else {
            Exit::Done
        };
        return Ok(Exit::first_of([exit_of(&end), saved]));
    }
    daemon.run().await;
    if let Some(served) = served {
        // It ends by itself a second after the daemon was told to stop; it cannot fail.
        let _ = served.await;
    }
    two_states.found()?;
    Ok(Exit::Done)
}

/// The roster at the start: the daemon waits for a valid one, but one pass cannot, and a sandbox is seeded from it.
fn first_roster(args: &RunArgs, narrow: &Narrow) -> Result<Roster, Failure> {
    if !args.once && !args.site.target.connection.sandbox {
        return Ok(Roster::default());
    }
    // It is read again and again, which a pipe is not good for.
    let sources = roster_file::read_regular(&args.site.roster);
    let loaded = sources.and_then(roster_file::load_sources);
    let roster = loaded.map_err(|error| Failure::new(Exit::Invalid, error))?.roster;
    narrow.checked(roster.clone())?;
    Ok(roster)
}

/// The state and what it remembers. Observing needs no lock, and goes on beside a process that applies.
fn remembered(
    args: &RunArgs,
    place: Option<&Place>,
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

/// Says that there is somebody to hand off: whoever runs one pass is there to read it.
fn tell_hand_off(end: &PassEnd, command: Option<&str>) {
    let (PassEnd::Applied(seen, outcomes), Some(command)) = (end, command) else {
        return;
    };
    let made = outcomes.to_hand_off(seen.approved.plan());
    if let Some(line) = text::hand_off_line(made, command) {
        info!("{line}");
    }
}

fn status(args: &RunArgs, reached: &jira::Settings) -> Status {
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

/// Why the status page cannot be served.
#[derive(Debug, thiserror::Error)]
#[error("--listen {address}: cannot listen there; is another quietdesk running, or is the port below 1024?")]
struct ListenError {
    address: SocketAddr,
    source: io::Error,
}

async fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    let listener = TcpListener::bind(address).await;
    let listener = listener.map_err(|source| Failure::new(Exit::Invalid, ListenError { address, source }))?;
    let at = listener.local_addr()?;
    info!(url = %format!("http://{at}/"), "the status page");
    if !at.ip().is_loopback() {
        warn!(
            "the status page has no sign-in, and others than this machine can reach it; let something that asks who they are stand before it"
        );
    }
    Ok(listener)
}

/// Whether there are two states of the site, which ends the daemon: neither would be whole.
struct TwoStates {
    place: Option<Place>,
    found: Mutex<Option<Failure>>,
    stop: CancellationToken,
}

impl TwoStates {
    fn new(place: Option<Place>, stop: CancellationToken) -> Arc<Self> {
        Arc::new(Self {
            place,
            found: Mutex::new(None),
            stop,
        })
    }

    /// Looks, now that Jira said which site it is.
    fn look(&self, jira: &JiraRead) -> Result<(), ConnectError> {
        let looked = self.place.as_ref().map(|place| place.reached(jira.own_address()));
        let Some(Err(failure)) = looked else { return Ok(()) };
        let told = failure.to_string();
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
        self.stop.cancel();
        Err(ConnectError::Settings(told))
    }

    /// # Errors
    /// That there are two, with exit code 3.
    fn found(&self) -> Result<(), Failure> {
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner).take();
        found.map_or(Ok(()), Err)
    }
}

/// Connects with the token as it is by then; a simulated Jira's never changes.
fn connect(args: ConnectionArgs, first: jira::Settings, two_states: Arc<TwoStates>) -> Connect {
    let args = Arc::new(args);
    Box::new(move || {
        let (args, first, two_states) = (Arc::clone(&args), first.clone(), Arc::clone(&two_states));
        let stop = two_states.stop.clone();
        Box::pin(async move {
            let settings = match args.sandbox {
                true => first,
                // The token may come through a pipe, which can take time: the loop lives meanwhile.
                false => spawn_blocking(move || {
                    let settings = settings::connection(&args, &stop);
                    settings.map_err(|failure| ConnectError::Settings(failure.to_string()))
                })
                .await
                .map_err(|error| ConnectError::Settings(error.to_string()))??,
            };
            let jira = JiraRead::connect(settings).await?;
            tell_account(&jira);
            two_states.look(&jira)?;
            Ok(jira)
        })
    })
}

fn exit_of(end: &PassEnd) -> Exit {
    match end {
        PassEnd::NotConnected(error) => Exit::of_connect_error(error),
        PassEnd::NotObserved(error) => Exit::of_observe_error(error),
        PassEnd::Interrupted => Exit::Partial,
        PassEnd::NothingToDo => Exit::Done,
        PassEnd::Observed(seen) => Exit::of_findings(&seen.approved),
        PassEnd::Applied(seen, outcomes) => Exit::of_outcomes(&seen.approved, outcomes),
    }
}
