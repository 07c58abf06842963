//! The fixed protocol of each kind of step: which requests, in which order, and what each answer means.

mod create;
mod remove;
mod update;

pub(super) use self::create::{Created, NewAccount, create, prove_seatless};
pub(super) use self::remove::remove;
pub(super) use self::update::{Updated, update};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use crate::jira::{CallError, JiraWrite, Written};
use crate::model::access::Access;
use crate::model::account::Handle;
use crate::model::desk::DeskKey;
use crate::model::guard::Approval;
use crate::model::outcome::{Outcome, StepEnd};

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

/// Puts a batch on a desk. Jira adds the valid ones of a batch and answers 400 where any account does not exist
/// (jira-facts §7, H); adding is idempotent.
pub(super) async fn add<T>(jira: &JiraWrite, approval: &Approval, desk_id: &str, batch: Vec<(T, Handle)>) -> Ended<T> {
    let send = |handles: Vec<Handle>| async move { jira.add_to_desk(approval, desk_id, &handles).await }.boxed();
    in_halves(batch, send).await
}

/// Sends a batch; one that is refused is halved, down to the culprit. What may be sent twice alone is sent so.
async fn in_halves<'a, T>(
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
pub(super) fn closes_the_desk(error: &CallError) -> bool {
    matches!(
        error,
        CallError::Forbidden { .. } | CallError::NotFound { .. } | CallError::DeskIsOpen { .. }
    )
}

/// Why a change of access did not come to its end.
pub(super) struct AccessError {
    /// What went wrong.
    pub error: CallError,
    /// Whether the change may have taken effect by then.
    pub sent: bool,
    /// Whether the change was asked for at all.
    pub asked: bool,
    /// How Jira numbered the change.
    pub request: Option<String>,
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

/// Changes a desk's access mode: read, replace whole, read again and compare (jira-facts §3, I). A write that did not
/// take is a failure, not a success.
pub(super) async fn set_access(
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
