//! The fixed protocol of each kind of step: which requests, in which order, and what each answer means.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};

use super::book::{Book, BookError};
use crate::jira::{CallError, JiraWrite, Written};
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
    /// Nothing was sent, because its intent could not be written down; nor will a later one's be.
    Unsafe(BookError),
    /// Jira does not let quietdesk's account create: every later create would be refused as well.
    Forbidden(CallError),
    /// The whole pass is over.
    PassEnds(CallError),
}

/// Makes one account, once its intent is in the book. A create whose answer was lost is never repeated before its e-mail
/// was looked up (design §6). The end says how Jira numbered the create it answered last.
pub(super) async fn create(
    jira: &JiraWrite,
    approval: &Approval,
    book: &dyn Book,
    email: &Email,
    name: &str,
) -> (Created, Option<String>) {
    // An earlier create for this e-mail may have taken effect, and nobody learnt of it.
    let mut perhaps_made = book.is_unsettled(email.key());
    if let Err(error) = book.intend(email.key()).await {
        return (Created::Unsafe(error), None);
    }
    let mut lost = None;
    let mut number = None;
    for _ in 0..CREATES {
        let Written { result, request } = jira.create_customer(approval, email, name).await;
        number = request.or(number);
        match sent(jira, email, result, perhaps_made, lost.is_some()).await {
            Sent::Lost(error) => (lost, perhaps_made) = (Some(error), true),
            Sent::Came(created) => return (created, number),
        }
    }
    let error = lost.map(|error| error.to_string()).unwrap_or_default();
    let end = StepEnd::with_error(Outcome::Unknown, format!("{error}; the next pass looks again"));
    (Created::End(end), number)
}

/// What one create came to.
enum Sent {
    /// The answer was lost, and nobody with the e-mail can be found: it may be sent again.
    Lost(CallError),
    Came(Created),
}

/// Settles one create. `perhaps_made`: an earlier one may have taken effect; `lost`: one of this pass.
async fn sent(
    jira: &JiraWrite,
    email: &Email,
    result: Result<Account, CallError>,
    perhaps_made: bool,
    lost: bool,
) -> Sent {
    Sent::Came(match result {
        Ok(account) => Created::End(StepEnd::with_account(Outcome::Done, (&account).into())),
        Err(CallError::Conflict { .. }) => {
            // Then the account that exists is most likely the one that was asked for.
            let outcome = if perhaps_made { Outcome::Done } else { Outcome::Linked };
            match link(jira, email, outcome).await {
                Created::End(end) => Created::End(StepEnd { refused: true, ..end }),
                other @ (Created::Unsafe(_) | Created::Forbidden(_) | Created::PassEnds(_)) => other,
            }
        }
        Err(error @ CallError::AnswerLost { .. }) => match jira.lookup(email).await {
            Ok((Lookup::Absent, _)) => return Sent::Lost(error),
            Ok((lookup, found)) => Created::End(settled(lookup, &found, Outcome::Done)),
            Err(error) => unsettled(error),
        },
        // Without knowing what became of the first one, it is not known that nothing was made.
        Err(error) if lost => unsettled(error),
        Err(error @ CallError::Forbidden { .. }) => Created::Forbidden(error),
        Err(error) if error.ends_the_pass() => Created::PassEnds(error),
        Err(error) => Created::End(StepEnd::with_error(Outcome::Failed, error.to_string())),
    })
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
/// (jira-facts §7, H), so a refused batch is halved down to the culprit; adding is idempotent.
pub(super) async fn add<T>(jira: &JiraWrite, approval: &Approval, desk_id: &str, batch: Vec<(T, Handle)>) -> Added<T> {
    let mut ends = Vec::with_capacity(batch.len());
    let mut waiting = vec![batch];
    while let Some(mut batch) = waiting.pop() {
        let handles: Vec<Handle> = batch.iter().map(|(_, handle)| handle.clone()).collect();
        let Written { result, request } = jira.add_to_desk(approval, desk_id, &handles).await;
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
                return Added { ends, rest: Some(rest) };
            }
            Err(error) => {
                let outcome = if error.may_have_taken_effect() {
                    Outcome::Unknown
                } else {
                    Outcome::Failed
                };
                let end = StepEnd::with_error(outcome, error.to_string()).sent(request);
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
    if let Err(error) = result {
        return Err(AccessError {
            sent: error.may_have_taken_effect(),
            error,
            asked: true,
            request,
        });
    }
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
    let error = format!("Jira accepted the change and {desk} still is {now}: look at its customer permissions in Jira");
    Ok(StepEnd::with_error(Outcome::Failed, error).sent(request))
}
