//! One request for several people, and what becomes of each of them.

use futures_util::future::BoxFuture;

use super::applying::Applying;
use crate::jira::{CallError, Written};
use crate::model::account::Handle;
use crate::model::desk::DeskKey;
use crate::model::held::HeldReason;
use crate::model::outcome::{Outcome, StepEnd};
use crate::model::step::StepId;

/// What a batch came to.
pub(super) struct Ended<T> {
    /// Who was attempted, and how that ended.
    pub ends: Vec<(T, StepEnd)>,
    /// Who was not, because of an error that every further call would meet as well.
    pub rest: Option<Rest<T>>,
}

/// The part of a batch that an error ended.
pub(super) struct Rest<T> {
    /// Who was in the request that met it.
    pub sent: Vec<T>,
    /// Who was in none.
    pub unsent: Vec<T>,
    /// The error.
    pub error: CallError,
    /// How Jira numbered the request.
    pub request: Option<String>,
}

/// Sends a batch; one that is refused is halved, down to the culprit. What may be sent twice alone is sent so.
pub(super) async fn in_halves<'a, T>(
    batch: Vec<(T, Handle)>,
    send: impl Fn(Vec<Handle>) -> BoxFuture<'a, Written<()>>,
) -> Ended<T> {
    let mut ends = Vec::with_capacity(batch.len());
    // Each with whether an attempt whose answer was lost may have done it.
    let mut waiting = vec![(batch, false)];
    while let Some((mut batch, earlier)) = waiting.pop() {
        let handles = batch.iter().map(|(_, handle)| handle.clone()).collect();
        let Written {
            result,
            request,
            maybe_done,
        } = send(handles).await;
        let maybe_done = maybe_done || earlier;
        match result {
            Ok(()) => {
                let done = StepEnd::plain(Outcome::Done).sent(request);
                ends.extend(batch.into_iter().map(|(item, _)| (item, done.clone())));
            }
            Err(CallError::Refused { .. }) if batch.len() > 1 => {
                waiting.push((batch.split_off(batch.len() / 2), maybe_done));
                waiting.push((batch, maybe_done));
            }
            Err(error) if error.ends_the_pass() || closes_the_desk(&error) => {
                let unknown = StepEnd::with_error(Outcome::Unknown, error.clone().after_a_lost_attempt().to_string());
                let sent = left_over(batch, maybe_done, &unknown.clone().sent(request.clone()), &mut ends);
                let unknown = unknown.sent(None);
                let unsent = waiting
                    .into_iter()
                    .flat_map(|(batch, maybe_done)| left_over(batch, maybe_done, &unknown, &mut ends))
                    .collect();
                let rest = Rest {
                    sent,
                    unsent,
                    error,
                    request,
                };
                return Ended { ends, rest: Some(rest) };
            }
            Err(error) => {
                let outcome = if maybe_done || error.may_have_taken_effect() {
                    Outcome::Unknown
                } else {
                    Outcome::Failed
                };
                let end = StepEnd {
                    // Jira may have accepted it.
                    ineffective: matches!(error, CallError::Undocumented { .. }),
                    ..StepEnd::with_error(outcome, error.to_string()).sent(request)
                };
                ends.extend(batch.into_iter().map(|(item, _)| (item, end.clone())));
            }
        }
    }
    Ended { ends, rest: None }
}

/// Who of a batch is left where no further call is made. Whom an attempt whose answer was lost may have reached has ended
/// `unknown`.
fn left_over<T>(batch: Vec<(T, Handle)>, maybe_done: bool, unknown: &StepEnd, ends: &mut Vec<(T, StepEnd)>) -> Vec<T> {
    let items = batch.into_iter().map(|(item, _)| item);
    if !maybe_done {
        return items.collect();
    }
    ends.extend(items.map(|item| (item, unknown.clone())));
    Vec::new()
}

/// Whether the error says that quietdesk's account cannot change this desk at all.
fn closes_the_desk(error: &CallError) -> bool {
    matches!(
        error,
        CallError::Forbidden { .. } | CallError::NotFound { .. } | CallError::DeskIsOpen { .. }
    )
}

impl Applying<'_> {
    /// The rest of a batch meets the same error as the part that was tried.
    pub(super) fn give_up<T>(&self, desk: &DeskKey, rest: Rest<T>, step: impl Fn(T) -> StepId) {
        let Rest {
            sent,
            unsent,
            error,
            request,
        } = rest;
        let end = if closes_the_desk(&error) {
            let end = StepEnd::held(match matches!(error, CallError::DeskIsOpen { .. }) {
                true => HeldReason::StillOpen,
                false => HeldReason::DeskClosed(error.reason()),
            });
            self.state(|state| state.closed_desks.insert(desk.clone(), end.clone()));
            end
        } else {
            self.end_pass(&error);
            let outcome = if error.may_have_taken_effect() {
                Outcome::Unknown
            } else {
                Outcome::NotAttempted
            };
            StepEnd::with_error(outcome, error.to_string())
        };
        for item in sent {
            let end = end.clone();
            let was_sent = end.outcome != Outcome::NotAttempted;
            self.end(step(item), if was_sent { end.sent(request.clone()) } else { end });
        }
        unsent.into_iter().for_each(|item| self.end(step(item), end.clone()));
    }
}
