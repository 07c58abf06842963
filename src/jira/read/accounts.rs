//! Reads accounts: by e-mail, by id, or all of them.

use futures_util::future::BoxFuture;

use super::JiraRead;
use super::listing::AccountListing;
use crate::jira::cloud;
use crate::jira::data_center::{self, UserPage};
use crate::jira::errors::CallError;
use crate::jira::limits::{CURSOR_PAGE_ROWS, MAX_SEARCH_ROWS, SEARCH_PAGE_ROWS};
use crate::jira::paging::{self, SweepEnd};
use crate::jira::requests::Request;
use crate::model::account::{Account, AccountId, Handle};
use crate::model::email::{Email, EmailKey};
use crate::model::observed::{Deployment, Lookup};

impl JiraRead {
    /// Returns the method of reading all accounts.
    #[must_use]
    pub fn account_listing(&self) -> AccountListing {
        self.listing
    }

    /// Looks up an e-mail, and returns the accounts that were found. Jira compares addresses literally, so every
    /// spelling is searched for: nearly all addresses have only one.
    ///
    /// # Errors
    /// When a search fails.
    pub async fn lookup(&self, email: &Email) -> Result<(Lookup, Vec<Account>), CallError> {
        let mut found = Vec::new();
        for spelling in email.spellings() {
            found.extend(self.search(&spelling).await?);
        }
        // The search matches prefixes. Relevant are accounts that show exactly this address, hide theirs, or have it as
        // their username, which would prevent a new account.
        found.retain(|account| is_relevant(account, email.key()));
        found.sort_by(|a, b| a.id.cmp(&b.id));
        found.dedup_by(|a, b| a.id == b.id);
        Ok((Lookup::classify(email.key(), &found), found))
    }

    /// Returns all accounts that a search for a text finds.
    async fn search(&self, text: &str) -> Result<Vec<Account>, CallError> {
        let mut found: Vec<Account> = Vec::new();
        loop {
            let request = Request::new(&self.platform().search, &[]);
            let request = match self.site.deployment {
                Deployment::Cloud => request.query("query", text),
                Deployment::DataCenter => request.query("username", text).query("includeInactive", true),
            };
            let request = request
                .query("startAt", found.len())
                .query("maxResults", SEARCH_PAGE_ROWS);
            let users = self.read_users(&request).await?;
            let full = users.len() >= SEARCH_PAGE_ROWS;
            found.extend(users);
            if !full || found.len() >= MAX_SEARCH_ROWS {
                return Ok(found);
            }
        }
    }

    /// Reads an account by handle; `None` where it does not exist.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn account(&self, handle: &Handle) -> Result<Option<Account>, CallError> {
        match self.read_user(&self.account_request(handle)).await {
            Ok(user) => Ok(Some(user)),
            Err(CallError::NotFound { .. } | CallError::Refused { status: 400, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads an account by id, whatever its present handle; `None` where it does not exist.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn account_by_id(&self, id: &AccountId) -> Result<Option<Account>, CallError> {
        let name = match self.site.deployment {
            Deployment::Cloud => "accountId",
            Deployment::DataCenter => "key",
        };
        let request = Request::new(&self.platform().account, &[]).query(name, &id.0);
        match self.read_user(&request).await {
            Ok(user) => Ok(Some(user)),
            Err(CallError::NotFound { .. } | CallError::Refused { status: 400, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Passes every account to `visit`, until `most` requests have been made.
    ///
    /// # Errors
    /// When a page cannot be read.
    pub async fn sweep(&self, most: usize, visit: &mut (dyn FnMut(Account) + Send)) -> Result<SweepEnd, CallError> {
        match self.listing {
            AccountListing::AllPages => {
                let request = || Request::new(&self.platform().all_accounts, &[]);
                self.sweep_pages(request, most, visit).await
            }
            AccountListing::SearchPages => {
                let request = || {
                    let request = Request::new(&self.platform().search, &[]).query("username", ".");
                    request.query("includeInactive", true)
                };
                self.sweep_pages(request, most, visit).await
            }
            AccountListing::Cursor => {
                let fetch = |cursor: Option<String>| self.cursor_page(cursor);
                paging::sweep_by_cursor(fetch, most, visit).await
            }
            AccountListing::OneByOne => Ok(SweepEnd {
                finished: false,
                requests: 0,
            }),
        }
    }

    async fn sweep_pages(
        &self,
        request: impl Fn() -> Request,
        most: usize,
        visit: &mut (dyn FnMut(Account) + Send),
    ) -> Result<SweepEnd, CallError> {
        let fetch = |start, limit| {
            let request = request().query("startAt", start).query("maxResults", limit);
            async move { self.read_users(&request).await }
        };
        paging::sweep(fetch, || self.client.allowed_in_flight(), most, visit).await
    }

    fn cursor_page(&self, cursor: Option<String>) -> BoxFuture<'_, Result<paging::CursorPage, CallError>> {
        let request = Request::new(&self.platform().all_accounts, &[]).query("maxResults", CURSOR_PAGE_ROWS);
        let request = cursor
            .into_iter()
            .fold(request, |request, cursor| request.query("cursor", cursor));
        Box::pin(async move {
            let page: UserPage = self.client.json(&request).await?;
            Ok(paging::CursorPage {
                rows: page.values.into_iter().map(Account::from).collect(),
                next: page.next_cursor.filter(|_| !page.is_last),
                is_last: page.is_last,
            })
        })
    }

    /// Returns the request for one account.
    pub(super) fn account_request(&self, handle: &Handle) -> Request {
        let name = match self.site.deployment {
            Deployment::Cloud => "accountId",
            Deployment::DataCenter => "username",
        };
        Request::new(&self.platform().account, &[]).query(name, &handle.0)
    }

    /// Reads one account, in the deployment's format.
    pub(in crate::jira) async fn read_user(&self, request: &Request) -> Result<Account, CallError> {
        match self.site.deployment {
            Deployment::Cloud => Ok(self.client.json::<cloud::User>(request).await?.into()),
            Deployment::DataCenter => Ok(self.client.json::<data_center::User>(request).await?.into()),
        }
    }

    async fn read_users(&self, request: &Request) -> Result<Vec<Account>, CallError> {
        Ok(match self.site.deployment {
            Deployment::Cloud => {
                let users: Vec<cloud::User> = self.client.json(request).await?;
                users.into_iter().map(Account::from).collect()
            }
            Deployment::DataCenter => {
                let users: Vec<data_center::User> = self.client.json(request).await?;
                users.into_iter().map(Account::from).collect()
            }
        })
    }
}

/// Whether an account is relevant for an address.
fn is_relevant(account: &Account, email: &EmailKey) -> bool {
    account.email_key().is_none_or(|key| key == *email) || account.has_username(email)
}
