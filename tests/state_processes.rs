//! The state directory among processes: a second writer, readers beside the writer, and kills at any moment.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use quietdesk::engine::journal::Journal as _;
use quietdesk::engine::state::{Opener, State, StateError, read_ledger};
use quietdesk::model::account::AccountId;
use quietdesk::model::email::EmailKey;
use quietdesk::model::ledger::{Ledger, Parts};

const SITE: &str = "https://example.atlassian.net/";

fn open(folder: &Path) -> Result<State, StateError> {
    State::open(folder, SITE, Opener::new("apply", || Timestamp::UNIX_EPOCH))
}

/// A ledger in which every value is the same number, so that half of a save would show.
fn ledger_of_number(number: usize) -> Ledger {
    let emails = (0..50).map(|n| EmailKey::from_address(&format!("member{n}@example.com")));
    Ledger::from_parts(Parts {
        refused_creates: emails
            .map(|email| (email, vec![AccountId(number.to_string())]))
            .collect(),
        ..Parts::default()
    })
}

fn number_of(ledger: &Ledger) -> usize {
    let said: BTreeSet<_> = ledger.parts().refused_creates.values().flatten().collect();
    assert_eq!(
        (said.len(), ledger.parts().refused_creates.len()),
        (1, 50),
        "half a save"
    );
    said.first().unwrap().0.parse().unwrap()
}

/// Starts this test binary again, in another role.
fn child(role: &str, folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "another_process", "--nocapture"])
        .env("QUIETDESK_TEST_ROLE", role)
        .env("QUIETDESK_TEST_FOLDER", folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Not a test of its own: what [`child`] runs.
#[test]
fn another_process() {
    let (Ok(role), Ok(folder)) = (
        std::env::var("QUIETDESK_TEST_ROLE"),
        std::env::var("QUIETDESK_TEST_FOLDER"),
    ) else {
        return;
    };
    let folder = Path::new(&folder);
    let state = State::open(
        &folder.join("state"),
        SITE,
        Opener::new("run", || Timestamp::UNIX_EPOCH),
    )
    .unwrap();
    match role.as_str() {
        "hold" => {
            fs::write(folder.join("ready"), "").unwrap();
            sleep(Duration::from_secs(600));
        }
        "save" => (1..usize::MAX).for_each(|number| state.save(&mut ledger_of_number(number)).unwrap()),
        "fill" => fill_the_disk(&state),
        "intend" => intend_for_ever(&state, folder),
        other => panic!("{other}"),
    }
}

/// Writes intents, eight at a time, and reports each acknowledged one to the parent.
fn intend_for_ever(state: &State, folder: &Path) {
    let acknowledged = OpenOptions::new()
        .create(true)
        .append(true)
        .open(folder.join("acknowledged"));
    let acknowledged: File = acknowledged.unwrap();
    let begun = std::process::id();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
    runtime.block_on(futures_util::future::join_all((0..8).map(|lane| {
        let mut acknowledged = &acknowledged;
        async move {
            for n in 0.. {
                let email = EmailKey::from_address(&format!("p{begun}.{lane}.{n}@example.com"));
                state.record_intent(&email).await.unwrap();
                acknowledged
                    .write_all(format!("{}\n", email.as_str()).as_bytes())
                    .unwrap();
            }
        }
    })));
}

/// Writes until a limit on the size of files stops it, and again once the limit is lifted.
fn fill_the_disk(state: &State) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let intend = |n: usize| {
        let emails: Vec<_> = (0..200)
            .map(|m| EmailKey::from_address(&format!("p{n}.{m}@example.com")))
            .collect();
        let all = futures_util::future::join_all(emails.iter().map(|email| state.record_intent(email)));
        runtime.block_on(all).into_iter().find_map(Result::err)
    };
    let error = (0..1_000).find_map(intend).expect("the limit is met");
    assert!(error.to_string().contains("--state-dir") && !error.to_string().contains("example.com"));
    let cause = std::error::Error::source(&error).unwrap();
    assert!(
        cause.to_string().contains("cannot write") && cause.source().is_some(),
        "{cause:?}"
    );
    assert!(intend(2_000).is_some(), "it stays so");
    let pid = std::process::id().to_string();
    let lifted = Command::new("prlimit")
        .args(["--fsize=unlimited:", "--pid", &pid])
        .status();
    assert!(lifted.unwrap().success());
    assert!(intend(3_000).is_none(), "and is over once there is space");
}

fn wait_for(path: &Path) {
    let start = Instant::now();
    while !path.exists() {
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "{} never came",
            path.display()
        );
        sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_second_writer_stops_and_names_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let first = open(&state).unwrap();
    let error = open(&state).unwrap_err().to_string();
    let who = format!(
        "`quietdesk apply` (process {}, since 1970-01-01T00:00:00Z)",
        std::process::id()
    );
    assert!(error.contains(&who), "{error}");
    drop(first);
    let mut child = child("hold", folder.path());
    wait_for(&folder.path().join("ready"));
    let error = open(&state).unwrap_err();
    assert!(matches!(error, StateError::InUse { .. }), "{error:?}");
    assert!(
        error
            .to_string()
            .contains(&format!("`quietdesk run` (process {},", child.id())),
        "{error}"
    );
    child.kill().unwrap();
    child.wait().unwrap();
    open(&state).unwrap();
}

#[test]
fn a_reader_beside_a_writer_that_saves_all_the_time_sees_whole_saves() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let mut saving = child("save", folder.path());
    let (start, mut seen, mut reads, mut slowest) = (Instant::now(), Vec::new(), 0, Duration::ZERO);
    while seen.last().is_none_or(|saves| *saves < 60) && start.elapsed() < Duration::from_secs(20) {
        let reading = Instant::now();
        let Some(ledger) = read_ledger(&state, SITE).unwrap() else {
            continue;
        };
        slowest = slowest.max(reading.elapsed());
        reads += 1;
        if !ledger.parts().refused_creates.is_empty() {
            seen.push(number_of(&ledger));
        }
    }
    saving.kill().unwrap();
    saving.wait().unwrap();
    assert!(
        seen.is_sorted() && seen.len() > 10 && seen.last() > Some(&20),
        "{seen:?}"
    );
    println!(
        "{reads} reads in {:?}, the slowest {slowest:?}, {} saves",
        start.elapsed(),
        seen.last().unwrap()
    );
}

#[test]
fn a_saver_killed_at_any_moment_leaves_a_whole_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let mut last = 0;
    for round in 0..12 {
        let mut saving = child("save", folder.path());
        sleep(Duration::from_millis(60 + 7 * round));
        saving.kill().unwrap();
        saving.wait().unwrap();
        // No other process is there to repair it.
        match read_ledger(&state, SITE).unwrap() {
            Some(ledger) if !ledger.parts().refused_creates.is_empty() => last = number_of(&ledger),
            _ => assert_eq!(last, 0),
        }
    }
    let opened = open(&state).unwrap().ledger().unwrap();
    assert_eq!(number_of(&opened), last);
    assert!(last > 0);
}

#[test]
fn every_acknowledged_intent_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    for round in 0..8 {
        let mut intending = child("intend", folder.path());
        sleep(Duration::from_millis(150 + 13 * round));
        intending.kill().unwrap();
        intending.wait().unwrap();
    }
    let acknowledged = fs::read_to_string(folder.path().join("acknowledged")).unwrap();
    let left = open(&state).unwrap().uncertain_emails();
    let lost: Vec<_> = acknowledged
        .lines()
        .filter(|email| !left.contains(&EmailKey::from_address(email)))
        .collect();
    assert_eq!(lost, Vec::<&str>::new());
    assert!(
        acknowledged.lines().count() > 100,
        "{} only",
        acknowledged.lines().count()
    );
    println!("{} acknowledged, {} kept", acknowledged.lines().count(), left.len());
}

/// The disk is full, and then it is not; the process goes on.
#[test]
fn intents_are_written_again_once_there_is_space() {
    let folder = tempfile::tempdir().unwrap();
    let script = "trap '' XFSZ; ulimit -S -f 600; exec \"$0\" --exact another_process --nocapture";
    let filled = Command::new("sh")
        .args(["-c", script])
        .arg(std::env::current_exe().unwrap())
        .env("QUIETDESK_TEST_ROLE", "fill")
        .env("QUIETDESK_TEST_FOLDER", folder.path())
        .output()
        .unwrap();
    assert!(filled.status.success(), "{}", String::from_utf8_lossy(&filled.stderr));
    let left = open(&folder.path().join("state")).unwrap().uncertain_emails();
    assert!(
        left.contains(&EmailKey::from_address("p0.0@example.com"))
            && left.contains(&EmailKey::from_address("p3000.199@example.com"))
    );
}
