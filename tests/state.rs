//! The state directory: what it keeps, which folders it refuses, and what remains when a process is killed.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, lchown, symlink};
use std::path::Path;

use jiff::Timestamp;
use quietdesk::engine::journal::{Journal as _, ReadOnlyJournal};
use quietdesk::engine::state::{
    ApproveResult, GuardFindings, KnownSite, Opener, State, StateError, approve, known_site, read_ledger,
    remember_site, site_of_ledger,
};
use quietdesk::model::access::Access;
use quietdesk::model::account::AccountId;
use quietdesk::model::desk::DeskKey;
use quietdesk::model::email::EmailKey;
use quietdesk::model::guard::Finding;
use quietdesk::model::ledger::{Fact, Ledger, Parts, Value};

const SITE: &str = "https://example.atlassian.net/";

fn open(folder: &Path) -> Result<State, StateError> {
    State::open(folder, SITE, Opener::new("apply", || Timestamp::UNIX_EPOCH))
}

fn desk() -> DeskKey {
    DeskKey::parse("SUP").unwrap()
}

/// A ledger in which every person has an account and is on two desks.
fn ledger_of(people: usize) -> Ledger {
    let mut parts = Parts::default();
    for n in 0..people {
        let email = EmailKey::from_address(&format!("member{n:06}@example.com"));
        let other = DeskKey::parse("OTHER").unwrap();
        parts
            .agreed
            .insert(Fact::Membership(desk().into(), email.clone()), Value::Present);
        parts
            .agreed
            .insert(Fact::Membership(other.into(), email.clone()), Value::Present);
        parts.agreed.insert(Fact::Account(email), Value::Present);
    }
    Ledger::from_parts(parts)
}

#[test]
fn what_is_saved_is_there_again() {
    let folder = tempfile::tempdir().unwrap();
    let folder = &folder.path().join("a/b/state");
    let state = open(folder).unwrap();
    assert_eq!(state.ledger().unwrap(), Ledger::kept());
    assert_eq!(read_ledger(folder, SITE).unwrap(), Some(Ledger::kept()));
    let mut parts = ledger_of(10).parts().clone();
    parts.agreed.insert(Fact::Access(desk()), Value::Access(Access::Open));
    parts.completed.insert(desk().into());
    let candidates = ["a", "b"].map(|id| AccountId(id.to_owned())).to_vec();
    parts
        .refused_creates
        .insert(EmailKey::from_address("x@example.com"), candidates);
    parts
        .refused_creates
        .insert(EmailKey::from_address("y@example.com"), Vec::new());
    let mut first = Ledger::from_parts(parts);
    state.save(&mut first).unwrap();
    let mut parts = first.parts().clone();
    parts.agreed.retain(|fact, _| !matches!(fact, Fact::Account(_)));
    parts
        .agreed
        .insert(Fact::Access(desk()), Value::Access(Access::Restricted));
    parts.completed.clear();
    parts.refused_creates.remove(&EmailKey::from_address("y@example.com"));
    let mut second = Ledger::from_parts(parts);
    state.save(&mut second).unwrap();
    let files = vec![
        ("b.yaml".to_owned(), b"\xffb".to_vec()),
        ("a.yaml".to_owned(), Vec::new()),
    ];
    assert_eq!(state.saved_roster().unwrap(), None);
    state.save_roster(&vec![files[0].clone(); 3]).unwrap();
    state.save_roster(&files).unwrap();
    assert_eq!(read_ledger(folder, SITE).unwrap().as_ref(), Some(&second));
    drop(state);
    let again = open(folder).unwrap();
    assert_eq!(
        (again.ledger().unwrap(), again.saved_roster().unwrap()),
        (second, Some(files))
    );
    assert!(again.uncertain_emails().is_empty());
}

#[test]
fn reading_makes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("state");
    assert_eq!(read_ledger(&missing, SITE).unwrap(), None);
    assert!(!missing.exists());
    assert_eq!(read_ledger(folder.path(), SITE).unwrap(), None);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn the_state_of_another_site_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()).unwrap());
    let other = "https://other.atlassian.net/";
    let opened = State::open(folder.path(), other, Opener::new("run", || Timestamp::UNIX_EPOCH));
    for error in [opened.unwrap_err(), read_ledger(folder.path(), other).unwrap_err()] {
        let text = error.to_string();
        assert!(matches!(error, StateError::OtherSite { .. }), "{error:?}");
        assert!(
            [SITE, other, "--state-dir"].iter().all(|part| text.contains(part)),
            "{text}"
        );
    }
    open(folder.path()).unwrap();
}

#[test]
fn a_newer_schema_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()).unwrap());
    let store = rusqlite::Connection::open(folder.path().join("state.sqlite")).unwrap();
    store.pragma_update(None, "user_version", 3).unwrap();
    store.execute_batch("DROP TABLE site").unwrap();
    drop(store);
    for error in [
        open(folder.path()).unwrap_err(),
        read_ledger(folder.path(), SITE).unwrap_err(),
    ] {
        assert!(
            matches!(
                error,
                StateError::Newer {
                    schema: 3,
                    known: 2,
                    ..
                }
            ),
            "{error:?}"
        );
    }
}

#[test]
fn a_damaged_file_is_reported_and_may_be_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let state = open(folder.path()).unwrap();
    state.save(&mut ledger_of(2_000)).unwrap();
    let roster: String = (0..2_000).map(|n| format!("  - member{n:06}@example.com\n")).collect();
    state
        .save_roster(&[("roster.yaml".to_owned(), roster.into_bytes())])
        .unwrap();
    drop(state);
    let file = folder.path().join("state.sqlite");
    let good = fs::read(&file).unwrap();
    let garbage = b"not a store at all, but long enough to be looked at".repeat(200);
    let mut wrong: Vec<_> = [garbage, vec![0; 8_192], good[..good.len() / 2].to_vec()].into();
    for at in (0..good.len()).step_by(good.len() / 24) {
        let mut bytes = good.clone();
        bytes[at..(at + 64).min(good.len())]
            .iter_mut()
            .for_each(|byte| *byte ^= 0x55);
        wrong.push(bytes);
    }
    let (all, mut refused) = (wrong.len(), 0);
    for bytes in wrong {
        fs::write(&file, bytes).unwrap();
        // The damage may go unnoticed, but must never cause a panic.
        let _ = read_ledger(folder.path(), SITE);
        let opened = open(folder.path()).and_then(|state| state.saved_roster());
        let Err(error) = opened else { continue };
        assert!(matches!(error, StateError::Damaged { .. }), "{error:?}");
        let text = error.to_string();
        assert!(
            text.contains("state.sqlite") && text.contains("deleted safely") && !text.contains("example.com"),
            "{text}"
        );
        refused += 1;
    }
    println!("{refused} of {all} were noticed");
    assert!(refused >= all / 2, "{refused} of {all}");
    fs::remove_file(&file).unwrap();
    // SQLite leaves these behind when the file is deleted under a live process.
    fs::write(folder.path().join("state.sqlite-wal"), b"of another file").unwrap();
    assert_eq!(open(folder.path()).unwrap().ledger().unwrap(), Ledger::kept());
}

/// A copy of a store and its WAL in a folder of its own, with the WAL cut off at this length.
fn copy_with_wal_cut(from: &Path, length: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(from.join("state.sqlite"), folder.path().join("state.sqlite")).unwrap();
    let wal = fs::read(from.join("state.sqlite-wal")).unwrap();
    fs::write(folder.path().join("state.sqlite-wal"), &wal[..length]).unwrap();
    folder
}

/// What a kill or a full disk leaves of a store that is being created.
#[test]
fn a_store_cut_short_when_it_was_made_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let making = open(folder.path()).unwrap();
    let whole = fs::read(folder.path().join("state.sqlite-wal")).unwrap().len();
    for length in (0..whole).step_by(997).chain([whole]) {
        let left = copy_with_wal_cut(folder.path(), length);
        let read = read_ledger(left.path(), SITE).unwrap();
        assert!(read.is_none_or(|ledger| ledger == Ledger::kept()), "{length}");
        let state = open(left.path()).unwrap();
        let mut ledger = ledger_of(10);
        state.save(&mut ledger).unwrap();
        drop(state);
        assert_eq!(open(left.path()).unwrap().ledger().unwrap(), ledger, "{length}");
    }
    drop(making);
    fs::write(folder.path().join("state.sqlite"), b"").unwrap();
    assert_eq!(open(folder.path()).unwrap().ledger().unwrap(), Ledger::kept());
}

#[test]
fn killed_at_any_byte_the_roster_is_the_last_one_that_was_kept_whole() {
    let folder = tempfile::tempdir().unwrap();
    let state = open(folder.path()).unwrap();
    let wal = || fs::read(folder.path().join("state.sqlite-wal")).unwrap().len();
    let version = |n: usize| {
        let line = |m: usize| format!("  - member{m:06}@example.com # {}\n", if m == 300 { n } else { 0 });
        vec![(
            "roster.yaml".to_owned(),
            (0..600).map(line).collect::<String>().into_bytes(),
        )]
    };
    let mut kept = vec![(wal(), None)];
    for n in 0..4 {
        state.save_roster(&version(n)).unwrap();
        kept.push((wal(), Some(version(n))));
    }
    let (first, last) = (kept[0].0, kept[4].0);
    for length in (first..last).step_by(613).chain([last]) {
        let left = copy_with_wal_cut(folder.path(), length);
        let expected = kept.iter().rfind(|(at, _)| *at <= length).unwrap();
        assert_eq!(
            open(left.path()).unwrap().saved_roster().unwrap(),
            expected.1,
            "{length}"
        );
    }
}

/// A folder on a read-only medium, as a container may have it.
#[test]
fn what_cannot_be_written_to_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = ledger_of(10);
    let state = open(folder.path()).unwrap();
    state.save(&mut ledger).unwrap();
    drop(state);
    fs::set_permissions(folder.path().join("state.sqlite"), Permissions::from_mode(0o400)).unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o500)).unwrap();
    let read = read_ledger(folder.path(), SITE);
    fs::set_permissions(folder.path(), Permissions::from_mode(0o700)).unwrap();
    assert_eq!(read.unwrap(), Some(ledger));
}

#[test]
fn a_roster_is_kept_byte_for_byte_whatever_changes() {
    let folder = tempfile::tempdir().unwrap();
    let state = open(folder.path()).unwrap();
    let lines: Vec<_> = (0..20_000).map(|n| format!("  - member{n:06}@example.com\n")).collect();
    let whole = |lines: &[String]| vec![("list.yaml".to_owned(), lines.concat().into_bytes())];
    let mut edited = lines.clone();
    for (from, to, with) in [
        (0, 0, 1),
        (10_000, 10_001, 1),
        (19_000, 20_001, 0),
        (5, 9_000, 3),
        (0, 0, 9_000),
    ] {
        edited.splice(from..to, (0..with).map(|n| format!("  - {from}.{n}@example.com\n")));
        state.save_roster(&whole(&edited)).unwrap();
        assert_eq!(state.saved_roster().unwrap(), Some(whole(&edited)));
    }
    // So often in one place that the numbers between two neighbors run out.
    for n in 0..60 {
        let chunk = (0..400).map(|m| format!("  - between{n}.{m}@example.com\n"));
        edited.splice(500..500, chunk);
        state.save_roster(&whole(&edited)).unwrap();
    }
    assert_eq!(state.saved_roster().unwrap(), Some(whole(&edited)));
    let files = [
        whole(&lines),
        vec![("another.yaml".to_owned(), Vec::new())],
        whole(&edited[..7]),
    ]
    .concat();
    state.save_roster(&files).unwrap();
    drop(state);
    assert_eq!(open(folder.path()).unwrap().saved_roster().unwrap(), Some(files));
}

#[test]
fn the_folder_and_its_files_are_for_their_owner_alone() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("state");
    drop(open(&folder).unwrap());
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    fs::set_permissions(folder.join("audit.jsonl"), Permissions::from_mode(0o644)).unwrap();
    drop(open(&folder).unwrap());
    assert_eq!(mode(&folder), 0o700);
    let modes: BTreeMap<_, _> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), mode(&entry.path())))
        .collect();
    let expected = ["audit.jsonl", "handoff.jsonl", "lock", "state.sqlite"];
    assert_eq!(modes, expected.map(|name| (name.to_owned(), 0o600)).into());
    for (others, bits) in [("group", 0o770), ("others", 0o707)] {
        fs::set_permissions(&folder, Permissions::from_mode(bits)).unwrap();
        let error = open(&folder).unwrap_err();
        assert!(matches!(error, StateError::Unsafe { .. }), "{others}: {error:?}");
        assert!(error.to_string().contains("chmod 700"), "{error}");
    }
    fs::set_permissions(&folder, Permissions::from_mode(0o755)).unwrap();
    drop(open(&folder).unwrap());
}

/// systemd makes a link there, owned by root (`DynamicUser=`); any other user's link could lead elsewhere tomorrow.
#[test]
fn a_link_that_is_not_root_s_is_refused() {
    let parent = tempfile::tempdir().unwrap();
    let (folder, link) = (parent.path().join("state"), parent.path().join("link"));
    drop(open(&folder).unwrap());
    symlink(&folder, &link).unwrap();
    // When run as root, the link is root's from the start.
    if lchown(&link, Some(65_534), None).is_ok() {
        fs::set_permissions(parent.path(), Permissions::from_mode(0o755)).unwrap();
    }
    for error in [open(&link).unwrap_err(), read_ledger(&link, SITE).unwrap_err()] {
        assert!(error.to_string().contains("symbolic link"), "{error}");
    }
}

fn finding(id: &str) -> Finding {
    Finding {
        id: id.to_owned(),
        container: None,
        what: format!("what {id} is about"),
        count: 1,
        of: 1,
        limit: String::new(),
        override_hint: String::new(),
    }
}

/// Keeps a plan's refused findings beside the writer.
fn keep_plan_findings(folder: &Path, refused: &[Finding], is_whole: bool) {
    let beside = ReadOnlyJournal { folder: Some(folder) };
    let judged = GuardFindings {
        refused,
        overridden: &[],
        is_whole,
    };
    beside.save_findings(judged).unwrap();
}

#[test]
fn what_a_guard_refused_waits_until_it_is_released_or_everything_was_looked_at_again() {
    let folder = tempfile::tempdir().unwrap();
    let state = open(folder.path()).unwrap();
    let [a, b, c] = [
        "removals-SUP-0000000a",
        "removals-SUP-0000000b",
        "removals-SUP-0000000c",
    ]
    .map(finding);
    let keep = |refused: &[&Finding], released: &[&Finding], is_whole| {
        let owned = |findings: &[&Finding]| findings.iter().map(|it| (*it).clone()).collect::<Vec<_>>();
        let judged = GuardFindings {
            refused: &owned(refused),
            overridden: &owned(released),
            is_whole,
        };
        state.save_findings(judged).unwrap();
    };
    let waits = |finding: &Finding| match approve(folder.path(), &finding.id, 1_000).unwrap() {
        ApproveResult::ApprovalLine(given) => given == *finding,
        ApproveResult::NoSuchFinding(others) => {
            assert!(!others.iter().any(|other| other.id == finding.id));
            false
        }
    };
    keep(&[&a], &[], true);
    // An edit looks at a few.
    keep(&[&b], &[], false);
    assert_eq!([&a, &b, &c].map(waits), [true, true, false]);
    keep(&[], &[&b], false);
    assert_eq!([&a, &b, &c].map(waits), [true, false, false]);
    // A plan's findings wait beside, also while passes go on.
    keep_plan_findings(folder.path(), std::slice::from_ref(&c), true);
    // A plan of other desks does not change them.
    keep_plan_findings(folder.path(), &[], false);
    keep(&[], &[], true);
    assert_eq!([&a, &b, &c].map(waits), [false, false, true]);
    keep(&[], &[&c], true);
    assert_eq!([&a, &b, &c].map(waits), [false, false, false]);
    // Where no state exists, a plan creates none.
    let missing = folder.path().join("missing");
    keep_plan_findings(&missing, &[a], true);
    assert!(!missing.exists());
}

#[test]
fn a_state_knows_its_site_by_every_address_it_was_reached_by() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    assert_eq!((known_site(folder).unwrap(), site_of_ledger(folder)), (None, None));
    let state = open(folder).unwrap();
    assert_eq!(site_of_ledger(folder).as_deref(), Some(SITE));
    state.record_base_url("https://own.example");
    let own = |addresses: &[&str]| KnownSite {
        identity: "https://own.example".to_owned(),
        addresses: addresses.iter().map(|it| (*it).to_owned()).collect(),
    };
    assert_eq!(known_site(folder).unwrap(), Some(own(&[SITE])));
    // The first stays the one that the other files name.
    remember_site(folder, "https://own.example", &[SITE, "https://gateway.example/x"]).unwrap();
    state.record_base_url("https://own.example");
    let known = known_site(folder).unwrap().unwrap();
    assert_eq!(known, own(&[SITE, "https://gateway.example/x"]));
    for address in ["https://own.example", SITE, "https://gateway.example/x"] {
        assert!(known.is_at(address), "{address}");
    }
    assert!(!known.is_at("https://other.example"));
    // After a site gets another address, the state is found by the old one as well.
    state.record_base_url("https://new.example");
    let known = known_site(folder).unwrap().unwrap();
    assert!(
        known.identity == "https://new.example" && known.is_at("https://own.example"),
        "{known:?}"
    );
    // A truncated or foreign file is ignored and written anew.
    for text in ["", "{", "[]", "{\"identity\": 1}"] {
        fs::write(folder.join("site.json"), text).unwrap();
        assert_eq!(known_site(folder).unwrap(), None, "{text}");
        state.record_base_url("https://own.example");
        assert_eq!(known_site(folder).unwrap(), Some(own(&[SITE])), "{text}");
    }
}
