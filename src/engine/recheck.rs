//! Applying a saved plan: what its steps were computed from is read again, nothing else, and the guards judge again.

use super::observe::{ObserveError, observe_saved};
use super::pass::Preview;
use super::progress::Progress;
use crate::jira::JiraRead;
use crate::model::guard::{Judge, screen};
use crate::model::ledger::Ledger;
use crate::model::observed::Deployment;
use crate::model::policy::Policy;
use crate::model::roster::Roster;
use crate::model::saved::{Changed, SavedPlan};

/// Why a saved plan cannot be applied.
#[derive(Debug, thiserror::Error)]
pub enum RecheckError {
    /// What it was computed from could not be read.
    #[error(transparent)]
    Observe(#[from] ObserveError),
    /// It was made for the other kind of Jira.
    #[error("the plan was made for Jira {made_for}, and this is Jira {here}; make the plan again")]
    AnotherKind {
        /// The kind it was made for.
        made_for: Deployment,
        /// The kind there is.
        here: Deployment,
    },
    /// Something moved since it was made. Nothing was changed.
    #[error(
        "the saved plan is stale, and nothing was changed:{}\nmake a new plan and have that one applied",
        list(.0)
    )]
    Stale(Vec<Changed>),
}

fn list(changed: &[Changed]) -> String {
    let line = |Changed { what, before, now }: &Changed| format!("\n  {what}: was {before}, is {now}");
    changed.iter().map(line).collect()
}

/// Reads again what the steps of a saved plan were computed from, and leaves out what is so already. `planned` is the
/// roster it was made for, `today` the same as it is of this day. Has no way to write.
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
        return Err(RecheckError::AnotherKind { made_for, here });
    }
    let observed = observe_saved(jira, saved, planned, ledger.history(), progress).await?;
    let mut left = saved.recheck(today, &observed).map_err(RecheckError::Stale)?;
    left.plan.hold_expired(policy);
    let history = saved.history_with(ledger.history());
    let judge = Judge {
        settings: &policy.guards,
        history: &history,
        approved: &policy.approved,
        now: policy.now,
    };
    let screening = screen(planned, &observed, &left.plan, judge).told_at(&policy.approve_at);
    Ok(Preview {
        approved: screening.approve(left.plan),
        observed,
        already: left.already,
    })
}
