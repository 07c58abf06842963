//! One answer is lost, at each call in turn.

use super::judge::settles;
use super::moments::{in_every_case, undisturbed};

const FAULTS: [&str; 8] = [
    "drop-before",
    "drop-after",
    "500",
    "500-after",
    "503=0",
    "503-after=0",
    "truncated",
    "cut",
];
/// A read has no effect, so faults before and after it are the same.
const READ_FAULTS: [&str; 5] = ["drop-before", "500", "503=0", "truncated", "cut"];

/// The faults to try at one call: for a write all of them, for a read one in turn, since reads are by far the most.
/// With QUIETDESK_EVERY_FAULT set, all of them for reads too, which takes three times as long.
fn striking(number: usize, method: &str) -> &'static [&'static str] {
    let turn = number % READ_FAULTS.len();
    match (method, std::env::var_os("QUIETDESK_EVERY_FAULT")) {
        ("GET", None) => &READ_FAULTS[turn..=turn],
        ("GET", Some(_)) => &READ_FAULTS,
        _ => &FAULTS,
    }
}

#[test]
fn an_answer_lost_at_any_call_ends_as_if_nothing_had_happened() {
    let trials = in_every_case(|begun| {
        let (_, end, methods) = undisturbed(begun);
        let mut trials = 0;
        for (number, method) in (1..).zip(&methods) {
            for fault in striking(number, method) {
                let script = format!("{fault}@{number}");
                let mut trial = begun.trial();
                let passed = trial.pass_with(&script);
                settles(&mut trial, &passed, &end, &script);
                trials += 1;
            }
        }
        trials
    });
    assert!(trials > 500, "{trials} trials");
    println!("{trials} trials");
}
