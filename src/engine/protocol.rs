//! The fixed protocol of each kind of step: which requests, in which order, and what each answer means.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};

use crate::jira::{CallError, JiraWrite};
use crate::model::access::Access;
use crate::model::account::{Account, Handle};
use crate::model::desk::DeskKey;
use crate::model::email::Email;
use crate::model::guard::Approval;
use crate::model::held::HeldReason;
use crate::model::observed::Lookup;
use crate::model::outcome::{Outcome, StepEnd};

/// How often a create is sent at most, when answers are lost and nobody with the e-mail can be found.
const CREATES: usize = 3;
/// How often somebody is looked for who must be there. A search can lag behind a create (jira-facts §4, I).
const LOOKUPS: usize = 4;

/// What a create came to.
pub(super) enum Created {
    /// This.
    End(StepEnd),
    /// Jira does not let quietdesk's account create: every later create would be refused as well.
    Forbidden(CallError),
    /// The whole pass is over.
    PassEnds(CallError),
}

/// Makes one account. A create whose answer was lost is never repeated before its e-mail was looked up (design §6).
pub(super) async fn create(jira: &JiraWrite, approval: &Approval, email: &Email, name: &str) -> Created {
    let mut lost = None;
    for _ in 0..CREATES {
        match jira.create_customer(approval, email, name).await {
            Ok(account) => return Created::End(StepEnd::with_account(Outcome::Done, (&account).into())),
            Err(CallError::Conflict { .. }) => {
                // After a lost answer, the account that exists is most likely the one that was asked for.
                let outcome = if lost.is_some() { Outcome::Done } else { Outcome::Linked };
                return match link(jira, email, outcome).await {
                    Created::End(end) => Created::End(StepEnd { refused: true, ..end }),
                    other @ (Created::Forbidden(_) | Created::PassEnds(_)) => other,
                };
            }
            Err(error @ CallError::AnswerLost { .. }) => match jira.lookup(email).await {
                Ok((Lookup::Absent, _)) => lost = Some(error),
                Ok((lookup, found)) => return Created::End(settled(lookup, &found, Outcome::Done)),
                Err(error) => return unsettled(error),
            },
            // Without knowing what became of the first one, it is not known that nothing was made.
            Err(error) if lost.is_some() => return unsettled(error),
            Err(error @ CallError::Forbidden { .. }) => return Created::Forbidden(error),
            Err(error) if error.ends_the_pass() => return Created::PassEnds(error),
            Err(error) => return Created::End(StepEnd::with_error(Outcome::Failed, error.to_string())),
        }
    }
    let error = lost.map(|error| error.to_string()).unwrap_or_default();
    Created::End(StepEnd::with_error(
        Outcome::Unknown,
        format!("{error}; the next pass looks again"),
    ))
}

/// Jira says somebody has the e-mail: finds out who.
async fn link(jira: &JiraWrite, email: &Email, outcome: Outcome) -> Created {
    let waits = ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(500))
        .with_max_times(LOOKUPS - 1);
    let mut waits = waits.build();
    loop {
        match (jira.lookup(email).await, waits.next()) {
            (Ok((Lookup::Absent, _)), Some(wait)) => tokio::time::sleep(wait).await,
            (Ok((lookup, found)), _) => return Created::End(settled(lookup, &found, outcome)),
            (Err(error), _) => return unsettled(error),
        }
    }
}

/// A create was sent, and what became of it could not be found out.
fn unsettled(error: CallError) -> Created {
    match error.ends_the_pass() {
        true if error.may_have_taken_effect() => Created::PassEnds(error),
        true => Created::PassEnds(CallError::MaybeDone(Box::new(error))),
        false => Created::End(StepEnd::with_error(Outcome::Unknown, error.to_string())),
    }
}

/// What it means that somebody with the e-mail must be there.
fn settled(lookup: Lookup, found: &[Account], outcome: Outcome) -> StepEnd {
    match lookup {
        Lookup::One(id) => match found.iter().find(|account| account.id == id) {
            Some(account) => StepEnd::with_account(outcome, account.into()),
            None => StepEnd::held(HeldReason::ExistsUnseen(vec![id])),
        },
        Lookup::Absent => StepEnd::held(HeldReason::ExistsUnseen(Vec::new())),
        Lookup::Inactive(id) => StepEnd::held(HeldReason::Deactivated(id)),
        Lookup::Many(ids) => StepEnd::held(HeldReason::SeveralAccounts(ids)),
        Lookup::Hidden(ids) => StepEnd::held(HeldReason::HiddenEmail(ids)),
    }
}

/// What adding a batch came to.
pub(super) struct Added<T> {
    /// Who was attempted, and how that ended.
    pub ends: Vec<(T, StepEnd)>,
    /// Who was not, because of an error that every further call would meet as well.
    pub rest: Option<(Vec<T>, CallError)>,
}

/// Puts a batch on a desk. Jira adds the valid ones of a batch and answers 400 where any account does not exist
/// (jira-facts §7, H), so a refused batch is halved down to the culprit; adding is idempotent.
pub(super) async fn add<T>(jira: &JiraWrite, approval: &Approval, desk_id: &str, batch: Vec<(T, Handle)>) -> Added<T> {
    let mut ends = Vec::with_capacity(batch.len());
    let mut waiting = vec![batch];
    while let Some(mut batch) = waiting.pop() {
        let handles: Vec<Handle> = batch.iter().map(|(_, handle)| handle.clone()).collect();
        match jira.add_to_desk(approval, desk_id, &handles).await {
            Ok(()) => ends.extend(batch.into_iter().map(|(item, _)| (item, StepEnd::plain(Outcome::Done)))),
            Err(CallError::Refused { .. }) if batch.len() > 1 => {
                waiting.push(batch.split_off(batch.len() / 2));
                waiting.push(batch);
            }
            Err(error) if error.ends_the_pass() || closes_the_desk(&error) => {
                let rest = batch.into_iter().chain(waiting.into_iter().flatten());
                let rest = Some((rest.map(|(item, _)| item).collect(), error));
                return Added { ends, rest };
            }
            Err(error) => {
                let outcome = if error.may_have_taken_effect() {
                    Outcome::Unknown
                } else {
                    Outcome::Failed
                };
                let end = StepEnd::with_error(outcome, error.to_string());
                ends.extend(batch.into_iter().map(|(item, _)| (item, end.clone())));
            }
        }
    }
    Added { ends, rest: None }
}

/// Whether the error says that quietdesk's account cannot change this desk at all.
pub(super) fn closes_the_desk(error: &CallError) -> bool {
    matches!(error, CallError::Forbidden { .. } | CallError::NotFound { .. })
}

/// Why a change of access did not come to its end.
pub(super) struct AccessError {
    /// What went wrong.
    pub error: CallError,
    /// Whether the change may have taken effect by then.
    pub sent: bool,
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
    let settings = jira
        .access(desk)
        .await
        .map_err(|error| AccessError { error, sent: false })?;
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
    jira.set_access(approval, desk, &settings, after)
        .await
        .map_err(|error| AccessError {
            sent: error.may_have_taken_effect(),
            error,
        })?;
    let now = jira
        .access(desk)
        .await
        .map_err(|error| AccessError { error, sent: true })?
        .access();
    if now == after {
        return Ok(StepEnd::plain(Outcome::Done));
    }
    let error = format!("Jira accepted the change and {desk} still is {now}: look at its customer permissions in Jira");
    Ok(StepEnd::with_error(Outcome::Failed, error))
}
