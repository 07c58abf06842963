//! What the daemon says of itself, one line an event, without an e-mail above DEBUG.

use tracing::{debug, error, info, warn};

use super::PassEnd;
use super::roster::Looked;
use crate::engine::pass::Preview;
use crate::jira::Stats;
use crate::model::email::masked;
use crate::model::outcome::{Outcome, Outcomes};
use crate::model::step::{Cause, Step};

/// Says what a look at the roster found.
pub(super) fn looked(looked: &Looked, some_in_force: bool) {
    match looked {
        Looked::Same => debug!("the roster has not changed"),
        Looked::New => info!("a new roster is in force"),
        Looked::Unusable(problem) => {
            let force = if some_in_force {
                "the last good roster stays in force"
            } else {
                "waiting for a valid one"
            };
            error!(
                problem = problem.summary(),
                "the roster cannot be used; {force}. `quietdesk validate` shows why"
            );
            debug!("{problem}");
        }
    }
}

/// Says how a pass ended, and what it cost.
pub(super) fn pass(end: &PassEnd, before: &Stats, after: &Stats) {
    // After a failure the connection is made anew, and counts anew.
    let requests = after.requests.saturating_sub(before.requests);
    let writes = after.writes.saturating_sub(before.writes);
    match end {
        PassEnd::NotConnected(problem) => error!(problem = chain(problem), "cannot sign in to Jira; trying again"),
        PassEnd::NotObserved(problem) => error!(problem = chain(problem), "cannot read Jira; trying again"),
        PassEnd::Interrupted => info!("told to stop before anything was changed"),
        PassEnd::Observed(seen) => observed(seen, requests),
        PassEnd::Applied(seen, outcomes) => applied(seen, outcomes, requests, writes),
    }
}

fn observed(seen: &Preview, requests: u64) {
    let plan = seen.approved.plan();
    for step in &plan.steps {
        debug!(cause = ?step.cause, "differs: {step}");
    }
    let held = plan.held.len();
    if plan.steps.is_empty() {
        info!(held, unchanged = plan.unchanged, requests, "Jira is as the roster says");
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

fn applied(seen: &Preview, outcomes: &Outcomes, requests: u64, writes: u64) {
    one_by_one(seen, outcomes);
    let plan = seen.approved.plan();
    let made = |kind: &str| {
        let of_kind = plan.steps.iter().filter(|step| step.action.kind() == kind);
        of_kind.filter(|step| outcomes.succeeded(step.id)).count()
    };
    let (created, added, access) = (made("create_customer"), made("add_to_desk"), made("set_access"));
    let held_midway = outcomes.counts(plan).get(&Outcome::Held).copied().unwrap_or_default();
    let held = plan.held.len() + held_midway;
    let undone = plan.steps.len() - created - added - access - held_midway;
    let unchanged = plan.unchanged;
    if plan.steps.is_empty() {
        info!(
            held,
            unchanged, requests, writes, "nothing to do: Jira is as the roster says"
        );
    } else {
        let (drift, writes_that_mail) = (drifted(&plan.steps), seen.mail_sending_calls());
        info!(
            created,
            added, access, drift, held, undone, unchanged, requests, writes, writes_that_mail, "pass done"
        );
    }
    if let Some(stopped) = &outcomes.stopped {
        error!(
            problem = masked(&stopped.to_string()),
            "the pass ended early; the next one goes on"
        );
    }
    if let Some(problem) = &outcomes.creating_refused {
        error!(
            problem = masked(problem),
            "Jira does not let quietdesk's account create customers"
        );
    }
    if held > 0 || undone > 0 {
        warn!(
            held,
            undone, "not everything is as the roster says: `quietdesk plan` tells what is held and why"
        );
    }
}

/// Every step and everything held, by name, for who asks for it.
fn one_by_one(seen: &Preview, outcomes: &Outcomes) {
    let plan = seen.approved.plan();
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

/// An error and its causes in one line. What Jira said can hold e-mails.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    masked(&causes.fold(error.to_string(), |line, cause| format!("{line}: {cause}")))
}
