//! What the daemon says of itself, one line an event, without an e-mail above DEBUG.

use std::time::Duration;

use tracing::{debug, error, info, warn};

use super::ended::{Done, PassEnd};
use super::roster::Looked;
use crate::causes::masked_in_full;
use crate::daemon::schedule::{Kind, Run};
use crate::engine::pass::Preview;
use crate::model::email::masked;
use crate::model::outcome::{Outcome, Outcomes, Stopped};
use crate::model::step::{Cause, Step, StepKind};

/// Says what a look at the roster found.
pub(super) fn looked(looked: &Looked, some_in_force: bool) {
    match looked {
        Looked::Same => debug!("the roster has not changed"),
        Looked::Mended => info!("the roster in force can be read again"),
        Looked::New => info!("a new roster is in force"),
        Looked::Unusable(problem) => {
            let force = in_force(some_in_force);
            error!(
                problem = problem.summary(),
                "the roster cannot be used; {force}. `quietdesk validate` shows why"
            );
            debug!("{problem}");
        }
    }
}

/// Says what is probably not meant in a new roster.
pub(super) fn beware(warnings: &[String]) {
    for warning in warnings {
        warn!("{}", masked(warning));
    }
}

/// Says that a roster cannot be used although it is valid.
pub(super) fn unusable(problem: &str, some_in_force: bool) {
    let force = in_force(some_in_force);
    error!(problem, "the roster cannot be used; {force}");
}

fn in_force(some: bool) -> &'static str {
    match some {
        true => "the last good roster stays in force",
        false => "waiting for a valid one",
    }
}

/// What a pass does, in a line for the service manager.
pub(super) fn begins(run: Run) -> String {
    match (run.kind, run.paced) {
        (Kind::Edit, _) => "bringing an edit to Jira".to_owned(),
        (Kind::Full, false) => "reading Jira".to_owned(),
        (Kind::Full, true) => "reading Jira to find drift".to_owned(),
    }
}

/// How things are after a pass, in a line for the service manager. Without e-mails.
pub(super) fn status(done: &Done) -> String {
    match &done.end {
        PassEnd::NotConnected(problem) => masked_in_full(problem),
        PassEnd::NotObserved(problem) => masked_in_full(problem),
        PassEnd::Interrupted => "stopping".to_owned(),
        PassEnd::NothingToDo => "in step".to_owned(),
        PassEnd::Observed(seen) => {
            let plan = seen.approved.plan();
            format!("observing: {} differences, {} held", plan.steps.len(), plan.held.len())
        }
        PassEnd::Applied(seen, outcomes) => {
            let plan = seen.approved.plan();
            let refused = seen.approved.findings().len();
            let undone = plan.steps.iter().filter(|step| !outcomes.succeeded(step.id)).count();
            let refused = match refused {
                0 => String::new(),
                _ => format!("; {refused} refused by a guard"),
            };
            match (undone, plan.held.len()) {
                (0, 0) => format!("in step{refused}"),
                (0, held) => format!("in step, but for {held} held{refused}"),
                (undone, held) => format!("{undone} undone, {held} held{refused}"),
            }
        }
    }
}

/// Says how a pass ended, what it cost, and in how long the next full one is due, where there will be one.
pub(super) fn pass(done: &Done, next: Option<Duration>) {
    let (requests, writes) = done.requests();
    let again = match next {
        Some(_) => "; trying again",
        None => "",
    };
    match &done.end {
        PassEnd::NotConnected(problem) => error!("{}{again}", masked_in_full(problem)),
        PassEnd::NotObserved(problem) => error!("{}{again}", masked_in_full(problem)),
        PassEnd::Interrupted => info!("told to stop before anything was changed"),
        PassEnd::NothingToDo => info!("the change of the roster needs nothing of Jira"),
        PassEnd::Observed(seen) => observed(seen, requests),
        PassEnd::Applied(seen, outcomes) => applied(done.run, seen, outcomes, requests, writes),
    }
    if let Some(next) = next {
        debug!(?next, "the next full read");
    }
}

fn observed(seen: &Preview, requests: u64) {
    one_by_one(seen, &Outcomes::NONE);
    let plan = seen.approved.plan();
    let held = plan.held.len();
    if plan.steps.is_empty() {
        let (unchanged, all) = (plan.unchanged, all_but(held, seen.approved.findings().len()));
        info!(held, unchanged, requests, "Jira is as the roster says{all}");
    } else {
        warn!(
            differences = plan.steps.len(),
            drift = drifted(&plan.steps),
            held,
            requests,
            "Jira differs; observing only"
        );
    }
}

/// What Jira is not as the roster says in.
fn all_but(held: usize, refused: usize) -> &'static str {
    match (held, refused) {
        (0, 0) => "",
        (_, 0) => ", but for what is held",
        (0, _) => ", but for what a guard refused",
        (_, _) => ", but for what is held and what a guard refused",
    }
}

fn applied(run: Run, seen: &Preview, outcomes: &Outcomes, requests: u64, writes: u64) {
    one_by_one(seen, outcomes);
    let plan = seen.approved.plan();
    let made = |kind: StepKind| {
        let of_kind = plan.steps.iter().filter(|step| step.action.kind() == kind);
        of_kind.filter(|step| outcomes.succeeded(step.id)).count()
    };
    let [created, updated, added, removed, access] = StepKind::ALL.map(made);
    let held_midway = outcomes.counts(plan).get(&Outcome::Held).copied().unwrap_or_default();
    let held = plan.held.len() + held_midway;
    let undone = plan.steps.len() - created - updated - added - removed - access - held_midway;
    let unchanged = plan.unchanged;
    if plan.steps.is_empty() {
        let all = all_but(held, seen.approved.findings().len());
        info!(
            held,
            unchanged, requests, writes, "nothing to do: Jira is as the roster says{all}"
        );
    } else {
        let pass = match run.kind {
            Kind::Full => "pass",
            Kind::Edit => "edit",
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
    match &outcomes.stopped {
        None => {}
        Some(Stopped::Asked) => info!("told to stop; the rest is for the next start"),
        Some(stopped) => error!(
            problem = masked(&stopped.to_string()),
            "the pass ended early; the next one goes on"
        ),
    }
    if let Some(problem) = &outcomes.creating_refused {
        error!(
            problem = masked(problem),
            "Jira does not let quietdesk's account create customers"
        );
    }
    if let Some(problem) = &outcomes.creating_unsafe {
        error!(problem = masked(problem), "no accounts are made until that is mended");
    }
    if held > 0 || undone > 0 {
        warn!(
            held,
            undone, "not everything is as the roster says: `quietdesk plan` tells what is held and why"
        );
    }
}

/// What the guards refused; then every step and everything held, by name, for who asks for it.
fn one_by_one(seen: &Preview, outcomes: &Outcomes) {
    let plan = seen.approved.plan();
    for finding in seen.approved.findings() {
        let (id, way_out) = (&finding.id, &finding.way_out);
        warn!(id, way_out, "refused by a guard: {}", finding.what);
    }
    for warning in &plan.warnings {
        warn!("{}", masked(warning));
    }
    for step in &plan.steps {
        let error = outcomes.ends.get(&step.id).and_then(|end| end.error.as_deref());
        debug!(outcome = outcomes.of(step.id).as_str(), cause = ?step.cause, error, "{step}");
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
