//! Making accounts.

mod protocol;

use tokio::sync::MutexGuard;

use self::protocol::{Created, NewAccount, create, prove_seatless};
use super::applying::Applying;
use crate::causes::in_full;
use crate::model::outcome::{Outcome, StepEnd};
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
            Some(_) => self.turn().await,
            None => None,
        };
        // While it waited for its turn, the pass or its kind may have ended.
        if self.is_stopped() || self.state(|state| state.creating_refused.is_some() || state.creating_unsafe.is_some())
        {
            return self.end(id, StepEnd::plain(Outcome::NotAttempted));
        }
        if let (Some(_), Some(why)) = (password, self.state(|state| state.passwords_unsafe.clone())) {
            return self.end(id, StepEnd::with_error(Outcome::NotAttempted, why));
        }
        self.begin([id]);
        let new = NewAccount {
            email,
            name,
            desks,
            password: *password,
        };
        let (approval, passwords) = (self.approved.approval(), self.passwords);
        let (created, request) = create(self.jira, approval, self.book, passwords, new).await;
        if let (Created::End(end), Some(proven)) = (&created, &mut proven) {
            **proven = end.outcome == Outcome::Done;
        }
        self.created(id, created, request, password.is_some());
    }

    /// One after another, until an account of this pass was shown to take no seat: a Jira that gives seats gives one.
    async fn turn(&self) -> Option<MutexGuard<'_, bool>> {
        let proven = self.proven.lock().await;
        (!*proven).then_some(proven)
    }

    fn created(&self, id: StepId, created: Created, request: Option<String>, has_password: bool) {
        match created {
            Created::End(end) => self.end(id, end.sent(request)),
            Created::Entitled { end, account } => {
                let why = "no more accounts are made with a first password in this pass, because the last one could not be \
                           shown to take no licence seat";
                self.unproven(why, account);
                self.end(id, end.sent(request));
            }
            Created::Unsafe(error) => {
                let error = in_full(&error);
                self.state(|state| state.creating_unsafe = Some(error.clone()));
                self.end(id, StepEnd::with_error(Outcome::Failed, error));
            }
            Created::Forbidden(error) => {
                let error = error.to_string();
                // Giving first passwords takes an administrator; making customers may not.
                self.state(|state| match has_password {
                    true => state.passwords_unsafe = Some(error.clone()),
                    false => state.creating_refused = Some(error.clone()),
                });
                self.end(id, StepEnd::with_error(Outcome::Failed, error).sent(request));
            }
            Created::PassEnds(error) => self.end_with_pass(id, &error, request),
        }
    }

    /// Accounts that an earlier life may have made with a first password, and nobody read back: it is done now.
    pub(super) async fn prove_earlier(&self) {
        let unproven = self.book.unproven();
        let accounts = &self.approved.plan().accounts;
        for account in unproven.iter().filter_map(|email| accounts.get(email)) {
            let end = StepEnd::with_account(Outcome::Done, account.clone());
            let proof = prove_seatless(self.jira, self.approved.approval(), end).await;
            if let Created::Entitled { end, account } = proof {
                tracing::error!("an account with a first password could not be shown to take no licence seat");
                let why = end.error.unwrap_or_default();
                self.unproven(&why, account);
            }
        }
    }

    fn unproven(&self, why: &str, account: String) {
        self.state(|state| {
            state.passwords_unsafe = Some(why.to_owned());
            state.seat_given = Some(account);
        });
    }
}
