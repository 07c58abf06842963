//! Changing the access mode of a desk.

use super::applying::Applying;
use crate::jira::{CallError, JiraWrite, WriteResult};
use crate::model::access::Access;
use crate::model::desk::DeskKey;
use crate::model::guard::Approval;
use crate::model::outcome::{Outcome, StepResult};
use crate::model::step::{Action, StepId};

impl Applying<'_> {
    pub(super) async fn set_access(&self, id: StepId) {
        let Some(Action::SetAccess { desk, before, after }) = self.steps.get(&id).map(|step| &step.action) else {
            return;
        };
        if self.is_stopped() {
            return self.end_step(id, StepResult::from_outcome(Outcome::NotAttempted));
        }
        if let Some(end) = self.with_state(|state| state.closed_desks.get(desk).cloned()) {
            return self.end_step(id, end);
        }
        if after < before && self.has_failed_add(desk) {
            let error = format!("{desk} is not tightened: a customer could not be added to it in this pass");
            return self.end_step(id, StepResult::with_error(Outcome::Skipped, error));
        }
        self.change_access(id, desk, *before, *after).await;
    }

    async fn change_access(&self, id: StepId, desk: &DeskKey, before: Access, after: Access) {
        self.begin_steps([id]);
        match set_access(self.jira, self.approved.approval(), desk, before, after).await {
            Ok(end) => self.end_step(id, end),
            Err(AccessError {
                error,
                may_have_taken_effect: sent,
                was_requested: asked,
                request,
            }) => {
                if error.ends_pass() {
                    self.end_pass(&error);
                }
                let outcome = match (sent, error.ends_pass()) {
                    (true, _) => Outcome::Unknown,
                    (false, true) => Outcome::NotAttempted,
                    (false, false) => Outcome::Failed,
                };
                let end = StepResult::with_error(outcome, error.to_string());
                let was_sent = asked && outcome != Outcome::NotAttempted;
                self.end_step(id, if was_sent { end.mark_sent(request) } else { end });
            }
        }
    }

    fn has_failed_add(&self, desk: &DeskKey) -> bool {
        let mut adds = self.steps.values().filter(|step| match &step.action {
            Action::AddToDesk { desk: on, .. } => on == desk,
            Action::CreateCustomer { .. }
            | Action::UpdateCustomer { .. }
            | Action::RemoveFromDesk { .. }
            | Action::SetAccess { .. } => false,
        });
        self.with_state(|state| adds.any(|step| !state.ends.get(&step.id).is_some_and(|end| end.outcome.is_success())))
    }
}

/// A failed change of the access mode.
struct AccessError {
    error: CallError,
    /// Whether the change may have taken effect.
    may_have_taken_effect: bool,
    /// Whether the change was requested at all.
    was_requested: bool,
    /// Jira's id of the request.
    request: Option<String>,
}

impl AccessError {
    fn before_the_change(error: CallError) -> Self {
        Self {
            error,
            may_have_taken_effect: false,
            was_requested: false,
            request: None,
        }
    }
}

/// Changes a desk's access mode: read, replace whole, read again and compare (docs/jira.md#access-full-replacement,
/// docs/jira.md#access-write-answer). A write that did not take is a failure, not a success.
async fn set_access(
    jira: &JiraWrite,
    approval: &Approval,
    desk: &DeskKey,
    before: Access,
    after: Access,
) -> Result<StepResult, AccessError> {
    let settings = jira.access(desk).await.map_err(AccessError::before_the_change)?;
    if settings.access() == after {
        return Ok(StepResult::from_outcome(Outcome::Already));
    }
    if settings.access() != before {
        let error = format!(
            "the access mode of {desk} was changed to {} after the plan was made; check the change and plan again",
            settings.access()
        );
        return Ok(StepResult::with_error(Outcome::Failed, error));
    }
    let WriteResult {
        result,
        request_id: request,
        possibly_applied,
    } = jira.set_access(approval, desk, &settings, after).await;
    let may_be_so = |error: &CallError| possibly_applied || error.may_have_taken_effect();
    let unsure = match result {
        Ok(()) => None,
        Err(error) if may_be_so(&error) && !error.ends_pass() => Some(error),
        Err(error) => {
            return Err(AccessError {
                may_have_taken_effect: may_be_so(&error),
                error,
                was_requested: true,
                request,
            });
        }
    };
    let now = match jira.access(desk).await {
        Ok(settings) => settings.access(),
        Err(error) => {
            return Err(AccessError {
                error,
                may_have_taken_effect: true,
                was_requested: true,
                request,
            });
        }
    };
    if now == after {
        return Ok(StepResult::from_outcome(Outcome::Done).mark_sent(request));
    }
    let end = match unsure {
        Some(error @ CallError::UndocumentedResponse { .. }) => {
            StepResult::without_effect(format!("{error}; {desk} is still {now}"))
        }
        // Not accepted, so a retry can succeed.
        Some(error) => StepResult::with_error(Outcome::Failed, error.to_string()),
        None => StepResult::without_effect(format!(
            "Jira accepted the change, but {desk} is still {now}; check its customer permissions in Jira"
        )),
    };
    Ok(end.mark_sent(request))
}
