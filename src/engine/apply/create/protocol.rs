//! Which requests make an account, and what each answer means.

use secrecy::SecretString;

use crate::engine::journal::{Journal, JournalError};
use crate::engine::passwords::{Passwords, PasswordsError};
use crate::jira::{CallError, JiraWrite, Written, between_searches};
use crate::model::account::Account;
use crate::model::desk::DeskKey;
use crate::model::email::Email;
use crate::model::guard::Approval;
use crate::model::held::HeldReason;
use crate::model::observed::Lookup;
use crate::model::outcome::{Outcome, StepEnd};
use crate::model::roster::InitialPassword;

/// How often a create is sent at most, when answers are lost and nobody with the e-mail can be found.
const CREATES: usize = 3;
/// How often somebody is looked for who must be there. A search can lag behind a create (docs/jira.md#look-up-lag).
const LOOKUPS: usize = 4;

/// What a create came to.
pub(super) enum Created {
    /// This.
    End(StepEnd),
    /// It was made with a first password, and it cannot be shown that it takes no licence seat. No other may be made
    /// so.
    Entitled {
        /// How the step ended.
        end: StepEnd,
        /// Whose account it is, by its user name.
        account: String,
    },
    /// Nothing was sent, because its intent could not be written down; nor will a later one's be.
    Unsafe(JournalError),
    /// Jira does not let quietdesk's account create: every later create would be refused as well.
    Forbidden(CallError),
    /// The whole pass is over.
    PassEnds(CallError),
}

/// The account to be made.
#[derive(Clone, Copy, Debug)]
pub(super) struct NewAccount<'a> {
    /// Its address.
    pub email: &'a Email,
    /// Its display name.
    pub name: &'a str,
    /// The desks it is made for.
    pub desks: &'a [DeskKey],
    /// Where its first password comes from; nothing: it gets none.
    pub password: Option<InitialPassword>,
}

/// Makes one account, once its intent is in the book, and the password it is to have. A create whose answer was lost is
/// never repeated before its e-mail was looked up. The end says how Jira numbered the create it answered last.
pub(super) async fn create(
    jira: &JiraWrite,
    approval: &Approval,
    book: &dyn Journal,
    passwords: &Passwords,
    new: NewAccount<'_>,
) -> (Created, Option<String>) {
    let email = new.email;
    // An earlier create for this e-mail may have taken effect, and nobody learnt of it.
    let mut perhaps_made = book.is_unsettled(email.key());
    if let Err(error) = book.intend(email.key()).await {
        return (Created::Unsafe(error), None);
    }
    let password = match new.password {
        Some(kind) => match first_password(book, passwords, new, kind).await {
            Ok(password) => Some(password),
            Err(created) => return (created, None),
        },
        None => None,
    };
    if password.is_some()
        && let Some(created) = somebody_has_it(jira, email, perhaps_made).await
    {
        return match created {
            // An earlier create's, which nobody read back.
            Created::End(end) if end.outcome == Outcome::Done => (prove_seatless(jira, approval, end).await, None),
            created @ (Created::End(_)
            | Created::Entitled { .. }
            | Created::Unsafe(_)
            | Created::Forbidden(_)
            | Created::PassEnds(_)) => (created, None),
        };
    }
    let mut lost = None;
    let mut number = None;
    for _ in 0..CREATES {
        let Written { result, request, .. } = match &password {
            Some(password) => jira.create_user(approval, email, new.name, password).await,
            None => jira.create_customer(approval, email, new.name).await,
        };
        number = request.or(number);
        match sent(jira, email, result, perhaps_made, lost.is_some()).await {
            Sent::Lost(error) => (lost, perhaps_made) = (Some(error), true),
            Sent::Came(Created::End(end)) if password.is_some() && end.outcome == Outcome::Done => {
                return (prove_seatless(jira, approval, end).await, number);
            }
            // The account may be there with that password, and a search that lags behind: nothing is settled.
            Sent::Came(Created::End(end)) if password.is_some() && perhaps_made && end.outcome == Outcome::Held => {
                let error = end.error.unwrap_or_default();
                let end = StepEnd::with_error(Outcome::Unknown, format!("{error}; the next pass looks again"));
                return (Created::End(end), number);
            }
            Sent::Came(created) => return (created, number),
        }
    }
    let error = lost.map(|error| error.to_string()).unwrap_or_default();
    let end = StepEnd::with_error(Outcome::Unknown, format!("{error}; the next pass looks again"));
    (Created::End(end), number)
}

/// The platform's create refuses a user name that is taken, and not an e-mail (docs/jira.md#create-user-emails): who
/// has it by now is looked up right before. Nothing where nobody has.
async fn somebody_has_it(jira: &JiraWrite, email: &Email, perhaps_made: bool) -> Option<Created> {
    let outcome = if perhaps_made { Outcome::Done } else { Outcome::Linked };
    match jira.lookup(email).await {
        Ok((Lookup::Absent, _)) => None,
        Ok((lookup, found)) => Some(Created::End(settled(lookup, &found, outcome))),
        Err(error) if error.ends_the_pass() => Some(Created::PassEnds(error)),
        Err(error) => Some(Created::End(StepEnd::with_error(Outcome::Failed, error.to_string()))),
    }
}

async fn first_password(
    book: &dyn Journal,
    passwords: &Passwords,
    new: NewAccount<'_>,
    kind: InitialPassword,
) -> Result<SecretString, Created> {
    let failed = |error: PasswordsError| Created::End(StepEnd::with_error(Outcome::Failed, error.to_string()));
    let password = passwords.password(new.email.key(), kind).map_err(failed)?;
    let kept = book.first_password(new.email, new.name, new.desks, password).await;
    kept.map_err(Created::Unsafe)
}

/// Reads an account back that was made with a first password: it must have no application and no group, since an
/// application is a licence seat and a group can give one (docs/jira.md#no-applications-no-seat). What it was given is
/// taken back, as far as calls can.
pub(super) async fn prove_seatless(jira: &JiraWrite, approval: &Approval, end: StepEnd) -> Created {
    let Some(account) = end.account.clone() else {
        return Created::End(end);
    };
    let entitled = match jira.standing(&account.handle).await {
        Ok(Some(standing)) if standing.is_bare() => return Created::End(end),
        Ok(Some(standing)) => standing,
        unread @ (Ok(None) | Err(_)) => {
            let why = unread
                .err()
                .map_or_else(|| "Jira shows no such account".to_owned(), |error| error.to_string());
            let told = format!(
                "{account} was made, and whether it takes a licence seat could not be read: {why}; look at its \
                 application access in Jira",
                account = account.handle
            );
            return Created::Entitled {
                end: StepEnd {
                    account: Some(account.clone()),
                    ..StepEnd::with_error(Outcome::Failed, told)
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
    let told = format!(
        "Jira gave {} {} although nothing was asked for, which can take a licence seat; {}; see in Jira's administration why \
         a new user is given that",
        account.handle,
        given.join(", "),
        match (kept.is_empty(), entitled.applications.is_empty()) {
            (true, true) => "take it out of the group in Jira".to_owned(),
            (true, false) => "the application was taken back".to_owned(),
            (false, _) => kept.join("; "),
        }
    );
    Created::Entitled {
        end: StepEnd {
            account: Some(account.clone()),
            ..StepEnd::with_error(Outcome::Failed, told)
        },
        account: account.handle.0,
    }
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
                other @ (Created::Entitled { .. }
                | Created::Unsafe(_)
                | Created::Forbidden(_)
                | Created::PassEnds(_)) => other,
            }
        }
        Err(error @ CallError::AnswerLost { .. }) => match jira.lookup(email).await {
            Ok((Lookup::Absent, _)) => return Sent::Lost(error),
            Ok((lookup, found)) => Created::End(settled(lookup, &found, Outcome::Done)),
            Err(error) => unsettled(error),
        },
        // A taken address can be answered 400, in whatever language: who has it shows whether it was that.
        Err(error @ CallError::Refused { status: 400, .. }) => match jira.lookup(email).await {
            Ok((Lookup::Absent, _)) if lost => unsettled(error),
            Ok((Lookup::Absent, _)) => Created::End(StepEnd::with_error(Outcome::Failed, error.to_string())),
            Ok((lookup, found)) => {
                let outcome = if perhaps_made { Outcome::Done } else { Outcome::Linked };
                Created::End(StepEnd {
                    refused: true,
                    ..settled(lookup, &found, outcome)
                })
            }
            Err(unread) => unsettled(unread),
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
    let mut waits = between_searches(LOOKUPS);
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
        true => Created::PassEnds(error.after_a_lost_attempt()),
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
        Lookup::Taken(id) => StepEnd::held(HeldReason::UsernameTaken(id)),
    }
}
