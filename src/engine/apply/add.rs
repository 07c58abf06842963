//! Adding accounts to a desk.

use futures_util::FutureExt as _;

use super::applying::Applying;
use super::batches::{BatchResult, send_in_halves};
use crate::jira::JiraWrite;
use crate::model::account::Handle;
use crate::model::desk::DeskKey;
use crate::model::guard::Approval;
use crate::model::outcome::{Outcome, StepResult, StopReason};
use crate::model::step::{AccountRef, Action, StepAccount, StepId};

/// The account that a membership step adds.
struct AccountToAdd {
    account: AccountRef,
    is_new: bool,
}

impl Applying<'_> {
    pub(super) async fn add(&self, desk: &DeskKey, steps: &[StepId]) {
        let mut batch = Vec::with_capacity(steps.len());
        for id in steps {
            match self.wait_for_account(*id).await {
                Some(member) => batch.push((*id, member)),
                None => self.end_step(*id, StepResult::from_outcome(Outcome::Skipped)),
            }
        }
        if let Some(end) = self.with_state(|state| state.closed_desks.get(desk).cloned()) {
            return batch.into_iter().for_each(|(id, _)| self.end_step(id, end.clone()));
        }
        // Accounts created in this pass are added even after a stop request: one or two calls, and no account is left
        // without its desks.
        let (asked, ended) = (
            self.stop.is_cancelled(),
            self.with_state(|state| state.stopped.as_ref().is_some_and(|why| *why != StopReason::Requested)),
        );
        let (now, later): (Vec<_>, Vec<_>) = batch
            .into_iter()
            .partition(|(_, member)| !ended && (!asked || member.is_new));
        later
            .into_iter()
            .for_each(|(id, _)| self.end_step(id, StepResult::from_outcome(Outcome::NotAttempted)));
        if now.is_empty() {
            return;
        }
        let with_handle = |(id, member): (StepId, AccountToAdd)| {
            let handle = member.account.handle.clone();
            ((id, member), handle)
        };
        self.begin_steps(now.iter().map(|(id, _)| *id));
        let batch = now.into_iter().map(with_handle).collect();
        let added = add(self.jira, self.approved.approval(), self.desk_id(desk), batch).await;
        for ((id, member), end) in added.ends {
            let account = Some(member.account);
            self.end_membership(desk, id, StepResult { account, ..end });
        }
        if let Some(rest) = added.rest {
            self.end_rest_of_batch(desk, rest, |(id, _)| id);
        }
    }

    /// Waits until the account of a membership step is known; `None` if it was not created.
    async fn wait_for_account(&self, id: StepId) -> Option<AccountToAdd> {
        let Some(Action::AddToDesk { who, .. }) = self.steps.get(&id).map(|step| &step.action) else {
            return None;
        };
        match who {
            StepAccount::Existing(account) => Some(AccountToAdd {
                account: account.clone(),
                is_new: false,
            }),
            StepAccount::MadeBy(made) => {
                let mut ended = self.ended.subscribe();
                let has_ended = |_: &usize| self.with_state(|state| state.ends.contains_key(made));
                // The sender lives as long as `self`, so waiting ends only with the step.
                let _ = ended.wait_for(has_ended).await;
                let account = self.with_state(|state| state.ends.get(made)?.account.clone())?;
                Some(AccountToAdd { account, is_new: true })
            }
        }
    }
}

/// Adds a batch to a desk. Jira adds the valid accounts of a batch and returns 400 if any account does not exist
/// (docs/jira.md#add-partly); adding is idempotent.
async fn add<T>(jira: &JiraWrite, approval: &Approval, desk_id: &str, batch: Vec<(T, Handle)>) -> BatchResult<T> {
    let send = |handles: Vec<Handle>| async move { jira.add_to_desk(approval, desk_id, &handles).await }.boxed();
    send_in_halves(batch, send).await
}
