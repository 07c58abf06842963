//! Notices that a roster may have changed, however it is saved.
//!
//! What holds for every way of saving (in place, renamed over, an editor's dance, a Kubernetes `..data` swap, a
//! re-targeted symlink, delete and re-create): watch the folder of every link in the path's chain, and the folder above
//! each; never filter by name; take an event as a poke to look, not as news. A slow poll stands behind it, because a
//! watch can be lost without a word. Owns no opinion on what changed: whoever is poked reads and compares.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};
use tracing::{debug, warn};

/// How long it must be quiet before a change is believed to be whole.
const SETTLE: Duration = Duration::from_millis(300);
/// How long to wait for that quiet at most.
const SETTLE_AT_MOST: Duration = Duration::from_secs(5);
/// Links followed before giving up on a loop.
const LINKS: usize = 40;

/// A watch on one roster.
#[derive(Debug)]
pub struct Watch {
    roster: PathBuf,
    poll: Duration,
    watcher: Option<RecommendedWatcher>,
    watched: BTreeSet<PathBuf>,
    pokes: mpsc::Receiver<()>,
    /// Something happened, and it has not been looked at.
    poked: Option<Poked>,
    next_poll: Instant,
    /// Kept, so that `pokes` stays open where there is no watcher.
    _poke: mpsc::Sender<()>,
}

/// Until when to wait for quiet.
#[derive(Clone, Copy, Debug)]
struct Poked {
    /// If nothing more happens.
    quiet: Instant,
    /// Whatever happens.
    at_most: Instant,
}

impl Watch {
    /// Begins to watch `roster`, a file or a folder, there or not. Looks at it every `poll` at the latest.
    #[must_use]
    pub fn new(roster: &Path, poll: Duration) -> Self {
        Self::with(roster, poll, true)
    }

    /// The same without file events: only looks every `poll`, as where a file system tells of nothing.
    #[must_use]
    pub fn polling(roster: &Path, poll: Duration) -> Self {
        Self::with(roster, poll, false)
    }

    fn with(roster: &Path, poll: Duration, events: bool) -> Self {
        let (poke, pokes) = mpsc::channel(1);
        let sender = poke.clone();
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            if event.is_err() || event.is_ok_and(|event| may_matter(&event.kind)) {
                // A full channel holds a poke already, and one is enough.
                let _ = sender.try_send(());
            }
        });
        let watcher = watcher
            .inspect_err(|error| warn!(%error, "no file events: only polling for changes"))
            .ok()
            .filter(|_| events);
        let mut watch = Self {
            roster: roster.to_owned(),
            poll,
            watcher,
            watched: BTreeSet::new(),
            pokes,
            poked: None,
            next_poll: Instant::now() + poll,
            _poke: poke,
        };
        watch.arm();
        watch
    }

    /// Waits until it is time to look at the roster again, and it has been quiet for a moment. A wait that is given up
    /// loses no change: the next one goes on with it.
    pub async fn changed(&mut self) {
        if self.poked.is_none() && timeout_at(self.next_poll, self.pokes.recv()).await.is_ok() {
            let now = Instant::now();
            self.poked = Some(Poked {
                quiet: now + SETTLE,
                at_most: now + SETTLE_AT_MOST,
            });
        }
        while let Some(poked) = &mut self.poked {
            let until = poked.quiet.min(poked.at_most);
            if timeout_at(until, self.pokes.recv()).await.is_err() {
                break;
            }
            poked.quiet = Instant::now() + SETTLE;
        }
        self.poked = None;
        self.next_poll = Instant::now() + self.poll;
        self.arm();
    }

    /// Watches what decides the roster's content now: after a rename or a swap, that may be other folders.
    fn arm(&mut self) {
        let Some(watcher) = &mut self.watcher else {
            return;
        };
        let wanted = folders(&self.roster);
        for gone in self.watched.difference(&wanted) {
            // It may not exist any more; then the watch is gone as well.
            let _ = watcher.unwatch(gone);
        }
        // A folder that was replaced by another of the same name has lost its watch, so each is armed anew.
        self.watched = wanted.into_iter().filter(|folder| folder.is_dir()).collect();
        self.watched
            .retain(|folder| match watcher.watch(folder, RecursiveMode::NonRecursive) {
                Ok(()) => true,
                Err(error) => {
                    debug!(%error, folder = %folder.display(), "cannot watch a folder; polling covers it");
                    false
                }
            });
    }
}

/// Reads are reported too: reacting to them would be reacting to oneself.
fn may_matter(kind: &EventKind) -> bool {
    match kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
        EventKind::Access(_) => false,
        EventKind::Any | EventKind::Create(_) | EventKind::Modify(_) | EventKind::Remove(_) | EventKind::Other => true,
    }
}

/// The folders of every link in the path's chain, the folder above each, and the roster itself where it is a folder.
fn folders(roster: &Path) -> BTreeSet<PathBuf> {
    let mut folders = BTreeSet::new();
    let mut path = std::path::absolute(roster).unwrap_or_else(|_| roster.to_owned());
    for _ in 0..LINKS {
        let above = path.ancestors().skip(1).take(2).map(Path::to_owned);
        folders.extend(above);
        // A folder on the way may be a link itself: watch where it leads, too.
        if let Some(real) = path.parent().and_then(|parent| parent.canonicalize().ok()) {
            folders.extend(real.parent().map(Path::to_owned));
            folders.insert(real);
        }
        if path.is_dir() {
            folders.extend(path.canonicalize().ok());
            folders.insert(path.clone());
        }
        match path.read_link() {
            Ok(target) => {
                path = path
                    .parent()
                    .map_or_else(|| target.clone(), |parent| parent.join(&target))
            }
            Err(_) => break,
        }
    }
    folders
}
