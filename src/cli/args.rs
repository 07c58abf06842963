//! What the user typed.
//!
//! Every flag has an environment variable `QUIETDESK_…`. Secrets are never flags.

mod connection;
mod reading;
mod simulated;

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::BoolishValueParser;
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

use self::connection::duration;
pub(super) use self::connection::{ConnectionArgs, DeploymentArg};
pub(super) use self::reading::{
    ApproveArgs, DoctorArgs, DoctorFormat, ExportArgs, HandoffArgs, HandoffFormat, ShowArgs, ShowFormat,
};
pub(super) use self::simulated::{SandboxArgs, SimulatedDeployment};
use crate::engine::state::Rotation;
use crate::model::guard;

/// The command line.
#[derive(Debug, Parser)]
#[command(name = "quietdesk", version, about, long_about = LONG_ABOUT, after_help = EXIT_CODES)]
pub(super) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// How to say it.
    #[command(flatten)]
    pub output: OutputArgs,
}

const LONG_ABOUT: &str = "\
Customers of Jira Service Management as code: a YAML roster says who may raise requests in which service desk and how \
open each desk is; quietdesk makes only the calls that are missing. It never causes an invitation e-mail and never \
takes a licence seat.";

const EXIT_CODES: &str = "\
Exit codes:
  0   done, or nothing to do
  1   internal error
  2   changes pending (plan --detailed-exitcode only)
  3   roster or settings invalid
  4   credentials or permission refused
  5   Jira unreachable, or rate limited past --patience
  6   a guard refused
  7   applied in part: something failed or is held
  8   the saved plan is stale: nothing was done
  64  usage";

/// How output looks.
#[derive(Debug, Args)]
pub(super) struct OutputArgs {
    /// When to use colour.
    #[arg(
        long,
        global = true,
        env = "QUIETDESK_COLOR",
        value_name = "WHEN",
        default_value = "auto"
    )]
    pub color: clap::ColorChoice,
    /// Say more: -v debug (may hold e-mails), -vv trace.
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
    /// Say less: -q warnings only, -qq errors only.
    #[arg(short, long, global = true, action = ArgAction::Count, conflicts_with = "verbose")]
    pub quiet: u8,
    /// How log lines are written on stderr.
    #[arg(
        long,
        global = true,
        env = "QUIETDESK_LOG_FORMAT",
        value_name = "FORMAT",
        default_value = "text"
    )]
    pub log_format: LogFormat,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// How a plan or report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// A unified diff and a summary line.
    Text,
    /// The plan document, format_version 1.
    Json,
    /// A comment for a pull request.
    Markdown,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Check a roster, offline.
    Validate {
        /// A YAML file, or a folder of them.
        #[arg(env = "QUIETDESK_ROSTER")]
        roster: PathBuf,
    },
    /// Show what would change; has no way to write.
    Plan(PlanArgs),
    /// Make Jira as the roster says, once.
    Apply(ApplyArgs),
    /// Keep Jira as the roster says: the daemon.
    Run(RunArgs),
    /// Release what a guard refused, once, within 24 hours; a running daemon takes it up by itself.
    Approve(ApproveArgs),
    /// Print a saved plan or a report.
    Show(ShowArgs),
    /// Check what quietdesk needs of a Jira, one line each, with what to do about it. Writes nothing. Exits with 4 where
    /// credentials or a permission are refused, 5 where Jira does not answer, 7 where a part cannot be managed.
    Doctor(DoctorArgs),
    /// Say who was created and how to reach them: portal, and first password where there is one.
    Handoff(HandoffArgs),
    /// Write a roster from Jira's present state; its plan has no steps.
    Export(ExportArgs),
    /// Print the JSON Schema of the roster.
    Schema,
    /// Serve a simulated Jira on loopback, for trials, CI and training.
    Sandbox(SandboxArgs),
    /// Print completions for a shell.
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page.
    Man,
}

/// Which roster, and which Jira it is for.
#[derive(Clone, Debug, Args)]
pub(super) struct SiteArgs {
    /// A YAML file, or a folder of them.
    #[arg(env = "QUIETDESK_ROSTER")]
    pub roster: PathBuf,
    /// Which part of it, and which Jira it is for.
    #[command(flatten)]
    pub target: TargetArgs,
}

/// Which desks of which Jira, and what may be done there.
#[derive(Clone, Debug, Args)]
pub(super) struct TargetArgs {
    /// Only these desks, by project key. May be repeated.
    #[arg(long = "desk", env = "QUIETDESK_DESK", value_name = "KEY", value_delimiter = ',')]
    pub desks: Vec<String>,
    /// How to reach Jira.
    #[command(flatten)]
    pub connection: ConnectionArgs,
    /// What may be done besides what the roster says.
    #[command(flatten)]
    pub policy: PolicyArgs,
}

/// What a plan may do besides what the roster says.
#[derive(Clone, Debug, Args)]
pub(super) struct PolicyArgs {
    /// Bring deactivated accounts of listed customers back (Data Center); never an agent's, which would take a seat.
    #[arg(long, env = "QUIETDESK_REACTIVATE", value_parser = BoolishValueParser::new())]
    pub reactivate: bool,
    /// A CSV file `email,password` with the first passwords of entries that say `initial_password: provided` (Data Center).
    /// Nobody else may be able to read it.
    #[arg(long, env = "QUIETDESK_PASSWORDS", value_name = "FILE")]
    pub passwords: Option<PathBuf>,
    /// How many people may be taken off a desk, or off all desks together, in 24 hours.
    #[arg(
        long,
        env = "QUIETDESK_MAX_REMOVALS",
        value_name = "N",
        default_value_t = guard::Settings::default().max_removals
    )]
    pub max_removals: usize,
    /// How many per cent of a desk's customers may be taken off it in 24 hours. Counts for desks of 10 customers or more.
    #[arg(
        long,
        env = "QUIETDESK_MAX_REMOVAL_PERCENT",
        value_name = "N",
        default_value_t = guard::Settings::default().max_removal_percent
    )]
    pub max_removal_percent: usize,
    /// Let a roster that lists nobody any more, on a desk or at all, take people away.
    #[arg(long, env = "QUIETDESK_ALLOW_EMPTY", value_parser = BoolishValueParser::new())]
    pub allow_empty: bool,
    /// Let a roster that lists over 30 % fewer people on a desk than the one applied before take people away.
    #[arg(long, env = "QUIETDESK_ALLOW_SHRINK", value_parser = BoolishValueParser::new())]
    pub allow_shrink: bool,
}

/// `plan`.
#[derive(Debug, Args)]
pub(super) struct PlanArgs {
    /// Which roster and Jira.
    #[command(flatten)]
    pub site: SiteArgs,
    /// How to write the plan.
    #[arg(long, env = "QUIETDESK_OUTPUT", value_name = "FORMAT", default_value = "text")]
    pub output: Format,
    /// Exit with 2 when changes are pending.
    #[arg(long, env = "QUIETDESK_DETAILED_EXITCODE", value_parser = BoolishValueParser::new())]
    pub detailed_exitcode: bool,
    /// Name the noted differences as well.
    #[arg(long, env = "QUIETDESK_FULL", value_parser = BoolishValueParser::new())]
    pub full: bool,
    /// Mask e-mails and names, for where others read along.
    #[arg(long, env = "QUIETDESK_REDACT", value_parser = BoolishValueParser::new())]
    pub redact: bool,
    /// The roster applied before, such as the target branch's: tells edits from drift where nothing is remembered.
    #[arg(long, env = "QUIETDESK_BASE", value_name = "ROSTER")]
    pub base: Option<PathBuf>,
    /// Save the plan to this file, for `apply --plan` and `show`. Only you can read it: it holds e-mails, also with --redact.
    #[arg(long, env = "QUIETDESK_OUT", value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Name the people on the desks whom the roster does not list.
    #[arg(long, env = "QUIETDESK_UNLISTED", value_parser = BoolishValueParser::new())]
    pub unlisted: bool,
}

/// `apply`.
#[derive(Debug, Args)]
pub(super) struct ApplyArgs {
    /// A YAML file, or a folder of them.
    #[arg(env = "QUIETDESK_ROSTER", required_unless_present = "plan")]
    pub roster: Option<PathBuf>,
    /// Apply this plan, saved by `plan --out`, and nothing else. What it was computed from is read again: what is so
    /// already is skipped, and where anything else has moved nothing is done (exit code 8).
    #[arg(
        long,
        env = "QUIETDESK_PLAN",
        value_name = "FILE",
        conflicts_with_all = ["roster", "desks", "sandbox"]
    )]
    pub plan: Option<PathBuf>,
    /// Which part of the roster, and which Jira.
    #[command(flatten)]
    pub target: TargetArgs,
    /// How long the journal of writes may become.
    #[command(flatten)]
    pub journal: JournalArgs,
    /// How to write the report.
    #[arg(long, env = "QUIETDESK_OUTPUT", value_name = "FORMAT", default_value = "text")]
    pub output: Format,
    /// Write the report as JSON to this file as well, on every exit.
    #[arg(long, env = "QUIETDESK_REPORT", value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Do not ask, even on a terminal.
    #[arg(long, env = "QUIETDESK_YES", value_parser = BoolishValueParser::new())]
    pub yes: bool,
    /// Try again what is held because Jira accepted it twice without effect, and first passwords after one of them took a
    /// licence seat: the cause is fixed.
    #[arg(long, env = "QUIETDESK_RETRY", value_parser = BoolishValueParser::new())]
    pub retry: bool,
}

/// `run`.
#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// Which roster and Jira.
    #[command(flatten)]
    pub site: SiteArgs,
    /// How long the journal of writes may become.
    #[command(flatten)]
    pub journal: JournalArgs,
    /// One pass, then exit.
    #[arg(long, env = "QUIETDESK_ONCE", value_parser = BoolishValueParser::new())]
    pub once: bool,
    /// Never write: report what differs.
    #[arg(long, env = "QUIETDESK_OBSERVE", value_parser = BoolishValueParser::new())]
    pub observe: bool,
    /// How often to read everything again, to heal drift. Longer for large sites, so that reading stays a small part of
    /// the time.
    #[arg(long, env = "QUIETDESK_INTERVAL", value_name = "TIME", default_value = "10m", value_parser = duration)]
    pub interval: Duration,
    /// How many requests a second that reading makes at most, while nobody waits for it.
    #[arg(long, env = "QUIETDESK_READ_RATE", value_name = "N", default_value = "20", value_parser = clap::value_parser!(u32).range(1..))]
    pub read_rate: u32,
    /// Serve a status page, /healthz, /readyz, /metrics and /api/status at this address, such as 127.0.0.1:9466.
    #[arg(long, env = "QUIETDESK_LISTEN", value_name = "ADDR")]
    pub listen: Option<std::net::SocketAddr>,
}

/// How long the journal of writes may become.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct JournalArgs {
    /// When a new file of the journal of writes (audit.jsonl) is begun, in MiB.
    #[arg(long, env = "QUIETDESK_AUDIT_SIZE", value_name = "MIB", default_value = "64", value_parser = clap::value_parser!(u64).range(1..=1_048_576))]
    pub audit_size: u64,
    /// How many full files of the journal are kept. Those of a pass that is running are kept besides.
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
