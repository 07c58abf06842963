//! Applying: a plan's calls, in its order, as many at once as Jira takes.
//!
//! Execution decides nothing. A call waits for the steps it needs, runs its protocol, and notes how each step ended.

mod access;
mod accounts;
mod removals;
mod settle;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use self::settle::Unsettled;
use super::journal::Journal;
use super::passwords::Passwords;
use super::progress::{Event, Progress};
use super::protocol::{self, Rest, closes_the_desk};
use crate::jira::{CallError, JiraWrite};
use crate::model::calls::{Call, calls};
use crate::model::desk::DeskKey;
use crate::model::guard::ApprovedPlan;
use crate::model::held::HeldReason;
use crate::model::observed::{DeskReading, Observed};
use crate::model::outcome::{Outcome, Outcomes, StepEnd, Stopped};
use crate::model::step::{AccountRef, Action, Step, StepId, Who};

/// Calls begun at once. How many really are in flight is the client's own decision, up to its concurrency; a few more
/// are begun, so that batches that wait for their creates hold nobody up.
const WAITING: usize = 8;

/// How long calls in flight may take once quietdesk was told to stop (design §7: within 10 s).
const STOPPING: Duration = Duration::from_secs(9);

/// Applies `approved` to the site it was computed from. When `stop` is cancelled, calls in flight are finished and no
/// other is begun. What is about to be made, and what became of each step, goes into `book`.
pub async fn apply(
    jira: &JiraWrite,
    approved: &ApprovedPlan,
    observed: &Observed,
    book: &dyn Journal,
    passwords: &Passwords,
    progress: &dyn Progress,
    stop: &CancellationToken,
) -> Outcomes {
    let steps = &approved.plan().steps;
    let applying = Applying {
        jira,
        approved,
        observed,
        book,
        passwords,
        progress,
        stop,
        steps: steps.iter().map(|step| (step.id, step)).collect(),
        state: Mutex::default(),
        proven: tokio::sync::Mutex::new(false),
        ended: watch::Sender::new(0),
    };
    book.begins(approved.plan());
    tokio::select! {
        () = applying.all() => {}
        () = given_up(stop) => applying.leave_open(),
    }
    progress.event(Event::Ended);
    applying.finish()
}

/// Calls in flight may finish once quietdesk was told to stop, but not for ever.
async fn given_up(stop: &CancellationToken) {
    stop.cancelled().await;
    tokio::time::sleep(STOPPING).await;
}

struct Applying<'a> {
    jira: &'a JiraWrite,
    approved: &'a ApprovedPlan,
    observed: &'a Observed,
    book: &'a dyn Journal,
    passwords: &'a Passwords,
    progress: &'a dyn Progress,
    stop: &'a CancellationToken,
    steps: BTreeMap<StepId, &'a Step>,
    state: Mutex<State>,
    /// Whether an account of this pass with a first password was shown to take no seat.
    proven: tokio::sync::Mutex<bool>,
    /// How many steps have ended; whoever waits for one looks again at each change.
    ended: watch::Sender<usize>,
}

/// Whom a membership step adds.
struct Member {
    account: AccountRef,
    is_new: bool,
}

#[derive(Default)]
struct State {
    ends: BTreeMap<StepId, StepEnd>,
    stopped: Option<Stopped>,
    creating_refused: Option<String>,
    creating_unsafe: Option<String>,
    updating_refused: Option<String>,
    /// Why no more accounts are made with a first password.
    passwords_unsafe: Option<String>,
    seat_given: Option<String>,
    /// The desks that cannot be changed, and how every step on them ends.
    closed_desks: BTreeMap<DeskKey, StepEnd>,
    under_way: BTreeSet<StepId>,
    unsettled: Unsettled,
}

impl Applying<'_> {
    async fn all(&self) {
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

    /// What was under way when the time for finishing ran out may have taken effect.
    fn leave_open(&self) {
        self.leave_unsettled();
        let under_way = self.state(|state| state.under_way.clone());
        for id in under_way {
            let error = "quietdesk was told to stop before Jira answered; the next pass finds out what became of it";
            self.end(id, StepEnd::with_error(Outcome::Unknown, error));
        }
    }

    async fn call(&self, call: &Call) {
        match call {
            Call::Create(id) => self.create(*id).await,
            Call::Update(id) => self.update(*id).await,
            Call::Add { desk, steps } => self.add(desk, steps).await,
            Call::Remove { desk, steps } => self.remove(desk, steps).await,
            Call::SetAccess(id) => self.set_access(*id).await,
        }
    }

    async fn add(&self, desk: &DeskKey, steps: &[StepId]) {
        let mut batch = Vec::with_capacity(steps.len());
        for id in steps {
            match self.member(*id).await {
                Some(member) => batch.push((*id, member)),
                None => self.end(*id, StepEnd::plain(Outcome::Skipped)),
            }
        }
        if let Some(end) = self.state(|state| state.closed_desks.get(desk).cloned()) {
            return batch.into_iter().for_each(|(id, _)| self.end(id, end.clone()));
        }
        // Whoever was made in this pass becomes whole even when asked to stop: a call or two, and nobody is left with
        // an account and no desk.
        let (asked, ended) = (
            self.stop.is_cancelled(),
            self.state(|state| state.stopped.as_ref().is_some_and(|why| *why != Stopped::Asked)),
        );
        let (now, later): (Vec<_>, Vec<_>) = batch
            .into_iter()
            .partition(|(_, member)| !ended && (!asked || member.is_new));
        later
            .into_iter()
            .for_each(|(id, _)| self.end(id, StepEnd::plain(Outcome::NotAttempted)));
        if now.is_empty() {
            return;
        }
        let with_handle = |(id, member): (StepId, Member)| {
            let handle = member.account.handle.clone();
            ((id, member), handle)
        };
        self.begin(now.iter().map(|(id, _)| *id));
        let batch = now.into_iter().map(with_handle).collect();
        let added = protocol::add(self.jira, self.approved.approval(), self.desk_id(desk), batch).await;
        for ((id, member), end) in added.ends {
            let account = Some(member.account);
            self.end_membership(desk, id, StepEnd { account, ..end });
        }
        if let Some(rest) = added.rest {
            self.give_up(desk, rest, |(id, _)| id);
        }
    }

    /// The rest of a batch meets the same error as the part that was tried.
    fn give_up<T>(&self, desk: &DeskKey, rest: Rest<T>, step: impl Fn(T) -> StepId) {
        let Rest {
            sent,
            unsent,
            error,
            request,
        } = rest;
        let end = if closes_the_desk(&error) {
            let end = StepEnd::held(match matches!(error, CallError::DeskIsOpen { .. }) {
                true => HeldReason::StillOpen,
                false => HeldReason::DeskClosed(error.to_string()),
            });
            self.state(|state| state.closed_desks.insert(desk.clone(), end.clone()));
            end
        } else {
            self.end_pass(&error);
            let outcome = if error.may_have_taken_effect() {
                Outcome::Unknown
            } else {
                Outcome::NotAttempted
            };
            StepEnd::with_error(outcome, error.to_string())
        };
        for item in sent {
            let end = end.clone();
            let was_sent = end.outcome != Outcome::NotAttempted;
            self.end(step(item), if was_sent { end.sent(request.clone()) } else { end });
        }
        unsent.into_iter().for_each(|item| self.end(step(item), end.clone()));
    }

    /// Whom a membership step adds, once that is known; nothing where the account was not made.
    async fn member(&self, id: StepId) -> Option<Member> {
        let Some(Action::AddToDesk { who, .. }) = self.steps.get(&id).map(|step| &step.action) else {
            return None;
        };
        match who {
            Who::Existing(account) => Some(Member {
                account: account.clone(),
                is_new: false,
            }),
            Who::MadeBy(made) => {
                let mut ended = self.ended.subscribe();
                let has_ended = |_: &usize| self.state(|state| state.ends.contains_key(made));
                // The sender lives as long as `self`, so waiting ends only with the step.
                let _ = ended.wait_for(has_ended).await;
                let account = self.state(|state| state.ends.get(made)?.account.clone())?;
                Some(Member { account, is_new: true })
            }
        }
    }

    fn desk_id(&self, desk: &DeskKey) -> &str {
        match self.observed.desks.get(desk) {
            Some(DeskReading::Read(desk)) => &desk.id,
            // A plan has no steps on a desk that was not read.
            Some(DeskReading::Missing | DeskReading::Unreadable { .. }) | None => "",
        }
    }

    fn is_stopped(&self) -> bool {
        self.stop.is_cancelled() || self.state(|state| state.stopped.is_some())
    }

    fn end_pass(&self, error: &CallError) {
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

    fn begin(&self, ids: impl IntoIterator<Item = StepId>) {
        let ids: Vec<_> = ids.into_iter().collect();
        let steps: Vec<_> = ids.iter().filter_map(|id| self.steps.get(id).copied()).collect();
        self.book.attempts(&steps);
        self.state(|state| state.under_way.extend(ids));
    }

    fn end(&self, id: StepId, end: StepEnd) {
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

    fn state<T>(&self, with: impl FnOnce(&mut State) -> T) -> T {
        with(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn finish(self) -> Outcomes {
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
