//! What a command remembers, in the place that was decided on.

use jiff::Timestamp;
use tracing::warn;

use super::Failure;
use super::args::ConnectionArgs;
use super::exit::Exit;
use super::place::Place;
use crate::engine::state::{Opener, Rotation, State, StateError, read_ledger, remember_site};
use crate::jira::Settings;
use crate::model::ledger::Ledger;

/// Opens the state of a site for writing. A simulated Jira has none unless one is named: nothing is left behind.
///
/// # Errors
/// When there is no place for it, another quietdesk writes there, it belongs to another site, or cannot be used.
pub(super) fn open(
    place: Option<&Place>,
    args: &ConnectionArgs,
    site: &Settings,
    command: &str,
    rotation: Rotation,
) -> Result<Option<State>, Failure> {
    let Some(place) = place else {
        if args.sandbox && args.state_dir.is_none() {
            return Ok(None);
        }
        // Says why there is none.
        Place::find(args.state_dir.as_deref(), Some(&site.url.to_string()))?;
        return Ok(None);
    };
    let opener = Opener {
        rotation,
        ..Opener::new(command, Timestamp::now)
    };
    let opened = State::open(&place.folder, place.address(), opener).map_err(failure)?;
    if let Some((own, url)) = place.news() {
        warn!(
            site = own,
            address = url,
            "this address is taken for the same site from now on, by the name Jira has for itself; is it another Jira, such \
             as a copy, set its base URL, and name another --state-dir"
        );
        if let Err(problem) = remember_site(&place.folder, own, &[place.address(), url]) {
            warn!(%problem, "the addresses of this site are not written down");
        }
    }
    Ok(Some(opened))
}

/// What is remembered of a site, beside whoever writes there. Makes nothing.
///
/// # Errors
/// As [`open`].
pub(super) fn read(place: Option<&Place>) -> Result<Option<Ledger>, Failure> {
    match place {
        Some(place) => read_ledger(&place.folder, place.address()).map_err(failure),
        None => Ok(None),
    }
}

/// The command that lists who is to be handed off; nothing where nothing is remembered.
pub(super) fn hand_off_command(place: Option<&Place>) -> Option<String> {
    place.map(|place| format!("quietdesk handoff {}", place.flag()))
}

/// What `approve` is given besides an id.
pub(super) fn approve_at(place: Option<&Place>, args: &ConnectionArgs) -> String {
    match (place, &args.url) {
        (Some(place), _) => place.flag(),
        (None, Some(url)) if !args.sandbox => format!("--url {url}"),
        (None, _) => String::new(),
    }
}

/// A state that cannot be used, with its exit code.
pub(super) fn failure(error: StateError) -> Failure {
    let exit = match &error {
        StateError::Unsafe { .. } | StateError::OtherSite { .. } | StateError::Newer { .. } => Exit::Invalid,
        // These may mend themselves, so that a service manager may try again.
        StateError::InUse { .. } | StateError::File { .. } | StateError::Damaged { .. } | StateError::Busy { .. } => {
            Exit::Internal
        }
    };
    Failure::new(exit, error)
}
