//! Reading Jira. What holds a [`JiraRead`] has no way to write.

mod accounts;
pub(super) mod desks;
pub(super) mod health;
pub(super) mod licence;
pub(super) mod listing;
pub(super) mod unreached;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use self::listing::AccountListing;
use self::unreached::Unreached;
use super::address::BaseUrl;
use super::client::{Client, Stats};
use super::cloud::{MyPermissions, ServerInfo};
use super::connect_error::ConnectError;
use super::credentials::Credentials;
use super::errors::CallError;
use super::limiter::{InFlight, Pace};
use super::requests::{self as list, Platform, Request};
use super::sign_in::SignIn;
use super::told::Told;
use super::transport::{Network, Transport};
use crate::model::account::Account;
use crate::model::observed::{Deployment, Site};

/// How to reach a Jira.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where it is.
    pub url: BaseUrl,
    /// Which kind of Jira it is; nothing: it is asked.
    pub deployment: Option<Deployment>,
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

/// What the account may do; nothing where Jira does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permissions {
    /// Administer Jira: needed to create customers on Cloud (docs/jira.md#create-administrators).
    pub administer: Option<bool>,
    /// Browse users: without it a search is empty, and not an error (docs/jira.md#search-without-permission).
    pub user_picker: Option<bool>,
}

/// A signed-in Jira that can only be read.
#[derive(Debug)]
pub struct JiraRead {
    pub(super) client: Client,
    site: Site,
    /// The address people know the site by, where Jira says so.
    own_address: Option<String>,
    /// Whose sign-in it is, once that is made.
    own_account: Option<Account>,
    listing: AccountListing,
    concurrency: usize,
}

impl JiraRead {
    /// Asks which Jira this is, and signs in.
    ///
    /// # Errors
    /// When it cannot be reached, is another kind of Jira than was said, or refuses the sign-in.
    pub async fn connect(settings: Settings) -> Result<Self, ConnectError> {
        let network = Network::new(settings.url.clone(), &settings.credentials, settings.ca_file.as_deref())?;
        Self::connect_by(Arc::new(network), settings).await
    }

    /// The same, by another way than the network.
    ///
    /// # Errors
    /// As [`JiraRead::connect`].
    pub async fn connect_by(transport: Arc<dyn Transport>, settings: Settings) -> Result<Self, ConnectError> {
        let mut jira = Self::reach_by(transport, settings)
            .await
            .map_err(|unreached| unreached.error)?;
        jira.own_account = Some(jira.check_sign_in().await?);
        Ok(jira)
    }

    /// Asks which Jira this is, and does not sign in.
    ///
    /// # Errors
    /// When it cannot be reached, or is another kind of Jira than was said; with what was learnt all the same.
    pub async fn reach(settings: Settings) -> Result<Self, Unreached> {
        let network = Network::new(settings.url.clone(), &settings.credentials, settings.ca_file.as_deref());
        Self::reach_by(Arc::new(network.map_err(Unreached::unsent)?), settings).await
    }

    async fn reach_by(transport: Arc<dyn Transport>, settings: Settings) -> Result<Self, Unreached> {
        // Whatever else answers there, Atlassian's own addresses are Cloud's.
        let by_name = settings.url.is_atlassians().then_some(Deployment::Cloud);
        let sign_in = |deployment| SignIn::of(&settings.credentials, deployment);
        let client = Client::new(
            transport,
            settings.concurrency,
            settings.patience,
            settings.stop,
            sign_in(settings.deployment.or(by_name)),
        );
        let unreached = |error| Unreached::after(error, &client);
        let asked = which_jira(&client, settings.deployment, by_name).await;
        if let Err(CallError::NotFound { detail, .. }) = asked {
            let url = settings.url.to_string();
            return Err(unreached(ConnectError::NoJira { url, detail }));
        }
        let (deployment, info) = asked.map_err(|error| unreached(error.into()))?;
        if let Some(expected) = settings.deployment.filter(|expected| *expected != deployment) {
            return Err(unreached(ConnectError::AnotherKind {
                expected,
                found: deployment,
            }));
        }
        client.signs_in_by(sign_in(Some(deployment)));
        if deployment == Deployment::DataCenter {
            client.shares_one_limit();
        }
        if settings.url.is_cloud_site() && !settings.credentials.names_a_user() {
            return Err(unreached(ConnectError::NoUser));
        }
        let listing = AccountListing::of(deployment, &info);
        let own_address = info.base_url();
        let site = Site {
            url: settings.url.to_string(),
            deployment,
            version: info.version,
        };
        Ok(Self {
            client,
            site,
            own_address,
            own_account: None,
            listing,
            concurrency: settings.concurrency,
        })
    }

    /// Which Jira this is.
    #[must_use]
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// The address people know the site by, without a slash at its end: where Jira is reached through a gateway, links
    /// to that lead nowhere.
    #[must_use]
    pub fn own_address(&self) -> &str {
        self.own_address.as_deref().unwrap_or(&self.site.url)
    }

    /// Whose sign-in it is; nothing where none was made.
    #[must_use]
    pub fn own_account(&self) -> Option<&Account> {
        self.own_account.as_ref()
    }

    /// What came of the requests so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.client.stats()
    }

    /// What the headers of answers told besides: the time of the last one, and how the rate is limited.
    #[must_use]
    pub fn told(&self) -> Told {
        self.client.told()
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

    /// Makes sure that the sign-in is good, before any listing is believed (docs/jira.md#myself,
    /// docs/jira.md#dead-token).
    ///
    /// # Errors
    /// [`CallError::SignInRefused`], also for a 403; or that Jira cannot be reached.
    pub async fn check_sign_in(&self) -> Result<Account, CallError> {
        match self.user(&Request::new(&self.platform().myself, &[])).await {
            Ok(user) => Ok(user),
            Err(CallError::Forbidden { operation, detail }) => Err(CallError::SignInRefused {
                operation,
                detail,
                sign_in: self.client.sign_in(),
            }),
            Err(error) => Err(error),
        }
    }

    /// What the account may do.
    ///
    /// # Errors
    /// When Jira does not say.
    pub async fn permissions(&self) -> Result<Permissions, CallError> {
        let request = Request::new(&self.platform().permissions, &[]);
        let request = match self.site.deployment {
            Deployment::Cloud => request.query("permissions", "ADMINISTER,USER_PICKER"),
            // It tells all of them, and knows no such parameter (contracts).
            Deployment::DataCenter => request,
        };
        let mine: MyPermissions = self.client.json(&request).await?;
        let have = |name| mine.permissions.get(name)?.have_permission;
        Ok(Permissions {
            administer: have("ADMINISTER"),
            user_picker: have("USER_PICKER"),
        })
    }

    fn platform(&self) -> &'static Platform {
        platform(self.site.deployment)
    }
}

fn platform(deployment: Deployment) -> &'static Platform {
    match deployment {
        Deployment::Cloud => &list::CLOUD,
        Deployment::DataCenter => &list::DATA_CENTER,
    }
}

/// Asks which Jira this is, in Cloud's way first. Data Center has no such path, and says so in one way or another. What it
/// says of itself holds; else what was `expected`, what its address says, what its version looks like, and by which
/// path it answered.
async fn which_jira(
    client: &Client,
    expected: Option<Deployment>,
    by_name: Option<Deployment>,
) -> Result<(Deployment, ServerInfo), CallError> {
    let ask = async |deployment| {
        let request = Request::new(&platform(deployment).server_info, &[]);
        let info: ServerInfo = client.json(&request).await?;
        match info.is_silent() {
            true => Err(CallError::Unintelligible {
                operation: request.endpoint().operation,
                detail: "it says neither its version nor its kind".to_owned(),
            }),
            false => Ok((deployment, info)),
        }
    };
    let (path, info) = match ask(expected.unwrap_or(Deployment::Cloud)).await {
        Err(
            CallError::NotFound { .. }
            | CallError::Refused { .. }
            | CallError::Redirected { .. }
            | CallError::Unintelligible { .. },
        ) if expected != Some(Deployment::DataCenter) => ask(Deployment::DataCenter).await?,
        asked => asked?,
    };
    let unsaid = || expected.or(by_name).or(info.looks_like()).unwrap_or(path);
    Ok((info.says().unwrap_or_else(unsaid), info))
}
