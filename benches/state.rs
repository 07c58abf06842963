//! What the state of 100 000 people, each with an account and on two desks, takes to save and to load.
//!
//! `cargo bench --bench state [-- CUSTOMERS]`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]

use std::time::Instant;

use jiff::Timestamp;
use quietdesk::engine::journal::Journal as _;
use quietdesk::engine::state::{Opener, State, read_ledger};
use quietdesk::model::desk::DeskKey;
use quietdesk::model::email::EmailKey;
use quietdesk::model::ledger::{Fact, Ledger, Parts, Value};

const SITE: &str = "https://example.atlassian.net/";

fn main() {
    let asked = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let people: usize = asked.unwrap_or(100_000);
    let email = |n: usize| EmailKey::of(&format!("member{n:06}@example.com"));
    let mut parts = Parts::default();
    for n in 0..people {
        for desk in ["SUP", "OTHER"] {
            let membership = Fact::Membership(DeskKey::parse(desk).unwrap(), email(n));
            parts.agreed.insert(membership, Value::Present);
        }
        parts.agreed.insert(Fact::Account(email(n)), Value::Present);
    }
    let folder = tempfile::tempdir().unwrap();
    let open = || State::open(folder.path(), SITE, Opener::new("bench", || Timestamp::UNIX_EPOCH)).unwrap();
    let measure = |what: &str, start: Instant| println!("| {what} | {:?} |", start.elapsed());
    println!("state of {people} people");
    let state = open();
    let start = Instant::now();
    state.save(&Ledger::restored(parts.clone())).unwrap();
    measure("first save", start);
    for _ in 0..3 {
        parts.agreed.pop_last();
        let ledger = Ledger::restored(parts.clone());
        let start = Instant::now();
        state.save(&ledger).unwrap();
        measure("save of one change", start);
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let start = Instant::now();
    runtime.block_on(state.intend(&email(0))).unwrap();
    measure("one intent alone", start);
    let emails: Vec<_> = (0..2_000).map(email).collect();
    let start = Instant::now();
    runtime.block_on(futures_util::future::join_all(
        emails.iter().map(|email| state.intend(email)),
    ));
    measure("2000 intents at once", start);
    drop(state);
    let start = Instant::now();
    drop(open());
    measure("open", start);
    let start = Instant::now();
    assert!(read_ledger(folder.path(), SITE).unwrap().is_some());
    measure("read beside", start);
    let size = folder.path().join("ledger.redb").metadata().unwrap().len();
    println!("{} MiB", size >> 20);
}
