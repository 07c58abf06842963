//! What must hold after the following passes, whatever happened.

use std::collections::{BTreeMap, BTreeSet};

use quietdesk::engine::state::read_hand_off;
use quietdesk::sandbox::{AccountSnapshot, DeskAccess, Snapshot};
use secrecy::ExposeSecret as _;
use serde_json::Value;

use super::cases::Place;
use super::trial::{PassSummary, Trial};

/// The most passes until nothing is left to do.
const PASSES: usize = 3;

/// The final state of a site, without ids and generated passwords.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FinalState {
    desks: BTreeMap<String, (DeskAccess, BTreeSet<String>)>,
    /// Each address with its name and whether it is active, once per account.
    accounts: Vec<(String, String, bool)>,
}

impl FinalState {
    pub(crate) fn of(snapshot: &Snapshot) -> Self {
        let desks = snapshot.desks.iter();
        let desks = desks.map(|(key, desk)| (key.clone(), (desk.access, snapshot.customers(key))));
        let account = |account: &AccountSnapshot| (account.email.clone(), account.name.clone(), account.active);
        let mut accounts: Vec<_> = snapshot.accounts.values().map(account).collect();
        accounts.sort();
        Self {
            desks: desks.collect(),
            accounts,
        }
    }
}

/// No more faults: after a few passes, the site must end as it would have without the trouble.
pub(crate) fn settles(trial: &mut Trial<'_>, first: &PassSummary, wanted: &FinalState, what: &str) {
    let case = trial.case;
    let say = |problem: String| panic!("{:?}, {}, {what}: {problem}", case.place, case.kind);
    check_invariants(trial, first, wanted, &say);
    let mut left = first.steps.clone();
    for _ in 0..=PASSES {
        let passed = trial.pass(None);
        check_invariants(trial, &passed, wanted, &say);
        left = passed.steps;
        if left.as_ref().is_some_and(Vec::is_empty) {
            break;
        }
    }
    if left.as_ref().is_none_or(|left| !left.is_empty()) {
        say(format!("after {PASSES} passes there is still {left:?}"));
    }
    let end = FinalState::of(&trial.sandbox.snapshot());
    if end != *wanted {
        say(format!("it ends as {end:#?}\nand not as {wanted:#?}"));
    }
    handed_off(trial, &say);
    journalled(trial, first.was_killed, &say);
}

/// What must hold after each pass, and right after a death.
fn check_invariants(trial: &Trial<'_>, passed: &PassSummary, wanted: &FinalState, say: &dyn Fn(String)) {
    let (sandbox, snapshot) = (&trial.sandbox, trial.sandbox.snapshot());
    if !sandbox.outbox().is_empty() || sandbox.seats() != 0 || !sandbox.violations().is_empty() {
        let (outbox, violations) = (sandbox.outbox(), sandbox.violations());
        say(format!("{outbox:?}, {} seats, {violations:?}", sandbox.seats()));
    }
    for (key, desk) in &trial.start.desks {
        for id in desk.customers.difference(&snapshot.desks[key].customers) {
            let email = &snapshot.accounts[id].email;
            if wanted.desks[key].1.contains(email) {
                say(format!("{email} left {key}"));
            }
        }
    }
    let now = FinalState::of(&snapshot);
    let addresses = |end: &FinalState| end.accounts.iter().map(|(email, ..)| email.clone()).collect::<Vec<_>>();
    let twice = addresses(&now).windows(2).any(|two| two[0] == two[1]);
    if twice {
        say(format!("somebody was made twice: {:?}", now.accounts));
    }
    if passed.steps.as_ref().is_some_and(Vec::is_empty) && passed.writes > 0 {
        say(format!("{} writes without a step", passed.writes));
    }
}

/// Each created account is handed off once, with the password the account has.
fn handed_off(trial: &Trial<'_>, say: &dyn Fn(String)) {
    let snapshot = trial.sandbox.snapshot();
    let made = snapshot
        .accounts
        .iter()
        .filter(|(id, _)| !trial.start.accounts.contains_key(*id));
    let made: BTreeSet<_> = made.map(|(_, account)| account.email.clone()).collect();
    let entries = read_hand_off(&trial.state_folder()).unwrap();
    let named: Vec<_> = entries.iter().map(|entry| entry.email.clone()).collect();
    if entries.len() != made.len() || named.iter().cloned().collect::<BTreeSet<_>>() != made {
        say(format!("{made:?} were made, and {named:?} are handed off"));
    }
    for entry in &entries {
        let password = entry
            .password
            .as_ref()
            .map(|password| password.expose_secret().to_owned());
        let has = trial.sandbox.password_of(&entry.email);
        if !entry.is_created || password != has || password.is_some() != (trial.case.place == Place::FirstPasswords) {
            say(format!(
                "{entry:?} is handed off, and the account's password is another"
            ));
        }
    }
}

/// Each step that reached Jira has a line, and so does each change Jira made: that of its end, or, if the process died
/// before it, that of its beginning.
fn journalled(trial: &Trial<'_>, was_killed: bool, say: &dyn Fn(String)) {
    let audit = trial.audit();
    let text = |line: &Value, field: &str| line[field].as_str().unwrap_or_default().to_lowercase();
    let key = |line: &Value| (text(line, "kind"), text(line, "email"), text(line, "desk"));
    let mut lines = BTreeSet::new();
    for line in &audit {
        if line["outcome"].is_string() {
            lines.insert(key(line));
        }
    }
    for (step, end) in trial.ended.iter().filter(|(_, end)| end.sent) {
        let email = step.action.email().map(ToString::to_string).unwrap_or_default();
        let desk = step.action.desk().map(ToString::to_string).unwrap_or_default();
        let line = (
            step.action.kind().as_str().to_owned(),
            email.to_lowercase(),
            desk.to_lowercase(),
        );
        if !lines.contains(&line) {
            say(format!("{step} ended {end:?}, and is not in the journal: {lines:?}"));
        }
    }
    if was_killed {
        let begun = audit.iter().filter_map(|line| line["begun"].as_array()).flatten();
        lines.extend(begun.map(key));
    }
    for (kind, email, desk) in changes(&trial.start, &trial.sandbox.snapshot()) {
        if !lines.contains(&(kind.to_owned(), email.clone(), desk.clone())) {
            say(format!("{kind} {email} {desk} is not in the journal: {lines:?}"));
        }
    }
}

/// The differences, as the journal names them.
fn changes(before: &Snapshot, after: &Snapshot) -> Vec<(&'static str, String, String)> {
    let mut changes = Vec::new();
    for (id, account) in &after.accounts {
        if !before.accounts.contains_key(id) {
            changes.push(("create_customer", account.email.clone(), String::new()));
        }
    }
    for (key, desk) in &after.desks {
        let was = &before.desks[key];
        let on = |kind, id: &String| (kind, after.accounts[id].email.clone(), key.to_lowercase());
        changes.extend(
            desk.customers
                .difference(&was.customers)
                .map(|id| on("add_to_desk", id)),
        );
        changes.extend(
            was.customers
                .difference(&desk.customers)
                .map(|id| on("remove_from_desk", id)),
        );
        if was.access != desk.access {
            changes.push(("set_access", String::new(), key.to_lowercase()));
        }
    }
    changes
}
