//! What a reading of the roster finds, and how often the roster is read.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

use quietdesk::daemon::roster::{CurrentRoster, ReloadOutcome};
use quietdesk::daemon::watch::Watch;
use tokio::time::timeout;

use super::{QuietFolder, Watching, one, relink, yaml};

/// A change before the first wait is seen by the reading after it.
#[tokio::test]
async fn changed_before_the_first_wait() {
    let folder = QuietFolder::new();
    let roster = folder.path().join("roster.yaml");
    let mut watching = Watching::of(&roster);
    fs::write(&roster, yaml(2)).unwrap();
    watching.look().await;
    assert_eq!(watching.people(), Some(2), "the first look");
}

async fn write_slowly(roster: PathBuf, pieces: Vec<String>) {
    let mut file = fs::File::create(roster).unwrap();
    for piece in pieces {
        file.write_all(piece.as_bytes()).unwrap();
        // Shorter than the time after which a file counts as settled.
        tokio::time::sleep(Duration::from_millis(280)).await;
    }
}

fn in_lines_and_in_shreds(text: &str) -> [Vec<String>; 2] {
    let shreds = text
        .as_bytes()
        .chunks(23)
        .map(|shred| String::from_utf8_lossy(shred).into_owned());
    [
        text.split_inclusive('\n').map(str::to_owned).collect(),
        shreds.collect(),
    ]
}

/// A roster cut between two lines is valid with fewer people: it is not read before the writer is done.
#[tokio::test(start_paused = true)]
async fn written_slowly() {
    for pieces in in_lines_and_in_shreds(&yaml(40)) {
        let (folder, unsettled) = (QuietFolder::new(), yaml(1));
        let roster = folder.path().join("roster.yaml");
        fs::write(&roster, unsettled).unwrap();
        // The first wait is still to come: it needs no event, which a paused clock would delay.
        let mut watching = Watching::of(&roster);
        let (looked, ()) = tokio::join!(watching.look(), write_slowly(roster, pieces));
        assert!(matches!(looked, ReloadOutcome::New), "{looked:?}");
        assert_eq!(watching.people(), Some(40));
    }
}

/// The poll interval alone does not make a half-written roster count as settled.
#[tokio::test(start_paused = true)]
async fn written_slowly_while_polling() {
    for pieces in in_lines_and_in_shreds(&yaml(40)) {
        let folder = QuietFolder::new();
        let roster = folder.path().join("roster.yaml");
        fs::write(&roster, yaml(1)).unwrap();
        let mut watching = Watching::by(Watch::polling(&roster, Duration::from_millis(70)), &roster);
        for _ in 0..3 {
            assert!(matches!(watching.look().await, ReloadOutcome::Unchanged));
        }
        let (looked, ()) = tokio::join!(watching.look(), write_slowly(roster, pieces));
        assert!(matches!(looked, ReloadOutcome::New), "{looked:?}");
        assert_eq!(watching.people(), Some(40));
    }
}

#[tokio::test]
async fn an_unusable_roster_never_means_an_empty_one() {
    let (_folder, roster, mut watching) = one().await;
    for (what, text) in [
        ("empty", ""),
        ("blank", " \n\n"),
        ("cut", "version: 1\ncustomers: ["),
        ("null", "~"),
    ] {
        fs::write(&roster, text).unwrap();
        watching.assert_unusable(what).await;
    }
    fs::set_permissions(&roster, fs::Permissions::from_mode(0o000)).unwrap();
    // Root can read this file all the same.
    if fs::read(&roster).is_err() {
        watching.assert_unusable("no permission").await;
    }
    fs::remove_file(&roster).unwrap();
    symlink("roster.yaml", &roster).unwrap();
    watching.assert_unusable("a link to itself").await;
    fs::remove_file(&roster).unwrap();
    symlink("nowhere", &roster).unwrap();
    watching.assert_unusable("a link to nowhere").await;
    fs::remove_file(&roster).unwrap();
    fs::create_dir(&roster).unwrap();
    watching.assert_unusable("an empty folder in its place").await;
    fs::remove_dir(&roster).unwrap();
    fs::write(&roster, yaml(1)).unwrap();
    let looked = watching.look().await;
    assert!(
        matches!(looked, ReloadOutcome::Recovered),
        "what was good before is good again: {looked:?}"
    );
}

#[tokio::test]
async fn a_folder_of_rosters() {
    let folder = QuietFolder::new();
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

/// People move from one file of a folder to another while the folder is read: no reading may miss one of them.
#[tokio::test]
async fn swapped_while_it_is_read() {
    const RELEASES: usize = 300;
    let folder = QuietFolder::new();
    let path = folder.path().to_owned();
    let publish = move |release: usize| {
        let version = path.join(format!("..version{release}"));
        fs::create_dir(&version).unwrap();
        let all: Vec<_> = (0..20)
            .map(|n| format!("{{email: person{n}@example.com, desks: [SUP]}}"))
            .collect();
        let (a, b) = all.split_at(release % 20);
        for (name, desks, people) in [("a.yaml", "\ndesks: {SUP: {}}", a), ("b.yaml", "", b)] {
            let text = format!("# {release}\nversion: 1{desks}\ncustomers: [{}]\n", people.join(", "));
            fs::write(version.join(name), text).unwrap();
        }
        relink(&version, &path.join("..data"));
        if release > 1 {
            fs::remove_dir_all(path.join(format!("..version{}", release - 1))).unwrap();
        }
    };
    publish(1);
    for name in ["a.yaml", "b.yaml"] {
        symlink(Path::new("..data").join(name), folder.path().join(name)).unwrap();
    }
    let mut current = CurrentRoster::new(folder.path());
    let writer = std::thread::spawn(move || (2..RELEASES).for_each(publish));
    while !writer.is_finished() {
        current.reload();
        let people = current.roster().map(|loaded| loaded.roster.customers.len());
        assert!(people.is_none_or(|people| people == 20), "a mixture: {people:?}");
    }
    writer.join().unwrap();
    current.reload();
    assert_eq!(current.roster().unwrap().roster.customers.len(), 20);
}

/// A burst of events leads to a handful of readings.
#[tokio::test]
async fn a_storm_of_events_is_a_handful_of_looks() {
    let (folder, roster, mut watching) = one().await;
    for n in 0..10_000 {
        fs::write(folder.path().join(format!("other{}", n % 50)), "x").unwrap();
    }
    fs::write(&roster, yaml(2)).unwrap();
    watching.until(2).await;
    assert!(watching.looks < 10, "{} looks", watching.looks);
}

/// The daemon's own reading is no event.
#[tokio::test]
async fn reading_causes_no_event() {
    let (folder, roster, mut watching) = one().await;
    fs::write(&roster, yaml(2)).unwrap();
    watching.until(2).await;
    // Longer than an event beside the roster may wait for its reading; late events of the write may still come.
    let mut looks = 0;
    while timeout(Duration::from_secs(6), watching.watch.changed()).await.is_ok() {
        looks += 1;
        assert!(looks < 3, "it wakes itself");
        for _ in 0..10 {
            assert!(matches!(watching.current.reload(), ReloadOutcome::Unchanged));
            fs::read_dir(folder.path()).unwrap().for_each(drop);
        }
    }
}

/// A new modification time with the same content is no change.
#[tokio::test]
async fn touched() {
    let (_folder, roster, mut watching) = one().await;
    for text in [yaml(1), yaml(1)] {
        fs::write(&roster, text).unwrap();
        let looked = watching.look().await;
        assert!(matches!(looked, ReloadOutcome::Unchanged), "{looked:?}");
    }
}

#[tokio::test]
async fn polling_alone_notices_as_well() {
    let folder = QuietFolder::new();
    let roster = folder.path().join("roster.yaml");
    fs::write(&roster, yaml(1)).unwrap();
    let mut watching = Watching::by(Watch::polling(&roster, Duration::from_millis(50)), &roster);
    for people in 2..4 {
        fs::write(&roster, yaml(people)).unwrap();
        watching.until(people).await;
    }
}

/// In a `select!` with other events, one wait is cancelled and started again all the time.
#[tokio::test]
async fn a_wait_that_is_given_up_again_and_again_loses_no_change() {
    let (_folder, roster, mut watching) = one().await;
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
    watching.current.reload();
    assert_eq!(watching.people(), Some(2));
}
