//! What a look finds, and how often there is one.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

use quietdesk::daemon::roster::{CurrentRoster, Looked};
use quietdesk::daemon::watch::Watch;
use tokio::time::timeout;

use super::{Quiet, Watching, one, relink, yaml};

/// What happens before the first wait is seen by the look after it.
#[tokio::test]
async fn changed_before_the_first_wait() {
    let folder = Quiet::new();
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
        // Less than what is taken for quiet.
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

/// Half a roster is half its people where it is cut between two lines: it is not looked at before the writer is done.
#[tokio::test(start_paused = true)]
async fn written_slowly() {
    for pieces in in_lines_and_in_shreds(&yaml(40)) {
        let (folder, unsettled) = (Quiet::new(), yaml(1));
        let roster = folder.path().join("roster.yaml");
        fs::write(&roster, unsettled).unwrap();
        // The first wait is still to come: it needs no event, which would be late by a clock like this one.
        let mut watching = Watching::of(&roster);
        let (looked, ()) = tokio::join!(watching.look(), write_slowly(roster, pieces));
        assert!(matches!(looked, Looked::New), "{looked:?}");
        assert_eq!(watching.people(), Some(40));
    }
}

/// Nor does the time to poll make half a roster a whole one.
#[tokio::test(start_paused = true)]
async fn written_slowly_while_polling() {
    for pieces in in_lines_and_in_shreds(&yaml(40)) {
        let folder = Quiet::new();
        let roster = folder.path().join("roster.yaml");
        fs::write(&roster, yaml(1)).unwrap();
        let mut watching = Watching::by(Watch::polling(&roster, Duration::from_millis(70)), &roster);
        for _ in 0..3 {
            assert!(matches!(watching.look().await, Looked::Same));
        }
        let (looked, ()) = tokio::join!(watching.look(), write_slowly(roster, pieces));
        assert!(matches!(looked, Looked::New), "{looked:?}");
        assert_eq!(watching.people(), Some(40));
    }
}

#[tokio::test]
async fn what_cannot_be_used_never_means_nobody() {
    let (_folder, roster, mut watching) = one().await;
    for (what, text) in [
        ("empty", ""),
        ("blank", " \n\n"),
        ("cut", "version: 1\ncustomers: ["),
        ("null", "~"),
    ] {
        fs::write(&roster, text).unwrap();
        watching.finds_it_unusable(what).await;
    }
    fs::set_permissions(&roster, fs::Permissions::from_mode(0o000)).unwrap();
    // Whoever may read everything reads this, too.
    if fs::read(&roster).is_err() {
        watching.finds_it_unusable("no permission").await;
    }
    fs::remove_file(&roster).unwrap();
    symlink("roster.yaml", &roster).unwrap();
    watching.finds_it_unusable("a link to itself").await;
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
    let folder = Quiet::new();
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

/// Somebody moves from one file of a folder to another while the folder is read: never is somebody on neither.
#[tokio::test]
async fn swapped_while_it_is_read() {
    const RELEASES: usize = 300;
    let folder = Quiet::new();
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
        current.look();
        let people = current.roster().map(|loaded| loaded.roster.customers.len());
        assert!(people.is_none_or(|people| people == 20), "a mixture: {people:?}");
    }
    writer.join().unwrap();
    current.look();
    assert_eq!(current.roster().unwrap().roster.customers.len(), 20);
}

/// A storm of events is a handful of looks.
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

/// The look itself is nothing to look at.
#[tokio::test]
async fn reading_wakes_nobody() {
    let (folder, roster, mut watching) = one().await;
    fs::write(&roster, yaml(2)).unwrap();
    watching.until(2).await;
    // Longer than anything that happens beside the roster may wait for its look; what is left of the writing may come.
    let mut looks = 0;
    while timeout(Duration::from_secs(6), watching.watch.changed()).await.is_ok() {
        looks += 1;
        assert!(looks < 3, "it wakes itself");
        for _ in 0..10 {
            assert!(matches!(watching.current.look(), Looked::Same));
            fs::read_dir(folder.path()).unwrap().for_each(drop);
        }
    }
}

/// Another time on the same content is nothing new.
#[tokio::test]
async fn touched() {
    let (_folder, roster, mut watching) = one().await;
    for text in [yaml(1), yaml(1)] {
        fs::write(&roster, text).unwrap();
        let looked = watching.look().await;
        assert!(matches!(looked, Looked::Same), "{looked:?}");
    }
}

#[tokio::test]
async fn polling_alone_notices_as_well() {
    let folder = Quiet::new();
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
    watching.current.look();
    assert_eq!(watching.people(), Some(2));
}
