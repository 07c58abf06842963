//! When a process dies. Requests to Jira and writes to disk go through here, and have no effect after the death.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::future::{BoxFuture, pending};
use quietdesk::engine::journal::{Journal, JournalError};
use quietdesk::engine::state::{GuardFindings, State, StateError};
use quietdesk::jira::requests::Request;
use quietdesk::jira::{Response, Transport, TransportError};
use quietdesk::model::desk::DeskKey;
use quietdesk::model::email::{Email, EmailKey};
use quietdesk::model::ledger::{History, Ledger};
use quietdesk::model::outcome::StepResult;
use quietdesk::model::plan::Plan;
use quietdesk::model::roster::Roster;
use quietdesk::model::step::Step;
use secrecy::SecretString;
use tokio::sync::Notify;

/// The moment of death, at the n-th call or the n-th write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// Before the request reaches Jira.
    BeforeCall(usize),
    /// After the request took effect, before the answer is read.
    AfterCall(usize),
    BeforeStore(usize),
    /// Within a store that is made of several writes, after this part.
    WithinStore(usize, WrittenPart),
    AfterStore(usize),
}

/// How much of a store of several writes reached the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WrittenPart {
    /// Half of the first write.
    HalfOfTheFirst,
    /// The first write, and nothing of the second.
    First,
    /// The first write, and half of the second.
    HalfOfTheSecond,
}

/// One kind of write to disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Store {
    Reserve,
    Intent,
    FirstPassword,
    /// The line before a call, in the journal.
    Attempts,
    /// The journal, and the hand-off file.
    Ended,
    Found,
    /// The intents, and the ledger.
    Save,
}

/// What a process was writing when it died in the middle of it.
pub(crate) enum TornStore {
    Ended(Box<(Step, StepResult)>),
    Save(Box<Ledger>),
}

/// A process up to its death.
#[derive(Default)]
pub(crate) struct Death {
    at: Option<Moment>,
    pub(crate) calls: AtomicUsize,
    pub(crate) stores: Mutex<Vec<Store>>,
    dead: AtomicBool,
    died: Notify,
    pub(crate) half_done: Mutex<Option<(TornStore, WrittenPart)>>,
    /// The steps whose end was written to the journal.
    pub(crate) ended: Mutex<Vec<(Step, StepResult)>>,
}

/// How a store ends.
enum Fate {
    Done,
    DoneThenDead,
    Half(WrittenPart),
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

    /// Runs a store that is one write.
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

    /// Runs a store that is several writes.
    pub(crate) fn run_split_store(&self, store: Store, half_done: impl FnOnce() -> TornStore, write: impl FnOnce()) {
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

    async fn run_async_store<T>(&self, store: Store, write: impl Future<Output = T>) -> T {
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

/// The transport to Jira, which stops at the death.
#[derive(Debug)]
pub(crate) struct MortalTransport<T> {
    pub(crate) to: T,
    pub(crate) death: Arc<Death>,
}

impl std::fmt::Debug for Death {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Death({:?})", self.at)
    }
}

impl<T: Transport> Transport for MortalTransport<T> {
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response, TransportError>> {
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
            // A call in flight at the moment of death took effect, and its answer is never read.
            if self.death.is_dead() {
                return pending().await;
            }
            answer
        })
    }
}

/// A state directory that takes writes until the process dies.
pub(crate) struct MortalJournal<'a> {
    pub(crate) state: &'a State,
    pub(crate) death: &'a Death,
}

impl Journal for MortalJournal<'_> {
    fn approvals(&self, history: &History, now: i64) -> Result<BTreeMap<String, i64>, StateError> {
        Journal::approvals(self.state, history, now)
    }

    fn save_findings(&self, judged: GuardFindings<'_>) -> Result<(), StateError> {
        match self.death.is_dead() {
            true => Ok(()),
            false => Journal::save_findings(self.state, judged),
        }
    }

    fn reserve(&self, ledger: &mut Ledger) -> Result<(), StateError> {
        self.death
            .store(Store::Reserve, || Journal::reserve(self.state, ledger).unwrap());
        Ok(())
    }

    fn settle_observed(&self, roster: &Roster, plan: &Plan) {
        self.death
            .store(Store::Found, || Journal::settle_observed(self.state, roster, plan));
    }

    fn save(&self, ledger: &mut Ledger) -> Result<(), StateError> {
        let unsaved = ledger.clone();
        let half_done = || TornStore::Save(Box::new(unsaved));
        self.death
            .run_split_store(Store::Save, half_done, || Journal::save(self.state, ledger).unwrap());
        Ok(())
    }

    fn begin_apply(&self, plan: &Plan) {
        if !self.death.is_dead() {
            self.state.begin_apply(plan);
        }
    }

    fn is_uncertain(&self, email: &EmailKey) -> bool {
        self.state.is_uncertain(email)
    }

    fn record_intent<'a>(&'a self, email: &'a EmailKey) -> BoxFuture<'a, Result<(), JournalError>> {
        Box::pin(
            self.death
                .run_async_store(Store::Intent, self.state.record_intent(email)),
        )
    }

    fn record_first_password<'a>(
        &'a self,
        email: &'a Email,
        name: &'a str,
        desks: &'a [DeskKey],
        new: SecretString,
    ) -> BoxFuture<'a, Result<SecretString, JournalError>> {
        let written = self.state.record_first_password(email, name, desks, new);
        Box::pin(self.death.run_async_store(Store::FirstPassword, written))
    }

    fn unverified_creates(&self) -> BTreeSet<EmailKey> {
        self.state.unverified_creates()
    }

    fn record_attempts(&self, steps: &[&Step]) {
        self.death.store(Store::Attempts, || self.state.record_attempts(steps));
    }

    fn record_outcome(&self, step: &Step, end: &StepResult) {
        let half_done = || TornStore::Ended(Box::new((step.clone(), end.clone())));
        self.death.run_split_store(Store::Ended, half_done, || {
            self.state.record_outcome(step, end);
            self.death.ended.lock().unwrap().push((step.clone(), end.clone()));
        });
    }
}
