//! Writing to Jira. Every write asks for the guard's approval.

use std::ops::Deref;

use http::StatusCode;
use secrecy::{ExposeSecret as _, SecretString};

use crate::model::access::Access;
use crate::model::account::{Account, AccountId, Handle};
use crate::model::desk::DeskKey;
use crate::model::email::Email;
use crate::model::guard::Approval;
use crate::model::observed::Deployment;
use crate::model::step::Changes;

use super::access::AccessSettings;
use super::cloud::{self, AccountIds};
use super::data_center::{self, NewUser, UserChanges, Usernames};
use super::errors::CallError;
use super::read::JiraRead;
use super::requests::{self as list, Request};
use super::written::{Success, Written};

/// A create was done.
const CREATED: Success = Success::Json(StatusCode::CREATED);

/// A signed-in Jira that can be written to, and read as well.
#[derive(Debug)]
pub struct JiraWrite(JiraRead);

impl JiraWrite {
    /// Takes a connection for writing.
    #[must_use]
    pub fn new(jira: JiraRead) -> Self {
        Self(jira)
    }

    /// Makes a customer's account: no mail (docs/jira.md#create-silent), no seat. Sent once: see
    /// [`CallError::AnswerLost`].
    ///
    /// # Errors
    /// [`CallError::Conflict`] where an account with this e-mail exists; [`CallError::Forbidden`] where the account may
    /// not create any.
    pub async fn create_customer(&self, _: &Approval, email: &Email, name: &str) -> Written<Account> {
        let request = Request::new(&list::CREATE_CUSTOMER, &[]);
        let email = email.as_str();
        let written = match self.site().deployment {
            Deployment::Cloud => {
                let body = cloud::NewCustomer {
                    email,
                    display_name: name,
                };
                let request = request.query("strictConflictStatusCode", true).json(&body);
                self.client
                    .write_json::<cloud::User>(&request, CREATED)
                    .await
                    .into_account()
            }
            Deployment::DataCenter => {
                let body = data_center::NewCustomer { email, full_name: name };
                let request = request.json(&body);
                self.client
                    .write_json::<data_center::User>(&request, CREATED)
                    .await
                    .into_account()
            }
        };
        written.map(made)
    }

    /// Makes an account with a first password: Data Center. No application and no notification, so no seat and no mail
    /// (docs/jira.md#no-applications-no-seat); whether it got a seat all the same has to be read. Sent once.
    ///
    /// # Errors
    /// As [`JiraWrite::create_customer`].
    pub async fn create_user(
        &self,
        _: &Approval,
        email: &Email,
        name: &str,
        password: &SecretString,
    ) -> Written<Account> {
        let body = NewUser::new(email.as_str(), name, password.expose_secret());
        let request = Request::new(&list::CREATE_USER, &[]).json(&body);
        let written = self.client.write_json::<data_center::User>(&request, CREATED).await;
        written.into_account().map(made)
    }

    /// Changes an account in one call: Data Center. Returns it as Jira has it then.
    ///
    /// # Errors
    /// What Jira refused, such as a directory that cannot be written to, or a user name that is taken.
    pub async fn update_customer(&self, _: &Approval, account: &AccountId, changes: &Changes) -> Written<Account> {
        let request = Request::new(&list::UPDATE_USER, &[]).query("key", &account.0);
        let request = request.json(&UserChanges::from(changes));
        self.client
            .write_json::<data_center::User>(&request, Success::Json(StatusCode::OK))
            .await
            .into_account()
    }

    /// Takes an application away from an account, and with it the seat: Data Center.
    ///
    /// # Errors
    /// What Jira refused.
    pub async fn take_seat_back(&self, _: &Approval, account: &Handle, application: &str) -> Written<()> {
        let request = Request::new(&list::TAKE_SEAT_BACK, &[]).query("username", &account.0);
        let request = request.query("applicationKey", application);
        self.client.write(&request, Success::NoContent).await
    }

    /// Puts accounts on a desk, in one call. Idempotent (docs/jira.md#add).
    ///
    /// # Errors
    /// [`CallError::Refused`] where an account does not exist; the others are added all the same
    /// (docs/jira.md#add-partly).
    pub async fn add_to_desk(&self, _: &Approval, desk_id: &str, accounts: &[Handle]) -> Written<()> {
        let request = Request::new(&list::ADD_TO_DESK, &[desk_id]);
        let handles = accounts.iter().map(|handle| handle.0.as_str()).collect();
        let (request, success) = match self.site().deployment {
            Deployment::Cloud => (request.json(&AccountIds { account_ids: handles }), Success::NoContent),
            // The service management of Data Center has no published document.
            Deployment::DataCenter => (request.json(&Usernames { usernames: handles }), Success::Undocumented),
        };
        self.client.write(&request, success).await
    }

    /// Takes accounts off a desk, in one call: Cloud. Idempotent; who is not on it is passed over
    /// (docs/jira.md#remove-unknown).
    ///
    /// # Errors
    /// [`CallError::Refused`] where the desk is open (docs/jira.md#remove-while-open) or an account does not exist.
    pub async fn remove_from_desk(&self, _: &Approval, desk_id: &str, accounts: &[Handle]) -> Written<()> {
        let account_ids = accounts.iter().map(|handle| handle.0.as_str()).collect();
        let request = Request::new(&list::REMOVE_FROM_DESK, &[desk_id]);
        let request = request.json(&AccountIds { account_ids });
        self.client.write(&request, Success::NoContent).await
    }

    /// Takes somebody out of the role of a desk's customers: Data Center.
    ///
    /// # Errors
    /// What Jira refused; [`CallError::NotFound`] may say that nobody of that name has the role
    /// (docs/jira.md#remove-not-in-role).
    pub async fn remove_from_role(&self, _: &Approval, desk: &DeskKey, role: &str, account: &Handle) -> Written<()> {
        let request = Request::new(&list::REMOVE_FROM_ROLE, &[desk.as_str(), role]);
        self.client
            .write(&request.query("user", &account.0), Success::NoContent)
            .await
    }

    /// Replaces a desk's access settings whole: `now`, but as open as `access`. Whether it took has to be read again.
    ///
    /// # Errors
    /// What Jira refused.
    pub async fn set_access(&self, _: &Approval, desk: &DeskKey, now: &AccessSettings, access: Access) -> Written<()> {
        let request = Request::new(&list::SET_ACCESS, &[desk.as_str()]);
        let request = request.json(&now.with(access, self.site().deployment));
        self.client.write(&request, Success::Undocumented).await
    }
}

impl Deref for JiraWrite {
    type Target = JiraRead;

    fn deref(&self) -> &JiraRead {
        &self.0
    }
}

/// What the answer to a create means.
fn made(result: Result<Account, CallError>) -> Result<Account, CallError> {
    match result {
        // Without the strict status code, or on Data Center, it is a 400, told apart by its words only
        // (docs/jira.md#create-conflict).
        Err(CallError::Refused {
            operation,
            status: 400,
            detail,
        }) if detail.contains("already exists") => Err(CallError::Conflict { operation, detail }),
        // It was made; who it is has to be looked up.
        Err(CallError::Unintelligible { operation, detail } | CallError::Undocumented { operation, detail }) => {
            Err(CallError::AnswerLost { operation, detail })
        }
        result => result,
    }
}
