//! Writes to Jira. Every write requires the guard's approval.

use std::ops::Deref;

use http::StatusCode;
use secrecy::{ExposeSecret as _, SecretString};

use crate::model::access::Access;
use crate::model::account::{Account, AccountId, Handle};
use crate::model::desk::DeskKey;
use crate::model::email::Email;
use crate::model::guard::Approval;
use crate::model::observed::Deployment;
use crate::model::step::AccountChanges;

use super::access::AccessSettings;
use super::cloud::{self, AccountIds};
use super::data_center::{self, NewUser, UserChanges, Usernames};
use super::errors::CallError;
use super::read::JiraRead;
use super::requests::{self as list, Request};
use super::write_result::{ExpectedResponse, WriteResult};

/// The success of a create.
const CREATED: ExpectedResponse = ExpectedResponse::Json(StatusCode::CREATED);

/// A signed-in connection that can write, and read as well.
#[derive(Debug)]
pub struct JiraWrite(JiraRead);

impl JiraWrite {
    /// Makes a connection writable.
    #[must_use]
    pub fn new(jira: JiraRead) -> Self {
        Self(jira)
    }

    /// Creates a customer's account: sends no e-mail (docs/jira.md#create-silent), takes no seat. Sent once: see
    /// [`CallError::ResponseLost`].
    ///
    /// # Errors
    /// [`CallError::Conflict`] where an account with this e-mail exists; [`CallError::Forbidden`] where the account
    /// lacks the permission to create customers.
    pub async fn create_customer(&self, _: &Approval, email: &Email, name: &str) -> WriteResult<Account> {
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
        written.map(interpret_create)
    }

    /// Creates an account with a first password: Data Center. No application and no notification, so no seat and no
    /// e-mail (docs/jira.md#no-applications-no-seat); whether it got a seat anyway must be read afterwards. Sent once.
    ///
    /// # Errors
    /// As [`JiraWrite::create_customer`].
    pub async fn create_user(
        &self,
        _: &Approval,
        email: &Email,
        name: &str,
        password: &SecretString,
    ) -> WriteResult<Account> {
        let body = NewUser::new(email.as_str(), name, password.expose_secret());
        let request = Request::new(&list::CREATE_USER, &[]).json(&body);
        let written = self.client.write_json::<data_center::User>(&request, CREATED).await;
        written.into_account().map(interpret_create)
    }

    /// Changes an account in one call: Data Center. Returns the changed account.
    ///
    /// # Errors
    /// Jira's refusal, such as a read-only directory or a username that is taken.
    pub async fn update_customer(
        &self,
        _: &Approval,
        account: &AccountId,
        changes: &AccountChanges,
    ) -> WriteResult<Account> {
        let request = Request::new(&list::UPDATE_USER, &[]).query("key", &account.0);
        let request = request.json(&UserChanges::from(changes));
        self.client
            .write_json::<data_center::User>(&request, ExpectedResponse::Json(StatusCode::OK))
            .await
            .into_account()
    }

    /// Removes an application from an account, and with it the seat: Data Center.
    ///
    /// # Errors
    /// Jira's refusal.
    pub async fn take_seat_back(&self, _: &Approval, account: &Handle, application: &str) -> WriteResult<()> {
        let request = Request::new(&list::TAKE_SEAT_BACK, &[]).query("username", &account.0);
        let request = request.query("applicationKey", application);
        self.client.write(&request, ExpectedResponse::NoContent).await
    }

    /// Adds accounts to a desk, in one call. Idempotent (docs/jira.md#add).
    ///
    /// # Errors
    /// [`CallError::Refused`] where an account does not exist; the others are added anyway (docs/jira.md#add-partly).
    pub async fn add_to_desk(&self, _: &Approval, desk_id: &str, accounts: &[Handle]) -> WriteResult<()> {
        let request = Request::new(&list::ADD_TO_DESK, &[desk_id]);
        let handles = accounts.iter().map(|handle| handle.0.as_str()).collect();
        let (request, success) = match self.site().deployment {
            Deployment::Cloud => (
                request.json(&AccountIds { account_ids: handles }),
                ExpectedResponse::NoContent,
            ),
            // The service management of Data Center has no published document.
            Deployment::DataCenter => (
                request.json(&Usernames { usernames: handles }),
                ExpectedResponse::Undocumented,
            ),
        };
        self.client.write(&request, success).await
    }

    /// Removes accounts from a desk, in one call: Cloud. Idempotent; accounts not on the desk are ignored
    /// (docs/jira.md#remove-unknown).
    ///
    /// # Errors
    /// [`CallError::Refused`] where the desk is open (docs/jira.md#remove-while-open) or an account does not exist.
    pub async fn remove_from_desk(&self, _: &Approval, desk_id: &str, accounts: &[Handle]) -> WriteResult<()> {
        let account_ids = accounts.iter().map(|handle| handle.0.as_str()).collect();
        let request = Request::new(&list::REMOVE_FROM_DESK, &[desk_id]);
        let request = request.json(&AccountIds { account_ids });
        self.client.write(&request, ExpectedResponse::NoContent).await
    }

    /// Removes an account from the role of a desk's customers: Data Center.
    ///
    /// # Errors
    /// Jira's refusal; [`CallError::NotFound`] may mean that the account does not have the role
    /// (docs/jira.md#remove-not-in-role).
    pub async fn remove_from_role(
        &self,
        _: &Approval,
        desk: &DeskKey,
        role: &str,
        account: &Handle,
    ) -> WriteResult<()> {
        let request = Request::new(&list::REMOVE_FROM_ROLE, &[desk.as_str(), role]);
        self.client
            .write(&request.query("user", &account.0), ExpectedResponse::NoContent)
            .await
    }

    /// Replaces a desk's access settings: `now`, with the access mode `access`. Whether it took effect must be read
    /// afterwards.
    ///
    /// # Errors
    /// Jira's refusal.
    pub async fn set_access(
        &self,
        _: &Approval,
        desk: &DeskKey,
        now: &AccessSettings,
        access: Access,
    ) -> WriteResult<()> {
        let request = Request::new(&list::SET_ACCESS, &[desk.as_str()]);
        let request = request.json(&now.body_with_access(access, self.site().deployment));
        self.client.write(&request, ExpectedResponse::Undocumented).await
    }
}

impl Deref for JiraWrite {
    type Target = JiraRead;

    fn deref(&self) -> &JiraRead {
        &self.0
    }
}

/// Interprets the result of a create.
fn interpret_create(result: Result<Account, CallError>) -> Result<Account, CallError> {
    match result {
        // Without the strict status code, or on Data Center, it is a 400 that only its message identifies
        // (docs/jira.md#create-conflict).
        Err(CallError::Refused {
            operation,
            status: 400,
            detail,
        }) if detail.contains("already exists") => Err(CallError::Conflict { operation, detail }),
        // It was created; its id must be looked up.
        Err(
            CallError::InvalidResponse { operation, detail } | CallError::UndocumentedResponse { operation, detail },
        ) => Err(CallError::ResponseLost { operation, detail }),
        result => result,
    }
}
