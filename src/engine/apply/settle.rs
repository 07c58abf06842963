//! Settling memberships: what became of a write whose answer was lost, or was none of Jira's, is on the desk's list.
//!
//! One reading of each such desk, when everything else is done.

use super::applying::Applying;
use crate::jira::{CallError, DeskRef, Roll};
use crate::model::desk::DeskKey;
use crate::model::outcome::{Outcome, StepEnd};
use crate::model::step::{Action, StepId};

impl Applying<'_> {
    /// Ends a membership step. One whose outcome is unknown counts as that until it is settled, and is journalled then.
    pub(super) fn end_membership(&self, desk: &DeskKey, id: StepId, end: StepEnd) {
        if end.outcome != Outcome::Unknown {
            return self.end(id, end);
        }
        let ended = self.state(|state| {
            state.ends.insert(id, end.clone());
            state.unsettled.entry(desk.clone()).or_default().push((id, end));
            state.ends.len()
        });
        self.ended.send_replace(ended);
    }

    /// Reads each desk with unsettled steps once, and ends them by what its list shows.
    pub(super) async fn settle(&self) {
        let unsettled = self.state(|state| std::mem::take(&mut state.unsettled));
        for (desk, steps) in unsettled {
            let roll = match self.is_stopped() {
                true => None,
                false => self.read_list(&desk).await.ok(),
            };
            for (id, end) in steps {
                let end = roll
                    .as_ref()
                    .map_or(end.clone(), |roll| self.settled(id, &desk, end, roll));
                self.end(id, end);
            }
        }
    }

    /// What was under way when the time for finishing ran out may have taken effect.
    pub(super) fn leave_open(&self) {
        self.leave_unsettled();
        let under_way = self.state(|state| state.under_way.clone());
        for id in under_way {
            let error = "quietdesk was told to stop before Jira answered; the next pass finds out what became of it";
            self.end(id, StepEnd::with_error(Outcome::Unknown, error));
        }
    }

    /// Ends what is left unsettled as it is.
    fn leave_unsettled(&self) {
        let unsettled = self.state(|state| std::mem::take(&mut state.unsettled));
        for (id, end) in unsettled.into_values().flatten() {
            self.end(id, end);
        }
    }

    async fn read_list(&self, key: &DeskKey) -> Result<Roll, CallError> {
        let desk = DeskRef {
            id: self.desk_id(key).to_owned(),
            key: key.to_string(),
            name: String::new(),
        };
        let read = self.jira.roll(&desk, &|_| ()).await;
        if let Err(error) = &read
            && error.ends_the_pass()
        {
            self.end_pass(error);
        }
        read
    }

    fn settled(&self, id: StepId, desk: &DeskKey, end: StepEnd, roll: &Roll) -> StepEnd {
        let Some(account) = &end.account else { return end };
        let is_listed = roll.members.contains(&account.handle);
        let is_wanted = match self.steps.get(&id).map(|step| &step.action) {
            Some(Action::AddToDesk { .. }) => is_listed,
            Some(Action::RemoveFromDesk { .. }) => !is_listed,
            Some(Action::CreateCustomer { .. } | Action::UpdateCustomer { .. } | Action::SetAccess { .. }) | None => {
                return end;
            }
        };
        // Such a list shows the account whether or not it is on the desk; the next pass reads the role as well.
        let read = self.observed.desk(desk);
        let is_shown_anyway = read.is_some_and(|desk| desk.phantoms().contains(&account.handle));
        if is_shown_anyway {
            return end;
        }
        // A list with a gap shows who is on it, and not who is off it.
        if !is_listed && !roll.completeness.is_complete() {
            return end;
        }
        if is_wanted {
            return StepEnd {
                outcome: Outcome::Done,
                error: None,
                ineffective: false,
                ..end
            };
        }
        let earlier = end.error.clone().unwrap_or_default();
        let place = if is_listed { "still is" } else { "is not" };
        StepEnd {
            outcome: Outcome::Failed,
            error: Some(format!(
                "{earlier}; the list of {desk} was read again, and the account {place} on it"
            )),
            ..end
        }
    }
}
