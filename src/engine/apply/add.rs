//! Putting accounts on a desk.

use futures_util::FutureExt as _;

use super::applying::Applying;
use super::batches::{Ended, in_halves};
use crate::jira::JiraWrite;
use crate::model::account::Handle;
use crate::model::desk::DeskKey;
use crate::model::guard::Approval;
use crate::model::outcome::{Outcome, StepEnd, Stopped};
use crate::model::step::{AccountRef, Action, StepId, Who};

/// Whom a membership step adds.
struct Member {
    account: AccountRef,
    is_new: bool,
}

impl Applying<'_> {
    pub(super) async fn add(&self, desk: &DeskKey, steps: &[StepId]) {
        let mut batch = Vec::with_capacity(steps.len());
        for id in steps {
            match self.member(*id).await {
                Some(member) => batch.push((*id, member)),
                None => self.end(*id, StepEnd::plain(Outcome::Skipped)),
            }
        }
        if let Some(end) = self.state(|state| state.closed_desks.get(desk).cloned()) {
            return batch.into_iter().for_each(|(id, _)| self.end(id, end.clone()));
        }
        // Whoever was made in this pass becomes whole even when asked to stop: a call or two, and nobody is left with
        // an account and no desk.
        let (asked, ended) = (
            self.stop.is_cancelled(),
            self.state(|state| state.stopped.as_ref().is_some_and(|why| *why != Stopped::Asked)),
        );
        let (now, later): (Vec<_>, Vec<_>) = batch
            .into_iter()
            .partition(|(_, member)| !ended && (!asked || member.is_new));
        later
            .into_iter()
            .for_each(|(id, _)| self.end(id, StepEnd::plain(Outcome::NotAttempted)));
        if now.is_empty() {
            return;
        }
        let with_handle = |(id, member): (StepId, Member)| {
            let handle = member.account.handle.clone();
            ((id, member), handle)
        };
        self.begin(now.iter().map(|(id, _)| *id));
        let batch = now.into_iter().map(with_handle).collect();
        let added = add(self.jira, self.approved.approval(), self.desk_id(desk), batch).await;
        for ((id, member), end) in added.ends {
            let account = Some(member.account);
            self.end_membership(desk, id, StepEnd { account, ..end });
        }
        if let Some(rest) = added.rest {
            self.give_up(desk, rest, |(id, _)| id);
        }
    }

    /// Whom a membership step adds, once that is known; nothing where the account was not made.
    async fn member(&self, id: StepId) -> Option<Member> {
        let Some(Action::AddToDesk { who, .. }) = self.steps.get(&id).map(|step| &step.action) else {
            return None;
        };
        match who {
            Who::Existing(account) => Some(Member {
                account: account.clone(),
                is_new: false,
            }),
            Who::MadeBy(made) => {
                let mut ended = self.ended.subscribe();
                let has_ended = |_: &usize| self.state(|state| state.ends.contains_key(made));
                // The sender lives as long as `self`, so waiting ends only with the step.
                let _ = ended.wait_for(has_ended).await;
                let account = self.state(|state| state.ends.get(made)?.account.clone())?;
                Some(Member { account, is_new: true })
            }
        }
    }
}

/// Puts a batch on a desk. Jira adds the valid ones of a batch and answers 400 where any account does not exist
/// (docs/jira.md#add-partly); adding is idempotent.
async fn add<T>(jira: &JiraWrite, approval: &Approval, desk_id: &str, batch: Vec<(T, Handle)>) -> Ended<T> {
    let send = |handles: Vec<Handle>| async move { jira.add_to_desk(approval, desk_id, &handles).await }.boxed();
    in_halves(batch, send).await
}
