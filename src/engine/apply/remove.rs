//! Taking accounts off a desk.

use futures_util::FutureExt as _;

use super::applying::Applying;
use super::batches::{Ended, in_halves};
use crate::jira::{CallError, JiraWrite, Written};
use crate::model::access::Access;
use crate::model::account::Handle;
use crate::model::desk::DeskKey;
use crate::model::guard::Approval;
use crate::model::observed::{Deployment, ObservedDesk};
use crate::model::outcome::{Outcome, StepEnd};
use crate::model::step::{AccountRef, Action, StepId};

impl Applying<'_> {
    pub(super) async fn remove(&self, key: &DeskKey, steps: &[StepId]) {
        let Some(desk) = self.observed.desk(key) else {
            return;
        };
        let batch: Vec<_> = steps.iter().filter_map(|id| self.leaver(*id)).collect();
        if let Some(end) = self.keeps_all(key) {
            return batch.into_iter().for_each(|((id, _), _)| self.end(id, end.clone()));
        }
        let (now, waiting): (Vec<_>, Vec<_>) = batch.into_iter().partition(|((id, _), _)| self.may_leave(*id));
        for ((id, _), _) in waiting {
            let error = "the same person could not be added where the roster lists them, so nothing is taken away yet";
            self.end(id, StepEnd::with_error(Outcome::Skipped, error));
        }
        if !now.is_empty() {
            self.remove_now(key, desk, now).await;
        }
    }

    async fn remove_now(&self, key: &DeskKey, desk: &ObservedDesk, now: Vec<((StepId, AccountRef), Handle)>) {
        self.begin(now.iter().map(|((id, _), _)| *id));
        let removed = remove(self.jira, self.approved.approval(), key, desk, now).await;
        for ((id, account), end) in removed.ends {
            let account = Some(account);
            self.end_membership(key, id, StepEnd { account, ..end });
        }
        if let Some(rest) = removed.rest {
            self.give_up(key, rest, |(id, _)| id);
        }
    }

    /// Whose account a step removes, with what the call sends.
    fn leaver(&self, id: StepId) -> Option<((StepId, AccountRef), Handle)> {
        let (_, account) = self.steps.get(&id)?.action.removal()?;
        Some(((id, account.clone()), account.handle.clone()))
    }

    /// How every removal from a desk ends, where none can be made.
    fn keeps_all(&self, key: &DeskKey) -> Option<StepEnd> {
        if self.is_stopped() {
            return Some(StepEnd::plain(Outcome::NotAttempted));
        }
        if let Some(end) = self.state(|state| state.closed_desks.get(key).cloned()) {
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
            let error = format!("nobody is removed from {key}, because it could not be restricted first");
            StepEnd::with_error(Outcome::Skipped, error)
        })
    }

    /// Whether what a removal waits for has succeeded.
    fn may_leave(&self, id: StepId) -> bool {
        let step = self.steps.get(&id);
        step.is_none_or(|step| step.action.waits_for().iter().all(|id| self.has_succeeded(*id)))
    }

    fn has_succeeded(&self, id: StepId) -> bool {
        self.state(|state| state.ends.get(&id).is_some_and(|end| end.outcome.is_success()))
    }
}

/// Takes a batch off a desk; removing is idempotent.
async fn remove<T>(
    jira: &JiraWrite,
    approval: &Approval,
    key: &DeskKey,
    desk: &ObservedDesk,
    batch: Vec<(T, Handle)>,
) -> Ended<T> {
    let role = desk.role.as_deref().unwrap_or_default();
    let send = |handles: Vec<Handle>| {
        async move {
            match (jira.site().deployment, handles.as_slice()) {
                // Batches are of one there: see `model::calls::Limits`.
                (Deployment::DataCenter, [handle]) => from_role(jira, approval, key, role, handle).await,
                (Deployment::Cloud | Deployment::DataCenter, handles) => {
                    jira.remove_from_desk(approval, &desk.id, handles).await
                }
            }
        }
        .boxed()
    };
    in_halves(batch, send).await
}

/// Jira may say 404 of who has the role no more (docs/jira.md#remove-not-in-role), as after an answer that was lost,
/// and also of a project that is not quietdesk's account's to change: the role tells which.
async fn from_role(jira: &JiraWrite, approval: &Approval, key: &DeskKey, role: &str, handle: &Handle) -> Written<()> {
    let written = jira.remove_from_role(approval, key, role, handle).await;
    let result = match written.result {
        Err(error @ CallError::NotFound { .. }) => match jira.roll_of(key.as_str()).await {
            Ok(roll) if !roll.members.contains(handle) => Ok(()),
            Ok(_) => Err(error),
            // An attempt before, whose answer was lost, may have done it.
            Err(_) => Err(CallError::MaybeDone(Box::new(error))),
        },
        result => result,
    };
    Written { result, ..written }
}
