//! Changing how open a desk is.

use super::applying::Applying;
use crate::jira::{CallError, JiraWrite, Written};
use crate::model::access::Access;
use crate::model::desk::DeskKey;
use crate::model::guard::Approval;
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
        match set_access(self.jira, self.approved.approval(), desk, before, after).await {
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

/// Why a change of access did not come to its end.
struct AccessError {
    /// What went wrong.
    error: CallError,
    /// Whether the change may have taken effect by then.
    sent: bool,
    /// Whether the change was asked for at all.
    asked: bool,
    /// How Jira numbered the change.
    request: Option<String>,
}

impl AccessError {
    fn before_the_change(error: CallError) -> Self {
        Self {
            error,
            sent: false,
            asked: false,
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
) -> Result<StepEnd, AccessError> {
    let settings = jira.access(desk).await.map_err(AccessError::before_the_change)?;
    if settings.access() == after {
        return Ok(StepEnd::plain(Outcome::Already));
    }
    if settings.access() != before {
        let error = format!(
            "somebody made {desk} {} since the plan was made; plan again to see whether that was meant",
            settings.access()
        );
        return Ok(StepEnd::with_error(Outcome::Failed, error));
    }
    let Written {
        result,
        request,
        maybe_done,
    } = jira.set_access(approval, desk, &settings, after).await;
    let may_be_so = |error: &CallError| maybe_done || error.may_have_taken_effect();
    let unsure = match result {
        Ok(()) => None,
        Err(error) if may_be_so(&error) && !error.ends_the_pass() => Some(error),
        Err(error) => {
            return Err(AccessError {
                sent: may_be_so(&error),
                error,
                asked: true,
                request,
            });
        }
    };
    let now = match jira.access(desk).await {
        Ok(settings) => settings.access(),
        Err(error) => {
            return Err(AccessError {
                error,
                sent: true,
                asked: true,
                request,
            });
        }
    };
    if now == after {
        return Ok(StepEnd::plain(Outcome::Done).sent(request));
    }
    let end = match unsure {
        Some(error @ CallError::Undocumented { .. }) => StepEnd::ineffective(format!("{error}; {desk} still is {now}")),
        // It was not accepted: trying again is worth it.
        Some(error) => StepEnd::with_error(Outcome::Failed, error.to_string()),
        None => StepEnd::ineffective(format!(
            "Jira accepted the change and {desk} still is {now}: look at its customer permissions in Jira"
        )),
    };
    Ok(end.sent(request))
}
