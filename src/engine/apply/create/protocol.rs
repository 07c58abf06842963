//! The requests that create an account, and the meaning of each response.

use secrecy::SecretString;

use crate::engine::journal::{Journal, JournalError};
use crate::engine::passwords::{Passwords, PasswordsError};
use crate::jira::{CallError, JiraWrite, WriteResult, search_delays};
use crate::model::account::Account;
use crate::model::desk::DeskKey;
use crate::model::email::Email;
use crate::model::guard::Approval;
use crate::model::held::HeldReason;
use crate::model::observed::Lookup;
use crate::model::outcome::{Outcome, StepResult};
use crate::model::roster::InitialPassword;

/// Maximum attempts of a create while responses are lost and no account with the e-mail is found.
const CREATES: usize = 3;
/// Maximum look-ups of an account that must exist. A search can lag behind a create (docs/jira.md#look-up-lag).
const LOOKUPS: usize = 4;

/// The result of a create.
pub(super) enum CreateResult {
    /// The step ended.
    FinalState(StepResult),
    /// The account was created with a first password, and takes or may take a license seat. No more accounts may be
    /// created that way.
    MayTakeSeat {
        end: StepResult,
        /// Its username.
        account: String,
    },
    /// The intent could not be recorded, so nothing was sent; later creates would fail the same way.
    IntentNotRecorded(JournalError),
    /// Jira does not let quietdesk's account create accounts: every later create would be refused as well.
    Forbidden(CallError),
    /// The pass ends.
    PassEnds(CallError),
}

/// The account to create.
#[derive(Clone, Copy, Debug)]
pub(super) struct NewAccount<'a> {
    pub email: &'a Email,
    /// Its display name.
    pub name: &'a str,
    /// The desks it will be added to.
    pub desks: &'a [DeskKey],
    /// The source of its first password, if it gets one.
    pub password: Option<InitialPassword>,
}

/// Creates one account, after recording its intent and first password in `book`. After a lost response, looks up the
/// e-mail before repeating the create. Also returns Jira's id of the last create request it answered.
pub(super) async fn create(
    jira: &JiraWrite,
    approval: &Approval,
    book: &dyn Journal,
    passwords: &Passwords,
    new: NewAccount<'_>,
) -> (CreateResult, Option<String>) {
    let email = new.email;
    // An earlier create for this e-mail may have taken effect without a response.
    let mut perhaps_made = book.is_uncertain(email.key());
    if let Err(error) = book.record_intent(email.key()).await {
        return (CreateResult::IntentNotRecorded(error), None);
    }
    let password = match new.password {
        Some(kind) => match prepare_first_password(book, passwords, new, kind).await {
            Ok(password) => Some(password),
            Err(created) => return (created, None),
        },
        None => None,
    };
    if password.is_some()
        && let Some(created) = find_existing_account(jira, email, perhaps_made).await
    {
        return match created {
            // Created by an earlier request and not read back yet.
            CreateResult::FinalState(end) if end.outcome == Outcome::Done => {
                (verify_seatless(jira, approval, end).await, None)
            }
            created @ (CreateResult::FinalState(_)
            | CreateResult::MayTakeSeat { .. }
            | CreateResult::IntentNotRecorded(_)
            | CreateResult::Forbidden(_)
            | CreateResult::PassEnds(_)) => (created, None),
        };
    }
    let mut lost = None;
    let mut number = None;
    for _ in 0..CREATES {
        let WriteResult {
            result,
            request_id: request,
            ..
        } = match &password {
            Some(password) => jira.create_user(approval, email, new.name, password).await,
            None => jira.create_customer(approval, email, new.name).await,
        };
        number = request.or(number);
        match settle_request(jira, email, result, perhaps_made, lost.is_some()).await {
            RequestResult::ResponseLost(error) => (lost, perhaps_made) = (Some(error), true),
            RequestResult::Settled(CreateResult::FinalState(end))
                if password.is_some() && end.outcome == Outcome::Done =>
            {
                return (verify_seatless(jira, approval, end).await, number);
            }
            // The account may exist with that password while the search lags behind: the outcome stays unknown.
            RequestResult::Settled(CreateResult::FinalState(end))
                if password.is_some() && perhaps_made && end.outcome == Outcome::Held =>
            {
                let error = end.error.unwrap_or_default();
                let end = StepResult::with_error(Outcome::Unknown, format!("{error}; the next pass checks again"));
                return (CreateResult::FinalState(end), number);
            }
            RequestResult::Settled(created) => return (created, number),
        }
    }
    let error = lost.map(|error| error.to_string()).unwrap_or_default();
    let end = StepResult::with_error(Outcome::Unknown, format!("{error}; the next pass checks again"));
    (CreateResult::FinalState(end), number)
}

/// Looks up the e-mail right before a create with a password; `None` if no account has it. The platform's create
/// refuses a username that is taken, but not an e-mail (docs/jira.md#create-user-emails).
async fn find_existing_account(jira: &JiraWrite, email: &Email, perhaps_made: bool) -> Option<CreateResult> {
    let outcome = if perhaps_made { Outcome::Done } else { Outcome::Linked };
    match jira.lookup(email).await {
        Ok((Lookup::Absent, _)) => None,
        Ok((lookup, found)) => Some(CreateResult::FinalState(result_of_lookup(lookup, &found, outcome))),
        Err(error) if error.ends_pass() => Some(CreateResult::PassEnds(error)),
        Err(error) => Some(CreateResult::FinalState(StepResult::with_error(
            Outcome::Failed,
            error.to_string(),
        ))),
    }
}

async fn prepare_first_password(
    book: &dyn Journal,
    passwords: &Passwords,
    new: NewAccount<'_>,
    kind: InitialPassword,
) -> Result<SecretString, CreateResult> {
    let failed =
        |error: PasswordsError| CreateResult::FinalState(StepResult::with_error(Outcome::Failed, error.to_string()));
    let password = passwords.password(new.email.key(), kind).map_err(failed)?;
    let kept = book
        .record_first_password(new.email, new.name, new.desks, password)
        .await;
    kept.map_err(CreateResult::IntentNotRecorded)
}

/// Verifies that an account created with a first password has no application and no group: an application takes a
/// license seat, and a group can give one (docs/jira.md#no-applications-no-seat). Takes back the applications it has.
pub(super) async fn verify_seatless(jira: &JiraWrite, approval: &Approval, end: StepResult) -> CreateResult {
    let Some(account) = end.account.clone() else {
        return CreateResult::FinalState(end);
    };
    let entitled = match jira.account_access(&account.handle).await {
        Ok(Some(standing)) if standing.is_customer_only() => return CreateResult::FinalState(end),
        Ok(Some(standing)) => standing,
        unread @ (Ok(None) | Err(_)) => {
            let why = unread.err().map_or_else(
                || "Jira does not find the account".to_owned(),
                |error| error.to_string(),
            );
            let error = format!(
                "created {account}, but cannot read whether it takes a license seat: {why}; check its application \
                 access in Jira",
                account = account.handle
            );
            return CreateResult::MayTakeSeat {
                end: StepResult {
                    account: Some(account.clone()),
                    ..StepResult::with_error(Outcome::Failed, error)
                },
                account: account.handle.0,
            };
        }
    };
    let mut kept = Vec::new();
    for application in &entitled.applications {
        let written = jira.take_seat_back(approval, &account.handle, application).await;
        if let Err(error) = written.result {
            kept.push(format!("{application} could not be taken back: {}", error.reason()));
        }
    }
    let given = entitled
        .applications
        .iter()
        .chain(&entitled.groups)
        .cloned()
        .collect::<Vec<_>>();
    let error = format!(
        "Jira gave {} {}, which was not requested and can take a license seat; {}; check in Jira's administration why \
         new users get it",
        account.handle,
        given.join(", "),
        match (kept.is_empty(), entitled.applications.is_empty()) {
            (true, true) => "remove it from the group in Jira".to_owned(),
            (true, false) => "the application was taken back".to_owned(),
            (false, _) => kept.join("; "),
        }
    );
    CreateResult::MayTakeSeat {
        end: StepResult {
            account: Some(account.clone()),
            ..StepResult::with_error(Outcome::Failed, error)
        },
        account: account.handle.0,
    }
}

/// The result of one create request.
enum RequestResult {
    /// The response was lost and no account with the e-mail is found: the request may be sent again.
    ResponseLost(CallError),
    Settled(CreateResult),
}

/// Settles one create request. `perhaps_made`: an earlier create may have taken effect; `lost`: one of this pass had no
/// response.
async fn settle_request(
    jira: &JiraWrite,
    email: &Email,
    result: Result<Account, CallError>,
    perhaps_made: bool,
    lost: bool,
) -> RequestResult {
    RequestResult::Settled(match result {
        Ok(account) => CreateResult::FinalState(StepResult::with_account(Outcome::Done, (&account).into())),
        Err(CallError::Conflict { .. }) => {
            // If an earlier create may have taken effect, the existing account is most likely its result.
            let outcome = if perhaps_made { Outcome::Done } else { Outcome::Linked };
            match link_existing_account(jira, email, outcome).await {
                CreateResult::FinalState(end) => CreateResult::FinalState(StepResult { refused: true, ..end }),
                other @ (CreateResult::MayTakeSeat { .. }
                | CreateResult::IntentNotRecorded(_)
                | CreateResult::Forbidden(_)
                | CreateResult::PassEnds(_)) => other,
            }
        }
        Err(error @ CallError::ResponseLost { .. }) => match jira.lookup(email).await {
            Ok((Lookup::Absent, _)) => return RequestResult::ResponseLost(error),
            Ok((lookup, found)) => CreateResult::FinalState(result_of_lookup(lookup, &found, Outcome::Done)),
            Err(error) => uncertain_result(error),
        },
        // Jira may return 400, in any language, for an e-mail that is taken: a look-up shows whether it is.
        Err(error @ CallError::Refused { status: 400, .. }) => match jira.lookup(email).await {
            Ok((Lookup::Absent, _)) if lost => uncertain_result(error),
            Ok((Lookup::Absent, _)) => {
                CreateResult::FinalState(StepResult::with_error(Outcome::Failed, error.to_string()))
            }
            Ok((lookup, found)) => {
                let outcome = if perhaps_made { Outcome::Done } else { Outcome::Linked };
                CreateResult::FinalState(StepResult {
                    refused: true,
                    ..result_of_lookup(lookup, &found, outcome)
                })
            }
            Err(unread) => uncertain_result(unread),
        },
        // The earlier request without a response may have created the account.
        Err(error) if lost => uncertain_result(error),
        Err(error @ CallError::Forbidden { .. }) => CreateResult::Forbidden(error),
        Err(error) if error.ends_pass() => CreateResult::PassEnds(error),
        Err(error) => CreateResult::FinalState(StepResult::with_error(Outcome::Failed, error.to_string())),
    })
}

/// Looks up the account that has the e-mail, after Jira reported a conflict.
async fn link_existing_account(jira: &JiraWrite, email: &Email, outcome: Outcome) -> CreateResult {
    let mut waits = search_delays(LOOKUPS);
    loop {
        match (jira.lookup(email).await, waits.next()) {
            (Ok((Lookup::Absent, _)), Some(wait)) => tokio::time::sleep(wait).await,
            (Ok((lookup, found)), _) => return CreateResult::FinalState(result_of_lookup(lookup, &found, outcome)),
            (Err(error), _) => return uncertain_result(error),
        }
    }
}

/// Returns the result of a create with an effect that could not be determined.
fn uncertain_result(error: CallError) -> CreateResult {
    match error.ends_pass() {
        true => CreateResult::PassEnds(error.with_lost_attempt()),
        false => CreateResult::FinalState(StepResult::with_error(Outcome::Unknown, error.to_string())),
    }
}

/// Returns the result of a step for an e-mail that an account must have.
fn result_of_lookup(lookup: Lookup, found: &[Account], outcome: Outcome) -> StepResult {
    match lookup {
        Lookup::Found(id) => match found.iter().find(|account| account.id == id) {
            Some(account) => StepResult::with_account(outcome, account.into()),
            None => StepResult::held(HeldReason::ExistsNotShown(vec![id])),
        },
        Lookup::Absent => StepResult::held(HeldReason::ExistsNotShown(Vec::new())),
        Lookup::Inactive(id) => StepResult::held(HeldReason::Deactivated(id)),
        Lookup::Several(ids) => StepResult::held(HeldReason::SeveralAccounts(ids)),
        Lookup::Hidden(ids) => StepResult::held(HeldReason::HiddenEmail(ids)),
        Lookup::UsernameTaken(id) => StepResult::held(HeldReason::UsernameTaken(id)),
    }
}
