use super::*;
use crate::model::account::{AccountId, Handle};
use crate::model::held::Change;

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
    let plain = StepEnd::plain(Outcome::Failed);
    assert!(plain.error.is_none() && plain.held.is_none() && plain.account.is_none() && plain.request.is_none());
    assert!(!plain.refused && !plain.ineffective && !plain.sent);
    let failed = StepEnd::with_error(Outcome::Failed, "why");
    assert_eq!(
        (failed.outcome, failed.error.as_deref()),
        (Outcome::Failed, Some("why"))
    );
    let made = StepEnd::with_account(Outcome::Done, account("1"));
    assert_eq!(made.account, Some(account("1")));
    let vain = StepEnd::ineffective("why");
    assert!(vain.ineffective && vain.outcome == Outcome::Failed && vain.error.as_deref() == Some("why"));
    let sent = made.clone().sent(Some("r1".into()));
    assert!(sent.sent && sent.request.as_deref() == Some("r1") && sent.account == made.account);
    let held = StepEnd::held(HeldReason::NoEffect(Change::Add));
    assert_eq!(
        (held.outcome, held.held),
        (Outcome::Held, Some(HeldReason::NoEffect(Change::Add)))
    );
    let advice = HeldReason::NoEffect(Change::Add).advice();
    assert_eq!(
        held.error,
        Some(format!("{}: {advice}", HeldReason::NoEffect(Change::Add)))
    );
}

/// Whichever of two reasons comes first, the more telling one is told.
#[test]
fn the_more_telling_of_two_reasons_to_stop() {
    let limited = Stopped::RateLimited {
        why: "slow down".into(),
        wait: Duration::from_secs(5),
    };
    let order = [
        Stopped::Refused("wrong token".into()),
        limited,
        Stopped::Unreachable("no route".into()),
        Stopped::Asked,
    ];
    for (place, telling) in order.iter().enumerate() {
        for other in &order[place..] {
            assert_eq!(telling.clone().or(other.clone()), *telling);
            assert_eq!(other.clone().or(telling.clone()), *telling);
        }
    }
    let first = Stopped::Refused("first".into());
    assert_eq!(first.clone().or(Stopped::Refused("second".into())), first);
    let words = order.map(|stopped| stopped.to_string()).join("; ");
    assert_eq!(words, "wrong token; slow down; no route; asked to stop");
}
