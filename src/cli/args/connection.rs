//! How Jira is reached.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::BoolishValueParser;
use clap::{Args, ValueEnum};

use crate::model::observed::Deployment;

/// How to reach Jira, and where what is known of it is kept.
#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct ConnectionArgs {
    /// Start a simulated Jira, seeded from the roster (if there is one) so that there is something to do, and use it
    /// instead of --url. It is Jira Cloud, or with --deployment data-center that.
    #[arg(long, env = "QUIETDESK_SANDBOX", value_parser = BoolishValueParser::new())]
    pub sandbox: bool,
    /// With --sandbox: what the simulated Jira does wrong; see `quietdesk sandbox --help`.
    #[arg(long, env = "QUIETDESK_FAULTS", value_name = "SCRIPT")]
    pub faults: Option<String>,
    /// Jira's address, such as https://example.atlassian.net.
    #[arg(long, env = "QUIETDESK_URL", value_name = "URL")]
    pub url: Option<String>,
    /// Which kind of Jira it is.
    #[arg(long, env = "QUIETDESK_DEPLOYMENT", value_name = "KIND", default_value = "auto")]
    pub deployment: DeploymentArg,
    /// Whose API token it is: an e-mail on Cloud. On Data Center only for basic sign-in: without it, the token is a
    /// personal access token.
    #[arg(long, env = "QUIETDESK_USER", value_name = "USER")]
    pub user: Option<String>,
    /// A file with the token, or `user:token`. Else QUIETDESK_TOKEN, else the systemd credential quietdesk-token.
    #[arg(long, env = "QUIETDESK_TOKEN_FILE", value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Certificates to trust besides the system's, in PEM.
    #[arg(long, env = "QUIETDESK_CA_FILE", value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// Where quietdesk remembers what it saw and did: one folder for each Jira. Else $STATE_DIRECTORY (systemd), else the
    /// state that knows --url, of a service (/var/lib/quietdesk) or the user's own; none with --sandbox.
    #[arg(long, env = "QUIETDESK_STATE_DIR", value_name = "FOLDER")]
    pub state_dir: Option<PathBuf>,
    /// How many requests may be in flight at most.
    #[arg(long, env = "QUIETDESK_CONCURRENCY", value_name = "N", default_value = "24", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub concurrency: u16,
    /// How long to wait for a Jira that does not answer, or limits the rate, before giving up.
    #[arg(long, env = "QUIETDESK_PATIENCE", value_name = "TIME", default_value = "10m", value_parser = duration)]
    pub patience: Duration,
}

/// Which kind of Jira it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum DeploymentArg {
    /// Ask it.
    Auto,
    /// Atlassian's own hosting.
    Cloud,
    /// One's own.
    DataCenter,
}

impl DeploymentArg {
    /// What it is known to be.
    pub(in crate::cli) fn known(self) -> Option<Deployment> {
        match self {
            Self::Auto => None,
            Self::Cloud => Some(Deployment::Cloud),
            Self::DataCenter => Some(Deployment::DataCenter),
        }
    }
}

/// A length of time such as `90s`, `10m` or `1h 30m`, above nothing.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is not a length of time such as 90s, 10m or \"1h 30m\"");
    let parsed: jiff::SignedDuration = text.parse().map_err(|_| wrong())?;
    let parsed = Duration::try_from(parsed).map_err(|_| wrong())?;
    if parsed.is_zero() { Err(wrong()) } else { Ok(parsed) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("1h 30m"), Ok(Duration::from_secs(5400)));
        for wrong in ["", "0s", "-1m", "10", "soon"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
