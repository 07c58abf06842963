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

#[test]
fn an_answer_lost_at_any_call_ends_as_if_nothing_had_happened() {
    let trials = in_every_case(|begun| {
        let (_, end, methods) = undisturbed(begun);
        let mut trials = 0;
        for (number, method) in (1..).zip(&methods) {
            let faults: &[_] = if *method == "GET" { &OF_READS } else { &FAULTS };
            for fault in faults {
                let script = format!("{fault}@{number}");
                let mut trial = begun.trial();
                let passed = trial.pass_with(&script);
                settles(&mut trial, &passed, &end, &script);
                trials += 1;
            }
        }
        trials
    });
    assert!(trials > 1000, "{trials} trials");
    println!("{trials} trials");
}
