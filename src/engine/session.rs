//! One pass, in its one order: approvals, clocks, observing, planning, guards; then reserving, executing, folding, saving.
//!
//! [`Session::plan`] reads, and has no way to write. [`Session::execute`] does what a [`PlannedPass`] says, once. Callers
//! print, ask, and decide what an error means to them; nothing else knows the order.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::clock::compare_clocks;
use super::journal::Journal;
use super::memory::Memory;
use super::pass::{Preview, carry_out, preview_edit, preview_part};
use super::passwords::Passwords;
use super::progress::Progress;
use super::recheck::{RecheckError, recheck};
use super::state::{Judged, StateError};
use crate::jira::{JiraRead, JiraWrite};
use crate::model::edit::Edit;
use crate::model::guard::Finding;
use crate::model::ledger::Ledger;
use crate::model::outcome::Outcomes;
use crate::model::policy::Policy;
use crate::model::roster::Roster;
use crate::model::saved::SavedPlan;

/// What a pass is about.
#[derive(Debug)]
pub enum Scope<'a> {
    /// The whole roster.
    Everything,
    /// A part of it: some desks.
    Desks(&'a Roster),
    /// What has changed in it since it was applied.
    Edit(&'a Edit),
    /// The steps of a plan that was saved, and the part of the roster that it was made for.
    Saved(&'a SavedPlan, &'a Roster),
}

impl Scope<'_> {
    /// Whether a pass looks at all there is.
    fn is_whole(&self, roster: &Roster) -> bool {
        match self {
            Self::Everything => true,
            Self::Desks(part) => part.desks.keys().eq(roster.desks.keys()),
            Self::Edit(_) | Self::Saved(..) => false,
        }
    }
}

/// What a pass goes by, and what it remembers.
pub struct Session<'a> {
    /// Where everything goes that must outlive the process.
    pub journal: &'a dyn Journal,
    /// What earlier passes saw and learned.
    pub ledger: &'a mut Ledger,
    /// What the last reading of everything saw: edits build on it.
    pub memory: &'a mut Memory,
    /// How the guards judge, and what time it is for them.
    pub policy: &'a mut Policy,
    /// The machine's clock, to be compared with Jira's.
    pub clock: fn() -> Timestamp,
}

/// A pass that was observed, planned and judged, and is carried out at most once.
#[derive(Debug)]
pub struct PlannedPass<'a> {
    /// What was seen and decided.
    pub seen: Arc<Preview>,
    /// Why approvals could not be read. Nothing counts as approved of then.
    pub unread_approvals: Option<StateError>,
    roster: &'a Roster,
    scope: Scope<'a>,
    approvals: BTreeMap<String, i64>,
    now: i64,
}

/// What a pass came to.
#[derive(Debug)]
pub struct PassResult {
    /// What was seen and decided.
    pub seen: Arc<Preview>,
    /// How the steps ended; nothing where it only looked on.
    pub outcomes: Option<Outcomes>,
    /// Why what the pass saw is not saved. What it did is done.
    pub unsaved: Option<StateError>,
}

impl Session<'_> {
    /// Reads and plans. Has no way to write to Jira.
    ///
    /// # Errors
    /// What cannot be observed, and a saved plan that is stale.
    pub async fn plan<'p>(
        &mut self,
        jira: &JiraRead,
        roster: &'p Roster,
        scope: Scope<'p>,
        progress: &dyn Progress,
    ) -> Result<PlannedPass<'p>, RecheckError> {
        let now = self.policy.now;
        let (approvals, unread_approvals) = match self.journal.approvals(self.ledger.history(), now) {
            Ok(approvals) => (approvals, None),
            Err(problem) => (BTreeMap::new(), Some(problem)),
        };
        compare_clocks(jira, self.clock, self.policy).await;
        // An approval is good for this pass alone.
        let mut policy = self.policy.clone();
        policy.approved.extend(approvals.keys().cloned());
        let seen = self.look(jira, (roster, &scope), &policy, progress).await?;
        let judged = Judged {
            refused: seen.approved.findings(),
            released: seen.approved.released(),
            is_whole: scope.is_whole(roster),
        };
        if let Err(problem) = self.journal.keep_refused(judged) {
            warn!(%problem, "`quietdesk approve` does not know what waits");
        }
        Ok(PlannedPass {
            seen: Arc::new(seen),
            unread_approvals,
            roster,
            scope,
            approvals,
            now,
        })
    }

    async fn look(
        &self,
        jira: &JiraRead,
        (roster, scope): (&Roster, &Scope<'_>),
        policy: &Policy,
        progress: &dyn Progress,
    ) -> Result<Preview, RecheckError> {
        let ledger = &*self.ledger;
        let seen = match scope {
            Scope::Everything => preview_part(jira, (roster, roster), ledger, policy, progress).await,
            Scope::Desks(part) => preview_part(jira, (roster, part), ledger, policy, progress).await,
            Scope::Edit(edit) => preview_edit(jira, (roster, edit), self.memory, ledger, policy, progress).await,
            Scope::Saved(saved, part) => {
                let today = (self.clock)().to_zoned(TimeZone::UTC).date();
                let today = roster.clone().on(ledger.day(today));
                return recheck(jira, saved, (part, &today), ledger, policy, progress).await;
            }
        };
        seen.map_err(RecheckError::Observe)
    }

    /// Writes down what the pass is about to make use of and to remove, carries it out, and remembers what became of it.
    /// When `stop` is cancelled, calls in flight are finished and no other is begun.
    ///
    /// # Errors
    /// When it cannot be written down beforehand: nothing was done then.
    pub async fn execute(
        &mut self,
        planned: PlannedPass<'_>,
        jira: &JiraWrite,
        passwords: &Passwords,
        progress: &dyn Progress,
        stop: &CancellationToken,
    ) -> Result<PassResult, StateError> {
        self.reserve(&planned)?;
        let outcomes = carry_out(jira, &planned.seen, self.journal, passwords, progress, stop).await;
        Ok(self.remember(planned, Some(outcomes)))
    }

    /// Remembers what a pass saw that is not to be carried out.
    pub fn look_on(&mut self, planned: PlannedPass<'_>) -> PassResult {
        self.remember(planned, None)
    }

    /// Writes down which approvals a plan makes use of (each is good for one pass, whatever becomes of that), and how many
    /// it removes (which count for a day, also where nobody lives to say so).
    fn reserve(&mut self, planned: &PlannedPass<'_>) -> Result<(), StateError> {
        let approved = &planned.seen.approved;
        let history = self.ledger.history_mut();
        let mut changed = history.reserve(approved, planned.now);
        for Finding { id, what, .. } in approved.released() {
            match planned.approvals.get(id) {
                Some(at) => {
                    warn!(id, what, "somebody approved of this, and it is done");
                    changed |= history.used.insert((id.clone(), *at));
                }
                None => info!(id, what, "a guard was overridden by a setting"),
            }
        }
        match changed {
            true => self.journal.reserve(self.ledger),
            false => Ok(()),
        }
    }

    fn remember(&mut self, planned: PlannedPass<'_>, ended: Option<Outcomes>) -> PassResult {
        let PlannedPass {
            seen,
            roster,
            scope,
            now,
            ..
        } = planned;
        let nothing = Outcomes::NONE;
        let outcomes = ended.as_ref().unwrap_or(&nothing);
        let (plan, observed) = (seen.approved.plan(), &seen.observed);
        // What the guards go by the next time: all that was planned for, but for what stands apart in an edit.
        let mut part = roster;
        match scope {
            Scope::Everything => {
                self.ledger.fold(roster, plan, outcomes);
                *self.memory = Memory::of(observed, plan, outcomes);
            }
            Scope::Desks(desks) => {
                self.ledger.fold_part(roster, desks, plan, outcomes);
                part = desks;
            }
            Scope::Edit(edit) => {
                self.ledger.fold_edit(roster, edit, plan, outcomes);
                self.memory.fold(edit, observed, plan, outcomes);
            }
            Scope::Saved(saved, of) => {
                self.ledger.fold_edit(roster, &saved.edit(of), plan, outcomes);
                part = of;
            }
        }
        let history = self.ledger.history_mut();
        history.fold((roster, part), observed, &seen.approved, ended.as_ref(), now);
        self.ledger.until_came(roster, self.policy);
        self.journal.found(part, plan);
        let unsaved = self.journal.save(self.ledger).err();
        PassResult {
            seen,
            outcomes: ended,
            unsaved,
        }
    }
}
