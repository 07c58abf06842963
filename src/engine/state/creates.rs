//! Recording creates in the hand-off file and the intents: while a plan is applied, and when a later pass observes the
//! accounts of uncertain creates.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, MutexGuard, PoisonError};

use futures_util::future::BoxFuture;
use secrecy::SecretString;
use tokio::task::spawn_blocking;

use super::approvals::{GuardFindings, save_findings, valid_approvals};
use super::directory::State;
use super::error::StateError;
use super::uncertain_creates::UncertainCreates;
use crate::engine::journal::{Journal, JournalError};
use crate::model::desk::DeskKey;
use crate::model::email::{Email, EmailKey};
use crate::model::ledger::{Fact, History, Ledger};
use crate::model::observed::Deployment;
use crate::model::outcome::{Outcome, StepResult};
use crate::model::plan::Plan;
use crate::model::roster::Roster;
use crate::model::step::{Action, Step};

impl State {
    /// Adds observed accounts of uncertain creates of an earlier process to the hand-off. Call before [`State::save`],
    /// which forgets that they were uncertain.
    ///
    /// Also updates the hand-off for accounts with a changed e-mail.
    pub fn settle_observed(&self, roster: &Roster, plan: &Plan) {
        for email in self.uncertain_emails() {
            if let (Some(account), Some(customer)) = (plan.accounts.get(&email), roster.customers.get(&email)) {
                let desks: Vec<_> = customer.desks.iter().cloned().collect();
                self.hand_off
                    .record_created(&customer.email, customer.name_for_creation(), &desks, &account.id);
            }
        }
        if plan.site.deployment == Deployment::DataCenter {
            self.record_renamed(roster, plan);
        }
    }

    /// Records accounts that have changed from an address in `previously` to the new one.
    fn record_renamed(&self, roster: &Roster, plan: &Plan) {
        let steps = plan.steps.iter().chain(&plan.paused).map(|step| &step.action);
        let updated = steps.filter(|action| changes_address(action)).filter_map(Action::email);
        let held = plan.held.iter().filter(|held| held.desk.is_none());
        let held = held.filter_map(|held| held.email.as_ref());
        let mut still_old: BTreeSet<_> = updated.chain(held).map(|email| email.key().clone()).collect();
        still_old.retain(|email| !self.lock_creates().renamed.contains(email));
        let moved = roster
            .customers
            .values()
            .filter(|customer| !customer.previously.is_empty());
        for customer in moved.filter(|customer| !still_old.contains(customer.email.key())) {
            let Some(account) = plan.accounts.get(customer.email.key()) else {
                continue;
            };
            for old in &customer.previously {
                if self.lock_creates().uncertain.remove(old.key()) {
                    let desks: Vec<_> = customer.desks.iter().cloned().collect();
                    self.hand_off
                        .record_created(old, customer.name_for_creation(), &desks, &account.id);
                    self.intents.mark_settled(old.key());
                }
            }
            self.hand_off.record_renamed(&account.id, &customer.email);
        }
    }

    /// Returns the e-mails of creates that may have taken effect without a response, most of them from an earlier
    /// process.
    #[must_use]
    pub fn uncertain_emails(&self) -> BTreeSet<EmailKey> {
        self.lock_creates().uncertain.clone()
    }

    /// Settles uncertain creates with an account in the ledger.
    pub(super) fn settle_known(&self, ledger: &Ledger) {
        let mut creates = self.lock_creates();
        let agreed = &ledger.parts().agreed;
        creates.uncertain.retain(|email| {
            let is_seen = agreed.contains_key(&Fact::Account(email.clone()));
            if is_seen {
                self.intents.mark_settled(email);
            }
            !is_seen
        });
    }

    fn lock_creates(&self) -> MutexGuard<'_, UncertainCreates> {
        self.uncertain_creates.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Journal for State {
    fn approvals(&self, history: &History, now: i64) -> Result<BTreeMap<String, i64>, StateError> {
        valid_approvals(&self.folder, history, now)
    }

    fn save_findings(&self, judged: GuardFindings<'_>) -> Result<(), StateError> {
        save_findings(&self.folder, judged)
    }

    fn reserve(&self, ledger: &mut Ledger) -> Result<(), StateError> {
        State::save(self, ledger)
    }

    fn settle_observed(&self, roster: &Roster, plan: &Plan) {
        State::settle_observed(self, roster, plan);
    }

    fn save(&self, ledger: &mut Ledger) -> Result<(), StateError> {
        State::save(self, ledger)
    }

    fn begin_apply(&self, plan: &Plan) {
        let mut creates = self.lock_creates();
        let begun = std::mem::take(&mut creates.begun);
        creates.renamed.clear();
        creates.uncertain.extend(begun);
        drop(creates);
        self.hand_off.add_portals(&plan.portals);
        if !plan.steps.is_empty() {
            self.audit.begin_pass(plan.steps.len());
        }
    }

    fn is_uncertain(&self, email: &EmailKey) -> bool {
        self.lock_creates().uncertain.contains(email)
    }

    fn record_intent<'a>(&'a self, email: &'a EmailKey) -> BoxFuture<'a, Result<(), JournalError>> {
        self.lock_creates().begun.insert(email.clone());
        Box::pin(self.intents.intend(email))
    }

    fn record_first_password<'a>(
        &'a self,
        email: &'a Email,
        name: &'a str,
        desks: &'a [DeskKey],
        new: SecretString,
    ) -> BoxFuture<'a, Result<SecretString, JournalError>> {
        let hand_off = Arc::clone(&self.hand_off);
        let (email, name, desks) = (email.clone(), name.to_owned(), desks.to_vec());
        Box::pin(async move {
            let written = spawn_blocking(move || hand_off.record_password(&email, &name, &desks, new)).await;
            let written = written.unwrap_or_else(|gone| Err(io::Error::other(gone)));
            written.map_err(|error| self.intents.journal_error(Arc::new(error)))
        })
    }

    fn unverified_creates(&self) -> BTreeSet<EmailKey> {
        self.hand_off.pending_emails()
    }

    fn record_attempts(&self, steps: &[&Step]) {
        self.audit.record_attempts(steps);
    }

    fn record_outcome(&self, step: &Step, end: &StepResult) {
        self.audit.record_outcome(step, end);
        if let (true, true, Some(email)) = (
            changes_address(&step.action),
            end.outcome.is_success(),
            step.action.email(),
        ) {
            self.lock_creates().renamed.insert(email.key().clone());
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
            // Before the intent is settled; settling waits until this is on disk.
            (Some(account), Outcome::Done | Outcome::Failed) => {
                if password.is_none() && !end.refused {
                    // Created now and without a password: an earlier create with one had no effect.
                    self.hand_off.cancel_password(email);
                }
                self.hand_off.record_created(email, name, desks, &account.id);
            }
            // An existing account keeps its password.
            (_, Outcome::Linked | Outcome::Held | Outcome::Already) => self.hand_off.cancel_password(email),
            (None, Outcome::Failed | Outcome::NotAttempted | Outcome::Skipped) if !self.is_uncertain(email.key()) => {
                self.hand_off.cancel_password(email);
            }
            (_, Outcome::Unknown | Outcome::NotAttempted | Outcome::Skipped)
            | (None, Outcome::Done | Outcome::Failed) => {}
        }
        let email = email.key();
        let mut creates = self.lock_creates();
        let was_begun = creates.begun.remove(email);
        let is_settled = match end.outcome {
            Outcome::Done | Outcome::Already | Outcome::Linked | Outcome::Held => {
                creates.uncertain.remove(email);
                true
            }
            Outcome::Unknown => {
                creates.uncertain.insert(email.clone());
                false
            }
            // Settles this create, but not an earlier one that may have taken effect.
            Outcome::Failed | Outcome::Skipped | Outcome::NotAttempted => {
                was_begun && !creates.uncertain.contains(email)
            }
        };
        if is_settled {
            self.intents.mark_settled(email);
        }
    }
}

/// Returns whether a step changes the e-mail of an account.
fn changes_address(action: &Action) -> bool {
    matches!(action, Action::UpdateCustomer { changes, .. } if changes.address.is_some())
}
