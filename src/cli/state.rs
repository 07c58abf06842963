//! Opening and reading the state directory of a command.

use jiff::Timestamp;
use tracing::warn;

use super::Failure;
use super::args::ConnectionArgs;
use super::exit::Exit;
use super::state_dir::StateDir;
use crate::engine::state::{Opener, Rotation, State, StateError, read_ledger, remember_site};
use crate::jira::Settings;
use crate::model::ledger::Ledger;

/// Opens the state of a site for writing. A simulated Jira has none unless `--state-dir` is given.
///
/// # Errors
/// When no directory is known, or it is locked by another quietdesk, belongs to another site, or cannot be used.
pub(super) fn open(
    place: Option<&StateDir>,
    args: &ConnectionArgs,
    site: &Settings,
    command: &str,
    rotation: Rotation,
) -> Result<Option<State>, Failure> {
    let Some(place) = place else {
        if args.sandbox && args.state_dir.is_none() {
            return Ok(None);
        }
        // Returns the error that explains why there is none.
        StateDir::find(args.state_dir.as_deref(), Some(&site.url.to_string()))?;
        return Ok(None);
    };
    let opener = Opener {
        rotation,
        ..Opener::new(command, Timestamp::now)
    };
    let opened = State::open(&place.folder, place.recorded_url(), opener).map_err(failure)?;
    if let Some((own, url)) = place.new_addresses() {
        warn!(
            site = own,
            address = url,
            "this address is treated as the same site from now on, because Jira reports the same base URL; if it is \
             another Jira, such as a copy, correct its base URL and use another --state-dir"
        );
        if let Err(problem) = remember_site(&place.folder, own, &[place.recorded_url(), url]) {
            warn!(%problem, "cannot save the addresses of this site");
        }
    }
    Ok(Some(opened))
}

/// Reads the ledger of a site without the writer's lock. Creates nothing.
///
/// # Errors
/// As [`open`].
pub(super) fn read(place: Option<&StateDir>) -> Result<Option<Ledger>, Failure> {
    match place {
        Some(place) => read_ledger(&place.folder, place.recorded_url()).map_err(failure),
        None => Ok(None),
    }
}

/// Returns the command that lists the accounts to hand off, or `None` without a state directory.
pub(super) fn hand_off_command(place: Option<&StateDir>) -> Option<String> {
    place.map(|place| format!("quietdesk handoff {}", place.flag()))
}

/// Returns the flag that `approve` needs besides an id.
pub(super) fn approve_arguments(place: Option<&StateDir>, args: &ConnectionArgs) -> String {
    match (place, &args.url) {
        (Some(place), _) => place.flag(),
        (None, Some(url)) if !args.sandbox => format!("--url {url}"),
        (None, _) => String::new(),
    }
}

/// Converts a state error to a [`Failure`] with its exit code.
pub(super) fn failure(error: StateError) -> Failure {
    let exit = match &error {
        StateError::Unsafe { .. } | StateError::OtherSite { .. } | StateError::Newer { .. } => Exit::Invalid,
        // These can be temporary, so a service manager may retry.
        StateError::InUse { .. } | StateError::File { .. } | StateError::Damaged { .. } | StateError::Busy { .. } => {
            Exit::Internal
        }
    };
    Failure::new(exit, error)
}
