//! Arguments of `sandbox`.

use clap::{Args, ValueEnum};

use crate::sandbox;

const FAULTS: &str = "\
Faults to inject, as comma-separated rules, each [PLACE:]FAULT[=NUMBER][WHEN].

  PLACE  reads, writes, or an operation (create, add, customers, user-search,
         myself, desks, read-access, write-access, …; on Data Center also
         create-user, update-user, role, remove, users-list, …), optionally
         with a desk, as in add[SUP]; if absent, every request
  FAULT  429=SECONDS, 503=SECONDS, 401, 403, 404, 500, drop-before,
         drop-after, 500-after, truncated, slow=MILLISECONDS, dead-token,
         hide-emails, page-limit=ROWS, …; an unknown one lists them all
  WHEN   @3 the third time, @3+ from the third on, x2 twice, @3x2 twice from
         the third on, %5 for 5 % of the requests

Example: create:drop-after@3, user-search:429=2%5, add[SUP]:500@4+";

/// `sandbox`.
#[derive(Debug, Args)]
pub(in crate::cli) struct SandboxArgs {
    /// Address to listen on; loopback only.
    #[arg(
        long,
        env = "QUIETDESK_LISTEN",
        value_name = "ADDR",
        default_value = "127.0.0.1:8065"
    )]
    pub listen: std::net::SocketAddr,
    /// Jira deployment type to simulate: cloud or data-center.
    #[arg(long, value_name = "KIND", default_value = "cloud")]
    pub deployment: SimulatedDeployment,
    /// With --deployment data-center: 9.12, 10.0, 10.3 (default) or 11.
    #[arg(long, value_name = "VERSION", value_parser = str::parse::<sandbox::Version>)]
    pub jira_version: Option<sandbox::Version>,
    /// A desk and its access mode: restricted, open or public. Can be repeated.
    #[arg(long = "desk", value_name = "KEY:ACCESS", default_value = "SUP:restricted")]
    pub desks: Vec<String>,
    /// With --deployment data-center: let anyone sign up, so that desks can be public.
    #[arg(long)]
    pub public_signup: bool,
    /// Number of customers per desk.
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub customers: usize,
    /// Random seed for the customers.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Latency of each response, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 0)]
    pub latency: u64,
    /// Requests per second before it returns 429.
    #[arg(long, value_name = "N")]
    pub rate: Option<u32>,
    /// Faults to inject, such as "create:drop-after@3, reads:429=2%5"; see --help.
    #[arg(long, value_name = "SCRIPT", long_help = FAULTS)]
    pub faults: Option<String>,
}

/// Jira deployment type to simulate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum SimulatedDeployment {
    /// Jira Cloud.
    Cloud,
    /// Jira Data Center.
    DataCenter,
}
