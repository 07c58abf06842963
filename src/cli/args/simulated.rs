//! What `sandbox` is given.

use clap::{Args, ValueEnum};

use crate::sandbox;

const FAULTS: &str = "\
What it does wrong: rules with commas between them, each [PLACE:]FAULT[=NUMBER][WHEN].

  PLACE  reads, writes, or an operation (create, add, customers, user-search,
         myself, desks, read-access, write-access, …; on Data Center also
         create-user, update-user, role, remove, users-list, …), and a desk as
         in add[SUP]; absent: every request
  FAULT  429=SECONDS, 503=SECONDS, 401, 403, 404, 500, drop-before,
         drop-after, 500-after, truncated, slow=MILLISECONDS, dead-token,
         hide-emails, page-limit=ROWS, …; a wrong one lists them all
  WHEN   @3 the third time, @3+ from then on, x2 twice, @3x2 twice from the
         third on, %5 five in a hundred

Example: create:drop-after@3, user-search:429=2%5, add[SUP]:500@4+";

/// `sandbox`.
#[derive(Debug, Args)]
pub(in crate::cli) struct SandboxArgs {
    /// Where to listen; loopback only.
    #[arg(
        long,
        env = "QUIETDESK_LISTEN",
        value_name = "ADDR",
        default_value = "127.0.0.1:8065"
    )]
    pub listen: std::net::SocketAddr,
    /// Which kind of Jira to simulate: cloud or data-center.
    #[arg(long, value_name = "KIND", default_value = "cloud")]
    pub deployment: SimulatedDeployment,
    /// With --deployment data-center: 9.12, 10.0, 10.3 (which it is else) or 11.
    #[arg(long, value_name = "VERSION", value_parser = str::parse::<sandbox::Version>)]
    pub jira_version: Option<sandbox::Version>,
    /// A desk and how open it is: restricted, open or public. May be repeated.
    #[arg(long = "desk", value_name = "KEY:ACCESS", default_value = "SUP:restricted")]
    pub desks: Vec<String>,
    /// With --deployment data-center: the site lets anyone sign up, so that a desk can be public.
    #[arg(long)]
    pub public_signup: bool,
    /// How many customers each desk has.
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub customers: usize,
    /// What the customers are drawn from.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// How long each answer takes, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 0)]
    pub latency: u64,
    /// Requests a second before it answers 429.
    #[arg(long, value_name = "N")]
    pub rate: Option<u32>,
    /// What it does wrong, such as "create:drop-after@3, reads:429=2%5"; --help explains.
    #[arg(long, value_name = "SCRIPT", long_help = FAULTS)]
    pub faults: Option<String>,
}

/// Which kind of Jira to simulate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum SimulatedDeployment {
    /// Jira Cloud.
    Cloud,
    /// Jira Data Center.
    DataCenter,
}
