//! Measures saving and loading the state of 100,000 people, each with an account and on two desks, and the bytes that
//! an edit writes.
//!
//! `cargo bench --bench state [-- CUSTOMERS]`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]

use std::fs;
use std::path::Path;
use std::time::Instant;

use jiff::Timestamp;
use quietdesk::engine::journal::Journal as _;
use quietdesk::engine::state::{Opener, RosterFile, State, read_ledger};
use quietdesk::model::account::{AccountId, Handle};
use quietdesk::model::desk::DeskKey;
use quietdesk::model::email::{Email, EmailKey};
use quietdesk::model::ledger::{Fact, Ledger, Parts, Value};
use quietdesk::model::outcome::{Outcome, StepResult};
use quietdesk::model::step::{AccountRef, Action, Cause, Step, StepId};
use tokio::runtime::Runtime;

const SITE: &str = "https://example.atlassian.net/";
const EDITS: usize = 20;

fn main() {
    let requested = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let people: usize = requested.unwrap_or(100_000);
    // Not in the folder of temporary files: it may be in memory, where the kernel counts no written bytes.
    let folder = tempfile::tempdir_in(Path::new(env!("CARGO_MANIFEST_DIR")).join("target")).unwrap();
    let open = || State::open(folder.path(), SITE, Opener::new("bench", || Timestamp::UNIX_EPOCH)).unwrap();
    let runtime = Runtime::new().unwrap();
    println!("state of {people} people");
    let (state, mut ledger) = (open(), ledger_with(None, 0..people));
    measure("first save", || state.save(&mut ledger).unwrap());
    measure("first roster save", || state.save_roster(&roster(people)).unwrap());
    edits(&state, &mut ledger, people, &runtime);
    measure("one intent alone", || {
        runtime.block_on(state.record_intent(&email(0))).unwrap()
    });
    let emails: Vec<_> = (0..2_000).map(email).collect();
    measure("2,000 intents at once", || {
        let all = emails.iter().map(|email| state.record_intent(email));
        drop(runtime.block_on(futures_util::future::join_all(all)));
    });
    measure("close", || drop(state));
    measure("open", || drop(open()));
    let state = open();
    measure("read beside a writer", || {
        drop(read_ledger(folder.path(), SITE).unwrap().unwrap())
    });
    measure("roster read", || drop(state.saved_roster().unwrap().unwrap()));
    let size = folder.path().join("state.sqlite").metadata().unwrap().len();
    println!("{} MiB", size >> 20);
}

fn measure(what: &str, work: impl FnOnce()) {
    let start = Instant::now();
    work();
    println!("| {what} | {:?} |", start.elapsed());
}

/// Saves everything a pass stores for one new customer, `EDITS` times: the time, and the bytes the kernel counts.
fn edits(state: &State, ledger: &mut Ledger, people: usize, runtime: &Runtime) {
    let (mut bytes, mut times) = (Vec::new(), Vec::new());
    for n in people..people + EDITS {
        let (roster, mut changed) = (roster(n + 1), ledger_with(Some(ledger), n..=n));
        let (before, start) = (written(), Instant::now());
        let step = create(n);
        state.save_roster(&roster).unwrap();
        runtime.block_on(state.record_intent(&email(n))).unwrap();
        state.record_attempts(&[&step]);
        let account = AccountRef {
            id: AccountId(format!("5b10:{n}")),
            handle: Handle(format!("5b10:{n}")),
        };
        let made = StepResult::with_account(Outcome::Done, account);
        state.record_outcome(&step, &made.mark_sent(Some("r-1".into())));
        state.save(&mut changed).unwrap();
        times.push(start.elapsed());
        bytes.push(written() - before);
        *ledger = changed;
    }
    bytes.sort_unstable();
    times.sort_unstable();
    let (all, middle) = (bytes.iter().sum::<u64>() / EDITS as u64, EDITS / 2);
    println!("| an edit: bytes written, median (mean) | {} ({all}) |", bytes[middle]);
    println!("| an edit: time, median | {:?} |", times[middle]);
}

fn email(n: usize) -> EmailKey {
    EmailKey::from_address(&format!("member{n:06}@example.com"))
}

fn roster(people: usize) -> Vec<RosterFile> {
    let line = |n: usize| {
        format!("  - email: member{n:06}@example.com\n    name: Member Number {n}\n    desks: [SUP, OTHER]\n")
    };
    let text: String = (0..people).map(line).collect();
    vec![(
        "roster.yaml".to_owned(),
        format!("version: 1\ncustomers:\n{text}").into_bytes(),
    )]
}

fn create(n: usize) -> Step {
    Step {
        id: StepId(1),
        action: Action::CreateCustomer {
            email: Email::parse(&format!("member{n:06}@example.com")).unwrap(),
            name: format!("Member Number {n}"),
            desks: vec![DeskKey::parse("SUP").unwrap()],
            password: None,
        },
        cause: Cause::Edit,
    }
}

/// A copy of the ledger that also contains these people.
fn ledger_with(ledger: Option<&Ledger>, people: impl Iterator<Item = usize>) -> Ledger {
    let mut parts = ledger.map_or_else(Parts::default, |ledger| ledger.parts().clone());
    for n in people {
        let account = Value::Account(AccountId(format!("5b10:{n}")));
        parts.agreed.insert(Fact::Account(email(n)), account);
        for desk in ["SUP", "OTHER"] {
            let membership = Fact::Membership(DeskKey::parse(desk).unwrap().into(), email(n));
            parts.agreed.insert(membership, Value::Present);
        }
    }
    Ledger::from_parts(parts)
}

/// The bytes this process has written so far, as the kernel counts them: whole pages.
fn written() -> u64 {
    let counted = fs::read_to_string("/proc/self/io").unwrap();
    let line = counted.lines().find_map(|line| line.strip_prefix("write_bytes: "));
    line.unwrap().parse().unwrap()
}
