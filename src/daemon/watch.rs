//! Detects that a roster may have changed, however it is saved.
//!
//! To support every way of saving (in place, renamed over, an editor's sequence of files, a Kubernetes `..data` swap, a
//! re-targeted symlink, delete and re-create): watches the folder of every link in the path's chain, and the folder
//! above each; never filters by name; treats an event as a reason to read, not as a description of the change. Also
//! polls slowly, because a watch can be lost silently. Does not decide what changed: the caller reads and compares.

mod stamp;
mod watched_folders;

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

/// How long the files must stay unchanged before a change counts as complete.
const SETTLE: Duration = Duration::from_millis(300);
/// How often to check them meanwhile.
const TICK: Duration = Duration::from_millis(100);
/// Longest time to wait for that. Long, because half a roster is worse than a late one; limited, because some file
/// systems report a new time at each check.
const MAX_SETTLE: Duration = Duration::from_secs(60);
/// How often to read unchanged files while there are events in their folder.
const UNCHANGED: Duration = Duration::from_secs(5);
/// How often to retry when the path resolves differently after it has been watched.
const MAX_WATCH_ATTEMPTS: usize = 8;

type Watcher = Box<dyn notify::Watcher + Send>;

/// A watch on one roster.
pub struct Watch {
    roster: PathBuf,
    poll: Duration,
    watcher: Option<Watcher>,
    watched: BTreeSet<PathBuf>,
    /// Folders that could not be watched, so that each is logged once.
    unwatchable: BTreeSet<PathBuf>,
    pokes: mpsc::Receiver<()>,
    /// Keeps `pokes` open where there is no watcher.
    _poke: mpsc::Sender<()>,
    /// A possible change that has not been read yet.
    poked: Option<PendingChange>,
    /// The files at the last read, and its time.
    looked: Option<(Stamp, Instant)>,
    next_poll: Instant,
}

/// A change that may not be complete yet.
struct PendingChange {
    stamp: Stamp,
    /// When `stamp` was first seen.
    since: Instant,
    began: Instant,
    /// When to check again.
    tick: Instant,
}

impl Watch {
    /// Starts watching `roster`, a file or a folder, which need not exist. The first wait ends without an event, so
    /// that no change from now on is missed.
    #[must_use]
    pub fn new(roster: &Path, poll: Duration) -> Self {
        Self::with_watcher(roster, poll, |poke| {
            let watcher = notify::recommended_watcher(move |event| {
                if is_relevant(&event) {
                    // A full channel already holds a poke; one is enough.
                    let _ = poke.try_send(());
                }
            })?;
            Ok(Some(Box::new(watcher)))
        })
    }

    /// The same without file events, as on file systems that report none: polls every `poll`.
    #[must_use]
    pub fn polling(roster: &Path, poll: Duration) -> Self {
        Self::with_watcher(roster, poll, |_| Ok(None))
    }

    fn with_watcher(
        roster: &Path,
        poll: Duration,
        watcher: impl FnOnce(mpsc::Sender<()>) -> notify::Result<Option<Watcher>>,
    ) -> Self {
        let (poke, pokes) = mpsc::channel(1);
        let watcher = watcher(poke.clone()).unwrap_or_else(|error| {
            warn!(%error, every = ?poll, "file events are unavailable; polling for changes");
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
            poked: Some(PendingChange::now(roster)),
            looked: None,
            next_poll: Instant::now() + poll,
        };
        watch.watch_folders();
        watch
    }

    /// Waits until the roster should be read again and its files have settled. Read only then: the watch is renewed at
    /// the end, so later changes cause a new event. Cancelling the wait loses no change: the next call continues.
    pub async fn changed(&mut self) {
        if self.poked.is_none() {
            // An event or the poll: in both cases wait until writing has finished.
            let _ = timeout_at(self.next_poll, self.pokes.recv()).await;
            self.poked = Some(PendingChange::now(&self.roster));
        }
        while let Some(poked) = &mut self.poked {
            // The deadline is stored, so that cancelled waits do not postpone it.
            sleep_until(poked.tick).await;
            poked.update(&self.roster);
            if poked.is_settled()
                && self
                    .looked
                    .as_ref()
                    .is_none_or(|looked| poked.is_due(looked, self.poll))
            {
                break;
            }
        }
        // Nothing awaits from here to the caller's read, so that read covers every poke dropped here.
        while self.pokes.try_recv().is_ok() {}
        let now = Instant::now();
        self.looked = self.poked.take().map(|poked| (poked.stamp, now));
        self.next_poll = now + self.poll;
        self.watch_folders();
    }

    /// Watches the folders that determine the roster's content now. A rename or swap can change them.
    fn watch_folders(&mut self) {
        let Some(watcher) = &mut self.watcher else { return };
        // A folder replaced by another of the same name has lost its watch, so each watch is made again.
        for folder in std::mem::take(&mut self.watched) {
            // The folder may be gone, and its watch with it.
            let _ = watcher.unwatch(&folder);
        }
        let mut wanted = watched_folders::folders(&self.roster);
        for _ in 0..MAX_WATCH_ATTEMPTS {
            for folder in &wanted {
                if self.watched.contains(folder) {
                    continue;
                }
                match watcher.watch(folder, RecursiveMode::NonRecursive) {
                    Ok(()) => {
                        self.watched.insert(folder.clone());
                        self.unwatchable.remove(folder);
                    }
                    Err(error) => log_unwatchable(&mut self.unwatchable, folder, &error),
                }
            }
            // If the path was re-targeted before its folders were watched, there was no event.
            let now = watched_folders::folders(&self.roster);
            if now == wanted {
                return;
            }
            wanted = now;
        }
        debug!("the roster's folders change faster than they can be watched; relying on polling");
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

impl PendingChange {
    fn now(roster: &Path) -> Self {
        let now = Instant::now();
        Self {
            stamp: Stamp::of(roster),
            since: now,
            began: now,
            tick: now + TICK,
        }
    }

    fn update(&mut self, roster: &Path) {
        let (stamp, now) = (Stamp::of(roster), Instant::now());
        if stamp != self.stamp {
            self.stamp = stamp;
            self.since = now;
        }
        self.tick = now + TICK;
    }

    /// Whether writing has finished, or has lasted too long to wait for.
    fn is_settled(&self) -> bool {
        let now = Instant::now();
        if now >= self.since + SETTLE {
            return true;
        }
        let long = now >= self.began + MAX_SETTLE;
        if long {
            warn!(waited = ?MAX_SETTLE, "the roster files keep changing; reading them anyway");
        }
        long
    }

    /// Whether to read now. Events that leave the files unchanged count rarely: the folder may be busy.
    fn is_due(&self, (stamp, at): &(Stamp, Instant), poll: Duration) -> bool {
        *stamp != self.stamp || Instant::now() >= *at + UNCHANGED.min(poll)
    }
}

/// Whether an event may mean a change. Excludes reads, which this process causes itself. An error may mean lost events,
/// and so may [`EventKind::Other`], which has no path.
fn is_relevant(event: &notify::Result<Event>) -> bool {
    match event.as_ref().map(|event| event.kind) {
        Ok(EventKind::Access(AccessKind::Close(AccessMode::Write))) => true,
        Ok(EventKind::Access(_)) => false,
        Ok(EventKind::Any | EventKind::Create(_) | EventKind::Modify(_) | EventKind::Remove(_) | EventKind::Other)
        | Err(_) => true,
    }
}

/// Logs once that a folder cannot be watched. Ignores one that is gone: the folder above reports its replacement.
fn log_unwatchable(known: &mut BTreeSet<PathBuf>, folder: &Path, error: &notify::Error) {
    if !matches!(error.kind, ErrorKind::PathNotFound) && known.insert(folder.to_owned()) {
        warn!(%error, folder = %folder.display(), "cannot watch a folder; polling it instead");
    }
}

#[cfg(test)]
mod tests;
