//! Removing accounts from a desk.

use futures_util::FutureExt as _;

use super::applying::Applying;
use super::batches::{BatchResult, send_in_halves};
use crate::jira::{CallError, JiraWrite, WriteResult};
use crate::model::access::Access;
use crate::model::account::Handle;
use crate::model::desk::DeskKey;
use crate::model::guard::Approval;
use crate::model::observed::{Deployment, ObservedDesk};
use crate::model::outcome::{Outcome, StepResult};
use crate::model::step::{AccountRef, Action, StepId};

impl Applying<'_> {
    pub(super) async fn remove(&self, key: &DeskKey, steps: &[StepId]) {
        let Some(desk) = self.observed.desk(key) else {
            return;
        };
        let batch: Vec<_> = steps.iter().filter_map(|id| self.account_to_remove(*id)).collect();
        if let Some(end) = self.result_if_blocked(key) {
            return batch
                .into_iter()
                .for_each(|((id, _), _)| self.end_step(id, end.clone()));
        }
        let (now, waiting): (Vec<_>, Vec<_>) = batch
            .into_iter()
            .partition(|((id, _), _)| self.has_completed_prerequisites(*id));
        for ((id, _), _) in waiting {
            let error = "not removed yet: the same person could not be added to a desk that lists them";
            self.end_step(id, StepResult::with_error(Outcome::Skipped, error));
        }
        if !now.is_empty() {
            self.remove_batch(key, desk, now).await;
        }
    }

    async fn remove_batch(&self, key: &DeskKey, desk: &ObservedDesk, now: Vec<((StepId, AccountRef), Handle)>) {
        self.begin_steps(now.iter().map(|((id, _), _)| *id));
        let removed = remove(self.jira, self.approved.approval(), key, desk, now).await;
        for ((id, account), end) in removed.ends {
            let account = Some(account);
            self.end_membership(key, id, StepResult { account, ..end });
        }
        if let Some(rest) = removed.rest {
            self.end_rest_of_batch(key, rest, |(id, _)| id);
        }
    }

    /// Returns the account a step removes, with the handle that the call sends.
    fn account_to_remove(&self, id: StepId) -> Option<((StepId, AccountRef), Handle)> {
        let (_, account) = self.steps.get(&id)?.action.removal()?;
        Some(((id, account.clone()), account.handle.clone()))
    }

    /// Returns the result of all removals from a desk, if none can be made.
    fn result_if_blocked(&self, key: &DeskKey) -> Option<StepResult> {
        if self.is_stopped() {
            return Some(StepResult::from_outcome(Outcome::NotAttempted));
        }
        if let Some(end) = self.with_state(|state| state.closed_desks.get(key).cloned()) {
            return Some(end);
        }
        let mut tightening = self.steps.values().filter(|step| match &step.action {
            Action::SetAccess { desk, after, .. } => desk == key && *after == Access::Restricted,
            Action::CreateCustomer { .. }
            | Action::UpdateCustomer { .. }
            | Action::AddToDesk { .. }
            | Action::RemoveFromDesk { .. } => false,
        });
        let still_open = tightening.any(|step| !self.has_succeeded(step.id));
        still_open.then(|| {
            let error = format!("no customer is removed from {key}: it could not be restricted first");
            StepResult::with_error(Outcome::Skipped, error)
        })
    }

    /// Returns whether the steps that a removal waits for have succeeded.
    fn has_completed_prerequisites(&self, id: StepId) -> bool {
        let step = self.steps.get(&id);
        step.is_none_or(|step| step.action.prerequisites().iter().all(|id| self.has_succeeded(*id)))
    }

    fn has_succeeded(&self, id: StepId) -> bool {
        self.with_state(|state| state.ends.get(&id).is_some_and(|end| end.outcome.is_success()))
    }
}

/// Removes a batch from a desk; removing is idempotent.
async fn remove<T>(
    jira: &JiraWrite,
    approval: &Approval,
    key: &DeskKey,
    desk: &ObservedDesk,
    batch: Vec<(T, Handle)>,
) -> BatchResult<T> {
    let role = desk.customer_role.as_deref().unwrap_or_default();
    let send = |handles: Vec<Handle>| {
        async move {
            match (jira.site().deployment, handles.as_slice()) {
                // Batches are of one there: see `model::calls::BatchLimits`.
                (Deployment::DataCenter, [handle]) => remove_from_role(jira, approval, key, role, handle).await,
                (Deployment::Cloud | Deployment::DataCenter, handles) => {
                    jira.remove_from_desk(approval, &desk.id, handles).await
                }
            }
        }
        .boxed()
    };
    send_in_halves(batch, send).await
}

/// Removes an account from the customer role. Jira may return 404 for an account that is no longer in the role
/// (docs/jira.md#remove-not-in-role), as after a lost response, and also for a project that quietdesk's account may not
/// change: reading the role shows which.
async fn remove_from_role(
    jira: &JiraWrite,
    approval: &Approval,
    key: &DeskKey,
    role: &str,
    handle: &Handle,
) -> WriteResult<()> {
    let written = jira.remove_from_role(approval, key, role, handle).await;
    let result = match written.result {
        Err(error @ CallError::NotFound { .. }) => match jira.customer_list_by_role(key.as_str()).await {
            Ok(roll) if !roll.members.contains(handle) => Ok(()),
            Ok(_) => Err(error),
            // An earlier attempt without a response may have taken effect.
            Err(_) => Err(CallError::PossiblyApplied(Box::new(error))),
        },
        result => result,
    };
    WriteResult { result, ..written }
}
