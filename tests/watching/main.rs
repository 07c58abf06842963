//! However a roster is saved, the change is noticed; and whatever its file looks like, it never means "nobody".
//!
//! Real files, real events, and an hour between polls, so that only events can help. Where a writer takes its time, the
//! clock is the test's own.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod contents;
mod places;
mod saves;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;

use quietdesk::daemon::roster::{CurrentRoster, Looked};
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

/// A folder in which, and above which, nothing happens but what the test does. Other tests make folders of their own
/// where temporary folders are, and each would be an event.
struct Quiet {
    path: PathBuf,
    _all: TempDir,
}

impl Quiet {
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
        watching.current.look();
        watching
    }

    /// The same once the first wait is over, so that only a change ends the next.
    async fn settled(roster: &Path) -> Self {
        let mut watching = Self::of(roster);
        watching.look().await;
        watching
    }

    fn people(&self) -> Option<usize> {
        self.current.roster().map(|loaded| loaded.roster.customers.len())
    }

    async fn look(&mut self) -> Looked {
        timeout(SOON, self.watch.changed())
            .await
            .expect("no change was noticed");
        self.looks += 1;
        self.current.look()
    }

    /// Looks whenever told to, until there are so many people. A state on the way never means fewer than before.
    async fn until(&mut self, people: usize) {
        while self.people() != Some(people) {
            self.look().await;
        }
    }

    /// Looks once at something that cannot be used: what was good stays.
    async fn finds_it_unusable(&mut self, what: &str) {
        let before = self.people();
        let looked = self.look().await;
        assert!(matches!(looked, Looked::Unusable(_)), "{what}: {looked:?}");
        assert_eq!(self.people(), before, "{what}");
    }
}

/// A folder with a roster of one person in it, watched.
async fn one() -> (Quiet, PathBuf, Watching) {
    let folder = Quiet::new();
    let roster = folder.path().join("roster.yaml");
    fs::write(&roster, yaml(1)).unwrap();
    let watching = Watching::settled(&roster).await;
    (folder, roster, watching)
}

/// Puts a link in place of another, as `ln -sfn` cannot: at once.
fn relink(target: impl AsRef<Path>, link: &Path) {
    let new = link.with_file_name(".link.new");
    symlink(target, &new).unwrap();
    fs::rename(&new, link).unwrap();
}

fn published(parent: &Path, name: &str, people: usize) {
    fs::create_dir_all(parent.join(name)).unwrap();
    fs::write(parent.join(name).join("roster.yaml"), yaml(people)).unwrap();
}
