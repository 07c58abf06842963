//! However a roster is saved, the change is noticed; whatever the file looks like, it is never read as an empty roster.
//!
//! Real files, real events, and an hour between polls, so that only events can help. The clock is paused for slow
//! writers.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod contents;
mod places;
mod saves;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;

use quietdesk::daemon::roster::{CurrentRoster, ReloadOutcome};
use quietdesk::daemon::watch::Watch;
use tempfile::TempDir;
use tokio::time::timeout;

const NEVER: Duration = Duration::from_secs(3600);
/// Bound of every wait.
const SOON: Duration = Duration::from_secs(20);

fn yaml(people: usize) -> String {
    let customers: String = (0..people).map(|n| format!("  - person{n}@example.com\n")).collect();
    format!("version: 1\ndefaults: {{desks: [SUP]}}\ndesks: {{SUP: {{}}}}\ncustomers:\n{customers}")
}

/// A folder in which, and above which, only the test changes anything. Other tests make folders in the temporary
/// folder, and each would be an event.
struct QuietFolder {
    path: PathBuf,
    _all: TempDir,
}

impl QuietFolder {
    fn new() -> Self {
        let all = TempDir::new().unwrap();
        let path = all.path().join("quiet/folder");
        fs::create_dir_all(&path).unwrap();
        Self { path, _all: all }
    }

    fn path(&self) -> &Path {
        &self.path
    }
}

/// What the daemon does with a roster, without Jira.
struct Watching {
    watch: Watch,
    current: CurrentRoster,
    looks: usize,
}

impl Watching {
    fn of(roster: &Path) -> Self {
        Self::by(Watch::new(roster, NEVER), roster)
    }

    fn by(watch: Watch, roster: &Path) -> Self {
        let mut watching = Self {
            watch,
            current: CurrentRoster::new(roster),
            looks: 0,
        };
        watching.current.reload();
        watching
    }

    /// The same after the first wait, so that only a change ends the next one.
    async fn settled(roster: &Path) -> Self {
        let mut watching = Self::of(roster);
        watching.look().await;
        watching
    }

    fn people(&self) -> Option<usize> {
        self.current.roster().map(|loaded| loaded.roster.customers.len())
    }

    async fn look(&mut self) -> ReloadOutcome {
        timeout(SOON, self.watch.changed())
            .await
            .expect("no change was noticed");
        self.looks += 1;
        self.current.reload()
    }

    /// Reads the roster after each event, until it has this many people, and never fewer than before.
    async fn until(&mut self, people: usize) {
        while self.people() != Some(people) {
            self.look().await;
        }
    }

    /// Reads an unusable roster once: the last good one stays.
    async fn assert_unusable(&mut self, what: &str) {
        let before = self.people();
        let looked = self.look().await;
        assert!(matches!(looked, ReloadOutcome::Unusable(_)), "{what}: {looked:?}");
        assert_eq!(self.people(), before, "{what}");
    }
}

/// A folder with a roster of one person in it, watched.
async fn one() -> (QuietFolder, PathBuf, Watching) {
    let folder = QuietFolder::new();
    let roster = folder.path().join("roster.yaml");
    fs::write(&roster, yaml(1)).unwrap();
    let watching = Watching::settled(&roster).await;
    (folder, roster, watching)
}

/// Replaces a link atomically, which `ln -sfn` cannot.
fn relink(target: impl AsRef<Path>, link: &Path) {
    let new = link.with_file_name(".link.new");
    symlink(target, &new).unwrap();
    fs::rename(&new, link).unwrap();
}

fn published(parent: &Path, name: &str, people: usize) {
    fs::create_dir_all(parent.join(name)).unwrap();
    fs::write(parent.join(name).join("roster.yaml"), yaml(people)).unwrap();
}
