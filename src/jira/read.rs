//! Reads from Jira. A [`JiraRead`] has no way to write.

mod accounts;
pub(super) mod desks;
pub(super) mod health;
pub(super) mod license;
pub(super) mod listing;
pub(super) mod unreachable_site;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use self::listing::AccountListing;
use self::unreachable_site::UnreachableSite;
use super::address::BaseUrl;
use super::client::{Client, Stats};
use super::cloud::{MyPermissions, ServerInfo};
use super::connect_error::ConnectError;
use super::credentials::Credentials;
use super::errors::CallError;
use super::limiter::{InFlight, Pace};
use super::requests::{self as list, Platform, Request};
use super::response_metadata::ResponseMetadata;
use super::sign_in::SignInMethod;
use super::transport::{Network, Transport};
use crate::model::account::Account;
use crate::model::observed::{Deployment, Site};

/// How to connect to Jira.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Its address.
    pub url: BaseUrl,
    /// The deployment; `None`: it is detected.
    pub deployment: Option<Deployment>,
    /// The credentials to sign in with.
    pub credentials: Credentials,
    /// CA certificates to trust besides the system's, as PEM.
    pub ca_file: Option<PathBuf>,
    /// Maximum requests in flight.
    pub concurrency: usize,
    /// How long to wait while Jira does not respond or limits the rate.
    pub patience: Duration,
    /// Ends every wait and prevents further requests, once canceled.
    pub stop: CancellationToken,
}

/// Permissions of quietdesk's own account; `None` where Jira does not report them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permissions {
    /// Administer Jira: needed to create customers on Cloud (docs/jira.md#create-administrators).
    pub administer: Option<bool>,
    /// Browse users: without it a search is empty, and not an error (docs/jira.md#search-without-permission).
    pub user_picker: Option<bool>,
}

/// A signed-in connection that can only read.
#[derive(Debug)]
pub struct JiraRead {
    pub(super) client: Client,
    site: Site,
    /// The base URL Jira reports.
    base_url: Option<String>,
    /// quietdesk's own account, after signing in.
    own_account: Option<Account>,
    listing: AccountListing,
    concurrency: usize,
}

impl JiraRead {
    /// Detects the deployment and signs in.
    ///
    /// # Errors
    /// When Jira cannot be reached, is not the given deployment, or rejects the sign-in.
    pub async fn connect(settings: Settings) -> Result<Self, ConnectError> {
        let network = Network::new(settings.url.clone(), &settings.credentials, settings.ca_file.as_deref())?;
        Self::connect_with_transport(Arc::new(network), settings).await
    }

    /// Like [`JiraRead::connect`], over another transport.
    ///
    /// # Errors
    /// As [`JiraRead::connect`].
    pub async fn connect_with_transport(
        transport: Arc<dyn Transport>,
        settings: Settings,
    ) -> Result<Self, ConnectError> {
        let mut jira = Self::reach_with_transport(transport, settings)
            .await
            .map_err(|unreached| unreached.error)?;
        jira.own_account = Some(jira.check_sign_in().await?);
        Ok(jira)
    }

    /// Detects the deployment without signing in.
    ///
    /// # Errors
    /// When Jira cannot be reached, or is not the given deployment; includes what was learned.
    pub async fn reach(settings: Settings) -> Result<Self, UnreachableSite> {
        let network = Network::new(settings.url.clone(), &settings.credentials, settings.ca_file.as_deref());
        Self::reach_with_transport(Arc::new(network.map_err(UnreachableSite::before_requests)?), settings).await
    }

    async fn reach_with_transport(transport: Arc<dyn Transport>, settings: Settings) -> Result<Self, UnreachableSite> {
        // Atlassian's own hosts are always Cloud.
        let by_name = settings.url.is_atlassian_hosted().then_some(Deployment::Cloud);
        let sign_in = |deployment| SignInMethod::from_credentials(&settings.credentials, deployment);
        let client = Client::new(
            transport,
            settings.concurrency,
            settings.patience,
            settings.stop,
            sign_in(settings.deployment.or(by_name)),
        );
        let unreached = |error| UnreachableSite::after_requests(error, &client);
        let detected = detect_deployment(&client, settings.deployment, by_name).await;
        if let Err(CallError::NotFound { detail, .. }) = detected {
            let url = settings.url.to_string();
            return Err(unreached(ConnectError::NotJira { url, detail }));
        }
        let (deployment, info) = detected.map_err(|error| unreached(error.into()))?;
        if let Some(expected) = settings.deployment.filter(|expected| *expected != deployment) {
            return Err(unreached(ConnectError::WrongDeployment {
                expected,
                found: deployment,
            }));
        }
        client.set_sign_in(sign_in(Some(deployment)));
        if deployment == Deployment::DataCenter {
            client.share_one_rate_limit();
        }
        if settings.url.is_cloud_site() && !settings.credentials.names_a_user() {
            return Err(unreached(ConnectError::MissingUser));
        }
        let listing = AccountListing::for_server(deployment, &info);
        let own_address = info.base_url();
        let site = Site {
            url: settings.url.to_string(),
            deployment,
            version: info.version,
        };
        Ok(Self {
            client,
            site,
            base_url: own_address,
            own_account: None,
            listing,
            concurrency: settings.concurrency,
        })
    }

    /// Returns the site.
    #[must_use]
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// Returns the base URL Jira reports, without a trailing slash: links to a gateway's address do not work.
    #[must_use]
    pub fn base_url(&self) -> &str {
        self.base_url.as_deref().unwrap_or(&self.site.url)
    }

    /// Returns quietdesk's own account; `None` before signing in.
    #[must_use]
    pub fn own_account(&self) -> Option<&Account> {
        self.own_account.as_ref()
    }

    /// Returns the counters of the requests so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.client.stats()
    }

    /// Returns metadata of the responses so far.
    #[must_use]
    pub fn response_metadata(&self) -> ResponseMetadata {
        self.client.response_metadata()
    }

    /// Returns the read pacer, which can be changed at any time.
    #[must_use]
    pub fn pace(&self) -> Arc<Pace> {
        self.client.pace()
    }

    /// Returns the concurrency limiter, for metrics.
    #[must_use]
    pub fn in_flight_limiter(&self) -> Arc<InFlight> {
        self.client.in_flight_limiter()
    }

    /// Returns the maximum number of requests in flight.
    #[must_use]
    pub fn concurrency(&self) -> usize {
        self.concurrency
    }

    /// Verifies the sign-in, before any list is trusted (docs/jira.md#myself, docs/jira.md#dead-token).
    ///
    /// # Errors
    /// [`CallError::SignInRefused`], also for a 403; or that Jira cannot be reached.
    pub async fn check_sign_in(&self) -> Result<Account, CallError> {
        match self.read_user(&Request::new(&self.platform().myself, &[])).await {
            Ok(user) => Ok(user),
            Err(CallError::Forbidden { operation, detail }) => Err(CallError::SignInRefused {
                operation,
                detail,
                sign_in: self.client.sign_in(),
            }),
            Err(error) => Err(error),
        }
    }

    /// Reads the permissions of quietdesk's own account.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn permissions(&self) -> Result<Permissions, CallError> {
        let request = Request::new(&self.platform().permissions, &[]);
        let request = match self.site.deployment {
            Deployment::Cloud => request.query("permissions", "ADMINISTER,USER_PICKER"),
            // It returns all of them, and has no such parameter (contracts).
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

/// Detects the deployment, on Cloud's path first, which Data Center rejects in various ways. The reported deployment
/// decides; else the `expected` one, the host name, the form of the version, and finally the path that succeeded.
async fn detect_deployment(
    client: &Client,
    expected: Option<Deployment>,
    by_name: Option<Deployment>,
) -> Result<(Deployment, ServerInfo), CallError> {
    let read = async |deployment| {
        let request = Request::new(&platform(deployment).server_info, &[]);
        let info: ServerInfo = client.json(&request).await?;
        match info.lacks_identity() {
            true => Err(CallError::InvalidResponse {
                operation: request.endpoint().operation,
                detail: "it reports neither its version nor its kind".to_owned(),
            }),
            false => Ok((deployment, info)),
        }
    };
    let (path, info) = match read(expected.unwrap_or(Deployment::Cloud)).await {
        Err(
            CallError::NotFound { .. }
            | CallError::Refused { .. }
            | CallError::Redirected { .. }
            | CallError::InvalidResponse { .. },
        ) if expected != Some(Deployment::DataCenter) => read(Deployment::DataCenter).await?,
        result => result?,
    };
    let inferred = || expected.or(by_name).or(info.inferred_deployment()).unwrap_or(path);
    Ok((info.reported_deployment().unwrap_or_else(inferred), info))
}
