//! What the daemon waits for: a file change, a signal, a timer.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use super::settings::Settings;
use super::systemd;
use super::watch::Watch;

/// Something the daemon reacts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// The timer expired.
    Due,
    /// The roster may have changed.
    Roster,
    /// The token may have changed.
    Token,
    /// SIGHUP: a full pass was requested.
    Hangup,
    /// The watchdog must be fed.
    Watchdog,
}

/// The sources of events. Cancelling a wait loses none.
pub(super) struct Events {
    roster: Watch,
    token: Option<Watch>,
    hangup: Arc<Notify>,
    alive: Option<tokio::time::Interval>,
}

impl Events {
    /// Starts watching.
    pub(super) fn new(settings: &Settings) -> Self {
        let alive = systemd::watchdog_interval().map(|every| {
            let mut ticks = interval(every.max(Duration::from_millis(1)));
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            ticks
        });
        Self {
            roster: Watch::new(&settings.roster, settings.poll),
            token: settings
                .token_file
                .as_deref()
                .map(|file| Watch::new(file, settings.poll)),
            hangup: Arc::clone(&settings.hangup),
            alive,
        }
    }

    /// Returns the next event, or [`Event::Due`] at `due`.
    pub(super) async fn next(&mut self, due: Option<Instant>) -> Event {
        let Self {
            roster,
            token,
            hangup,
            alive,
        } = self;
        tokio::select! {
            () = or_never(due.map(sleep_until)) => Event::Due,
            () = hangup.notified() => Event::Hangup,
            () = roster.changed() => Event::Roster,
            () = or_never(token.as_mut().map(Watch::changed)) => Event::Token,
            _ = or_never(alive.as_mut().map(tokio::time::Interval::tick)) => Event::Watchdog,
        }
    }
}

/// Awaits a future; without one, never completes.
async fn or_never<T>(future: Option<impl Future<Output = T>>) -> T {
    match future {
        Some(future) => future.await,
        None => std::future::pending().await,
    }
}
