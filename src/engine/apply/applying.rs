//! The state of a plan being applied, shared by all kinds of step.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use futures_util::{StreamExt as _, stream};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::engine::journal::Journal;
use crate::engine::passwords::Passwords;
use crate::engine::progress::{Event, Progress};
use crate::jira::{CallError, JiraWrite};
use crate::model::calls::{Call, calls};
use crate::model::desk::DeskKey;
use crate::model::guard::ApprovedPlan;
use crate::model::observed::Observed;
use crate::model::outcome::{Outcome, Outcomes, StepResult, StopReason};
use crate::model::step::{Step, StepId};

/// Calls started beyond the client's concurrency, which limits the requests in flight: batches that wait for their
/// creates must not block other calls.
const WAITING: usize = 8;

/// Membership steps with an unknown outcome, by desk.
pub(super) type UncertainMemberships = BTreeMap<DeskKey, Vec<(StepId, StepResult)>>;

/// A plan that is being applied.
pub(super) struct Applying<'a> {
    pub(super) jira: &'a JiraWrite,
    pub(super) approved: &'a ApprovedPlan,
    pub(super) observed: &'a Observed,
    pub(super) journal: &'a dyn Journal,
    pub(super) passwords: &'a Passwords,
    pub(super) progress: &'a dyn Progress,
    pub(super) stop: &'a CancellationToken,
    pub(super) steps: BTreeMap<StepId, &'a Step>,
    pub(super) state: Mutex<ApplyState>,
    /// Whether an account created in this pass with a first password was verified to take no license seat.
    pub(super) seatless_verified: tokio::sync::Mutex<bool>,
    /// Number of ended steps; tasks waiting for a step check again at each change.
    pub(super) ended: watch::Sender<usize>,
}

/// The results so far.
#[derive(Default)]
pub(super) struct ApplyState {
    pub(super) ends: BTreeMap<StepId, StepResult>,
    pub(super) stopped: Option<StopReason>,
    pub(super) creating_refused: Option<String>,
    pub(super) creating_unsafe: Option<String>,
    pub(super) updating_refused: Option<String>,
    /// Why no more accounts are created with a first password.
    pub(super) passwords_unsafe: Option<String>,
    pub(super) seat_given: Option<String>,
    /// Desks that cannot be changed, with the result of every step on them.
    pub(super) closed_desks: BTreeMap<DeskKey, StepResult>,
    pub(super) under_way: BTreeSet<StepId>,
    pub(super) uncertain_memberships: UncertainMemberships,
}

impl Applying<'_> {
    pub(super) async fn make_all_calls(&self) {
        let calls = calls(self.approved.plan());
        self.verify_earlier_creates().await;
        // The first call runs alone: if Jira does not let quietdesk's account create customers, one refusal is enough.
        let (first, rest) = calls.people.split_at(calls.people.len().min(1));
        for call in first {
            self.make_call(call).await;
        }
        let at_once = self.jira.concurrency() + WAITING;
        stream::iter(rest)
            .for_each_concurrent(at_once, |call| self.make_call(call))
            .await;
        for call in &calls.tightening {
            self.make_call(call).await;
        }
        stream::iter(&calls.removals)
            .for_each_concurrent(at_once, |call| self.make_call(call))
            .await;
        for call in &calls.loosening {
            self.make_call(call).await;
        }
        self.settle().await;
    }

    pub(super) async fn make_call(&self, call: &Call) {
        match call {
            Call::Create(id) => self.create(*id).await,
            Call::Update(id) => self.update(*id).await,
            Call::Add { desk, steps } => self.add(desk, steps).await,
            Call::Remove { desk, steps } => self.remove(desk, steps).await,
            Call::SetAccess(id) => self.set_access(*id).await,
        }
    }

    pub(super) fn desk_id(&self, desk: &DeskKey) -> &str {
        // A plan has no steps on a desk that was not read.
        self.observed.desk(desk).map_or("", |desk| &desk.id)
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stop.is_cancelled() || self.with_state(|state| state.stopped.is_some())
    }

    pub(super) fn end_pass(&self, error: &CallError) {
        let why = error.to_string();
        let stopped = match (error.is_shutdown(), error.is_refusal(), error.requested_wait()) {
            (true, _, _) => StopReason::Requested,
            (_, true, _) => StopReason::Refused(why),
            (_, _, Some(wait)) => StopReason::RateLimited { why, wait },
            (_, _, None) => StopReason::Unreachable(why),
        };
        self.with_state(|state| {
            state.stopped = Some(match state.stopped.take() {
                Some(earlier) => earlier.most_severe(stopped),
                None => stopped,
            });
        });
    }

    /// Ends a step, and the pass, with an error.
    pub(super) fn end_with_pass(&self, id: StepId, error: &CallError, request: Option<String>) {
        self.end_pass(error);
        let end = match error.may_have_taken_effect() {
            true => StepResult::with_error(Outcome::Unknown, error.to_string()).mark_sent(request),
            false => StepResult::with_error(Outcome::NotAttempted, error.to_string()),
        };
        self.end_step(id, end);
    }

    pub(super) fn begin_steps(&self, ids: impl IntoIterator<Item = StepId>) {
        let ids: Vec<_> = ids.into_iter().collect();
        let steps: Vec<_> = ids.iter().filter_map(|id| self.steps.get(id).copied()).collect();
        self.journal.record_attempts(&steps);
        self.with_state(|state| state.under_way.extend(ids));
    }

    pub(super) fn end_step(&self, id: StepId, end: StepResult) {
        // Journal first: a step that counts as ended has been recorded.
        if let Some(step) = self.steps.get(&id) {
            self.journal.record_outcome(step, &end);
        }
        let done = self.with_state(|state| {
            state.under_way.remove(&id);
            state.ends.insert(id, end);
            state.ends.len()
        });
        self.ended.send_replace(done);
        self.progress.event(Event::Applied {
            done,
            of: self.steps.len(),
        });
    }

    pub(super) fn with_state<T>(&self, with: impl FnOnce(&mut ApplyState) -> T) -> T {
        with(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn into_outcomes(self) -> Outcomes {
        let ApplyState {
            ends,
            mut stopped,
            creating_refused,
            creating_unsafe,
            seat_given,
            ..
        } = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        let unended = self.steps.keys().any(|id| !ends.contains_key(id));
        let undone = unended || ends.values().any(|end| end.outcome == Outcome::NotAttempted);
        if undone && self.stop.is_cancelled() {
            stopped = stopped.or(Some(StopReason::Requested));
        }
        Outcomes {
            results: ends,
            stopped,
            creating_refused,
            creating_unsafe,
            seat_given,
        }
    }
}
