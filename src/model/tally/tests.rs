use super::*;
use crate::model::account::{AccountId, Handle};
use crate::model::fixtures::{customer, roster, site};
use crate::model::held::{Change, HeldReason};
use crate::model::ledger::Ledger;
use crate::model::outcome::StepEnd;
use crate::model::plan::plan;
use crate::model::policy::Policy;
use crate::model::roster::{Customer, InitialPassword};
use crate::model::step::AccountRef;

fn account(id: &str) -> AccountRef {
    AccountRef {
        id: AccountId(id.into()),
        handle: Handle(id.into()),
    }
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
        .filter(|step| step.action.kind().as_str() == "create_customer")
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
