//! What an edit of a long roster writes to the state directory. In its own binary: the system counts per process.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;

use jiff::Timestamp;
use quietdesk::engine::journal::Journal as _;
use quietdesk::engine::state::{Opener, RosterFile, State};
use quietdesk::model::account::{AccountId, Handle};
use quietdesk::model::desk::DeskKey;
use quietdesk::model::email::{Email, EmailKey};
use quietdesk::model::ledger::{Fact, Ledger, Parts, Value};
use quietdesk::model::outcome::{Outcome, StepResult};
use quietdesk::model::step::{AccountRef, Action, Cause, Step, StepId};

const PEOPLE: usize = 20_000;
/// For an edit; a goal at 100 000 people (`cargo bench --bench state` measures it there).
const AT_MOST: u64 = 100_000;

fn key(n: usize) -> EmailKey {
    EmailKey::from_address(&format!("member{n:06}@example.com"))
}

fn roster(people: usize) -> Vec<RosterFile> {
    let line = |n: usize| format!("  - {{email: member{n:06}@example.com, name: Member Number {n}}}\n");
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

/// Bytes this process has written so far, as the system counts them.
fn written() -> u64 {
    let counted = fs::read_to_string("/proc/self/io").unwrap();
    let line = counted.lines().find_map(|line| line.strip_prefix("wchar: "));
    line.unwrap().parse().unwrap()
}

/// Everything a pass keeps of one new customer.
async fn edit(state: &State, ledger: &mut Ledger, n: usize, roster: &[RosterFile]) {
    let step = create(n);
    state.save_roster(roster).unwrap();
    state.record_intent(&key(n)).await.unwrap();
    state.record_attempts(&[&step]);
    let (id, handle) = (AccountId(format!("5b10:{n}")), Handle(format!("5b10:{n}")));
    let made = StepResult::with_account(Outcome::Done, AccountRef { id, handle });
    state.record_outcome(&step, &made.mark_sent(Some("r-1".into())));
    state.save(ledger).unwrap();
}

fn with(ledger: Option<&Ledger>, people: impl Iterator<Item = usize>) -> Ledger {
    let mut parts = ledger.map_or_else(Parts::default, |ledger| ledger.parts().clone());
    for n in people {
        let account = Value::Account(AccountId(format!("5b10:{n}")));
        parts.agreed.insert(Fact::Account(key(n)), account);
        for desk in ["SUP", "OTHER"] {
            let membership = Fact::Membership(DeskKey::parse(desk).unwrap().into(), key(n));
            parts.agreed.insert(membership, Value::Present);
        }
    }
    Ledger::from_parts(parts)
}

#[tokio::test]
async fn an_edit_writes_what_it_changed() {
    let folder = tempfile::tempdir().unwrap();
    let state = State::open(
        folder.path(),
        "https://example.com/",
        Opener::new("test", Timestamp::now),
    )
    .unwrap();
    let mut ledger = with(None, 0..PEOPLE);
    state.save(&mut ledger).unwrap();
    state.save_roster(&roster(PEOPLE)).unwrap();
    let mut each: Vec<u64> = Vec::new();
    for n in PEOPLE..PEOPLE + 10 {
        let (roster, mut changed) = (roster(n + 1), with(Some(&ledger), n..=n));
        let before = written();
        edit(&state, &mut changed, n, &roster).await;
        each.push(written() - before);
        ledger = changed;
    }
    each.sort_unstable();
    println!("bytes of an edit: {each:?}");
    assert!(each[each.len() / 2] <= AT_MOST, "{each:?}");
}
