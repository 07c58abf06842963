use super::*;
use crate::model::account::{AccountId, Handle};
use crate::model::fixtures::{cloud_site, customer, roster};
use crate::model::held::{HeldReason, IneffectiveChange};
use crate::model::ledger::Ledger;
use crate::model::outcome::StepResult;
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
    let mut seen = cloud_site(&["SUP"]);
    seen.site.deployment = crate::model::observed::Deployment::DataCenter;
    let plan = plan(
        &roster(&["SUP"], entries),
        &seen,
        &Ledger::not_kept(),
        &Policy::default(),
    );
    let creates: Vec<_> = plan
        .steps
        .iter()
        .filter(|step| step.action.kind().as_str() == "create_customer")
        .map(|step| step.id)
        .collect();
    let made = |outcome| StepResult::with_account(outcome, account("1"));
    let mut outcomes = Outcomes {
        results: creates
            .iter()
            .copied()
            .zip([
                made(Outcome::Done),
                made(Outcome::Failed),
                made(Outcome::Done),
                made(Outcome::Linked),
                StepResult::from_outcome(Outcome::Failed),
                made(Outcome::Done),
            ])
            .collect(),
        ..Outcomes::NONE
    };
    let hand_off = outcomes.count_accounts_to_hand_off(&plan);
    assert_eq!(
        (hand_off.accounts, hand_off.with_password),
        (3, 1),
        "accounts with a portal or a password; not those with neither, linked or not created"
    );
    let counts = outcomes.count_by_outcome(&plan);
    let expected = [
        (Outcome::Done, 3),
        (Outcome::Linked, 1),
        (Outcome::Failed, 2),
        (Outcome::NotAttempted, 3),
    ];
    assert_eq!(counts, expected.into());
    assert!(outcomes.has_succeeded(creates[0]) && !outcomes.has_succeeded(creates[1]));
    assert_eq!(outcomes.count_held(&plan), 0);
    outcomes.results.insert(
        creates[4],
        StepResult::held(HeldReason::NoEffect(IneffectiveChange::Add)),
    );
    assert_eq!(outcomes.count_held(&plan), 1);
    let mut more = plan.clone();
    let waiting = crate::model::held::Held {
        email: None,
        desk: None,
        reason: HeldReason::DeskMissing,
    };
    more.held = vec![waiting.clone(), waiting];
    assert_eq!(outcomes.count_held(&more), 3);
}
