//! Connection flags.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::BoolishValueParser;
use clap::{Args, ValueEnum};

use crate::model::observed::Deployment;

/// The connection to Jira, and the state directory.
#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct ConnectionArgs {
    /// Start a simulated Jira and use it instead of --url. Seeded from the roster (if any) so that there are changes to
    /// make. Simulates Jira Cloud, or Data Center with --deployment data-center.
    #[arg(long, env = "QUIETDESK_SANDBOX", value_parser = BoolishValueParser::new())]
    pub sandbox: bool,
    /// With --sandbox: faults to inject; see `quietdesk sandbox --help`.
    #[arg(long, env = "QUIETDESK_FAULTS", value_name = "SCRIPT")]
    pub faults: Option<String>,
    /// Base URL of Jira, such as https://example.atlassian.net.
    #[arg(long, env = "QUIETDESK_URL", value_name = "URL")]
    pub url: Option<String>,
    /// Jira deployment type.
    #[arg(long, env = "QUIETDESK_DEPLOYMENT", value_name = "KIND", default_value = "auto")]
    pub deployment: DeploymentArg,
    /// Owner of the API token: an e-mail on Cloud, a username on Data Center for basic authentication. On Data Center
    /// without it, the token is a personal access token.
    #[arg(long, env = "QUIETDESK_USER", value_name = "USER")]
    pub user: Option<String>,
    /// File with the token, or `user:token`. Default: QUIETDESK_TOKEN, else the systemd credential quietdesk-token.
    #[arg(long, env = "QUIETDESK_TOKEN_FILE", value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// PEM file with certificates to trust in addition to the system's.
    #[arg(long, env = "QUIETDESK_CA_FILE", value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// State directory, one per Jira site. Default: $STATE_DIRECTORY (systemd), else the one of the site --url, of a
    /// service (/var/lib/quietdesk) or of the user; none with --sandbox.
    #[arg(long, env = "QUIETDESK_STATE_DIR", value_name = "FOLDER")]
    pub state_dir: Option<PathBuf>,
    /// Maximum number of concurrent requests.
    #[arg(long, env = "QUIETDESK_CONCURRENCY", value_name = "N", default_value = "24", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub concurrency: u16,
    /// How long to wait for a Jira that does not respond or limits the rate, before giving up.
    #[arg(long, env = "QUIETDESK_PATIENCE", value_name = "TIME", default_value = "10m", value_parser = parse_duration)]
    pub patience: Duration,
}

/// Jira deployment type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum DeploymentArg {
    /// Detect it.
    Auto,
    /// Jira Cloud.
    Cloud,
    /// Jira Data Center.
    DataCenter,
}

impl DeploymentArg {
    /// Returns the deployment, or `None` if it has to be detected.
    pub(in crate::cli) fn to_deployment(self) -> Option<Deployment> {
        match self {
            Self::Auto => None,
            Self::Cloud => Some(Deployment::Cloud),
            Self::DataCenter => Some(Deployment::DataCenter),
        }
    }
}

/// Parses a duration above zero, such as `90s`, `10m` or `1h 30m`.
pub(super) fn parse_duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is not a duration such as 90s, 10m or \"1h 30m\"");
    let parsed: jiff::SignedDuration = text.parse().map_err(|_| wrong())?;
    let parsed = Duration::try_from(parsed).map_err(|_| wrong())?;
    if parsed.is_zero() { Err(wrong()) } else { Ok(parsed) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        assert_eq!(parse_duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(parse_duration("1h 30m"), Ok(Duration::from_secs(5400)));
        for wrong in ["", "0s", "-1m", "10", "soon"] {
            assert!(parse_duration(wrong).is_err(), "{wrong}");
        }
    }
}
