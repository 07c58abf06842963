//! Taking accounts off a desk.

use futures_util::FutureExt as _;

use super::{Ended, in_halves};
use crate::jira::{CallError, JiraWrite, Written};
use crate::model::account::Handle;
use crate::model::desk::DeskKey;
use crate::model::guard::Approval;
use crate::model::observed::{Deployment, ObservedDesk};

/// Takes a batch off a desk; removing is idempotent.
pub(in crate::engine) async fn remove<T>(
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

/// Jira may say 404 of who has the role no more (I), as after an answer that was lost, and also of a project that is not
/// quietdesk's account's to change: the role tells which.
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
