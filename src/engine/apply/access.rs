//! Applying changes of access.

use super::Applying;
use crate::engine::protocol::{self, AccessError};
use crate::model::access::Access;
use crate::model::desk::DeskKey;
use crate::model::outcome::{Outcome, StepEnd};
use crate::model::step::{Action, StepId};

impl Applying<'_> {
    pub(super) async fn set_access(&self, id: StepId) {
        let Some(Action::SetAccess { desk, before, after }) = self.steps.get(&id).map(|step| &step.action) else {
            return;
        };
        if self.is_stopped() {
            return self.end(id, StepEnd::plain(Outcome::NotAttempted));
        }
        if let Some(end) = self.state(|state| state.closed_desks.get(desk).cloned()) {
            return self.end(id, end);
        }
        if after < before && self.an_add_failed(desk) {
            let error = format!("{desk} is not tightened, because somebody could not be added to it in this pass");
            return self.end(id, StepEnd::with_error(Outcome::Skipped, error));
        }
        self.end_access(id, desk, *before, *after).await;
    }

    async fn end_access(&self, id: StepId, desk: &DeskKey, before: Access, after: Access) {
        self.begin([id]);
        match protocol::set_access(self.jira, self.approved.approval(), desk, before, after).await {
            Ok(end) => self.end(id, end),
            Err(AccessError {
                error,
                sent,
                asked,
                request,
            }) => {
                if error.ends_the_pass() {
                    self.end_pass(&error);
                }
                let outcome = match (sent, error.ends_the_pass()) {
                    (true, _) => Outcome::Unknown,
                    (false, true) => Outcome::NotAttempted,
                    (false, false) => Outcome::Failed,
                };
                let end = StepEnd::with_error(outcome, error.to_string());
                let was_sent = asked && outcome != Outcome::NotAttempted;
                self.end(id, if was_sent { end.sent(request) } else { end });
            }
        }
    }

    fn an_add_failed(&self, desk: &DeskKey) -> bool {
        let mut adds = self.steps.values().filter(|step| match &step.action {
            Action::AddToDesk { desk: on, .. } => on == desk,
            Action::CreateCustomer { .. }
            | Action::UpdateCustomer { .. }
            | Action::RemoveFromDesk { .. }
            | Action::SetAccess { .. } => false,
        });
        self.state(|state| adds.any(|step| !state.ends.get(&step.id).is_some_and(|end| end.outcome.is_success())))
    }
}
