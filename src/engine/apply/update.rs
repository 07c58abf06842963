//! Updating accounts. Data Center only.

use super::applying::Applying;
use crate::jira::{CallError, JiraWrite, WriteResult};
use crate::model::account::Account;
use crate::model::guard::Approval;
use crate::model::outcome::{Outcome, StepResult};
use crate::model::step::{AccountChanges, AccountRef, Action, StepId};

impl Applying<'_> {
    pub(super) async fn update(&self, id: StepId) {
        let Some(Action::UpdateCustomer { account, changes, .. }) = self.steps.get(&id).map(|step| &step.action) else {
            return;
        };
        if self.is_stopped() {
            return self.end_step(id, StepResult::from_outcome(Outcome::NotAttempted));
        }
        if let Some(why) = self.with_state(|state| state.updating_refused.clone()) {
            return self.end_step(id, StepResult::with_error(Outcome::NotAttempted, why));
        }
        self.begin_steps([id]);
        let (updated, request) = update(self.jira, self.approved.approval(), account, changes).await;
        match updated {
            UpdateResult::FinalState(end) => self.end_step(id, end.mark_sent(request)),
            UpdateResult::Forbidden(error) => {
                let outcome = match error.may_have_taken_effect() {
                    true => Outcome::Unknown,
                    false => Outcome::Failed,
                };
                let error = error.to_string();
                self.with_state(|state| state.updating_refused = Some(error.clone()));
                self.end_step(id, StepResult::with_error(outcome, error).mark_sent(request));
            }
            UpdateResult::PassEnds(error) => self.end_with_pass(id, &error, request),
        }
    }
}

/// The result of an update.
enum UpdateResult {
    /// The step ended.
    FinalState(StepResult),
    /// Jira does not let quietdesk's account update accounts: every later update would be refused as well.
    Forbidden(CallError),
    /// The pass ends.
    PassEnds(CallError),
}

/// Updates one account in one call and compares the response with the change: Jira may accept the call for an account
/// in a read-only directory without effect (docs/jira.md#read-only-directory). Also returns Jira's request id.
async fn update(
    jira: &JiraWrite,
    approval: &Approval,
    account: &AccountRef,
    changes: &AccountChanges,
) -> (UpdateResult, Option<String>) {
    let WriteResult {
        result,
        request_id: request,
        possibly_applied,
    } = jira.update_customer(approval, &account.id, changes).await;
    let updated = match result {
        Ok(now) => UpdateResult::FinalState(match unchanged_attribute(&now, changes) {
            None => StepResult::with_account(Outcome::Done, (&now).into()),
            Some(what) => {
                let error = format!(
                    "Jira accepted the change of {}, but its {what} is unchanged; if the account is in a directory \
                     that is read-only in Jira, change it there",
                    account.handle
                );
                StepResult::without_effect(error)
            }
        }),
        Err(error @ CallError::Forbidden { .. }) => UpdateResult::Forbidden(match possibly_applied {
            true => CallError::PossiblyApplied(Box::new(error)),
            false => error,
        }),
        Err(error) if error.ends_pass() => UpdateResult::PassEnds(error),
        Err(error) => {
            let outcome = match possibly_applied || error.may_have_taken_effect() {
                true => Outcome::Unknown,
                false => Outcome::Failed,
            };
            UpdateResult::FinalState(StepResult::with_error(outcome, error.to_string()))
        }
    };
    (updated, request)
}

/// Returns the attribute that was not changed. An unchanged username is accepted: people are identified by e-mail.
fn unchanged_attribute(now: &Account, changes: &AccountChanges) -> Option<&'static str> {
    let address = changes.address.as_ref();
    let name = changes.name.as_ref();
    if address.is_some_and(|address| now.email_key().as_ref() != Some(address.after.key())) {
        Some("e-mail")
    } else if name.is_some_and(|name| name.after != now.name) {
        Some("name")
    } else if changes.reactivate && !now.active {
        Some("deactivation")
    } else {
        None
    }
}
