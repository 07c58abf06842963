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
/// A read has no effect that could come before or after.
const OF_READS: [&str; 5] = ["drop-before", "500", "503=0", "truncated", "cut"];

/// What strikes one call. Every fault strikes every write. Reads are the most by far: by turns, one fault each, unless
/// QUIETDESK_EVERY_FAULT is set, which takes three times as long.
fn striking(number: usize, method: &str) -> &'static [&'static str] {
    let turn = number % OF_READS.len();
    match (method, std::env::var_os("QUIETDESK_EVERY_FAULT")) {
        ("GET", None) => &OF_READS[turn..=turn],
        ("GET", Some(_)) => &OF_READS,
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
