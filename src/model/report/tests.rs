//! A document with every field, plain and redacted, and the counts of smaller ones.

use super::*;
use crate::model::access::Access;
use crate::model::account::{Account, Handle};
use crate::model::fixtures::*;
use crate::model::held::{HeldReason, IneffectiveChange};
use crate::model::ledger::{Fact, Ledger, Value};
use crate::model::observed::{AccessReading, Lookup, Staff};
use crate::model::outcome::{StepResult, StopReason};
use crate::model::plan::plan;
use crate::model::policy::Policy;
use crate::model::roster::{Customer, InitialPassword, Membership};
use crate::model::step::AccountRef;

fn wanted() -> Roster {
    let ada = Customer {
        initial_password: Some(InitialPassword::Generate),
        ..with_name("Ada Lovelace", customer("ada@example.com", &["SUP"]))
    };
    let entries = [
        ada,
        with_previous_emails(&["bob@old.example"], customer("bob@example.com", &["SUP"])),
        customer("dan@example.com", &["OPS"]),
        with_name("Eve Adams", customer("eve@example.com", &["SUP"])),
        customer("finn@example.com", &["PAUSED"]),
    ];
    let mut roster = with_paused("PAUSED", roster(&["OPS", "PAUSED", "SUP"], entries));
    roster.desks.entry(desk_key("SUP")).or_default().membership = Membership::Exact;
    with_access(Access::Open, "OPS", roster)
}

fn seen() -> Observed {
    let customers = ["SUP", "OPS"];
    let mut observed = data_center_site(&["OPS", "PAUSED", "SUP"]);
    for (email, account) in [("ada", "ada"), ("bob", "bob"), ("finn", "finn")] {
        let email = email_key(&format!("{email}@example.com"));
        observed.lookups.insert(email, Lookup::Absent);
        observed.staff.insert(AccountId(account.into()), Staff::No);
    }
    let eve = Account {
        name: "Eve".into(),
        ..account("eve", "eve@example.com")
    };
    observed = with_account(observed, account("bob", "bob@old.example"), &[]);
    observed = with_account(observed, account("dan1", "dan@example.com"), &customers[1..]);
    observed = with_account(observed, account("dan2", "dan@example.com"), &[]);
    observed = with_account(observed, eve, &customers[..1]);
    for stranger in ["gus", "hal"] {
        let email = format!("{stranger}@example.com");
        observed = with_account(observed, account(stranger, &email), &customers);
        observed.staff.insert(AccountId(stranger.into()), Staff::No);
    }
    let hidden = Account {
        email: None,
        ..account("ivy", "Ivy")
    };
    observed = with_account(observed, hidden, &["OPS"]);
    let ops = desk_mut(&mut observed, "OPS");
    ops.members.insert(Handle("jon@example.com".into()));
    desk_mut(&mut observed, "SUP")
        .members
        .insert(Handle("kim@example.com".into()));
    desk_mut(&mut observed, "SUP").groups = ["staff".to_owned(), "temps".to_owned()].into();
    desk_mut(&mut observed, "PAUSED").access = AccessReading::NotRead;
    observed
}

fn decided() -> Plan {
    let mut parts = Ledger::kept().parts().clone();
    parts.completed.insert(container("SUP"));
    let name = Fact::Name(email_key("eve@example.com"));
    parts.agreed.insert(name, Value::Name("Eve Adams".into()));
    plan(&wanted(), &seen(), &Ledger::from_parts(parts), &Policy::default())
}

fn source() -> RosterSource {
    RosterSource {
        files: vec!["club.yaml".to_owned()],
        digest: "0".repeat(64),
        warnings: Vec::new(),
    }
}

fn document(plan: &Plan, already: &[Step], outcomes: Option<&Outcomes>, findings: &[Finding]) -> Report {
    Report::new(ReportInput {
        roster: &wanted(),
        source: &source(),
        observed: &seen(),
        plan,
        already,
        findings,
        calls: 7,
        mail_sending_calls: 0,
        outcomes,
        name_unlisted: true,
    })
}

fn finding() -> Finding {
    Finding {
        id: "large_removal-SUP-01234567".to_owned(),
        container: Some(desk_key("SUP").into()),
        what: "customers would leave SUP".to_owned(),
        count: 2,
        of: 4,
        limit: "10".to_owned(),
        override_hint: "--approve".to_owned(),
    }
}

/// Returns another outcome for every kind of step.
fn ended(plan: &Plan) -> Outcomes {
    let made = AccountRef {
        id: AccountId("made".into()),
        handle: Handle("ada@example.com".into()),
    };
    let ends = [
        StepResult::with_account(Outcome::Done, made).mark_sent(Some("r1".into())),
        StepResult::from_outcome(Outcome::Done),
        StepResult::with_error(Outcome::Failed, "ada@example.com was refused"),
        StepResult::from_outcome(Outcome::Already),
        StepResult::without_effect("no effect"),
        StepResult::held(HeldReason::NoEffect(IneffectiveChange::Add)),
    ];
    Outcomes {
        results: plan.steps.iter().map(|step| step.id).zip(ends).collect(),
        stopped: Some(StopReason::Unreachable("cannot reach ada@example.com's Jira".into())),
        ..Outcomes::NONE
    }
}

#[test]
fn a_document_with_everything_in_it() {
    let plan = decided();
    let already = [Step {
        id: StepId(99),
        ..plan.steps[0].clone()
    }];
    let whole = document(&plan, &already, Some(&ended(&plan)), &[finding()]);
    insta::assert_snapshot!("whole", serde_json::to_string_pretty(&whole).unwrap());
    let masked = serde_json::to_string_pretty(&whole.redacted()).unwrap();
    for name in ["ada", "bob", "dan", "eve", "finn", "gus", "hal", "ivy", "jon", "kim"] {
        assert!(!masked.contains(&format!("{name}@")), "{name} can be read");
    }
    insta::assert_snapshot!("masked", masked);
}

#[test]
fn a_plan_is_reported_without_outcomes() {
    let plan = decided();
    let report = document(&plan, &[], None, &[]);
    assert!(
        report
            .steps
            .iter()
            .all(|step| step.outcome.is_none() && step.error.is_none())
    );
    assert!(!report.guard.refused && report.stopped.is_none());
    assert_eq!(report.summary.held, plan.held.len());
    assert_eq!(report.refused.len(), plan.removal_candidates.len());
    let text = serde_json::to_string(&report).unwrap();
    let back: Report = serde_json::from_str(&text).unwrap();
    assert_eq!(
        serde_json::to_string(&back).unwrap(),
        text,
        "the document can be read back"
    );
    let wrong = text.replace("create_customer", "invite_customer");
    let error = serde_json::from_str::<Report>(&wrong).unwrap_err().to_string();
    assert!(error.contains("\"invite_customer\" is not a step kind"), "{error}");
}

/// A held entry with one candidate names it as its account; one with several does not.
#[test]
fn a_held_entry_names_the_only_account_it_can_mean() {
    let account = |reason: HeldReason| {
        let held = super::super::held::Held {
            email: None,
            desk: None,
            reason,
        };
        held_entry(&held).account.map(|id| id.0)
    };
    let id = |text: &str| AccountId(text.into());
    assert_eq!(account(HeldReason::Deactivated(id("1"))).as_deref(), Some("1"));
    assert_eq!(account(HeldReason::SeveralAccounts(vec![id("1"), id("2")])), None);
    assert_eq!(account(HeldReason::DeskMissing), None);
}
