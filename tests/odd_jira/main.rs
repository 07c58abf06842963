//! Odd, late or missing answers of Jira: it is never flooded, misread, or waited for longer than patience lasts.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../support/mod.rs"]
mod support;

mod addresses;
mod answers;
mod creates;
mod recorded;
mod settings;
mod sign_in;
mod silence;
mod waits;

use std::sync::Arc;
use std::time::Duration;

use quietdesk::jira::{BaseUrl, ConnectError, Credentials, InProcess, JiraRead, Settings};
use quietdesk::sandbox::{Config, Deployment, Sandbox, Seed, Version};
use secrecy::ExposeSecret as _;
use tokio_util::sync::CancellationToken;

const PATIENCE: Duration = Duration::from_secs(600);
const BOTH: [Deployment; 2] = [Deployment::Cloud, Deployment::DataCenter(Version::V10_3)];

fn on(deployment: Deployment) -> Config {
    Config {
        deployment,
        ..Config::default()
    }
}

fn settings_for(config: &Config) -> Settings {
    let user = (config.deployment == Deployment::Cloud).then_some(config.user.as_str());
    Settings {
        url: BaseUrl::parse("https://sandbox.example").unwrap(),
        credentials: Credentials::parse(user, config.token.expose_secret()).unwrap(),
        deployment: None,
        ca_file: None,
        concurrency: 16,
        patience: PATIENCE,
        stop: CancellationToken::new(),
    }
}

/// The sandbox in this process, and a client that has signed in: for a paused clock.
async fn in_process(config: Config, seed: &Seed) -> (Sandbox, JiraRead) {
    let settings = settings_for(&config);
    let sandbox = Sandbox::new(config, seed);
    let jira = connect_to(sandbox.router(), settings).await.unwrap();
    (sandbox, jira)
}

async fn connect_to(router: axum::Router, settings: Settings) -> Result<JiraRead, ConnectError> {
    let transport = InProcess::new(router, settings.url.clone(), &settings.credentials);
    JiraRead::connect_with_transport(Arc::new(transport), settings).await
}
