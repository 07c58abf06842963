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
    let mut waiting = vec![batch];
    while let Some(mut batch) = waiting.pop() {
        let handles = batch.iter().map(|(_, handle)| handle.clone()).collect();
        let Written { result, request } = send(handles).await;
        match result {
            Ok(()) => {
                let done = StepEnd::plain(Outcome::Done).sent(request);
                ends.extend(batch.into_iter().map(|(item, _)| (item, done.clone())));
            }
            Err(CallError::Refused { .. }) if batch.len() > 1 => {
                waiting.push(batch.split_off(batch.len() / 2));
                waiting.push(batch);
            }
            Err(error) if error.ends_the_pass() || closes_the_desk(&error) => {
                let rest = Rest {
                    sent: batch.into_iter().map(|(item, _)| item).collect(),
                    unsent: waiting.into_iter().flatten().map(|(item, _)| item).collect(),
                    error,
                    request,
                };
                return Ended { ends, rest: Some(rest) };
            }
            Err(error) => {
                let outcome = if error.may_have_taken_effect() {
                    Outcome::Unknown
                } else {
                    Outcome::Failed
                };
                let end = StepEnd {
                    // A status of success counts as accepted, whatever came with it.
                    ineffective: matches!(error, CallError::Unintelligible { .. }),
                    ..StepEnd::with_error(outcome, error.to_string()).sent(request)
                };
                ends.extend(batch.into_iter().map(|(item, _)| (item, end.clone())));
            }
        }
    }
    Ended { ends, rest: None }
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
    let Written { result, request } = jira.set_access(approval, desk, &settings, after).await;
    let unsure = match result {
        Ok(()) => None,
        Err(error) if error.may_have_taken_effect() && !error.ends_the_pass() => Some(error),
        Err(error) => {
            return Err(AccessError {
                sent: error.may_have_taken_effect(),
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
        // It was not accepted: trying again is worth it.
        Some(error @ CallError::GaveUp { .. }) => StepEnd::with_error(Outcome::Failed, error.to_string()),
        Some(error) => StepEnd::ineffective(format!("{error}; {desk} still is {now}")),
        None => StepEnd::ineffective(format!(
            "Jira accepted the change and {desk} still is {now}: look at its customer permissions in Jira"
        )),
    };
    Ok(end.sent(request))
}
