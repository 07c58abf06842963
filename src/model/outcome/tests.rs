use super::*;
use crate::model::account::{AccountId, Handle};
use crate::model::held::IneffectiveChange;

const ALL: [Outcome; 8] = [
    Outcome::Done,
    Outcome::Already,
    Outcome::Linked,
    Outcome::Held,
    Outcome::Failed,
    Outcome::Unknown,
    Outcome::Skipped,
    Outcome::NotAttempted,
];

fn account(id: &str) -> AccountRef {
    AccountRef {
        id: AccountId(id.into()),
        handle: Handle(id.into()),
    }
}

#[test]
fn words_and_successes() {
    let words = ALL.map(Outcome::as_str).join(" ");
    assert_eq!(words, "done already linked held failed unknown skipped not_attempted");
    let successes: Vec<_> = ALL.into_iter().filter(|outcome| outcome.is_success()).collect();
    assert_eq!(successes, [Outcome::Done, Outcome::Already, Outcome::Linked]);
}

#[test]
fn an_end_says_what_is_known_of_it() {
    let plain = StepResult::from_outcome(Outcome::Failed);
    assert!(plain.error.is_none() && plain.held.is_none() && plain.account.is_none() && plain.request_id.is_none());
    assert!(!plain.refused && !plain.ineffective && !plain.sent);
    let failed = StepResult::with_error(Outcome::Failed, "why");
    assert_eq!(
        (failed.outcome, failed.error.as_deref()),
        (Outcome::Failed, Some("why"))
    );
    let made = StepResult::with_account(Outcome::Done, account("1"));
    assert_eq!(made.account, Some(account("1")));
    let vain = StepResult::without_effect("why");
    assert!(vain.ineffective && vain.outcome == Outcome::Failed && vain.error.as_deref() == Some("why"));
    let sent = made.clone().mark_sent(Some("r1".into()));
    assert!(sent.sent && sent.request_id.as_deref() == Some("r1") && sent.account == made.account);
    let held = StepResult::held(HeldReason::NoEffect(IneffectiveChange::Add));
    assert_eq!(
        (held.outcome, held.held),
        (Outcome::Held, Some(HeldReason::NoEffect(IneffectiveChange::Add)))
    );
    let advice = HeldReason::NoEffect(IneffectiveChange::Add).advice();
    assert_eq!(
        held.error,
        Some(format!("{}: {advice}", HeldReason::NoEffect(IneffectiveChange::Add)))
    );
}

/// The more severe of two reasons is returned, in either order.
#[test]
fn the_more_severe_of_two_reasons_to_stop() {
    let limited = StopReason::RateLimited {
        why: "slow down".into(),
        wait: Duration::from_secs(5),
    };
    let order = [
        StopReason::Refused("wrong token".into()),
        limited,
        StopReason::Unreachable("no route".into()),
        StopReason::Requested,
    ];
    for (place, severe) in order.iter().enumerate() {
        for other in &order[place..] {
            assert_eq!(severe.clone().most_severe(other.clone()), *severe);
            assert_eq!(other.clone().most_severe(severe.clone()), *severe);
        }
    }
    let first = StopReason::Refused("first".into());
    assert_eq!(first.clone().most_severe(StopReason::Refused("second".into())), first);
    let words = order.map(|stopped| stopped.to_string()).join("; ");
    assert_eq!(words, "wrong token; slow down; no route; asked to stop");
}
