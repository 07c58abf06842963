use super::*;
use crate::model::account::Handle;
use crate::model::fixtures::{customer, roster, site};
use crate::model::held::Change;
use crate::model::ledger::Ledger;
use crate::model::plan::plan;
use crate::model::policy::Policy;
use crate::model::roster::{Customer, InitialPassword};

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

#[test]
fn what_a_pass_came_to() {
    let with_password = |email| Customer {
        initial_password: Some(InitialPassword::Generate),
        ..customer(email, &[])
    };
    let entries = [
        customer("a@example.com", &["SUP"]),
        with_password("b@example.com"),
        customer("c@example.com", &[]),
        customer("d@example.com", &["SUP"]),
        with_password("e@example.com"),
        customer("f@example.com", &["SUP"]),
    ];
    let mut seen = site(&["SUP"]);
    seen.site.deployment = crate::model::observed::Deployment::DataCenter;
    let plan = plan(&roster(&["SUP"], entries), &seen, &Ledger::none(), &Policy::default());
    let creates: Vec<_> = plan
        .steps
        .iter()
        .filter(|step| step.action.kind() == "create_customer")
        .map(|step| step.id)
        .collect();
    let made = |outcome| StepEnd::with_account(outcome, account("1"));
    let mut outcomes = Outcomes {
        ends: creates
            .iter()
            .copied()
            .zip([
                made(Outcome::Done),
                made(Outcome::Failed),
                made(Outcome::Done),
                made(Outcome::Linked),
                StepEnd::plain(Outcome::Failed),
                made(Outcome::Done),
            ])
            .collect(),
        ..Outcomes::NONE
    };
    let hand_off = outcomes.to_hand_off(&plan);
    assert_eq!(
        (hand_off.accounts, hand_off.with_password),
        (3, 1),
        "who has a portal, and who has a password; not who has neither, was there, or was not made"
    );
    let counts = outcomes.counts(&plan);
    let expected = [
        (Outcome::Done, 3),
        (Outcome::Linked, 1),
        (Outcome::Failed, 2),
        (Outcome::NotAttempted, 3),
    ];
    assert_eq!(counts, expected.into());
    assert!(outcomes.succeeded(creates[0]) && !outcomes.succeeded(creates[1]));
    assert_eq!(outcomes.held(&plan), 0);
    outcomes
        .ends
        .insert(creates[4], StepEnd::held(HeldReason::NoEffect(Change::Add)));
    assert_eq!(outcomes.held(&plan), 1);
    let mut more = plan.clone();
    let waiting = crate::model::held::Held {
        email: None,
        desk: None,
        reason: HeldReason::DeskMissing,
    };
    more.held = vec![waiting.clone(), waiting];
    assert_eq!(outcomes.held(&more), 3);
}

/// Only Jira's own refusal is remembered, with whom it may have meant.
#[test]
fn what_is_remembered_as_refused() {
    let wanted = roster(
        &["SUP"],
        [customer("a@example.com", &["SUP"]), customer("b@example.com", &["SUP"])],
    );
    let plan = plan(&wanted, &site(&["SUP"]), &Ledger::none(), &Policy::default());
    let held = || StepEnd::held(HeldReason::ExistsUnseen(vec![AccountId("7".into())]));
    let refused = StepEnd {
        refused: true,
        ..held()
    };
    let ends = plan.steps.iter().map(|step| (step.id, refused.clone()));
    let mut outcomes = Outcomes {
        ends: ends.collect(),
        ..Outcomes::NONE
    };
    let second = plan
        .steps
        .iter()
        .filter(|step| step.action.kind() == "create_customer")
        .nth(1)
        .unwrap();
    outcomes.ends.insert(second.id, held());
    let expected = [(EmailKey::of("a@example.com"), vec![AccountId("7".into())])];
    assert_eq!(outcomes.refused_creates(&plan), expected.into());
}
