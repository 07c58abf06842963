//! A plan that is being applied, and what the kinds of step share.

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
use crate::model::outcome::{Outcome, Outcomes, StepEnd, Stopped};
use crate::model::step::{Step, StepId};

/// Calls begun at once. How many really are in flight is the client's own decision, up to its concurrency; a few more
/// are begun, so that batches that wait for their creates hold nobody up.
const WAITING: usize = 8;

/// How membership steps ended that have to be looked up, by desk.
pub(super) type Unsettled = BTreeMap<DeskKey, Vec<(StepId, StepEnd)>>;

/// A plan that is being applied.
pub(super) struct Applying<'a> {
    pub(super) jira: &'a JiraWrite,
    pub(super) approved: &'a ApprovedPlan,
    pub(super) observed: &'a Observed,
    pub(super) book: &'a dyn Journal,
    pub(super) passwords: &'a Passwords,
    pub(super) progress: &'a dyn Progress,
    pub(super) stop: &'a CancellationToken,
    pub(super) steps: BTreeMap<StepId, &'a Step>,
    pub(super) state: Mutex<State>,
    /// Whether an account of this pass with a first password was shown to take no seat.
    pub(super) proven: tokio::sync::Mutex<bool>,
    /// How many steps have ended; whoever waits for one looks again at each change.
    pub(super) ended: watch::Sender<usize>,
}

/// What has become of it so far.
#[derive(Default)]
pub(super) struct State {
    pub(super) ends: BTreeMap<StepId, StepEnd>,
    pub(super) stopped: Option<Stopped>,
    pub(super) creating_refused: Option<String>,
    pub(super) creating_unsafe: Option<String>,
    pub(super) updating_refused: Option<String>,
    /// Why no more accounts are made with a first password.
    pub(super) passwords_unsafe: Option<String>,
    pub(super) seat_given: Option<String>,
    /// The desks that cannot be changed, and how every step on them ends.
    pub(super) closed_desks: BTreeMap<DeskKey, StepEnd>,
    pub(super) under_way: BTreeSet<StepId>,
    pub(super) unsettled: Unsettled,
}

impl Applying<'_> {
    pub(super) async fn all(&self) {
        let calls = calls(self.approved.plan());
        self.prove_earlier().await;
        // The first alone: where Jira does not let quietdesk's account create anybody, one refusal is enough.
        let (first, rest) = calls.people.split_at(calls.people.len().min(1));
        for call in first {
            self.call(call).await;
        }
        let at_once = self.jira.concurrency() + WAITING;
        stream::iter(rest)
            .for_each_concurrent(at_once, |call| self.call(call))
            .await;
        for call in &calls.tightening {
            self.call(call).await;
        }
        stream::iter(&calls.removing)
            .for_each_concurrent(at_once, |call| self.call(call))
            .await;
        for call in &calls.loosening {
            self.call(call).await;
        }
        self.settle().await;
    }

    pub(super) async fn call(&self, call: &Call) {
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
        self.stop.is_cancelled() || self.state(|state| state.stopped.is_some())
    }

    pub(super) fn end_pass(&self, error: &CallError) {
        let why = error.to_string();
        let stopped = match (error.is_stop(), error.is_refusal(), error.wait()) {
            (true, _, _) => Stopped::Asked,
            (_, true, _) => Stopped::Refused(why),
            (_, _, Some(wait)) => Stopped::RateLimited { why, wait },
            (_, _, None) => Stopped::Unreachable(why),
        };
        self.state(|state| {
            state.stopped = Some(match state.stopped.take() {
                Some(earlier) => earlier.or(stopped),
                None => stopped,
            });
        });
    }

    /// Ends a step by what ends the pass.
    pub(super) fn end_with_pass(&self, id: StepId, error: &CallError, request: Option<String>) {
        self.end_pass(error);
        let end = match error.may_have_taken_effect() {
            true => StepEnd::with_error(Outcome::Unknown, error.to_string()).sent(request),
            false => StepEnd::with_error(Outcome::NotAttempted, error.to_string()),
        };
        self.end(id, end);
    }

    pub(super) fn begin(&self, ids: impl IntoIterator<Item = StepId>) {
        let ids: Vec<_> = ids.into_iter().collect();
        let steps: Vec<_> = ids.iter().filter_map(|id| self.steps.get(id).copied()).collect();
        self.book.attempts(&steps);
        self.state(|state| state.under_way.extend(ids));
    }

    pub(super) fn end(&self, id: StepId, end: StepEnd) {
        // First into the book: what counts as ended has been written down.
        if let Some(step) = self.steps.get(&id) {
            self.book.ended(step, &end);
        }
        let done = self.state(|state| {
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

    pub(super) fn state<T>(&self, with: impl FnOnce(&mut State) -> T) -> T {
        with(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn finish(self) -> Outcomes {
        let State {
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
            stopped = stopped.or(Some(Stopped::Asked));
        }
        Outcomes {
            ends,
            stopped,
            creating_refused,
            creating_unsafe,
            seat_given,
        }
    }
}
