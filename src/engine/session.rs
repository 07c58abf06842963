//! The order of one pass: approvals, clocks, observing, planning, guards; then reserving, executing, folding, saving.
//!
//! [`Session::plan`] only reads. [`Session::execute`] carries out a [`PlannedPass`] once. Callers print, prompt and
//! handle errors; no other module knows the order.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::clock::compare_clocks;
use super::desk_cache::DeskCache;
use super::journal::Journal;
use super::pass::{Preview, apply_preview, preview_desks, preview_edit};
use super::passwords::Passwords;
use super::progress::Progress;
use super::recheck::{RecheckError, recheck};
use super::state::{GuardFindings, StateError};
use crate::jira::{JiraRead, JiraWrite};
use crate::model::edit::Edit;
use crate::model::guard::Finding;
use crate::model::ledger::Ledger;
use crate::model::outcome::Outcomes;
use crate::model::policy::Policy;
use crate::model::roster::Roster;
use crate::model::saved::SavedPlan;

/// The part of the roster that a pass covers.
#[derive(Debug)]
pub enum Scope<'a> {
    /// The whole roster.
    Everything,
    /// Some of its desks.
    Desks(&'a Roster),
    /// The changes since it was last applied.
    Edit(&'a Edit),
    /// The steps of a saved plan, and the part of the roster it was made for.
    SavedPlan(&'a SavedPlan, &'a Roster),
}

impl Scope<'_> {
    /// Returns whether the pass covers every desk of the roster.
    fn is_whole(&self, roster: &Roster) -> bool {
        match self {
            Self::Everything => true,
            Self::Desks(part) => part.desks.keys().eq(roster.desks.keys()),
            Self::Edit(_) | Self::SavedPlan(..) => false,
        }
    }
}

/// The inputs of a pass and the state it updates.
pub struct Session<'a> {
    /// Records everything that must outlive the process.
    pub journal: &'a dyn Journal,
    /// The saved results of earlier passes.
    pub ledger: &'a mut Ledger,
    /// The desks as the last full pass and later edits observed them.
    pub desk_cache: &'a mut DeskCache,
    /// The guard settings and the current time.
    pub policy: &'a mut Policy,
    /// The machine's clock, compared with Jira's.
    pub clock: fn() -> Timestamp,
}

/// A planned and guarded pass, carried out at most once.
#[derive(Debug)]
pub struct PlannedPass<'a> {
    /// The observation and the approved plan.
    pub preview: Arc<Preview>,
    /// Why approvals could not be read; the pass then has none.
    pub approvals_error: Option<StateError>,
    roster: &'a Roster,
    scope: Scope<'a>,
    approvals: BTreeMap<String, i64>,
    now: i64,
}

/// The result of a pass.
#[derive(Debug)]
pub struct PassResult {
    /// The observation and the approved plan.
    pub preview: Arc<Preview>,
    /// The outcomes of the steps; `None` for an observing pass.
    pub outcomes: Option<Outcomes>,
    /// Why the results could not be saved. The writes to Jira stand.
    pub save_error: Option<StateError>,
}

impl Session<'_> {
    /// Observes and plans. Cannot write to Jira.
    ///
    /// # Errors
    /// When Jira cannot be observed, or a saved plan is stale.
    pub async fn plan<'p>(
        &mut self,
        jira: &JiraRead,
        roster: &'p Roster,
        scope: Scope<'p>,
        progress: &dyn Progress,
    ) -> Result<PlannedPass<'p>, RecheckError> {
        let now = self.policy.now;
        let (approvals, approvals_error) = match self.journal.approvals(self.ledger.history(), now) {
            Ok(approvals) => (approvals, None),
            Err(problem) => (BTreeMap::new(), Some(problem)),
        };
        compare_clocks(jira, self.clock, self.policy).await;
        // An approval is valid for this pass only.
        let mut policy = self.policy.clone();
        policy.approved.extend(approvals.keys().cloned());
        let seen = self.preview(jira, (roster, &scope), &policy, progress).await?;
        let judged = GuardFindings {
            refused: seen.approved.findings(),
            overridden: seen.approved.overridden(),
            is_whole: scope.is_whole(roster),
        };
        if let Err(problem) = self.journal.save_findings(judged) {
            warn!(%problem, "cannot save the guard findings; `quietdesk approve` does not know them");
        }
        Ok(PlannedPass {
            preview: Arc::new(seen),
            approvals_error,
            roster,
            scope,
            approvals,
            now,
        })
    }

    async fn preview(
        &self,
        jira: &JiraRead,
        (roster, scope): (&Roster, &Scope<'_>),
        policy: &Policy,
        progress: &dyn Progress,
    ) -> Result<Preview, RecheckError> {
        let ledger = &*self.ledger;
        let seen = match scope {
            Scope::Everything => preview_desks(jira, (roster, roster), ledger, policy, progress).await,
            Scope::Desks(part) => preview_desks(jira, (roster, part), ledger, policy, progress).await,
            Scope::Edit(edit) => preview_edit(jira, (roster, edit), self.desk_cache, ledger, policy, progress).await,
            Scope::SavedPlan(saved, part) => {
                let today = (self.clock)().to_zoned(TimeZone::UTC).date();
                let today = roster.clone().as_of(ledger.effective_day(today));
                return recheck(jira, saved, (part, &today), ledger, policy, progress).await;
            }
        };
        seen.map_err(RecheckError::Observe)
    }

    /// Records the approvals and removals of the pass, carries it out, and saves its results. When `stop` is cancelled,
    /// finishes the calls in flight and starts no other.
    ///
    /// # Errors
    /// When the approvals and removals cannot be recorded; nothing was changed.
    pub async fn execute(
        &mut self,
        planned: PlannedPass<'_>,
        jira: &JiraWrite,
        passwords: &Passwords,
        progress: &dyn Progress,
        stop: &CancellationToken,
    ) -> Result<PassResult, StateError> {
        self.reserve(&planned)?;
        let outcomes = apply_preview(jira, &planned.preview, self.journal, passwords, progress, stop).await;
        Ok(self.record_results(planned, Some(outcomes)))
    }

    /// Saves the observation of a pass without carrying it out.
    pub fn finish_without_applying(&mut self, planned: PlannedPass<'_>) -> PassResult {
        self.record_results(planned, None)
    }

    /// Records the approvals a plan uses (each is valid for one pass, whatever its outcome) and the people it removes
    /// (they count toward the guards for a day, even if the process dies during the pass).
    fn reserve(&mut self, planned: &PlannedPass<'_>) -> Result<(), StateError> {
        let approved = &planned.preview.approved;
        let history = self.ledger.history_mut();
        let mut changed = history.reserve_removals(approved, planned.now);
        for Finding { id, what, .. } in approved.overridden() {
            match planned.approvals.get(id) {
                Some(at) => {
                    warn!(id, what, "guard finding was approved, applying it");
                    changed |= history.used_approvals.insert((id.clone(), *at));
                }
                None => info!(id, what, "guard overridden by a setting"),
            }
        }
        match changed {
            true => self.journal.reserve(self.ledger),
            false => Ok(()),
        }
    }

    fn record_results(&mut self, planned: PlannedPass<'_>, ended: Option<Outcomes>) -> PassResult {
        let PlannedPass {
            preview: seen,
            roster,
            scope,
            now,
            ..
        } = planned;
        let nothing = Outcomes::NONE;
        let outcomes = ended.as_ref().unwrap_or(&nothing);
        let (plan, observed) = (seen.approved.plan(), &seen.observed);
        // The history for the next guards: everything that was planned; an edit keeps its own part separate.
        let mut part = roster;
        match scope {
            Scope::Everything => {
                self.ledger.fold(roster, plan, outcomes);
                *self.desk_cache = DeskCache::after_full_pass(observed, plan, outcomes);
            }
            Scope::Desks(desks) => {
                self.ledger.fold_part(roster, desks, plan, outcomes);
                part = desks;
            }
            Scope::Edit(edit) => {
                self.ledger.fold_edit(roster, edit, plan, outcomes);
                self.desk_cache.fold(edit, observed, plan, outcomes);
            }
            Scope::SavedPlan(saved, of) => {
                self.ledger.fold_edit(roster, &saved.to_edit(of), plan, outcomes);
                part = of;
            }
        }
        let history = self.ledger.history_mut();
        history.fold((roster, part), observed, &seen.approved, ended.as_ref(), now);
        self.ledger.record_expiry(roster, self.policy);
        self.journal.settle_observed(part, plan);
        let unsaved = self.journal.save(self.ledger).err();
        PassResult {
            preview: seen,
            outcomes: ended,
            save_error: unsaved,
        }
    }
}
