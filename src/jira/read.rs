//! Reading Jira. What holds a [`JiraRead`] has no way to write.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::try_join_all;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::model::account::{Account, AccountId, Handle};
use crate::model::desk::DeskKey;
use crate::model::email::Email;
use crate::model::observed::{Deployment, Lookup, Site};

use super::address::BaseUrl;
use super::client::{Client, Stats};
use super::cloud::{AccessSettings, Desk, JsmPage, MyPermissions, Role, ServerInfo, User};
use super::credentials::Credentials;
use super::errors::{CallError, ConnectError};
use super::limiter::{InFlight, Pace};
use super::paging::{self, Listing, Page, SweepEnd};
use super::requests::{self as list, Request};
use super::transport::{Network, Transport};

/// The role that makes somebody a customer (jira-facts §1, H).
const CUSTOMER_ROLE: &str = "Service Desk Customers";
/// Hits of a search asked for at once.
const HITS: usize = 50;
/// Where a search ends (jira-facts §5, H).
const MOST_HITS: usize = 1000;

/// How to reach a Jira.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where it is.
    pub url: BaseUrl,
    /// Who signs in.
    pub credentials: Credentials,
    /// Certificates to trust besides the system's, in PEM.
    pub ca_file: Option<PathBuf>,
    /// Requests in flight at most.
    pub concurrency: usize,
    /// How long to wait for a Jira that does not answer, or limits the rate.
    pub patience: Duration,
    /// Ends every wait, and every request not sent yet, once it is cancelled.
    pub stop: CancellationToken,
}

/// A service desk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeskRef {
    /// Its own id, a string of digits.
    pub id: String,
    /// Its project's key.
    pub key: String,
    /// Its project's name.
    pub name: String,
}

/// What the account may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permissions {
    /// Administer Jira: needed to create customers on Cloud (jira-facts §2, M).
    pub administer: bool,
    /// Browse users: without it a search is empty, and not an error (jira-facts §5, H).
    pub user_picker: bool,
}

/// A signed-in Jira that can only be read.
#[derive(Debug)]
pub struct JiraRead {
    pub(super) client: Client,
    site: Site,
    concurrency: usize,
}

impl JiraRead {
    /// Asks which Jira this is, and signs in.
    ///
    /// # Errors
    /// When it cannot be reached, is no Jira Cloud, or refuses the sign-in.
    pub async fn connect(settings: Settings) -> Result<Self, ConnectError> {
        let network = Network::new(settings.url.clone(), &settings.credentials, settings.ca_file.as_deref())?;
        Self::connect_by(Arc::new(network), settings).await
    }

    /// The same, by another way than the network.
    ///
    /// # Errors
    /// As [`JiraRead::connect`].
    pub async fn connect_by(transport: Arc<dyn Transport>, settings: Settings) -> Result<Self, ConnectError> {
        let client = Client::new(transport, settings.concurrency, settings.patience, settings.stop);
        let info: ServerInfo = client.json(&Request::new(&list::SERVER_INFO, &[])).await?;
        if info.deployment_type != "Cloud" {
            return Err(ConnectError::DataCenter { version: info.version });
        }
        let site = Site {
            url: settings.url.to_string(),
            deployment: Deployment::Cloud,
            version: info.version,
        };
        let jira = Self {
            client,
            site,
            concurrency: settings.concurrency,
        };
        jira.check_sign_in().await?;
        Ok(jira)
    }

    /// Which Jira this is.
    #[must_use]
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// What came of the requests so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.client.stats()
    }

    /// How fast is read, to be changed at any time.
    #[must_use]
    pub fn pace(&self) -> Arc<Pace> {
        self.client.pace()
    }

    /// How many requests are in flight, to be asked at any time.
    #[must_use]
    pub fn traffic(&self) -> Arc<InFlight> {
        self.client.traffic()
    }

    /// How many requests may be in flight at most.
    #[must_use]
    pub fn concurrency(&self) -> usize {
        self.concurrency
    }

    /// Makes sure that the sign-in is good, before any listing is believed (jira-facts §5, H).
    ///
    /// # Errors
    /// [`CallError::SignInRefused`], also for a 403; or that Jira cannot be reached.
    pub async fn check_sign_in(&self) -> Result<Account, CallError> {
        match self.client.json::<User>(&Request::new(&list::MYSELF, &[])).await {
            Ok(user) => Ok(user.into()),
            Err(CallError::Forbidden { operation, detail }) => Err(CallError::SignInRefused { operation, detail }),
            Err(error) => Err(error),
        }
    }

    /// What the account may do.
    ///
    /// # Errors
    /// When Jira does not say.
    pub async fn permissions(&self) -> Result<Permissions, CallError> {
        let request = Request::new(&list::MY_PERMISSIONS, &[]).query("permissions", "ADMINISTER,USER_PICKER");
        let mine: MyPermissions = self.client.json(&request).await?;
        let have = |name| {
            mine.permissions
                .get(name)
                .is_some_and(|permission| permission.have_permission)
        };
        Ok(Permissions {
            administer: have("ADMINISTER"),
            user_picker: have("USER_PICKER"),
        })
    }

    /// All service desks the account sees.
    ///
    /// # Errors
    /// When a page cannot be read.
    pub async fn desks(&self) -> Result<Vec<DeskRef>, CallError> {
        let mut desks: Vec<DeskRef> = Vec::new();
        let fetch = |start, limit| {
            let request = Request::new(&list::DESKS, &[])
                .query("start", start)
                .query("limit", limit);
            async move { Ok(self.client.json::<JsmPage<Desk>>(&request).await?.page(limit)) }
        };
        let mut known = BTreeSet::new();
        let take = |rows: Vec<DeskRef>| {
            let new = rows
                .into_iter()
                .filter(|desk| is_id(&desk.id) && known.insert(desk.id.clone()));
            let before = desks.len();
            desks.extend(new);
            desks.len() > before
        };
        paging::read_all(fetch, || self.client.in_flight(), take).await?;
        Ok(desks)
    }

    /// A desk's whole list of customers. `progress` is told how many were read so far.
    ///
    /// # Errors
    /// When a page cannot be read.
    pub async fn customers(&self, desk: &DeskRef, progress: &(dyn Fn(usize) + Sync)) -> Result<Listing, CallError> {
        let fetch = |start, limit| {
            let request = Request::new(&list::CUSTOMERS, &[&desk.id])
                .query("start", start)
                .query("limit", limit);
            async move { Ok::<Page<Account>, _>(self.client.json::<JsmPage<User>>(&request).await?.page(limit)) }
        };
        paging::list_accounts(fetch, || self.client.in_flight(), progress).await
    }

    /// Whether an account is on a desk's list, found there by the e-mail it shows.
    ///
    /// # Errors
    /// When Jira does not say.
    pub async fn is_customer(&self, desk_id: &str, email: &str, account: &AccountId) -> Result<bool, CallError> {
        let fetch = |start, limit| {
            let request = Request::new(&list::CUSTOMERS, &[desk_id]).query("query", email);
            let request = request.query("start", start).query("limit", limit);
            async move { Ok::<Page<Account>, _>(self.client.json::<JsmPage<User>>(&request).await?.page(limit)) }
        };
        let listing = paging::list_accounts(fetch, || 1, &|_| ()).await?;
        Ok(listing.accounts.iter().any(|found| found.id == *account))
    }

    /// A desk's access settings.
    ///
    /// # Errors
    /// When they cannot be read, or are not what is known of them.
    pub async fn access(&self, desk: &DeskKey) -> Result<AccessSettings, CallError> {
        let json: Value = self.client.json(&Request::new(&list::ACCESS, &[desk.as_str()])).await?;
        AccessSettings::read(list::ACCESS.operation, &json)
    }

    /// Who has an e-mail, and the accounts that were found by it.
    ///
    /// # Errors
    /// When Jira does not say.
    pub async fn lookup(&self, email: &Email) -> Result<(Lookup, Vec<Account>), CallError> {
        let mut found: Vec<Account> = Vec::new();
        loop {
            let request = Request::new(&list::SEARCH, &[]).query("query", email.as_str());
            let request = request.query("startAt", found.len()).query("maxResults", HITS);
            let users: Vec<User> = self.client.json(&request).await?;
            let full = users.len() >= HITS;
            found.extend(users.into_iter().map(Account::from));
            // The search matches beginnings; only what shows this very address, or hides its own, can be meant.
            if !full || found.len() >= MOST_HITS {
                found.retain(|account| account.email_key().is_none_or(|key| key == *email.key()));
                found.sort_by(|a, b| a.id.cmp(&b.id));
                found.dedup_by(|a, b| a.id == b.id);
                return Ok((Lookup::judge(email.key(), &found), found));
            }
        }
    }

    /// One account; nothing where Jira has none by that handle.
    ///
    /// # Errors
    /// When Jira does not say.
    pub async fn account(&self, handle: &Handle) -> Result<Option<Account>, CallError> {
        match self
            .client
            .json::<User>(&Request::new(&list::ACCOUNT, &[]).query("accountId", &handle.0))
            .await
        {
            Ok(user) => Ok(Some(user.into())),
            Err(CallError::NotFound { .. } | CallError::Refused { status: 400, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Shows every account to `visit`, until that has cost `most` requests.
    ///
    /// # Errors
    /// When a page cannot be read.
    pub async fn sweep(&self, most: usize, visit: &mut (dyn FnMut(Account) + Send)) -> Result<SweepEnd, CallError> {
        let fetch = |start, limit| {
            let request = Request::new(&list::ALL_ACCOUNTS, &[])
                .query("startAt", start)
                .query("maxResults", limit);
            async move {
                let users: Vec<User> = self.client.json(&request).await?;
                Ok(users.into_iter().map(Account::from).collect())
            }
        };
        paging::sweep(fetch, || self.client.in_flight(), most, visit).await
    }

    /// Who reaches a desk's project by a role of its own: agents, administrators. Members of groups are not in it.
    ///
    /// # Errors
    /// When the roles cannot be read.
    pub async fn team(&self, desk: &DeskKey) -> Result<BTreeSet<Handle>, CallError> {
        let request = Request::new(&list::ROLES, &[desk.as_str()]);
        let roles: std::collections::BTreeMap<String, String> = self.client.json(&request).await?;
        let others = roles.iter().filter(|(name, _)| *name != CUSTOMER_ROLE);
        // The address may be of another origin: only its last part is used, and only where it is an id.
        let ids = others.filter_map(|(_, url)| url.rsplit('/').next().filter(|id| is_id(id)).map(str::to_owned));
        let holders = try_join_all(ids.map(|id| async move {
            self.client
                .json::<Role>(&Request::new(&list::ROLE, &[desk.as_str(), &id]))
                .await
        }));
        let actors = holders
            .await?
            .into_iter()
            .filter(|role| role.name != CUSTOMER_ROLE)
            .flat_map(|role| role.actors);
        Ok(actors
            .filter_map(|actor| actor.actor_user)
            .map(|user| Handle(user.account_id))
            .collect())
    }
}

/// Ids of desks and roles are digits; anything else does not go into a path.
fn is_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl From<Desk> for DeskRef {
    fn from(desk: Desk) -> Self {
        Self {
            id: desk.id,
            key: desk.project_key,
            name: desk.project_name,
        }
    }
}
