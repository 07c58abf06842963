//! The daemon's log: one line per event, without e-mails above DEBUG.

use std::time::Duration;

use tracing::{debug, error, info, warn};

use super::pass_result::{EndedPass, PassEnd};
use super::roster::ReloadOutcome;
use crate::causes::masked_error_chain;
use crate::daemon::schedule::{PassKind, Run};
use crate::engine::pass::Preview;
use crate::model::email::mask_addresses;
use crate::model::outcome::{Outcome, Outcomes, StopReason};
use crate::model::step::{Cause, Step, StepKind};

/// Logs the result of reading the roster.
pub(super) fn reload_outcome(looked: &ReloadOutcome, some_in_force: bool) {
    match looked {
        ReloadOutcome::Unchanged => debug!("the roster is unchanged"),
        ReloadOutcome::Recovered => info!("the roster file can be used again; its content is already in force"),
        ReloadOutcome::New => info!("a new roster is in force"),
        ReloadOutcome::Unusable(problem) => {
            let force = roster_in_force(some_in_force);
            error!(
                problem = problem.summary(),
                "the roster cannot be used; {force}; run `quietdesk validate` to see why"
            );
            debug!("{problem}");
        }
    }
}

/// Logs the warnings of a new roster.
pub(super) fn roster_warnings(warnings: &[String]) {
    for warning in warnings {
        warn!("{}", mask_addresses(warning));
    }
}

/// Logs that a valid roster cannot be used.
pub(super) fn unusable_roster(problem: &str, some_in_force: bool) {
    let force = roster_in_force(some_in_force);
    error!(problem, "the roster cannot be used; {force}");
}

fn roster_in_force(some: bool) -> &'static str {
    match some {
        true => "the last good roster stays in force",
        false => "waiting for a valid roster",
    }
}

/// Returns the service manager's status line for a running pass.
pub(super) fn running_status(run: Run) -> String {
    match (run.kind, run.paced) {
        (PassKind::Edit, _) => "processing a roster edit".to_owned(),
        (PassKind::Full, false) => "reading Jira".to_owned(),
        (PassKind::Full, true) => "reading Jira to detect drift".to_owned(),
    }
}

/// Returns the service manager's status line after a pass. Contains no e-mails.
pub(super) fn ended_status(done: &EndedPass) -> String {
    match &done.end {
        PassEnd::NotConnected(problem) => masked_error_chain(problem),
        PassEnd::NotObserved(problem) => masked_error_chain(problem),
        PassEnd::Interrupted => "stopping".to_owned(),
        PassEnd::NothingToDo => "in step".to_owned(),
        PassEnd::Observed(seen) => {
            let plan = seen.approved.plan();
            format!("observing: {} differences, {} held", plan.steps.len(), plan.held.len())
        }
        PassEnd::Applied(seen, outcomes) => {
            let plan = seen.approved.plan();
            let refused = seen.approved.findings().len();
            let undone = plan
                .steps
                .iter()
                .filter(|step| !outcomes.has_succeeded(step.id))
                .count();
            let refused = match refused {
                0 => String::new(),
                _ => format!("; {refused} refused by a guard"),
            };
            match (undone, plan.held.len()) {
                (0, 0) => format!("in step{refused}"),
                (0, held) => format!("in step, except for {held} held{refused}"),
                (undone, held) => format!("{undone} not done, {held} held{refused}"),
            }
        }
    }
}

/// Logs how a pass ended, its cost, and in how long the next full one is due.
pub(super) fn pass_ended(done: &EndedPass, next: Option<Duration>) {
    let (requests, writes) = done.requests();
    let again = match next {
        Some(_) => "; retrying",
        None => "",
    };
    match &done.end {
        PassEnd::NotConnected(problem) => error!("{}{again}", masked_error_chain(problem)),
        PassEnd::NotObserved(problem) => error!("{}{again}", masked_error_chain(problem)),
        PassEnd::Interrupted => info!("stopped before any change was made"),
        PassEnd::NothingToDo => info!("the roster edit requires no change in Jira"),
        PassEnd::Observed(seen) => observed(seen, requests),
        PassEnd::Applied(seen, outcomes) => applied(done.run, seen, outcomes, requests, writes),
    }
    if let Some(next) = next {
        debug!(?next, "next full pass scheduled");
    }
}

fn observed(seen: &Preview, requests: u64) {
    details(seen, &Outcomes::NONE);
    let plan = seen.approved.plan();
    let held = plan.held.len();
    if plan.steps.is_empty() {
        let (unchanged, noted) = (plan.unchanged, plan.notes.len());
        let all = exceptions(held, seen.approved.findings().len(), noted);
        info!(held, noted, unchanged, requests, "Jira matches the roster{all}");
    } else {
        warn!(
            differences = plan.steps.len(),
            drift = drifted(&plan.steps),
            held,
            requests,
            "Jira differs from the roster; observing only"
        );
    }
}

/// Returns the exceptions to "Jira matches the roster".
fn exceptions(held: usize, refused: usize, noted: usize) -> String {
    let except = match (held, refused) {
        (0, 0) => "",
        (_, 0) => ", except for held entries",
        (0, _) => ", except for changes refused by a guard",
        (_, _) => ", except for held entries and changes refused by a guard",
    };
    match noted {
        0 => except.to_owned(),
        _ => format!("{except} ({noted} noted)"),
    }
}

fn applied(run: Run, seen: &Preview, outcomes: &Outcomes, requests: u64, writes: u64) {
    details(seen, outcomes);
    let plan = seen.approved.plan();
    let made = |kind: StepKind| {
        let of_kind = plan.steps.iter().filter(|step| step.action.kind() == kind);
        of_kind.filter(|step| outcomes.has_succeeded(step.id)).count()
    };
    let [created, updated, added, removed, access] = StepKind::ALL.map(made);
    let held_midway = outcomes
        .count_by_outcome(plan)
        .get(&Outcome::Held)
        .copied()
        .unwrap_or_default();
    let held = plan.held.len() + held_midway;
    let undone = plan.steps.len() - created - updated - added - removed - access - held_midway;
    let unchanged = plan.unchanged;
    if plan.steps.is_empty() {
        let noted = plan.notes.len();
        let all = exceptions(held, seen.approved.findings().len(), noted);
        info!(
            held,
            noted, unchanged, requests, writes, "nothing to do: Jira matches the roster{all}"
        );
    } else {
        let pass = match run.kind {
            PassKind::Full => "pass",
            PassKind::Edit => "edit",
        };
        let (drift, writes_that_mail) = (drifted(&plan.steps), seen.mail_sending_calls());
        info!(
            created,
            updated,
            added,
            removed,
            access,
            drift,
            held,
            undone,
            unchanged,
            requests,
            writes,
            writes_that_mail,
            "{pass} done"
        );
    }
    log_problems(outcomes);
    if held > 0 || undone > 0 {
        warn!(
            held,
            undone, "Jira does not match the roster yet; run `quietdesk plan` to see what is held and why"
        );
    }
}

/// Logs why a pass ended early, and why it creates no accounts.
fn log_problems(outcomes: &Outcomes) {
    match &outcomes.stopped {
        None => {}
        Some(StopReason::Requested) => info!("stopped early; the next start continues"),
        Some(stopped) => error!(
            problem = mask_addresses(&stopped.to_string()),
            "the pass ended early; the next one continues"
        ),
    }
    if let Some(problem) = &outcomes.creating_refused {
        error!(
            problem = mask_addresses(problem),
            "Jira refuses to create customers with quietdesk's account; run `quietdesk doctor`"
        );
    }
    if let Some(problem) = &outcomes.creating_unsafe {
        error!(
            problem = mask_addresses(problem),
            "not creating accounts until this is fixed"
        );
    }
}

/// Logs guard findings and warnings; every step and held entry, with e-mails, at DEBUG.
fn details(seen: &Preview, outcomes: &Outcomes) {
    let plan = seen.approved.plan();
    for finding in seen.approved.findings() {
        let (id, override_hint) = (&finding.id, &finding.override_hint);
        warn!(id, override_hint, "refused by a guard: {}", finding.what);
    }
    for warning in &plan.warnings {
        warn!("{}", mask_addresses(warning));
    }
    for step in &plan.steps {
        let error = outcomes.results.get(&step.id).and_then(|end| end.error.as_deref());
        debug!(outcome = outcomes.outcome_of(step.id).as_str(), cause = ?step.cause, error, "{step}");
    }
    for held in &plan.held {
        let desk = held.desk.as_ref().map(ToString::to_string);
        let email = held.email.as_ref().map(tracing::field::display);
        debug!(email, desk, "held: {}", held.reason);
    }
}

fn drifted(steps: &[Step]) -> usize {
    steps.iter().filter(|step| step.cause == Cause::Drift).count()
}
