use std::fs;
use std::path::Path;

use notify::event::{CreateKind, Flag, ModifyKind, RemoveKind};
use notify::{Config, EventHandler, WatcherKind};
use tempfile::TempDir;
use tokio::time::timeout;

use super::*;

/// An hour of the tests' paused clock.
const NEVER: Duration = Duration::from_secs(3600);

/// A watcher that calls the test's function for each folder.
struct FakeWatcher<F>(F);

impl<F: FnMut(&Path) -> notify::Result<()>> notify::Watcher for FakeWatcher<F> {
    fn new<H: EventHandler>(_: H, _: Config) -> notify::Result<Self> {
        Err(notify::Error::generic("constructed by the test only"))
    }

    fn watch(&mut self, folder: &Path, _: RecursiveMode) -> notify::Result<()> {
        (self.0)(folder)
    }

    fn unwatch(&mut self, _: &Path) -> notify::Result<()> {
        Ok(())
    }

    fn kind() -> WatcherKind {
        WatcherKind::NullWatcher
    }
}

fn folder() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().canonicalize().unwrap();
    (folder, path)
}

#[test]
fn what_may_matter() {
    let event = |kind| Ok(Event::new(kind));
    let overflow = Event::new(EventKind::Other).set_flag(Flag::Rescan);
    for (what, event, matters) in [
        (
            "opened",
            event(EventKind::Access(AccessKind::Open(AccessMode::Any))),
            false,
        ),
        ("read", event(EventKind::Access(AccessKind::Read)), false),
        (
            "closed after reading",
            event(EventKind::Access(AccessKind::Close(AccessMode::Read))),
            false,
        ),
        (
            "closed after writing",
            event(EventKind::Access(AccessKind::Close(AccessMode::Write))),
            true,
        ),
        ("made", event(EventKind::Create(CreateKind::File)), true),
        ("changed", event(EventKind::Modify(ModifyKind::Any)), true),
        ("removed", event(EventKind::Remove(RemoveKind::Folder)), true),
        ("too many events to keep", Ok(overflow), true),
        ("an error", Err(notify::Error::generic("lost")), true),
    ] {
        assert_eq!(is_relevant(&event), matters, "{what}");
    }
}

/// Reacting to its own reads would be an endless loop.
#[test]
fn reading_is_no_event() {
    let (_folder, path) = folder();
    let roster = path.join("roster.yaml");
    fs::write(&roster, "version: 1\n").unwrap();
    let (sender, events) = std::sync::mpsc::channel();
    let mut watcher = notify::recommended_watcher(move |event| {
        if is_relevant(&event) {
            let _ = sender.send(event.unwrap().paths);
        }
    })
    .unwrap();
    // Not the folder above: other tests make folders there.
    notify::Watcher::watch(&mut watcher, &path, RecursiveMode::NonRecursive).unwrap();
    for _ in 0..100 {
        crate::roster_file::read(&roster).unwrap();
        crate::roster_file::read(&path).unwrap();
        Stamp::of(&roster);
        watched_folders::folders(&roster);
    }
    // Events keep their order, so the first to come is this one.
    fs::write(path.join("end"), "").unwrap();
    let first = events.recv_timeout(Duration::from_secs(20)).unwrap();
    assert_eq!(first, [path.join("end")]);
}

/// Every way a watch can fail leaves polling.
#[tokio::test(start_paused = true)]
async fn without_a_watch_it_polls() {
    let (_folder, path) = folder();
    let roster = path.join("roster.yaml");
    let poll = Duration::from_secs(30);
    let refuses = |folder: &Path| Err(notify::Error::new(ErrorKind::MaxFilesWatch).add_path(folder.to_owned()));
    let watches = [
        (
            "no watcher",
            Watch::with_watcher(&roster, poll, |_| Err(notify::Error::generic("none"))),
        ),
        (
            "no watches",
            Watch::with_watcher(&roster, poll, |_| Ok(Some(Box::new(FakeWatcher(refuses))))),
        ),
        (
            "silence",
            Watch::with_watcher(&roster, poll, |_| Ok(Some(Box::new(FakeWatcher(|_: &Path| Ok(())))))),
        ),
        ("no events wanted", Watch::polling(&roster, poll)),
    ];
    for (what, mut watch) in watches {
        for _ in 0..3 {
            timeout(poll * 2, watch.changed()).await.expect(what);
        }
        let refused = usize::from(what == "no watches") * 2;
        assert_eq!(watch.unwatchable.len(), refused, "{what}: {:?}", watch.unwatchable);
    }
}

/// A link that is re-targeted between being read and being watched causes no event.
#[cfg(unix)]
#[test]
fn the_path_leads_elsewhere_while_it_is_being_watched() {
    let (_folder, path) = folder();
    for target in ["one", "two"] {
        fs::create_dir(path.join(target)).unwrap();
        fs::write(path.join(target).join("roster.yaml"), target).unwrap();
    }
    fs::create_dir(path.join("zlinks")).unwrap();
    let (link, new) = (path.join("zlinks/link"), path.join("zlinks/new"));
    std::os::unix::fs::symlink(path.join("one"), &link).unwrap();
    let (roster, two) = (link.join("roster.yaml"), path.join("two"));
    let retarget = move |folder: &Path| {
        // The link's folder is the last to be watched.
        if folder.ends_with("zlinks") {
            std::os::unix::fs::symlink(&two, &new).unwrap();
            fs::rename(&new, &link).unwrap();
        }
        Ok(())
    };
    let watch = Watch::with_watcher(&roster, NEVER, |_| Ok(Some(Box::new(FakeWatcher(retarget)))));
    assert!(watch.watched.contains(&path.join("two")), "{watch:?}");
}

/// A wait ends by renewing the watch, so that the read after it misses nothing.
#[tokio::test(start_paused = true)]
async fn the_watch_is_renewed_before_the_look() {
    let (_folder, path) = folder();
    let roster = path.join("later").join("roster.yaml");
    let mut watch = Watch::with_watcher(&roster, NEVER, |_| Ok(Some(Box::new(FakeWatcher(|_: &Path| Ok(()))))));
    assert!(!watch.watched.contains(&path.join("later")));
    fs::create_dir(path.join("later")).unwrap();
    watch.changed().await;
    assert!(watch.watched.contains(&path.join("later")), "{watch:?}");
}

/// Constant events beside the roster neither delay an edit nor cause constant reads.
#[tokio::test(start_paused = true)]
async fn in_a_busy_folder() {
    let (_folder, path) = folder();
    let roster = path.join("roster.yaml");
    let mut events = None;
    let mut watch = Watch::with_watcher(&roster, NEVER, |poke| {
        events = Some(poke);
        Ok(None)
    });
    let busy = async {
        while let Some(poke) = &events {
            let _ = poke.try_send(());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let edits = async {
        watch.changed().await;
        let begin = Instant::now();
        for text in ["1", "22", "333"] {
            fs::write(&roster, text).unwrap();
            watch.changed().await;
        }
        assert!(
            begin.elapsed() < Duration::from_secs(2),
            "three edits: {:?}",
            begin.elapsed()
        );
        let mut looks = 0;
        while begin.elapsed() < Duration::from_secs(60) {
            watch.changed().await;
            looks += 1;
        }
        assert!((10..=13).contains(&looks), "{looks} looks a minute");
    };
    tokio::select! {
        () = busy => {}
        () = edits => {}
    }
}

/// Some file systems always report the current time.
#[tokio::test(start_paused = true)]
async fn a_file_that_is_written_for_ever_is_read_in_the_end() {
    let (_folder, path) = folder();
    let roster = path.join("roster.yaml");
    let mut watch = Watch::polling(&roster, NEVER);
    let writing = async {
        for length in 0.. {
            fs::write(&roster, "x".repeat(length)).unwrap();
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let begin = Instant::now();
    tokio::select! {
        () = writing => {}
        () = watch.changed() => assert!(begin.elapsed() >= MAX_SETTLE),
    }
}
