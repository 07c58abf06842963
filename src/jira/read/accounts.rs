//! Reading accounts: one, by an e-mail, or all of them.

use futures_util::future::BoxFuture;

use super::JiraRead;
use super::listing::AccountListing;
use crate::jira::cloud;
use crate::jira::data_center::{self, UserPage};
use crate::jira::errors::CallError;
use crate::jira::limits::{CURSOR_PAGE_ROWS, SEARCH_PAGE_ROWS, SEARCH_ROWS};
use crate::jira::paging::{self, SweepEnd};
use crate::jira::requests::Request;
use crate::model::account::{Account, AccountId, Handle};
use crate::model::email::{Email, EmailKey};
use crate::model::observed::{Deployment, Lookup};

impl JiraRead {
    /// How all accounts can be read here.
    #[must_use]
    pub fn account_listing(&self) -> AccountListing {
        self.listing
    }

    /// Who has an e-mail, and the accounts that were found by it. Jira compares addresses as they are written, so that it
    /// is asked for every spelling: nearly all addresses have one.
    ///
    /// # Errors
    /// When Jira does not say.
    pub async fn lookup(&self, email: &Email) -> Result<(Lookup, Vec<Account>), CallError> {
        let mut found = Vec::new();
        for spelling in email.spellings() {
            found.extend(self.search(&spelling).await?);
        }
        // The search matches beginnings; only what shows this very address or hides its own can be meant, or is in the
        // way of a new account by having it as its user name.
        found.retain(|account| is_concerned(account, email.key()));
        found.sort_by(|a, b| a.id.cmp(&b.id));
        found.dedup_by(|a, b| a.id == b.id);
        Ok((Lookup::judge(email.key(), &found), found))
    }

    /// Everybody a search for a text finds.
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
            let users = self.users(&request).await?;
            let full = users.len() >= SEARCH_PAGE_ROWS;
            found.extend(users);
            if !full || found.len() >= SEARCH_ROWS {
                return Ok(found);
            }
        }
    }

    /// One account; nothing where Jira has none by that handle.
    ///
    /// # Errors
    /// When Jira does not say.
    pub async fn account(&self, handle: &Handle) -> Result<Option<Account>, CallError> {
        match self.user(&self.one(handle)).await {
            Ok(user) => Ok(Some(user)),
            Err(CallError::NotFound { .. } | CallError::Refused { status: 400, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The account of this id, wherever its handle went; nothing where Jira has none.
    ///
    /// # Errors
    /// When Jira does not say.
    pub async fn account_by_id(&self, id: &AccountId) -> Result<Option<Account>, CallError> {
        let name = match self.site.deployment {
            Deployment::Cloud => "accountId",
            Deployment::DataCenter => "key",
        };
        let request = Request::new(&self.platform().account, &[]).query(name, &id.0);
        match self.user(&request).await {
            Ok(user) => Ok(Some(user)),
            Err(CallError::NotFound { .. } | CallError::Refused { status: 400, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Shows every account to `visit`, until that has cost `most` requests.
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
            async move { self.users(&request).await }
        };
        paging::sweep(fetch, || self.client.in_flight(), most, visit).await
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

    /// The request for one account.
    pub(super) fn one(&self, handle: &Handle) -> Request {
        let name = match self.site.deployment {
            Deployment::Cloud => "accountId",
            Deployment::DataCenter => "username",
        };
        Request::new(&self.platform().account, &[]).query(name, &handle.0)
    }

    /// One account, as this kind of Jira spells it.
    pub(in crate::jira) async fn user(&self, request: &Request) -> Result<Account, CallError> {
        match self.site.deployment {
            Deployment::Cloud => Ok(self.client.json::<cloud::User>(request).await?.into()),
            Deployment::DataCenter => Ok(self.client.json::<data_center::User>(request).await?.into()),
        }
    }

    async fn users(&self, request: &Request) -> Result<Vec<Account>, CallError> {
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

/// Whether an account that was found has to do with an address.
fn is_concerned(account: &Account, email: &EmailKey) -> bool {
    account.email_key().is_none_or(|key| key == *email) || account.is_named(email)
}
