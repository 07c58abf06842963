//! When a process dies. All it sends to Jira and all it writes down goes through here; from the moment of its death on,
//! nothing does any more.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::future::{BoxFuture, pending};
use quietdesk::engine::journal::{Journal, JournalError};
use quietdesk::engine::state::{Judged, State, StateError};
use quietdesk::jira::requests::Request;
use quietdesk::jira::{Answer, Transport, TransportError};
use quietdesk::model::desk::DeskKey;
use quietdesk::model::email::{Email, EmailKey};
use quietdesk::model::ledger::{History, Ledger};
use quietdesk::model::outcome::StepEnd;
use quietdesk::model::plan::Plan;
use quietdesk::model::roster::Roster;
use quietdesk::model::step::Step;
use secrecy::SecretString;
use tokio::sync::Notify;

/// Of the n-th call, or the n-th thing written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// The request is about to reach Jira.
    BeforeCall(usize),
    /// It has had its effect, and nobody has seen the answer.
    AfterCall(usize),
    BeforeStore(usize),
    /// Where it is made of several writes: after so many of them.
    WithinStore(usize, Part),
    AfterStore(usize),
}

/// What was written of something that is made of several writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Half of the first line.
    HalfOfTheFirst,
    /// The first, and nothing of the second.
    First,
    /// The first, and half of the second.
    HalfOfTheSecond,
}

/// What is written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Store {
    Reserve,
    Intent,
    FirstPassword,
    /// What is about to be called, in the journal.
    Attempts,
    /// The journal, and the hand-off file.
    Ended,
    Found,
    /// The intents, and the ledger.
    Save,
}

/// What a process was about to write when it died in the middle of it.
pub(crate) enum HalfDone {
    Ended(Box<(Step, StepEnd)>),
    Save(Box<Ledger>),
}

/// The life of a process, up to its death.
#[derive(Default)]
pub(crate) struct Death {
    at: Option<Moment>,
    pub(crate) calls: AtomicUsize,
    pub(crate) stores: Mutex<Vec<Store>>,
    dead: AtomicBool,
    died: Notify,
    pub(crate) half_done: Mutex<Option<(HalfDone, Part)>>,
    /// The steps whose end was written down.
    pub(crate) ended: Mutex<Vec<(Step, StepEnd)>>,
}

/// What becomes of a store.
enum Fate {
    Done,
    DoneThenDead,
    Half(Part),
    Not,
}

impl Death {
    pub(crate) fn at(moment: Option<Moment>) -> Arc<Self> {
        Arc::new(Self {
            at: moment,
            ..Self::default()
        })
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.dead.load(Ordering::SeqCst)
    }

    pub(crate) async fn comes(&self) {
        self.died.notified().await;
    }

    fn dies(&self) {
        self.dead.store(true, Ordering::SeqCst);
        self.died.notify_one();
    }

    fn fate(&self, store: Store) -> Fate {
        if self.is_dead() {
            return Fate::Not;
        }
        let number = {
            let mut stores = self.stores.lock().unwrap();
            stores.push(store);
            stores.len()
        };
        match self.at {
            Some(Moment::BeforeStore(at)) if at == number => {
                self.dies();
                Fate::Not
            }
            Some(Moment::AfterStore(at)) if at == number => Fate::DoneThenDead,
            Some(Moment::WithinStore(at, part)) if at == number => {
                self.dies();
                Fate::Half(part)
            }
            _ => Fate::Done,
        }
    }

    /// Writes something that is one write.
    pub(crate) fn store(&self, store: Store, write: impl FnOnce()) {
        match self.fate(store) {
            Fate::Done => write(),
            Fate::DoneThenDead => {
                write();
                self.dies();
            }
            Fate::Half(_) | Fate::Not => {}
        }
    }

    /// Writes something that is several writes.
    pub(crate) fn store_parts(&self, store: Store, half_done: impl FnOnce() -> HalfDone, write: impl FnOnce()) {
        match self.fate(store) {
            Fate::Half(part) => *self.half_done.lock().unwrap() = Some((half_done(), part)),
            Fate::Done => write(),
            Fate::DoneThenDead => {
                write();
                self.dies();
            }
            Fate::Not => {}
        }
    }

    async fn store_later<T>(&self, store: Store, write: impl Future<Output = T>) -> T {
        match self.fate(store) {
            Fate::Done => write.await,
            Fate::DoneThenDead => {
                write.await;
                self.dies();
                pending().await
            }
            Fate::Half(_) | Fate::Not => pending().await,
        }
    }
}

/// The way to Jira.
#[derive(Debug)]
pub(crate) struct Wire<T> {
    pub(crate) to: T,
    pub(crate) death: Arc<Death>,
}

impl std::fmt::Debug for Death {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Death({:?})", self.at)
    }
}

impl<T: Transport> Transport for Wire<T> {
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Answer, TransportError>> {
        Box::pin(async move {
            if self.death.is_dead() {
                return pending().await;
            }
            let number = self.death.calls.fetch_add(1, Ordering::SeqCst) + 1;
            if self.death.at == Some(Moment::BeforeCall(number)) {
                self.death.dies();
                return pending().await;
            }
            let answer = self.to.send(request).await;
            if self.death.at == Some(Moment::AfterCall(number)) {
                self.death.dies();
            }
            // Whatever was under way at the moment of death had its effect, and nobody reads the answer.
            if self.death.is_dead() {
                return pending().await;
            }
            answer
        })
    }
}

/// A state directory, as long as the process lives.
pub(crate) struct Mortal<'a> {
    pub(crate) state: &'a State,
    pub(crate) death: &'a Death,
}

impl Journal for Mortal<'_> {
    fn approvals(&self, history: &History, now: i64) -> Result<BTreeMap<String, i64>, StateError> {
        Journal::approvals(self.state, history, now)
    }

    fn keep_refused(&self, judged: Judged<'_>) -> Result<(), StateError> {
        match self.death.is_dead() {
            true => Ok(()),
            false => Journal::keep_refused(self.state, judged),
        }
    }

    fn reserve(&self, ledger: &mut Ledger) -> Result<(), StateError> {
        self.death
            .store(Store::Reserve, || Journal::reserve(self.state, ledger).unwrap());
        Ok(())
    }

    fn found(&self, roster: &Roster, plan: &Plan) {
        self.death
            .store(Store::Found, || Journal::found(self.state, roster, plan));
    }

    fn save(&self, ledger: &mut Ledger) -> Result<(), StateError> {
        let unsaved = ledger.clone();
        let half_done = || HalfDone::Save(Box::new(unsaved));
        self.death
            .store_parts(Store::Save, half_done, || Journal::save(self.state, ledger).unwrap());
        Ok(())
    }

    fn begins(&self, plan: &Plan) {
        if !self.death.is_dead() {
            self.state.begins(plan);
        }
    }

    fn is_unsettled(&self, email: &EmailKey) -> bool {
        self.state.is_unsettled(email)
    }

    fn intend<'a>(&'a self, email: &'a EmailKey) -> BoxFuture<'a, Result<(), JournalError>> {
        Box::pin(self.death.store_later(Store::Intent, self.state.intend(email)))
    }

    fn first_password<'a>(
        &'a self,
        email: &'a Email,
        name: &'a str,
        desks: &'a [DeskKey],
        new: SecretString,
    ) -> BoxFuture<'a, Result<SecretString, JournalError>> {
        let written = self.state.first_password(email, name, desks, new);
        Box::pin(self.death.store_later(Store::FirstPassword, written))
    }

    fn unproven(&self) -> BTreeSet<EmailKey> {
        self.state.unproven()
    }

    fn attempts(&self, steps: &[&Step]) {
        self.death.store(Store::Attempts, || self.state.attempts(steps));
    }

    fn ended(&self, step: &Step, end: &StepEnd) {
        let half_done = || HalfDone::Ended(Box::new((step.clone(), end.clone())));
        self.death.store_parts(Store::Ended, half_done, || {
            self.state.ended(step, end);
            self.death.ended.lock().unwrap().push((step.clone(), end.clone()));
        });
    }
}
