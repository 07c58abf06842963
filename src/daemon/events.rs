//! What the daemon waits for: a change of a file, a signal, a moment.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use super::settings::Settings;
use super::systemd;
use super::watch::Watch;

/// Something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// The moment that was waited for has come.
    Due,
    /// The roster may have changed.
    Roster,
    /// The token may have changed.
    Token,
    /// Somebody asks to read everything again.
    Hangup,
    /// It is time to tell the service manager that the loop lives.
    Alive,
}

/// Where events come from. Giving up a wait loses none.
pub(super) struct Events {
    roster: Watch,
    token: Option<Watch>,
    hangup: Arc<Notify>,
    alive: Option<tokio::time::Interval>,
}

impl Events {
    /// Begins to watch.
    pub(super) fn new(settings: &Settings) -> Self {
        let alive = systemd::watchdog().map(|every| {
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

    /// The next event, or [`Event::Due`] at the moment given.
    pub(super) async fn next(&mut self, due: Option<Instant>) -> Event {
        let Self {
            roster,
            token,
            hangup,
            alive,
        } = self;
        tokio::select! {
            () = some(due.map(sleep_until)) => Event::Due,
            () = hangup.notified() => Event::Hangup,
            () = roster.changed() => Event::Roster,
            () = some(token.as_mut().map(Watch::changed)) => Event::Token,
            _ = some(alive.as_mut().map(tokio::time::Interval::tick)) => Event::Alive,
        }
    }
}

/// What is not there never happens.
async fn some<T>(future: Option<impl Future<Output = T>>) -> T {
    match future {
        Some(future) => future.await,
        None => std::future::pending().await,
    }
}
