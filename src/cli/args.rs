//! Command-line arguments.
//!
//! Every flag has an environment variable `QUIETDESK_…`. Secrets are never flags.

mod connection;
mod read_only;
mod simulated;

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::BoolishValueParser;
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

use self::connection::parse_duration;
pub(super) use self::connection::{ConnectionArgs, DeploymentArg};
pub(super) use self::read_only::{
    ApproveArgs, DoctorArgs, DoctorFormat, ExportArgs, HandoffArgs, HandoffFormat, ShowArgs, ShowFormat,
};
pub(super) use self::simulated::{SandboxArgs, SimulatedDeployment};
use crate::engine::state::Rotation;
use crate::model::guard;

/// The command line.
#[derive(Debug, Parser)]
#[command(name = "quietdesk", version, about, long_about = LONG_ABOUT, after_help = EXIT_CODES)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub output: OutputArgs,
}

const LONG_ABOUT: &str = "\
Customers of Jira Service Management as code: a YAML roster defines who may raise requests in which service desk, and \
the access mode of each desk. quietdesk makes only the API calls that are missing. It never triggers an invitation \
e-mail and never takes a license.";

const EXIT_CODES: &str = "\
Exit codes:
  0   done, or nothing to do
  1   internal error
  2   changes pending (plan --detailed-exitcode only)
  3   roster or settings invalid
  4   credentials or permission refused
  5   Jira unreachable, or rate limited past --patience
  6   refused by a guard
  7   partly applied: something failed or is held (needs a decision)
  8   the saved plan is stale; nothing was applied
  64  usage";

/// Output flags, valid for every command.
#[derive(Debug, Args)]
pub(super) struct OutputArgs {
    /// When to use color.
    #[arg(
        long,
        global = true,
        env = "QUIETDESK_COLOR",
        value_name = "WHEN",
        default_value = "auto"
    )]
    pub color: clap::ColorChoice,
    /// Increase verbosity: -v debug (may contain e-mails), -vv trace.
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
    /// Decrease verbosity: -q warnings only, -qq errors only.
    #[arg(short, long, global = true, action = ArgAction::Count, conflicts_with = "verbose")]
    pub quiet: u8,
    /// Format of log lines on stderr.
    #[arg(
        long,
        global = true,
        env = "QUIETDESK_LOG_FORMAT",
        value_name = "FORMAT",
        default_value = "text"
    )]
    pub log_format: LogFormat,
}

/// Format of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// Human-readable lines.
    Text,
    /// One JSON object per line.
    Json,
}

/// Output format of a plan or report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum OutputFormat {
    /// A unified diff and a summary line.
    Text,
    /// The plan document, format_version 1.
    Json,
    /// A pull-request comment.
    Markdown,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Check a roster, without contacting Jira.
    Validate {
        /// A YAML file, or a folder of YAML files.
        #[arg(env = "QUIETDESK_ROSTER")]
        roster: PathBuf,
    },
    /// Show what would change. Never writes to Jira.
    Plan(PlanArgs),
    /// Apply a roster or a saved plan to Jira, once.
    Apply(ApplyArgs),
    /// Run the daemon, which keeps Jira in sync with the roster.
    Run(RunArgs),
    /// Approve a guard finding, once, within 24 hours. A running daemon picks it up automatically.
    Approve(ApproveArgs),
    /// Print a saved plan or a report.
    Show(ShowArgs),
    /// Check the connection, permissions and desks: one line per check, with the fix. Writes nothing. Exits with 4 if
    /// credentials or a permission are refused, 5 if Jira does not respond, 7 if a part cannot be managed.
    Doctor(DoctorArgs),
    /// List new accounts to hand off, with portal links and first passwords.
    Handoff(HandoffArgs),
    /// Write a roster from Jira's current state; a plan of it has no steps.
    Export(ExportArgs),
    /// Print the JSON Schema of the roster.
    Schema,
    /// Serve a simulated Jira on loopback, for trials, CI and training.
    Sandbox(SandboxArgs),
    /// Print shell completions.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page.
    Man,
}

/// A roster, and the Jira site it is for.
#[derive(Clone, Debug, Args)]
pub(super) struct SiteArgs {
    /// A YAML file, or a folder of YAML files.
    #[arg(env = "QUIETDESK_ROSTER")]
    pub roster: PathBuf,
    #[command(flatten)]
    pub target: TargetArgs,
}

/// The desks, the Jira site and the policy.
#[derive(Clone, Debug, Args)]
pub(super) struct TargetArgs {
    /// Only these desks, by project key. Can be repeated.
    #[arg(long = "desk", env = "QUIETDESK_DESK", value_name = "KEY", value_delimiter = ',')]
    pub desks: Vec<String>,
    #[command(flatten)]
    pub connection: ConnectionArgs,
    #[command(flatten)]
    pub policy: PolicyArgs,
}

/// What a plan may do in addition to the roster.
#[derive(Clone, Debug, Args)]
pub(super) struct PolicyArgs {
    /// Reactivate deactivated accounts of listed customers (Data Center). Never an agent's, which would take a license.
    #[arg(long, env = "QUIETDESK_REACTIVATE", value_parser = BoolishValueParser::new())]
    pub reactivate: bool,
    /// A CSV file `email,password` with the first passwords of entries with `initial_password: provided` (Data Center).
    /// It must not be readable by other users.
    #[arg(long, env = "QUIETDESK_PASSWORDS", value_name = "FILE")]
    pub passwords: Option<PathBuf>,
    /// Maximum number of people to remove in 24 hours, from one desk or from all desks together.
    #[arg(
        long,
        env = "QUIETDESK_MAX_REMOVALS",
        value_name = "N",
        default_value_t = guard::Settings::default().max_removals
    )]
    pub max_removals: usize,
    /// Maximum percentage of a desk's customers to remove in 24 hours. Applies to desks with 10 or more customers.
    #[arg(
        long,
        env = "QUIETDESK_MAX_REMOVAL_PERCENT",
        value_name = "N",
        default_value_t = guard::Settings::default().max_removal_percent
    )]
    pub max_removal_percent: usize,
    /// Allow removals when the roster no longer lists any customers, on a desk or at all.
    #[arg(long, env = "QUIETDESK_ALLOW_EMPTY", value_parser = BoolishValueParser::new())]
    pub allow_empty: bool,
    /// Allow removals when the roster lists over 30 % fewer people on a desk than the one applied before.
    #[arg(long, env = "QUIETDESK_ALLOW_SHRINK", value_parser = BoolishValueParser::new())]
    pub allow_shrink: bool,
}

/// `plan`.
#[derive(Debug, Args)]
pub(super) struct PlanArgs {
    #[command(flatten)]
    pub site: SiteArgs,
    /// Output format.
    #[arg(long, env = "QUIETDESK_OUTPUT", value_name = "FORMAT", default_value = "text")]
    pub output: OutputFormat,
    /// Exit with 2 if changes are pending.
    #[arg(long, env = "QUIETDESK_DETAILED_EXITCODE", value_parser = BoolishValueParser::new())]
    pub detailed_exitcode: bool,
    /// Also list the noted differences.
    #[arg(long, env = "QUIETDESK_FULL", value_parser = BoolishValueParser::new())]
    pub full: bool,
    /// Mask e-mails and names, for output that others can read.
    #[arg(long, env = "QUIETDESK_REDACT", value_parser = BoolishValueParser::new())]
    pub redact: bool,
    /// The roster applied before, such as the target branch's. Distinguishes edits from drift when there is no state.
    #[arg(long, env = "QUIETDESK_BASE", value_name = "ROSTER")]
    pub base: Option<PathBuf>,
    /// Save the plan to this file, for `apply --plan` and `show`. Readable only by you: it contains e-mails, even with
    /// --redact.
    #[arg(long, env = "QUIETDESK_OUT", value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// List the people on the desks who are not in the roster.
    #[arg(long, env = "QUIETDESK_UNLISTED", value_parser = BoolishValueParser::new())]
    pub unlisted: bool,
}

/// `apply`.
#[derive(Debug, Args)]
pub(super) struct ApplyArgs {
    /// A YAML file, or a folder of YAML files.
    #[arg(env = "QUIETDESK_ROSTER", required_unless_present = "plan")]
    pub roster: Option<PathBuf>,
    /// Apply only this plan, saved by `plan --out`. Reads its preconditions again, skips steps that are already done,
    /// and applies nothing if anything else has changed (exit code 8).
    #[arg(
        long,
        env = "QUIETDESK_PLAN",
        value_name = "FILE",
        conflicts_with_all = ["roster", "desks", "sandbox"]
    )]
    pub plan: Option<PathBuf>,
    #[command(flatten)]
    pub target: TargetArgs,
    #[command(flatten)]
    pub journal: JournalArgs,
    /// Output format of the report.
    #[arg(long, env = "QUIETDESK_OUTPUT", value_name = "FORMAT", default_value = "text")]
    pub output: OutputFormat,
    /// Also write the report as JSON to this file, on every exit.
    #[arg(long, env = "QUIETDESK_REPORT", value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Do not ask for confirmation.
    #[arg(long, env = "QUIETDESK_YES", value_parser = BoolishValueParser::new())]
    pub yes: bool,
    /// Retry steps that are held because Jira accepted them twice without effect, and first passwords after one of them
    /// took a license. Use it once the cause is fixed.
    #[arg(long, env = "QUIETDESK_RETRY", value_parser = BoolishValueParser::new())]
    pub retry: bool,
}

/// `run`.
#[derive(Debug, Args)]
pub(super) struct RunArgs {
    #[command(flatten)]
    pub site: SiteArgs,
    #[command(flatten)]
    pub journal: JournalArgs,
    /// Run one pass, then exit.
    #[arg(long, env = "QUIETDESK_ONCE", value_parser = BoolishValueParser::new())]
    pub once: bool,
    /// Never write to Jira; only report the differences.
    #[arg(long, env = "QUIETDESK_OBSERVE", value_parser = BoolishValueParser::new())]
    pub observe: bool,
    /// Interval between full passes, which correct drift. Longer for large sites, so that reading takes only a small
    /// share of the time.
    #[arg(long, env = "QUIETDESK_INTERVAL", value_name = "TIME", default_value = "10m", value_parser = parse_duration)]
    pub interval: Duration,
    /// Maximum requests per second of a periodic full pass, while no edit or signal waits.
    #[arg(long, env = "QUIETDESK_READ_RATE", value_name = "N", default_value = "20", value_parser = clap::value_parser!(u32).range(1..))]
    pub read_rate: u32,
    /// Serve a status page, /healthz, /readyz, /metrics and /api/status on this address, such as 127.0.0.1:9466.
    #[arg(long, env = "QUIETDESK_LISTEN", value_name = "ADDR")]
    pub listen: Option<std::net::SocketAddr>,
}

/// Rotation of the audit journal.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct JournalArgs {
    /// Size in MiB at which the audit journal (audit.jsonl) starts a new file.
    #[arg(long, env = "QUIETDESK_AUDIT_SIZE", value_name = "MIB", default_value = "64", value_parser = clap::value_parser!(u64).range(1..=1_048_576))]
    pub audit_size: u64,
    /// Number of full audit journal files to keep, in addition to those of a running pass.
    #[arg(long, env = "QUIETDESK_AUDIT_FILES", value_name = "N", default_value = "16", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub audit_files: u32,
}

impl JournalArgs {
    pub(super) fn rotation(self) -> Rotation {
        Rotation {
            size: self.audit_size * 1024 * 1024,
            files: self.audit_files,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_flag_has_an_environment_variable() {
        for command in Cli::command()
            .get_subcommands()
            .filter(|command| command.get_name() != "sandbox")
        {
            for argument in command.get_arguments().filter(|argument| argument.get_long().is_some()) {
                assert!(
                    argument.get_env().is_some(),
                    "{} {}",
                    command.get_name(),
                    argument.get_id()
                );
            }
        }
    }
}
