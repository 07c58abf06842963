//! However a roster is saved, the change is noticed; and whatever its file looks like, it never means "nobody".
//!
//! Real files, real events, and an hour between polls, so that only events can help.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
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
fn one() -> (TempDir, PathBuf, Watching) {
    let folder = TempDir::new().unwrap();
    let roster = folder.path().join("roster.yaml");
    fs::write(&roster, yaml(1)).unwrap();
    let watching = Watching::of(&roster);
    (folder, roster, watching)
}

#[tokio::test]
async fn written_in_place() {
    let (_folder, roster, mut watching) = one();
    for people in 2..5 {
        fs::write(&roster, yaml(people)).unwrap();
        watching.until(people).await;
    }
}

#[tokio::test]
async fn renamed_over_again_and_again() {
    let (folder, roster, mut watching) = one();
    for people in 2..5 {
        let new = folder.path().join(".roster.yaml.tmp");
        fs::write(&new, yaml(people)).unwrap();
        fs::rename(&new, &roster).unwrap();
        watching.until(people).await;
    }
}

/// `backupcopy=no`: the old file is renamed away, and a new one written.
#[tokio::test]
async fn saved_by_vim_and_by_emacs() {
    let (folder, roster, mut watching) = one();
    for (people, backup) in [(2, "roster.yaml~"), (3, "roster.yaml~"), (4, "4913")] {
        fs::write(folder.path().join("4913"), "").unwrap();
        fs::remove_file(folder.path().join("4913")).unwrap();
        fs::rename(&roster, folder.path().join(backup)).unwrap();
        fs::write(&roster, yaml(people)).unwrap();
        fs::remove_file(folder.path().join(backup)).unwrap();
        watching.until(people).await;
    }
}

#[tokio::test]
async fn saved_by_the_real_vim() {
    let (_folder, roster, mut watching) = one();
    for (people, backupcopy) in [(2, "no"), (3, "yes"), (4, "auto")] {
        let line = format!("normal! Go  - person{}@example.com", people - 1);
        let vim = Command::new("vim")
            .args([
                "-u",
                "NONE",
                "-es",
                "-c",
                &format!("set backup backupcopy={backupcopy}"),
                "-c",
                &line,
                "-c",
                "wq",
            ])
            .arg(&roster)
            .status();
        let Ok(status) = vim else { return };
        assert!(status.success(), "{backupcopy}");
        watching.until(people).await;
    }
}

#[tokio::test]
async fn swapped_by_kubernetes() {
    let folder = TempDir::new().unwrap();
    let publish = |people: usize| {
        let version = format!("..version{people}");
        fs::create_dir(folder.path().join(&version)).unwrap();
        fs::write(folder.path().join(&version).join("roster.yaml"), yaml(people)).unwrap();
        symlink(&version, folder.path().join("..data_tmp")).unwrap();
        fs::rename(folder.path().join("..data_tmp"), folder.path().join("..data")).unwrap();
    };
    publish(1);
    let roster = folder.path().join("roster.yaml");
    symlink("..data/roster.yaml", &roster).unwrap();
    let mut watching = Watching::of(&roster);
    for people in 2..5 {
        publish(people);
        fs::remove_dir_all(folder.path().join(format!("..version{}", people - 1))).unwrap();
        watching.until(people).await;
    }
}

#[tokio::test]
async fn checked_out_by_git() {
    let folder = TempDir::new().unwrap();
    let roster = folder.path().join("roster.yaml");
    let git = |arguments: &[&str]| {
        let status = Command::new("git")
            .args([
                "-c",
                "user.name=x",
                "-c",
                "user.email=x@example.com",
                "-c",
                "init.defaultBranch=main",
            ])
            .args(arguments)
            .current_dir(folder.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .status();
        assert!(status.unwrap().success(), "{arguments:?}");
    };
    git(&["init", "--quiet"]);
    for (branch, people) in [("two", 2), ("three", 3)] {
        git(&["checkout", "--quiet", "--orphan", branch]);
        fs::write(&roster, yaml(people)).unwrap();
        git(&["add", "."]);
        git(&["commit", "--quiet", "-m", branch]);
    }
    let mut watching = Watching::of(&roster);
    assert_eq!(watching.people(), Some(3));
    for (branch, people) in [("two", 2), ("three", 3)] {
        git(&["checkout", "--quiet", branch]);
        watching.until(people).await;
    }
}

#[tokio::test]
async fn deleted_and_made_anew() {
    let (_folder, roster, mut watching) = one();
    fs::remove_file(&roster).unwrap();
    watching.finds_it_unusable("deleted").await;
    fs::write(&roster, yaml(2)).unwrap();
    watching.until(2).await;
}

#[tokio::test]
async fn missing_at_the_start_with_its_folder() {
    let folder = TempDir::new().unwrap();
    let roster = folder.path().join("etc").join("roster.yaml");
    let mut watching = Watching::of(&roster);
    assert_eq!(watching.people(), None);
    fs::create_dir(folder.path().join("etc")).unwrap();
    watching.look().await;
    fs::write(&roster, yaml(2)).unwrap();
    watching.until(2).await;
}

#[tokio::test]
async fn its_folder_replaced() {
    let folder = TempDir::new().unwrap();
    let (now, next) = (folder.path().join("now"), folder.path().join("next"));
    fs::create_dir(&now).unwrap();
    fs::write(now.join("roster.yaml"), yaml(1)).unwrap();
    let mut watching = Watching::of(&now.join("roster.yaml"));
    for people in 2..4 {
        fs::create_dir(&next).unwrap();
        fs::write(next.join("roster.yaml"), yaml(people)).unwrap();
        fs::rename(&now, folder.path().join(format!("old{people}"))).unwrap();
        fs::rename(&next, &now).unwrap();
        watching.until(people).await;
    }
    fs::write(now.join("roster.yaml"), yaml(7)).unwrap();
    watching.until(7).await;
}

#[tokio::test]
async fn a_link_retargeted_and_its_target_written() {
    let (folder, elsewhere) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let roster = folder.path().join("roster.yaml");
    fs::write(elsewhere.path().join("one.yaml"), yaml(1)).unwrap();
    symlink(elsewhere.path().join("one.yaml"), folder.path().join("between.yaml")).unwrap();
    symlink("between.yaml", &roster).unwrap();
    let mut watching = Watching::of(&roster);
    assert_eq!(watching.people(), Some(1));
    fs::write(elsewhere.path().join("one.yaml"), yaml(2)).unwrap();
    watching.until(2).await;
    fs::write(elsewhere.path().join("three.yaml"), yaml(3)).unwrap();
    symlink(elsewhere.path().join("three.yaml"), folder.path().join("new")).unwrap();
    fs::rename(folder.path().join("new"), folder.path().join("between.yaml")).unwrap();
    watching.until(3).await;
    fs::write(elsewhere.path().join("three.yaml"), yaml(4)).unwrap();
    watching.until(4).await;
}

/// Half a roster is either invalid, or not looked at before the writer is done.
#[tokio::test]
async fn written_slowly() {
    let (_folder, roster, mut watching) = one();
    let (whole, target) = (yaml(40), roster.clone());
    let writer = tokio::task::spawn_blocking(move || {
        let mut file = fs::File::create(target).unwrap();
        for piece in whole.as_bytes().chunks(60) {
            file.write_all(piece).unwrap();
            std::thread::sleep(Duration::from_millis(40));
        }
    });
    while watching.people() != Some(40) {
        watching.look().await;
        let people = watching.people();
        assert!(people == Some(1) || people == Some(40), "half a roster: {people:?}");
    }
    writer.await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_used_never_means_nobody() {
    let (_folder, roster, mut watching) = one();
    for (what, text) in [
        ("empty", ""),
        ("blank", " \n\n"),
        ("cut", "version: 1\ncustomers: ["),
        ("null", "~"),
    ] {
        fs::write(&roster, text).unwrap();
        watching.finds_it_unusable(what).await;
    }
    fs::remove_file(&roster).unwrap();
    symlink("nowhere", &roster).unwrap();
    watching.finds_it_unusable("a link to nowhere").await;
    fs::remove_file(&roster).unwrap();
    fs::create_dir(&roster).unwrap();
    watching.finds_it_unusable("an empty folder in its place").await;
    fs::remove_dir(&roster).unwrap();
    fs::write(&roster, yaml(1)).unwrap();
    let looked = watching.look().await;
    assert!(
        matches!(looked, Looked::Mended),
        "what was good before is good again: {looked:?}"
    );
}

#[tokio::test]
async fn a_folder_of_rosters() {
    let folder = TempDir::new().unwrap();
    let (a, b) = (folder.path().join("a.yaml"), folder.path().join("b.yaml"));
    fs::write(&a, yaml(2)).unwrap();
    let mut watching = Watching::of(folder.path());
    assert_eq!(watching.people(), Some(2));
    fs::write(&b, "version: 1\ncustomers: [{email: bob@example.com, desks: [SUP]}]\n").unwrap();
    watching.until(3).await;
    for ignored in [".b.yaml.swp", "b.yaml~", "#b.yaml#", "notes.txt"] {
        fs::write(folder.path().join(ignored), "nothing: [").unwrap();
    }
    fs::rename(&b, folder.path().join("c.yml")).unwrap();
    watching.look().await;
    assert_eq!(watching.people(), Some(3));
    fs::remove_file(folder.path().join("c.yml")).unwrap();
    watching.until(2).await;
}

/// The daemon's own reading is no event, and a storm of events is a handful of looks.
#[tokio::test]
async fn a_storm_of_events_is_a_handful_of_looks() {
    let (folder, roster, mut watching) = one();
    for n in 0..10_000 {
        fs::write(folder.path().join(format!("other{}", n % 50)), "x").unwrap();
    }
    fs::write(&roster, yaml(2)).unwrap();
    watching.until(2).await;
    assert!(watching.looks < 10, "{} looks", watching.looks);
    // Whatever was still to come has come; then reading alone wakes nobody.
    while timeout(Duration::from_secs(1), watching.watch.changed()).await.is_ok() {
        assert!(matches!(watching.current.look(), Looked::Same));
        watching.looks += 1;
        assert!(watching.looks < 20, "it wakes itself");
    }
}

#[tokio::test]
async fn polling_alone_notices_as_well() {
    let folder = TempDir::new().unwrap();
    let roster = folder.path().join("roster.yaml");
    fs::write(&roster, yaml(1)).unwrap();
    let mut watching = Watching::by(Watch::polling(&roster, Duration::from_millis(50)), &roster);
    for people in 2..4 {
        fs::write(&roster, yaml(people)).unwrap();
        watching.until(people).await;
    }
}

/// Whoever waits for several things gives up waiting for one of them all the time.
#[tokio::test]
async fn a_wait_that_is_given_up_again_and_again_loses_no_change() {
    let (_folder, roster, mut watching) = one();
    fs::write(&roster, yaml(2)).unwrap();
    let noticed = async {
        while timeout(Duration::from_millis(20), watching.watch.changed())
            .await
            .is_err()
        {}
    };
    timeout(Duration::from_secs(3), noticed)
        .await
        .expect("quiet is never reached");
    watching.current.look();
    assert_eq!(watching.people(), Some(2));
}
