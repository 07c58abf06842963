//! Creating accounts.

mod protocol;

use tokio::sync::MutexGuard;

use self::protocol::{CreateResult, NewAccount, create, verify_seatless};
use super::applying::Applying;
use crate::causes::error_chain;
use crate::model::outcome::{Outcome, StepResult};
use crate::model::step::{Action, StepId};

impl Applying<'_> {
    pub(super) async fn create(&self, id: StepId) {
        let Some(Action::CreateCustomer {
            email,
            name,
            desks,
            password,
        }) = self.steps.get(&id).map(|step| &step.action)
        else {
            return;
        };
        let mut proven = match password {
            Some(_) => self.wait_for_seat_check().await,
            None => None,
        };
        // The pass, or all creating, may have ended during the wait.
        if self.is_stopped()
            || self.with_state(|state| state.creating_refused.is_some() || state.creating_unsafe.is_some())
        {
            return self.end_step(id, StepResult::from_outcome(Outcome::NotAttempted));
        }
        if let (Some(_), Some(why)) = (password, self.with_state(|state| state.passwords_unsafe.clone())) {
            return self.end_step(id, StepResult::with_error(Outcome::NotAttempted, why));
        }
        self.begin_steps([id]);
        let new = NewAccount {
            email,
            name,
            desks,
            password: *password,
        };
        let (approval, passwords) = (self.approved.approval(), self.passwords);
        let (created, request) = create(self.jira, approval, self.journal, passwords, new).await;
        if let (CreateResult::FinalState(end), Some(proven)) = (&created, &mut proven) {
            **proven = end.outcome == Outcome::Done;
        }
        self.end_create(id, created, request, password.is_some());
    }

    /// Makes creates with a first password wait for each other until one account of this pass is verified to take no
    /// license seat: a Jira that assigns seats then assigns only one.
    async fn wait_for_seat_check(&self) -> Option<MutexGuard<'_, bool>> {
        let proven = self.seatless_verified.lock().await;
        (!*proven).then_some(proven)
    }

    fn end_create(&self, id: StepId, created: CreateResult, request: Option<String>, has_password: bool) {
        match created {
            CreateResult::FinalState(end) => self.end_step(id, end.mark_sent(request)),
            CreateResult::MayTakeSeat { end, account } => {
                let why = "no more accounts are created with a first password in this pass, because the last one could \
                           not be verified to take no license seat";
                self.stop_password_creates(why, account);
                self.end_step(id, end.mark_sent(request));
            }
            CreateResult::IntentNotRecorded(error) => {
                let error = error_chain(&error);
                self.with_state(|state| state.creating_unsafe = Some(error.clone()));
                self.end_step(id, StepResult::with_error(Outcome::Failed, error));
            }
            CreateResult::Forbidden(error) => {
                let error = error.to_string();
                // Setting first passwords requires an administrator; creating customers may not.
                self.with_state(|state| match has_password {
                    true => state.passwords_unsafe = Some(error.clone()),
                    false => state.creating_refused = Some(error.clone()),
                });
                self.end_step(id, StepResult::with_error(Outcome::Failed, error).mark_sent(request));
            }
            CreateResult::PassEnds(error) => self.end_with_pass(id, &error, request),
        }
    }

    /// Verifies accounts that an earlier process may have created with a first password and did not read back.
    pub(super) async fn verify_earlier_creates(&self) {
        let unproven = self.journal.unverified_creates();
        let accounts = &self.approved.plan().accounts;
        for account in unproven.iter().filter_map(|email| accounts.get(email)) {
            let end = StepResult::with_account(Outcome::Done, account.clone());
            let proof = verify_seatless(self.jira, self.approved.approval(), end).await;
            if let CreateResult::MayTakeSeat { end, account } = proof {
                tracing::error!("cannot verify that an account with a first password takes no license seat");
                let why = end.error.unwrap_or_default();
                self.stop_password_creates(&why, account);
            }
        }
    }

    fn stop_password_creates(&self, why: &str, account: String) {
        self.with_state(|state| {
            state.passwords_unsafe = Some(why.to_owned());
            state.seat_given = Some(account);
        });
    }
}
