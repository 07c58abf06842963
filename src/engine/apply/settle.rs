//! Settling memberships: the desk's list shows the effect of a write with a lost or invalid response.
//!
//! Reads the list of each such desk once, after all other calls.

use super::applying::Applying;
use crate::jira::{CallError, CustomerList, DeskRef};
use crate::model::desk::DeskKey;
use crate::model::outcome::{Outcome, StepResult};
use crate::model::step::{Action, StepId};

impl Applying<'_> {
    /// Ends a membership step. One with an unknown outcome is journaled only when it is settled.
    pub(super) fn end_membership(&self, desk: &DeskKey, id: StepId, end: StepResult) {
        if end.outcome != Outcome::Unknown {
            return self.end_step(id, end);
        }
        let ended = self.with_state(|state| {
            state.ends.insert(id, end.clone());
            state
                .uncertain_memberships
                .entry(desk.clone())
                .or_default()
                .push((id, end));
            state.ends.len()
        });
        self.ended.send_replace(ended);
    }

    /// Reads the list of each desk with unsettled steps once, and ends the steps accordingly.
    pub(super) async fn settle(&self) {
        let unsettled = self.with_state(|state| std::mem::take(&mut state.uncertain_memberships));
        for (desk, steps) in unsettled {
            let roll = match self.is_stopped() {
                true => None,
                false => self.read_list(&desk).await.ok(),
            };
            for (id, end) in steps {
                let end = roll
                    .as_ref()
                    .map_or(end.clone(), |roll| self.settled_result(id, &desk, end, roll));
                self.end_step(id, end);
            }
        }
    }

    /// Ends the steps still under way at the stop deadline as `unknown`: they may have taken effect.
    pub(super) fn end_calls_in_flight(&self) {
        self.end_uncertain();
        let under_way = self.with_state(|state| state.under_way.clone());
        for id in under_way {
            let error = "quietdesk stopped before Jira responded; the next pass checks the result";
            self.end_step(id, StepResult::with_error(Outcome::Unknown, error));
        }
    }

    /// Ends the unsettled steps with their unknown outcome.
    fn end_uncertain(&self) {
        let unsettled = self.with_state(|state| std::mem::take(&mut state.uncertain_memberships));
        for (id, end) in unsettled.into_values().flatten() {
            self.end_step(id, end);
        }
    }

    async fn read_list(&self, key: &DeskKey) -> Result<CustomerList, CallError> {
        let desk = DeskRef {
            id: self.desk_id(key).to_owned(),
            key: key.to_string(),
            name: String::new(),
        };
        let read = self.jira.customer_list(&desk, &|_| ()).await;
        if let Err(error) = &read
            && error.ends_pass()
        {
            self.end_pass(error);
        }
        read
    }

    fn settled_result(&self, id: StepId, desk: &DeskKey, end: StepResult, roll: &CustomerList) -> StepResult {
        let Some(account) = &end.account else { return end };
        let is_listed = roll.members.contains(&account.handle);
        let is_wanted = match self.steps.get(&id).map(|step| &step.action) {
            Some(Action::AddToDesk { .. }) => is_listed,
            Some(Action::RemoveFromDesk { .. }) => !is_listed,
            Some(Action::CreateCustomer { .. } | Action::UpdateCustomer { .. } | Action::SetAccess { .. }) | None => {
                return end;
            }
        };
        // The list shows a phantom whether or not it is on the desk; the next pass reads the role as well.
        let read = self.observed.desk(desk);
        let is_shown_anyway = read.is_some_and(|desk| desk.phantoms().contains(&account.handle));
        if is_shown_anyway {
            return end;
        }
        // An account missing from a partial list may still be on the desk.
        if !is_listed && !roll.completeness.is_complete() {
            return end;
        }
        if is_wanted {
            return StepResult {
                outcome: Outcome::Done,
                error: None,
                ineffective: false,
                ..end
            };
        }
        let earlier = end.error.clone().unwrap_or_default();
        let place = if is_listed { "is still" } else { "is not" };
        StepResult {
            outcome: Outcome::Failed,
            error: Some(format!(
                "{earlier}; the list of {desk} was read again, and the account {place} on it"
            )),
            ..end
        }
    }
}
