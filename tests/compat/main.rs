//! Reads what earlier versions wrote: beside this file are a state directory of each layout that ever existed, and a
//! saved plan and a report of each format.
//!
//! `cargo test --test compat -- --ignored` writes those of the present layout and format into `target/compat`, to be
//! copied here when they change.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../support/mod.rs"]
mod support;

mod plans;

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use quietdesk::engine::journal::Journal as _;
use quietdesk::engine::state::{Opener, RosterFile, State, StateError, read_hand_off, read_ledger};
use quietdesk::model::access::Access;
use quietdesk::model::account::{AccountId, Handle};
use quietdesk::model::container::Container;
use quietdesk::model::customer_role::RoleMark;
use quietdesk::model::desk::DeskKey;
use quietdesk::model::email::{Email, EmailKey};
use quietdesk::model::ledger::{Effect, Fact, History, Ledger, Parts, Value};
use quietdesk::model::outcome::{Outcome, StepResult};
use quietdesk::model::step::{AccountRef, Action, Cause, Step, StepId};
use secrecy::{ExposeSecret as _, SecretString};
use tempfile::TempDir;

const SITE: &str = "https://example.atlassian.net/";
const BEFORE: &str = "before-0.1.0";
const LAYOUTS: [&str; 2] = [BEFORE, "schema-2"];
const AT: &str = "2026-11-28T12:00:00Z";

fn clock() -> Timestamp {
    AT.parse().unwrap()
}

fn open(folder: &Path) -> Result<State, StateError> {
    State::open(folder, SITE, Opener::new("apply", clock))
}

fn desk(key: &str) -> DeskKey {
    DeskKey::parse(key).unwrap()
}

fn key(name: &str) -> EmailKey {
    EmailKey::from_address(&format!("{name}@example.com"))
}

/// Ada is on both desks; Bob and Cleo left the file and are still to be removed; Cleo was missed once.
fn remembered() -> Parts {
    let id = |id: &str| AccountId(id.into());
    let (sup, priv_) = (Container::from(desk("SUP")), Container::from(desk("PRIV")));
    let listed = |on: &Container| (Fact::Membership(on.clone(), key("ada")), Value::Present);
    Parts {
        completed: [sup.clone(), priv_.clone()].into(),
        agreed: [
            (Fact::Account(key("ada")), Value::Account(id("5b10:ada"))),
            (Fact::Name(key("ada")), Value::Name("Ada Lovelace".into())),
            (Fact::Access(desk("SUP")), Value::Access(Access::Open)),
            (Fact::Exact(priv_.clone()), Value::Present),
            listed(&sup),
            listed(&priv_),
        ]
        .into(),
        refused_creates: [
            (key("grace"), vec![id("5b10:grace"), id("5b10:hopper")]),
            (key("hidden"), vec![]),
        ]
        .into(),
        seat_given: Some("5b10:seat".to_owned()),
        claimed: [
            ((priv_.clone(), key("bob")), Some(id("5b10:bob"))),
            ((priv_.clone(), key("cleo")), None),
        ]
        .into(),
        missed: [(priv_.clone(), key("cleo"))].into(),
        accepted_effects: [
            (Effect::Add(sup.clone(), key("ada")), 1),
            (Effect::Remove(priv_.clone(), id("5b10:bob")), 2),
        ]
        .into(),
        history: History {
            applied_counts: [(sup.clone(), 1), (priv_.clone(), 3)].into(),
            list_sizes: [(sup, 10), (priv_.clone(), 3)].into(),
            removed: [((priv_, Handle("5b10:dan".into())), 1_795_867_000)].into(),
            used_approvals: [("removals-PRIV-00000000".to_owned(), 1_795_867_000)].into(),
            role_members: [(desk("PRIV"), [RoleMark(7), RoleMark(u64::MAX)].into())].into(),
            ..History::default()
        },
        until_came: Some("2026-11-01".parse().unwrap()),
    }
}

fn roster() -> Vec<RosterFile> {
    let desks = "version: 1\ndesks: {SUP: {access: open}, PRIV: {membership: owned}}\ncustomers: []\n";
    let people = "version: 1\ndefaults: {desks: [SUP, PRIV]}\ncustomers:\n  - ada@example.com\n";
    let file = |name: &str, text: &str| (name.to_owned(), text.as_bytes().to_vec());
    vec![file("people/desks.yaml", desks), file("people/list.yaml", people)]
}

fn create(name: &str) -> Step {
    let action = Action::CreateCustomer {
        email: Email::parse(&format!("{name}@example.com")).unwrap(),
        name: name.to_owned(),
        desks: vec![desk("SUP")],
        password: None,
    };
    Step {
        id: StepId(1),
        action,
        cause: Cause::Edit,
    }
}

/// A first password handed off, one create that ended, and one with an unknown outcome.
async fn write_all(folder: &Path) {
    let state = open(folder).unwrap();
    state.save(&mut Ledger::from_parts(remembered())).unwrap();
    state.save_roster(&roster()).unwrap();
    let (eve, secret) = (
        Email::parse("eve@example.com").unwrap(),
        SecretString::from("not-a-secret"),
    );
    state
        .record_first_password(&eve, "Eve", &[desk("SUP")], secret)
        .await
        .unwrap();
    let step = create("ada");
    state.record_intent(&key("ada")).await.unwrap();
    state.record_attempts(&[&step]);
    let (id, handle) = (AccountId("5b10:ada".into()), Handle("5b10:ada".into()));
    let end = StepResult::with_account(Outcome::Done, AccountRef { id, handle }).mark_sent(Some("r-1".into()));
    state.record_outcome(&step, &end);
    state.record_intent(&key("fay")).await.unwrap();
}

/// The folder for new samples.
fn target() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/compat")
}

/// The folder of the committed samples.
fn kept() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compat")
}

#[tokio::test]
#[ignore = "writes a folder to be kept"]
async fn a_folder_of_the_present_layout() {
    let folder = target().join("state");
    let _ = fs::remove_dir_all(&folder);
    write_all(&folder).await;
    fs::remove_file(folder.join("lock")).unwrap();
}

/// An unchanged copy of a committed state directory.
fn copy_sample(layout: &str) -> (TempDir, PathBuf) {
    let (copy, from) = (TempDir::new().unwrap(), kept());
    let folder = copy.path().join("state");
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, Permissions::from_mode(0o700)).unwrap();
    for entry in fs::read_dir(from.join(layout)).unwrap().map(Result::unwrap) {
        fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
    }
    (copy, folder)
}

fn assert_restored(folder: &Path, layout: &str) {
    let expected = Ledger::from_parts(remembered());
    let state = open(folder).unwrap();
    assert_eq!(state.ledger().unwrap(), expected, "{layout}");
    assert_eq!(state.saved_roster().unwrap(), Some(roster()), "{layout}");
    assert_eq!(state.uncertain_emails(), BTreeSet::from([key("fay")]), "{layout}");
    assert_eq!(state.unverified_creates(), BTreeSet::from([key("eve")]), "{layout}");
    drop(state);
    assert_eq!(read_ledger(folder, SITE).unwrap(), Some(expected), "{layout}");
    let people = read_hand_off(folder).unwrap();
    let people: Vec<_> = people
        .iter()
        .map(|entry| {
            (
                entry.email.as_str(),
                entry.is_created,
                entry.password.as_ref().map(|word| word.expose_secret()),
            )
        })
        .collect();
    let expected = [
        ("ada@example.com", true, None),
        ("eve@example.com", false, Some("not-a-secret")),
    ];
    assert_eq!(people, expected, "{layout}");
    let journal = fs::read_to_string(folder.join("audit.jsonl")).unwrap();
    assert!(
        journal.lines().count() >= 2 && journal.contains("r-1"),
        "{layout}: {journal}"
    );
}

#[test]
fn every_layout_there_ever_was_is_read_whole() {
    for layout in LAYOUTS {
        let (_copy, folder) = copy_sample(layout);
        // As read beside a writer of that version, before this version opens it.
        let read = read_ledger(&folder, SITE).unwrap();
        assert_eq!(read, Some(Ledger::from_parts(remembered())), "{layout}");
        // The first opening migrates it, the second finds it migrated.
        assert_restored(&folder, layout);
        assert_restored(&folder, layout);
    }
}

#[test]
fn what_was_taken_over_is_put_away_and_not_taken_over_again() {
    let (_copy, folder) = copy_sample(BEFORE);
    let state = open(&folder).unwrap();
    let mut ledger = state.ledger().unwrap();
    ledger.reset_ineffective();
    state.save(&mut ledger).unwrap();
    drop(state);
    for name in ["ledger.redb", "intents.redb"] {
        assert!(
            !folder.join(name).exists() && folder.join(format!("{name}.old")).exists(),
            "{name}"
        );
        // As if it had been killed before the rename.
        fs::copy(folder.join(format!("{name}.old")), folder.join(name)).unwrap();
    }
    assert_eq!(open(&folder).unwrap().ledger().unwrap(), ledger);
}

#[test]
fn an_old_folder_of_another_site_or_with_a_damaged_file_is_left_as_it_is() {
    let (_copy, folder) = copy_sample(BEFORE);
    let other = "https://other.atlassian.net/";
    let opened = State::open(&folder, other, Opener::new("run", clock)).unwrap_err();
    assert!(matches!(opened, StateError::OtherSite { .. }), "{opened:?}");
    assert!(read_ledger(&folder, other).is_err());
    let file = folder.join("intents.redb");
    let good = fs::read(&file).unwrap();
    fs::write(&file, b"no store at all").unwrap();
    let error = open(&folder).unwrap_err();
    assert!(
        matches!(error, StateError::Damaged { .. }) && error.to_string().contains("intents.redb"),
        "{error}"
    );
    fs::write(&file, good).unwrap();
    assert_restored(&folder, BEFORE);
}
