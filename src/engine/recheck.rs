//! Applying a saved plan: reads only its preconditions again, then runs the guards again.

use super::observe::{ObserveError, observe_saved};
use super::pass::Preview;
use super::progress::Progress;
use crate::jira::JiraRead;
use crate::model::guard::{GuardContext, run_guards};
use crate::model::ledger::Ledger;
use crate::model::observed::Deployment;
use crate::model::policy::Policy;
use crate::model::roster::Roster;
use crate::model::saved::{ChangedPrecondition, SavedPlan};

/// Why a saved plan cannot be applied.
#[derive(Debug, thiserror::Error)]
pub enum RecheckError {
    /// Its preconditions could not be read.
    #[error(transparent)]
    Observe(#[from] ObserveError),
    /// It was made for the other deployment.
    #[error("the plan was made for Jira {made_for}, but this is Jira {here}; create a new plan")]
    OtherDeployment {
        /// The deployment it was made for.
        made_for: Deployment,
        /// The deployment of this site.
        here: Deployment,
    },
    /// A precondition no longer holds. Nothing was changed.
    #[error(
        "the saved plan is stale, and nothing was changed:{}\ncreate a new plan and apply it instead",
        format_changes(.0)
    )]
    Stale(Vec<ChangedPrecondition>),
}

fn format_changes(changed: &[ChangedPrecondition]) -> String {
    let line =
        |ChangedPrecondition { what, before, now }: &ChangedPrecondition| format!("\n  {what}: was {before}, is {now}");
    changed.iter().map(line).collect()
}

/// Reads the preconditions of a saved plan again and omits steps that are already true. `planned` is the roster it was
/// made for, `today` the same roster with today's `until` dates applied. Cannot write to Jira.
///
/// # Errors
/// See [`RecheckError`].
pub async fn recheck(
    jira: &JiraRead,
    saved: &SavedPlan,
    (planned, today): (&Roster, &Roster),
    ledger: &Ledger,
    policy: &Policy,
    progress: &dyn Progress,
) -> Result<Preview, RecheckError> {
    let (made_for, here) = (saved.site.deployment, jira.site().deployment);
    if made_for != here {
        return Err(RecheckError::OtherDeployment { made_for, here });
    }
    let observed = observe_saved(jira, saved, planned, ledger.history(), progress).await?;
    let mut left = saved.recheck(today, &observed).map_err(RecheckError::Stale)?;
    left.plan.hold_expired(policy);
    let history = saved.merged_history(ledger.history());
    let context = GuardContext {
        settings: &policy.guards,
        history: &history,
        approved: &policy.approved,
        now: policy.now,
    };
    let report = run_guards(planned, &observed, &left.plan, context).with_approve_arguments(&policy.approve_arguments);
    Ok(Preview {
        approved: report.approve(left.plan),
        observed,
        already_done: left.already,
    })
}
