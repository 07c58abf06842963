//! Notices that a roster may have changed, however it is saved.
//!
//! What holds for every way of saving (in place, renamed over, an editor's dance, a Kubernetes `..data` swap, a
//! re-targeted symlink, delete and re-create): watch the folder of every link in the path's chain, and the folder above
//! each; never filter by name; take an event as a poke to look, not as news. A slow poll stands behind it, because a
//! watch can be lost without a word. Owns no opinion on what changed: whoever is poked reads and compares.

mod deciding;
mod stamp;

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::event::{AccessKind, AccessMode};
use notify::{ErrorKind, Event, EventKind, RecursiveMode};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout_at};
use tracing::{debug, warn};

use self::stamp::Stamp;

/// How long the files must stay as they are before a change is believed to be whole.
const SETTLE: Duration = Duration::from_millis(300);
/// How often they are looked at meanwhile.
const TICK: Duration = Duration::from_millis(100);
/// How long to wait for that at most. Long, because half a roster is worse than a late one; not for ever, because some
/// file systems make times up.
const SETTLE_AT_MOST: Duration = Duration::from_secs(60);
/// How often to read files that have stayed as they are while other things happen beside them.
const UNCHANGED: Duration = Duration::from_secs(5);
/// How often to begin anew when the path leads elsewhere each time it has been watched.
const ARMINGS: usize = 8;

type Watcher = Box<dyn notify::Watcher + Send>;

/// A watch on one roster.
pub struct Watch {
    roster: PathBuf,
    poll: Duration,
    watcher: Option<Watcher>,
    watched: BTreeSet<PathBuf>,
    /// What could not be watched, so that it is told once.
    unwatchable: BTreeSet<PathBuf>,
    pokes: mpsc::Receiver<()>,
    /// Kept, so that `pokes` stays open where there is no watcher.
    _poke: mpsc::Sender<()>,
    /// Something may have happened, and it has not been looked at.
    poked: Option<Poked>,
    /// What was there at the last look, and when that was.
    looked: Option<(Stamp, Instant)>,
    next_poll: Instant,
}

/// A change that may still be going on.
struct Poked {
    stamp: Stamp,
    /// Since when it has been so.
    since: Instant,
    began: Instant,
    /// When to see whether it still is.
    tick: Instant,
}

impl Watch {
    /// Begins to watch `roster`, a file or a folder, there or not. The first wait ends by itself: whatever happens from
    /// now on is looked at.
    #[must_use]
    pub fn new(roster: &Path, poll: Duration) -> Self {
        Self::with(roster, poll, |poke| {
            let watcher = notify::recommended_watcher(move |event| {
                if may_matter(&event) {
                    // A full channel holds a poke already, and one is enough.
                    let _ = poke.try_send(());
                }
            })?;
            Ok(Some(Box::new(watcher)))
        })
    }

    /// The same without file events: only looks every `poll`, as where a file system tells of nothing.
    #[must_use]
    pub fn polling(roster: &Path, poll: Duration) -> Self {
        Self::with(roster, poll, |_| Ok(None))
    }

    fn with(
        roster: &Path,
        poll: Duration,
        watcher: impl FnOnce(mpsc::Sender<()>) -> notify::Result<Option<Watcher>>,
    ) -> Self {
        let (poke, pokes) = mpsc::channel(1);
        let watcher = watcher(poke.clone()).unwrap_or_else(|error| {
            warn!(%error, every = ?poll, "no file events: only polling for changes");
            None
        });
        let mut watch = Self {
            roster: roster.to_owned(),
            poll,
            watcher,
            watched: BTreeSet::new(),
            unwatchable: BTreeSet::new(),
            pokes,
            _poke: poke,
            poked: Some(Poked::now(roster)),
            looked: None,
            next_poll: Instant::now() + poll,
        };
        watch.arm();
        watch
    }

    /// Waits until it is time to look at the roster again, and nobody has been writing to it for a moment. Look only
    /// then: the watch is renewed at the end, so whatever comes later is a new change. A wait that is given up loses no
    /// change: the next one goes on with it.
    pub async fn changed(&mut self) {
        if self.poked.is_none() {
            // Woken by an event or by the time: what is being written must be waited for either way.
            let _ = timeout_at(self.next_poll, self.pokes.recv()).await;
            self.poked = Some(Poked::now(&self.roster));
        }
        while let Some(poked) = &mut self.poked {
            // The moment is kept, so that it comes although others give up waiting for it.
            sleep_until(poked.tick).await;
            poked.see(&self.roster);
            if poked.is_over()
                && self
                    .looked
                    .as_ref()
                    .is_none_or(|looked| poked.is_due(looked, self.poll))
            {
                break;
            }
        }
        // From here to the caller's look nothing waits: a poke that is dropped was for something that look sees.
        while self.pokes.try_recv().is_ok() {}
        let now = Instant::now();
        self.looked = self.poked.take().map(|poked| (poked.stamp, now));
        self.next_poll = now + self.poll;
        self.arm();
    }

    /// Watches what decides the roster's content now: after a rename or a swap, that may be other folders.
    fn arm(&mut self) {
        let Some(watcher) = &mut self.watcher else { return };
        // A folder replaced by another of the same name has lost its watch, or watches what it was: each is made anew.
        for folder in std::mem::take(&mut self.watched) {
            // It may not exist any more; then the watch is gone as well.
            let _ = watcher.unwatch(&folder);
        }
        let mut wanted = deciding::folders(&self.roster);
        for _ in 0..ARMINGS {
            for folder in &wanted {
                if self.watched.contains(folder) {
                    continue;
                }
                match watcher.watch(folder, RecursiveMode::NonRecursive) {
                    Ok(()) => {
                        self.watched.insert(folder.clone());
                        self.unwatchable.remove(folder);
                    }
                    Err(error) => unwatchable(&mut self.unwatchable, folder, &error),
                }
            }
            // Where the path led elsewhere before its folders were watched, nobody would have told.
            let now = deciding::folders(&self.roster);
            if now == wanted {
                return;
            }
            wanted = now;
        }
        debug!("the roster's folders change faster than they can be watched; polling covers it");
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch")
            .field("roster", &self.roster)
            .field("events", &self.watcher.is_some())
            .field("watched", &self.watched)
            .finish_non_exhaustive()
    }
}

impl Poked {
    fn now(roster: &Path) -> Self {
        let now = Instant::now();
        Self {
            stamp: Stamp::of(roster),
            since: now,
            began: now,
            tick: now + TICK,
        }
    }

    fn see(&mut self, roster: &Path) {
        let (stamp, now) = (Stamp::of(roster), Instant::now());
        if stamp != self.stamp {
            self.stamp = stamp;
            self.since = now;
        }
        self.tick = now + TICK;
    }

    /// Nobody writes any more, as far as could be seen.
    fn is_over(&self) -> bool {
        let now = Instant::now();
        if now >= self.since + SETTLE {
            return true;
        }
        let long = now >= self.began + SETTLE_AT_MOST;
        if long {
            warn!(waited = ?SETTLE_AT_MOST, "somebody keeps writing to the roster; it is read all the same");
        }
        long
    }

    /// It is worth a look. What only happens beside the roster is, too, but not often: the folder may be a busy one.
    fn is_due(&self, (stamp, at): &(Stamp, Instant), poll: Duration) -> bool {
        *stamp != self.stamp || Instant::now() >= *at + UNCHANGED.min(poll)
    }
}

/// Reads are reported too: reacting to them would be reacting to oneself. An error may mean that events were lost, and
/// so does [`EventKind::Other`], which has no path.
fn may_matter(event: &notify::Result<Event>) -> bool {
    match event.as_ref().map(|event| event.kind) {
        Ok(EventKind::Access(AccessKind::Close(AccessMode::Write))) => true,
        Ok(EventKind::Access(_)) => false,
        Ok(EventKind::Any | EventKind::Create(_) | EventKind::Modify(_) | EventKind::Remove(_) | EventKind::Other)
        | Err(_) => true,
    }
}

/// Says once that a folder cannot be watched. One that has just vanished is no matter: whatever replaces it is noticed
/// in the folder above.
fn unwatchable(known: &mut BTreeSet<PathBuf>, folder: &Path, error: &notify::Error) {
    if !matches!(error.kind, ErrorKind::PathNotFound) && known.insert(folder.to_owned()) {
        warn!(%error, folder = %folder.display(), "cannot watch a folder; polling notices what changes there");
    }
}

#[cfg(test)]
mod tests;
