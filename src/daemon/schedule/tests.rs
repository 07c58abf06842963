//! The schedule's table, row by row, and every sequence of events up to a depth.

use super::*;

const TIMING: Timing = Timing {
    interval: secs(600),
    read_rate: 20.0,
    refused: secs(300),
    backoff: secs(5),
    backoff_at_most: secs(300),
};
const FULL: Run = Run {
    kind: PassKind::Full,
    paced: false,
};
const PERIODIC: Run = Run {
    kind: PassKind::Full,
    paced: true,
};
const EDIT: Run = Run {
    kind: PassKind::Edit,
    paced: false,
};
const QUICK: Cost = Cost {
    took: secs(1),
    requests: 10,
};

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// Returns a schedule after a full pass that completed at 0 s.
fn settled() -> Schedule {
    let mut schedule = Schedule::new(TIMING);
    schedule.roster_changed();
    assert_eq!(schedule.next_action(Duration::ZERO), Next::Run(FULL));
    schedule.run_started(FULL);
    schedule.run_ended(Duration::ZERO, RunOutcome::Completed, QUICK, 0.0);
    schedule
}

fn run(schedule: &mut Schedule, at: u64, expected: Run, ended: RunOutcome) {
    assert_eq!(schedule.next_action(secs(at)), Next::Run(expected), "at {at} s");
    schedule.run_started(expected);
    schedule.run_ended(secs(at), ended, QUICK, 0.0);
}

#[test]
fn nothing_runs_without_a_roster() {
    let mut schedule = Schedule::new(TIMING);
    schedule.request_full_pass();
    schedule.credentials_changed();
    assert_eq!(schedule.next_action(secs(9999)), Next::Wait(None));
}

#[test]
fn a_full_pass_every_interval_paced() {
    let mut schedule = settled();
    assert_eq!(schedule.next_action(secs(599)), Next::Wait(Some(secs(600))));
    assert_eq!(schedule.full_due(), secs(600));
    run(&mut schedule, 600, PERIODIC, RunOutcome::Completed);
    assert_eq!(schedule.next_action(secs(600)), Next::Wait(Some(secs(1200))));
    assert_eq!(schedule.full_due(), secs(1200));
    assert_eq!([FULL.kind.as_str(), PassKind::Edit.as_str()], ["full", "edit"]);
}

#[test]
fn chance_lengthens_the_interval_by_a_tenth_at_most() {
    let mut schedule = settled();
    schedule.run_started(PERIODIC);
    schedule.run_ended(secs(600), RunOutcome::Completed, QUICK, 1.0);
    assert_eq!(schedule.next_action(secs(600)), Next::Wait(Some(secs(1260))));
}

#[test]
fn the_interval_stretches_so_that_reading_takes_a_twentieth_of_the_time() {
    let mut schedule = settled();
    for (cost, interval) in [
        (
            Cost {
                took: secs(1),
                requests: 2000,
            },
            2000,
        ),
        (
            Cost {
                took: secs(120),
                requests: 2000,
            },
            2400,
        ),
        (QUICK, 600),
    ] {
        schedule.request_full_pass();
        schedule.run_started(FULL);
        schedule.run_ended(Duration::ZERO, RunOutcome::Completed, cost, 0.0);
        assert_eq!(schedule.interval, secs(interval));
    }
}

#[test]
fn an_edit_runs_at_once_and_moves_no_full_pass() {
    let mut schedule = settled();
    schedule.roster_changed();
    run(&mut schedule, 7, EDIT, RunOutcome::Completed);
    assert_eq!(schedule.next_action(secs(7)), Next::Wait(Some(secs(600))));
}

#[test]
fn events_during_a_pass_lead_to_exactly_one_more() {
    let new_roster: fn(&mut Schedule) = Schedule::roster_changed;
    let read_again: fn(&mut Schedule) = Schedule::request_full_pass;
    for (during, then) in [
        ([new_roster, new_roster], EDIT),
        ([new_roster, read_again], FULL),
        ([read_again, read_again], FULL),
    ] {
        let mut schedule = settled();
        schedule.roster_changed();
        schedule.run_started(EDIT);
        for event in during {
            event(&mut schedule);
            assert_eq!(schedule.next_action(secs(1)), Next::Wait(None), "passes do not overlap");
        }
        schedule.run_ended(secs(2), RunOutcome::Completed, QUICK, 0.0);
        run(&mut schedule, 2, then, RunOutcome::Completed);
        assert!(matches!(schedule.next_action(secs(2)), Next::Wait(Some(_))));
    }
}

#[test]
fn failures_back_off_twice_as_long_each_time_and_recover() {
    let mut schedule = settled();
    schedule.roster_changed();
    let (mut now, failed) = (0, RunOutcome::Failed { wait: None });
    for backoff in [5, 10, 20, 40, 80, 160, 300, 300] {
        run(&mut schedule, now, EDIT, failed);
        assert_eq!(schedule.next_action(secs(now)), Next::Wait(Some(secs(now + backoff))));
        now += backoff;
    }
    run(&mut schedule, now, EDIT, RunOutcome::Completed);
    schedule.roster_changed();
    run(&mut schedule, now + 10_000, EDIT, failed);
    assert_eq!(
        schedule.next_action(secs(now + 10_000)),
        Next::Wait(Some(secs(now + 10_005))),
        "a success resets the backoff"
    );
}

#[test]
fn chance_shortens_backoff_by_half_at_most() {
    let mut schedule = settled();
    schedule.roster_changed();
    schedule.run_started(EDIT);
    schedule.run_ended(secs(0), RunOutcome::Failed { wait: None }, QUICK, 1.0);
    assert_eq!(
        schedule.next_action(secs(0)),
        Next::Wait(Some(Duration::from_millis(2500)))
    );
}

#[test]
fn an_edit_and_a_signal_cut_backoff_short_but_not_what_jira_asks() {
    for (event, then) in [
        (Schedule::roster_changed as fn(&mut Schedule), EDIT),
        (Schedule::request_full_pass, FULL),
    ] {
        let mut schedule = settled();
        schedule.roster_changed();
        run(&mut schedule, 0, EDIT, RunOutcome::Failed { wait: None });
        event(&mut schedule);
        assert_eq!(schedule.next_action(secs(1)), Next::Run(then));
        run(&mut schedule, 1, then, RunOutcome::Failed { wait: Some(secs(3600)) });
        event(&mut schedule);
        assert_eq!(schedule.next_action(secs(1)), Next::Wait(Some(secs(3601))));
    }
}

#[test]
fn refused_credentials_are_tried_every_five_minutes_and_new_ones_at_once() {
    let mut schedule = settled();
    run(&mut schedule, 600, PERIODIC, RunOutcome::Refused);
    schedule.roster_changed();
    assert_eq!(schedule.next_action(secs(601)), Next::Wait(Some(secs(900))));
    schedule.credentials_changed();
    run(&mut schedule, 601, EDIT, RunOutcome::Completed);
    run(&mut schedule, 601, PERIODIC, RunOutcome::Completed);
}

#[test]
fn unsettled_answers_are_read_again_soon() {
    let mut schedule = settled();
    run(&mut schedule, 600, PERIODIC, RunOutcome::CompletedUncertain);
    assert_eq!(schedule.next_action(secs(600)), Next::Wait(Some(secs(605))));
    run(&mut schedule, 605, EDIT, RunOutcome::Completed);
    assert_eq!(schedule.next_action(secs(605)), Next::Wait(Some(secs(1200))));
}

#[test]
fn a_failed_first_pass_stays_a_full_one() {
    let mut schedule = Schedule::new(TIMING);
    schedule.roster_changed();
    run(&mut schedule, 0, FULL, RunOutcome::Failed { wait: None });
    schedule.roster_changed();
    run(&mut schedule, 1, FULL, RunOutcome::Completed);
}

#[derive(Clone, Copy, Debug)]
enum Event {
    Roster,
    Again,
    Credentials,
    Began,
    Ended(RunOutcome),
    Time(u64),
}

/// For every sequence of eight events: passes never overlap, none runs while Jira asks to wait, and once passes succeed
/// again, all due work takes at most two passes, and then only the interval remains.
#[test]
fn whatever_happens() {
    let events = [
        Event::Roster,
        Event::Again,
        Event::Credentials,
        Event::Began,
        Event::Ended(RunOutcome::Completed),
        Event::Ended(RunOutcome::CompletedUncertain),
        Event::Ended(RunOutcome::Failed { wait: None }),
        Event::Ended(RunOutcome::Failed { wait: Some(secs(50)) }),
        Event::Ended(RunOutcome::Refused),
        Event::Time(20),
    ];
    let mut sequences = 0_u32;
    let mut stack = vec![(Schedule::new(TIMING), 0_u64, 0_usize, Duration::ZERO)];
    while let Some((schedule, now, depth, asked)) = stack.pop() {
        sequences += 1;
        check(&schedule, now, asked);
        if depth == 8 {
            continue;
        }
        for event in events {
            let (mut next, mut later, mut asked) = (schedule.clone(), now, asked);
            match (event, schedule.next_action(secs(now))) {
                (Event::Roster, _) => next.roster_changed(),
                (Event::Again, _) => next.request_full_pass(),
                (Event::Credentials, _) => {
                    next.credentials_changed();
                    asked = Duration::ZERO;
                }
                (Event::Began, Next::Run(run)) => next.run_started(run),
                (Event::Began, Next::Wait(_)) => continue,
                (Event::Ended(_), _) if schedule.running.is_none() => continue,
                (Event::Ended(ended), _) => {
                    next.run_ended(secs(now), ended, QUICK, 0.5);
                    asked = match ended {
                        RunOutcome::Completed | RunOutcome::CompletedUncertain | RunOutcome::Failed { wait: None } => {
                            Duration::ZERO
                        }
                        RunOutcome::Failed { wait: Some(wait) } => secs(now) + wait,
                        RunOutcome::Refused => secs(now + 300),
                    };
                }
                (Event::Time(by), _) => later += by,
            }
            stack.push((next, later, depth + 1, asked));
        }
    }
    assert!(sequences > 100_000, "{sequences}");
}

fn check(schedule: &Schedule, now: u64, asked: Duration) {
    let next = schedule.next_action(secs(now));
    if schedule.running.is_some() || !schedule.has_roster {
        assert_eq!(next, Next::Wait(None));
    }
    if let Next::Run(run) = next {
        assert!(secs(now) >= asked, "before the end of Jira's wait: {schedule:?}");
        assert!(
            run.kind == PassKind::Full || schedule.full_done,
            "an edit pass needs a full one first"
        );
    }
    if let Next::Wait(Some(until)) = next {
        assert!(until > secs(now), "waits until a past time: {schedule:?}");
    }
    if schedule.has_roster {
        let (mut schedule, mut now, mut passes) = (schedule.clone(), secs(now), 0);
        schedule.run_ended(now, RunOutcome::Completed, QUICK, 0.0);
        loop {
            match schedule.next_action(now) {
                Next::Run(run) => {
                    schedule.run_started(run);
                    schedule.run_ended(now, RunOutcome::Completed, QUICK, 0.0);
                    passes += 1;
                }
                Next::Wait(Some(until)) if schedule.full == Owed::No && !schedule.edit => {
                    assert_eq!(until, schedule.full_due);
                    break;
                }
                Next::Wait(Some(until)) => now = until,
                Next::Wait(None) => panic!("nothing runs any more: {schedule:?}"),
            }
            assert!(passes <= 3, "{schedule:?}");
        }
    }
}
