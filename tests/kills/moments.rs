//! A process dies at each moment in turn.

use super::cases;
use super::death::{Moment, Store, WrittenPart};
use super::judge::{FinalState, settles};
use super::trial::{PassSummary, StartedCase};

/// Most of the time is spent waiting for the disk.
const SIDE_BY_SIDE: usize = 6;

/// How the pass ends without trouble.
pub(crate) fn undisturbed(begun: &StartedCase<'_>) -> (PassSummary, FinalState, Vec<&'static str>) {
    let mut trial = begun.trial();
    let passed = trial.pass(None);
    assert!(!passed.was_killed && passed.writes > 0, "{:?}", trial.case);
    let end = FinalState::of(&trial.sandbox.snapshot());
    let journal = trial.sandbox.journal();
    let methods = journal.iter().map(|exchange| match exchange.method.as_str() {
        "GET" => "GET",
        _ => "write",
    });
    let methods = methods.collect();
    settles(&mut trial, &passed, &end, "nothing happens");
    (passed, end, methods)
}

/// Tries every case, some of them at once, and returns the number of trials.
pub(crate) fn in_every_case(each: impl Fn(&StartedCase<'_>) -> usize + Sync) -> usize {
    let (cases, next) = (cases::all(), std::sync::atomic::AtomicUsize::new(0));
    std::thread::scope(|scope| {
        let work = || {
            let mut trials = 0;
            while let Some(case) = cases.get(next.fetch_add(1, std::sync::atomic::Ordering::SeqCst)) {
                trials += each(&StartedCase::of(case));
            }
            trials
        };
        let threads: Vec<_> = (0..SIDE_BY_SIDE).map(|_| scope.spawn(work)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    })
}

fn assert_survives_death_at(begun: &StartedCase<'_>, end: &FinalState, moment: Moment) {
    let mut trial = begun.trial();
    let killed = trial.pass(Some(moment));
    assert!(
        killed.was_killed,
        "{:?}, {}, {moment:?}: it survived",
        trial.case.place, trial.case.kind
    );
    settles(&mut trial, &killed, end, &format!("{moment:?}"));
}

#[test]
fn killed_at_any_call_the_next_passes_end_as_if_nothing_had_happened() {
    let trials = in_every_case(|begun| {
        let (passed, end, _) = undisturbed(begun);
        for call in 1..=passed.calls {
            assert_survives_death_at(begun, &end, Moment::BeforeCall(call));
            assert_survives_death_at(begun, &end, Moment::AfterCall(call));
        }
        2 * passed.calls
    });
    assert!(trials > 300, "{trials} trials");
    println!("{trials} trials");
}

#[test]
fn killed_at_anything_it_writes_down_the_next_passes_end_as_if_nothing_had_happened() {
    let trials = in_every_case(|begun| {
        let (passed, end, _) = undisturbed(begun);
        let mut trials = 0;
        for (number, store) in (1..).zip(&passed.stores) {
            let parts: &[_] = match store {
                Store::Ended => &[
                    WrittenPart::HalfOfTheFirst,
                    WrittenPart::First,
                    WrittenPart::HalfOfTheSecond,
                ],
                Store::Save => &[WrittenPart::First],
                Store::Reserve | Store::Intent | Store::FirstPassword | Store::Attempts | Store::Found => &[],
            };
            let within = parts.iter().map(|part| Moment::WithinStore(number, *part));
            for moment in [Moment::BeforeStore(number), Moment::AfterStore(number)]
                .into_iter()
                .chain(within)
            {
                assert_survives_death_at(begun, &end, moment);
                trials += 1;
            }
        }
        trials
    });
    assert!(trials > 300, "{trials} trials");
    println!("{trials} trials");
}
