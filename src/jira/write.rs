//! Writing to Jira. Every write asks for the guard's approval.

use std::ops::Deref;

use crate::model::access::Access;
use crate::model::account::{Account, Handle};
use crate::model::desk::DeskKey;
use crate::model::email::Email;
use crate::model::guard::Approval;

use super::cloud::{AccessSettings, AccountIds, NewCustomer, User};
use super::errors::CallError;
use super::read::JiraRead;
use super::requests::{self as list, Request};

/// A signed-in Jira that can be written to, and read as well.
#[derive(Debug)]
pub struct JiraWrite(JiraRead);

/// What a write came to, and how Jira numbered it: the header `atl-traceid` or `x-arequestid` of its last answer, for
/// whoever has to ask Atlassian what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written<T> {
    /// What it came to.
    pub result: Result<T, CallError>,
    /// Jira's number; nothing where it gave none, or did not answer.
    pub request: Option<String>,
}

impl<T> Written<T> {
    /// The same with another result.
    pub(super) fn map<U>(self, with: impl FnOnce(Result<T, CallError>) -> Result<U, CallError>) -> Written<U> {
        Written {
            result: with(self.result),
            request: self.request,
        }
    }
}

impl JiraWrite {
    /// Takes a connection for writing.
    #[must_use]
    pub fn new(jira: JiraRead) -> Self {
        Self(jira)
    }

    /// Makes a customer's account: no mail (jira-facts §1, M), no seat. Sent once: see [`CallError::AnswerLost`].
    ///
    /// # Errors
    /// [`CallError::Conflict`] where an account with this e-mail exists; [`CallError::Forbidden`] where the account may
    /// not create any.
    pub async fn create_customer(&self, _: &Approval, email: &Email, name: &str) -> Written<Account> {
        let request = Request::new(&list::CREATE_CUSTOMER, &[])
            .query("strictConflictStatusCode", true)
            .json(&NewCustomer {
                email: email.as_str(),
                display_name: name,
            });
        let written = self.client.write_json::<User>(&request).await;
        written.map(|result| match result {
            Ok(user) => Ok(user.into()),
            // Without the strict status code it is a 400, told apart by its words only (jira-facts §4, M).
            Err(CallError::Refused {
                operation,
                status: 400,
                detail,
            }) if detail.contains("already exists") => Err(CallError::Conflict { operation, detail }),
            // It was made; who it is has to be looked up.
            Err(CallError::Unintelligible { operation, detail }) => Err(CallError::AnswerLost { operation, detail }),
            Err(error) => Err(error),
        })
    }

    /// Puts accounts on a desk, in one call. Idempotent (jira-facts §1, H).
    ///
    /// # Errors
    /// [`CallError::Refused`] where an account does not exist; the others are added all the same (jira-facts §7, H).
    pub async fn add_to_desk(&self, _: &Approval, desk_id: &str, accounts: &[Handle]) -> Written<()> {
        let account_ids = accounts.iter().map(|handle| handle.0.as_str()).collect();
        self.client
            .write(&Request::new(&list::ADD_TO_DESK, &[desk_id]).json(&AccountIds { account_ids }))
            .await
    }

    /// Replaces a desk's access settings whole: `now`, but as open as `access`. Whether it took has to be read again.
    ///
    /// # Errors
    /// What Jira refused.
    pub async fn set_access(&self, _: &Approval, desk: &DeskKey, now: &AccessSettings, access: Access) -> Written<()> {
        self.client
            .write(&Request::new(&list::SET_ACCESS, &[desk.as_str()]).json(&now.with(access)))
            .await
    }
}

impl Deref for JiraWrite {
    type Target = JiraRead;

    fn deref(&self) -> &JiraRead {
        &self.0
    }
}
