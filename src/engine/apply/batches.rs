//! Requests for several accounts, and the result of each account.

use futures_util::future::BoxFuture;

use super::applying::Applying;
use crate::jira::{CallError, WriteResult};
use crate::model::account::Handle;
use crate::model::desk::DeskKey;
use crate::model::held::HeldReason;
use crate::model::outcome::{Outcome, StepResult};
use crate::model::step::StepId;

/// The result of a batch.
pub(super) struct BatchResult<T> {
    /// The attempted items, each with its result.
    pub ends: Vec<(T, StepResult)>,
    /// The other items, after an error that every further call would meet as well.
    pub rest: Option<UnfinishedBatch<T>>,
}

/// The part of a batch that an error ended.
pub(super) struct UnfinishedBatch<T> {
    /// The items in the failed request.
    pub sent: Vec<T>,
    /// The items in no request.
    pub unsent: Vec<T>,
    pub error: CallError,
    /// Jira's request id.
    pub request: Option<String>,
}

/// Sends a batch; halves a refused one until the invalid item is alone. The request must be idempotent.
pub(super) async fn send_in_halves<'a, T>(
    batch: Vec<(T, Handle)>,
    send: impl Fn(Vec<Handle>) -> BoxFuture<'a, WriteResult<()>>,
) -> BatchResult<T> {
    let mut ends = Vec::with_capacity(batch.len());
    // Each with whether an earlier attempt without a response may have taken effect.
    let mut waiting = vec![(batch, false)];
    while let Some((mut batch, earlier)) = waiting.pop() {
        let handles = batch.iter().map(|(_, handle)| handle.clone()).collect();
        let WriteResult {
            result,
            request_id: request,
            possibly_applied,
        } = send(handles).await;
        let possibly_applied = possibly_applied || earlier;
        match result {
            Ok(()) => {
                let done = StepResult::from_outcome(Outcome::Done).mark_sent(request);
                ends.extend(batch.into_iter().map(|(item, _)| (item, done.clone())));
            }
            Err(CallError::Refused { .. }) if batch.len() > 1 => {
                waiting.push((batch.split_off(batch.len() / 2), possibly_applied));
                waiting.push((batch, possibly_applied));
            }
            Err(error) if error.ends_pass() || is_desk_closed(&error) => {
                let unknown = StepResult::with_error(Outcome::Unknown, error.clone().with_lost_attempt().to_string());
                let sent = unattempted_items(
                    batch,
                    possibly_applied,
                    &unknown.clone().mark_sent(request.clone()),
                    &mut ends,
                );
                let unknown = unknown.mark_sent(None);
                let unsent = waiting
                    .into_iter()
                    .flat_map(|(batch, possibly_applied)| {
                        unattempted_items(batch, possibly_applied, &unknown, &mut ends)
                    })
                    .collect();
                let rest = UnfinishedBatch {
                    sent,
                    unsent,
                    error,
                    request,
                };
                return BatchResult { ends, rest: Some(rest) };
            }
            Err(error) => {
                let outcome = if possibly_applied || error.may_have_taken_effect() {
                    Outcome::Unknown
                } else {
                    Outcome::Failed
                };
                let end = StepResult {
                    // Jira may have accepted it.
                    ineffective: matches!(error, CallError::UndocumentedResponse { .. }),
                    ..StepResult::with_error(outcome, error.to_string()).mark_sent(request)
                };
                ends.extend(batch.into_iter().map(|(item, _)| (item, end.clone())));
            }
        }
    }
    BatchResult { ends, rest: None }
}

/// Returns the items of a batch for which no further call is made. If an attempt without a response may have taken
/// effect for them, they end as `unknown` instead.
fn unattempted_items<T>(
    batch: Vec<(T, Handle)>,
    possibly_applied: bool,
    unknown: &StepResult,
    ends: &mut Vec<(T, StepResult)>,
) -> Vec<T> {
    let items = batch.into_iter().map(|(item, _)| item);
    if !possibly_applied {
        return items.collect();
    }
    ends.extend(items.map(|item| (item, unknown.clone())));
    Vec::new()
}

/// Returns whether the error means that this desk cannot be changed at all.
fn is_desk_closed(error: &CallError) -> bool {
    matches!(
        error,
        CallError::Forbidden { .. } | CallError::NotFound { .. } | CallError::DeskIsOpen { .. }
    )
}

impl Applying<'_> {
    /// Ends the rest of a batch with the error that stopped it.
    pub(super) fn end_rest_of_batch<T>(&self, desk: &DeskKey, rest: UnfinishedBatch<T>, step: impl Fn(T) -> StepId) {
        let UnfinishedBatch {
            sent,
            unsent,
            error,
            request,
        } = rest;
        let end = if is_desk_closed(&error) {
            let end = StepResult::held(match matches!(error, CallError::DeskIsOpen { .. }) {
                true => HeldReason::DeskOpen,
                false => HeldReason::DeskForbidden(error.reason()),
            });
            self.with_state(|state| state.closed_desks.insert(desk.clone(), end.clone()));
            end
        } else {
            self.end_pass(&error);
            let outcome = if error.may_have_taken_effect() {
                Outcome::Unknown
            } else {
                Outcome::NotAttempted
            };
            StepResult::with_error(outcome, error.to_string())
        };
        for item in sent {
            let end = end.clone();
            let was_sent = end.outcome != Outcome::NotAttempted;
            self.end_step(step(item), if was_sent { end.mark_sent(request.clone()) } else { end });
        }
        unsent
            .into_iter()
            .for_each(|item| self.end_step(step(item), end.clone()));
    }
}
