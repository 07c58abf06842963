//! What the service manager is told (sd_notify(3)); nothing where there is none.

use std::time::Duration;

use sd_notify::NotifyState;
use tracing::debug;

/// The settings are valid and the watch is set.
pub(super) fn ready() {
    tell(&[NotifyState::Ready]);
}

/// What the daemon does, in a line.
pub(super) fn status(text: &str) {
    tell(&[NotifyState::Status(text)]);
}

/// It was told to stop.
pub(super) fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// The loop lives.
pub(super) fn alive() {
    tell(&[NotifyState::Watchdog]);
}

/// How often to say so: twice as often as the service manager asks for.
pub(super) fn watchdog() -> Option<Duration> {
    sd_notify::watchdog_enabled().map(|longest| longest / 2)
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        debug!(%error, "the service manager cannot be told");
    }
}
