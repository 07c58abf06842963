//! Applying what makes and changes accounts.

use super::{Applying, State, in_full};
use crate::engine::protocol::{self, Created, NewAccount, Updated};
use crate::jira::CallError;
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
        let ended = |state: &mut State| state.creating_refused.is_some() || state.creating_unsafe.is_some();
        if self.is_stopped() || self.state(ended) {
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
        let (created, request) = protocol::create(self.jira, approval, self.book, passwords, new).await;
        match created {
            Created::End(end) => self.end(id, end.sent(request)),
            Created::Entitled { end, account, seat } => {
                let why = "no more accounts are made with a first password in this pass, because the last one could not be \
                           shown to take no licence seat";
                self.state(|state| {
                    state.passwords_unsafe = Some(why.to_owned());
                    state.seat_given = seat.then_some(account).or(state.seat_given.take());
                });
                self.end(id, end.sent(request));
            }
            Created::Unsafe(error) => {
                let error = in_full(&error);
                self.state(|state| state.creating_unsafe = Some(error.clone()));
                self.end(id, StepEnd::with_error(Outcome::Failed, error));
            }
            Created::Forbidden(error) => {
                let error = error.to_string();
                self.state(|state| state.creating_refused = Some(error.clone()));
                self.end(id, StepEnd::with_error(Outcome::Failed, error).sent(request));
            }
            Created::PassEnds(error) => self.end_with_pass(id, &error, request),
        }
    }

    pub(super) async fn update(&self, id: StepId) {
        let Some(Action::UpdateCustomer { account, changes, .. }) = self.steps.get(&id).map(|step| &step.action) else {
            return;
        };
        if self.is_stopped() {
            return self.end(id, StepEnd::plain(Outcome::NotAttempted));
        }
        if let Some(why) = self.state(|state| state.updating_refused.clone()) {
            return self.end(id, StepEnd::with_error(Outcome::NotAttempted, why));
        }
        self.begin([id]);
        let (updated, request) = protocol::update(self.jira, self.approved.approval(), account, changes).await;
        match updated {
            Updated::End(end) => self.end(id, end.sent(request)),
            Updated::Forbidden(error) => {
                let error = error.to_string();
                self.state(|state| state.updating_refused = Some(error.clone()));
                self.end(id, StepEnd::with_error(Outcome::Failed, error).sent(request));
            }
            Updated::PassEnds(error) => self.end_with_pass(id, &error, request),
        }
    }

    /// Ends a step by what ends the pass.
    fn end_with_pass(&self, id: StepId, error: &CallError, request: Option<String>) {
        self.end_pass(error);
        let end = match error.may_have_taken_effect() {
            true => StepEnd::with_error(Outcome::Unknown, error.to_string()).sent(request),
            false => StepEnd::with_error(Outcome::NotAttempted, error.to_string()),
        };
        self.end(id, end);
    }
}
