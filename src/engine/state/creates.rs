//! What becomes of creates, in the hand-off file and among the intents: while a plan is applied, and where a later pass sees
//! what an earlier life never learnt.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, MutexGuard, PoisonError};

use futures_util::future::BoxFuture;
use secrecy::SecretString;
use tokio::task::spawn_blocking;

use super::approvals::{Judged, approvals, keep_refused};
use super::directory::State;
use super::error::StateError;
use super::unsettled::Open;
use crate::engine::journal::{Journal, JournalError};
use crate::model::desk::DeskKey;
use crate::model::email::{Email, EmailKey};
use crate::model::ledger::{Fact, History, Ledger};
use crate::model::observed::Deployment;
use crate::model::outcome::{Outcome, StepEnd};
use crate::model::plan::Plan;
use crate::model::roster::Roster;
use crate::model::step::{Action, Step};

impl State {
    /// Accounts that a pass saw, and that an earlier life may have made without learning of it: it did, and whoever hands
    /// them off is told. Before [`State::save`], which forgets that they were in doubt.
    ///
    /// Whoever was given a new address is handed off by that one from now on.
    pub fn found(&self, roster: &Roster, plan: &Plan) {
        for email in self.unsettled() {
            if let (Some(account), Some(customer)) = (plan.accounts.get(&email), roster.customers.get(&email)) {
                let desks: Vec<_> = customer.desks.iter().cloned().collect();
                self.hand_off
                    .made(&customer.email, customer.name_for_creation(), &desks, &account.id);
            }
        }
        if plan.site.deployment == Deployment::DataCenter {
            self.found_renamed(roster, plan);
        }
    }

    /// Accounts whose entries name older addresses, and that have the new one by now.
    fn found_renamed(&self, roster: &Roster, plan: &Plan) {
        let steps = plan.steps.iter().chain(&plan.paused).map(|step| &step.action);
        let updated = steps.filter(|action| changes_address(action)).filter_map(Action::email);
        let held = plan.held.iter().filter(|held| held.desk.is_none());
        let held = held.filter_map(|held| held.email.as_ref());
        let mut still_old: BTreeSet<_> = updated.chain(held).map(|email| email.key().clone()).collect();
        still_old.retain(|email| !self.creates().renamed.contains(email));
        let moved = roster
            .customers
            .values()
            .filter(|customer| !customer.previously.is_empty());
        for customer in moved.filter(|customer| !still_old.contains(customer.email.key())) {
            let Some(account) = plan.accounts.get(customer.email.key()) else {
                continue;
            };
            for old in &customer.previously {
                if self.creates().unsettled.remove(old.key()) {
                    let desks: Vec<_> = customer.desks.iter().cloned().collect();
                    self.hand_off
                        .made(old, customer.name_for_creation(), &desks, &account.id);
                    self.intents.settle(old.key());
                }
            }
            self.hand_off.renamed(&account.id, &customer.email);
        }
    }

    /// The e-mails of creates that may have taken effect without anybody learning of it, most of them left by an earlier
    /// life of the process.
    #[must_use]
    pub fn unsettled(&self) -> BTreeSet<EmailKey> {
        self.creates().unsettled.clone()
    }

    /// An account that was seen is no longer in doubt.
    pub(super) fn settle_seen(&self, ledger: &Ledger) {
        let mut creates = self.creates();
        let agreed = &ledger.parts().agreed;
        creates.unsettled.retain(|email| {
            let is_seen = agreed.contains_key(&Fact::Account(email.clone()));
            if is_seen {
                self.intents.settle(email);
            }
            !is_seen
        });
    }

    fn creates(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Journal for State {
    fn approvals(&self, history: &History, now: i64) -> Result<BTreeMap<String, i64>, StateError> {
        approvals(&self.folder, history, now)
    }

    fn keep_refused(&self, judged: Judged<'_>) -> Result<(), StateError> {
        keep_refused(&self.folder, judged)
    }

    fn reserve(&self, ledger: &mut Ledger) -> Result<(), StateError> {
        State::save(self, ledger)
    }

    fn found(&self, roster: &Roster, plan: &Plan) {
        State::found(self, roster, plan);
    }

    fn save(&self, ledger: &mut Ledger) -> Result<(), StateError> {
        State::save(self, ledger)
    }

    fn begins(&self, plan: &Plan) {
        let mut creates = self.creates();
        let begun = std::mem::take(&mut creates.begun);
        creates.renamed.clear();
        creates.unsettled.extend(begun);
        drop(creates);
        self.hand_off.know(&plan.portals);
        if !plan.steps.is_empty() {
            self.audit.begins(plan.steps.len());
        }
    }

    fn is_unsettled(&self, email: &EmailKey) -> bool {
        self.creates().unsettled.contains(email)
    }

    fn intend<'a>(&'a self, email: &'a EmailKey) -> BoxFuture<'a, Result<(), JournalError>> {
        self.creates().begun.insert(email.clone());
        Box::pin(self.intents.intend(email))
    }

    fn first_password<'a>(
        &'a self,
        email: &'a Email,
        name: &'a str,
        desks: &'a [DeskKey],
        new: SecretString,
    ) -> BoxFuture<'a, Result<SecretString, JournalError>> {
        let hand_off = Arc::clone(&self.hand_off);
        let (email, name, desks) = (email.clone(), name.to_owned(), desks.to_vec());
        Box::pin(async move {
            let written = spawn_blocking(move || hand_off.intend(&email, &name, &desks, new)).await;
            let written = written.unwrap_or_else(|gone| Err(io::Error::other(gone)));
            written.map_err(|error| self.intents.error(Arc::new(error)))
        })
    }

    fn unproven(&self) -> BTreeSet<EmailKey> {
        self.hand_off.pending()
    }

    fn attempts(&self, steps: &[&Step]) {
        self.audit.attempts(steps);
    }

    fn ended(&self, step: &Step, end: &StepEnd) {
        self.audit.ended(step, end);
        if let (true, true, Some(email)) = (
            changes_address(&step.action),
            end.outcome.is_success(),
            step.action.email(),
        ) {
            self.creates().renamed.insert(email.key().clone());
        }
        let Action::CreateCustomer {
            email,
            name,
            desks,
            password,
        } = &step.action
        else {
            return;
        };
        match (&end.account, end.outcome) {
            // Before its intent is settled, which waits until this is on disk.
            (Some(account), Outcome::Done | Outcome::Failed) => {
                if password.is_none() && !end.refused {
                    // It was made just now and without one; whatever an earlier create was sent with came to nothing.
                    self.hand_off.cancelled(email);
                }
                self.hand_off.made(email, name, desks, &account.id);
            }
            // Somebody who had an account keeps the password they have.
            (_, Outcome::Linked | Outcome::Held | Outcome::Already) => self.hand_off.cancelled(email),
            (None, Outcome::Failed | Outcome::NotAttempted | Outcome::Skipped) if !self.is_unsettled(email.key()) => {
                self.hand_off.cancelled(email);
            }
            (_, Outcome::Unknown | Outcome::NotAttempted | Outcome::Skipped)
            | (None, Outcome::Done | Outcome::Failed) => {}
        }
        let email = email.key();
        let mut creates = self.creates();
        let was_begun = creates.begun.remove(email);
        let is_settled = match end.outcome {
            Outcome::Done | Outcome::Already | Outcome::Linked | Outcome::Held => {
                creates.unsettled.remove(email);
                true
            }
            Outcome::Unknown => {
                creates.unsettled.insert(email.clone());
                false
            }
            // It tells of this create, and nothing of an earlier one that may have taken effect.
            Outcome::Failed | Outcome::Skipped | Outcome::NotAttempted => {
                was_begun && !creates.unsettled.contains(email)
            }
        };
        if is_settled {
            self.intents.settle(email);
        }
    }
}

/// Whether a step gives an account another address.
fn changes_address(action: &Action) -> bool {
    matches!(action, Action::UpdateCustomer { changes, .. } if changes.address.is_some())
}
