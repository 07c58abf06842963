//! Changing an account: Data Center.

use super::applying::Applying;
use crate::jira::{CallError, JiraWrite, Written};
use crate::model::account::Account;
use crate::model::guard::Approval;
use crate::model::outcome::{Outcome, StepEnd};
use crate::model::step::{AccountRef, Action, Changes, StepId};

impl Applying<'_> {
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
        let (updated, request) = update(self.jira, self.approved.approval(), account, changes).await;
        match updated {
            Updated::End(end) => self.end(id, end.sent(request)),
            Updated::Forbidden(error) => {
                let outcome = match error.may_have_taken_effect() {
                    true => Outcome::Unknown,
                    false => Outcome::Failed,
                };
                let error = error.to_string();
                self.state(|state| state.updating_refused = Some(error.clone()));
                self.end(id, StepEnd::with_error(outcome, error).sent(request));
            }
            Updated::PassEnds(error) => self.end_with_pass(id, &error, request),
        }
    }
}

/// What a change came to.
enum Updated {
    /// This.
    End(StepEnd),
    /// Jira does not let quietdesk's account change any: every later change would be refused as well.
    Forbidden(CallError),
    /// The whole pass is over.
    PassEnds(CallError),
}

/// Changes one account in one call, and believes only what Jira's answer shows of it: a directory that cannot be written
/// to may take the call all the same (docs/jira.md#read-only-directory). Also says how Jira numbered the call.
async fn update(
    jira: &JiraWrite,
    approval: &Approval,
    account: &AccountRef,
    changes: &Changes,
) -> (Updated, Option<String>) {
    let Written {
        result,
        request,
        maybe_done,
    } = jira.update_customer(approval, &account.id, changes).await;
    let updated = match result {
        Ok(now) => Updated::End(match difference(&now, changes) {
            None => StepEnd::with_account(Outcome::Done, (&now).into()),
            Some(what) => {
                let error = format!(
                    "Jira accepted the change of {} and its {what} is as before; if the account comes from a directory \
                     that Jira only reads, change it there",
                    account.handle
                );
                StepEnd::ineffective(error)
            }
        }),
        Err(error @ CallError::Forbidden { .. }) => Updated::Forbidden(match maybe_done {
            true => CallError::MaybeDone(Box::new(error)),
            false => error,
        }),
        Err(error) if error.ends_the_pass() => Updated::PassEnds(error),
        Err(error) => {
            let outcome = match maybe_done || error.may_have_taken_effect() {
                true => Outcome::Unknown,
                false => Outcome::Failed,
            };
            Updated::End(StepEnd::with_error(outcome, error.to_string()))
        }
    };
    (updated, request)
}

/// What was to change and did not. A user name that stays is none: who somebody is goes by the address.
fn difference(now: &Account, changes: &Changes) -> Option<&'static str> {
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
