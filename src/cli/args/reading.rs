//! What `doctor`, `export`, `show` and `handoff` are given: they only look.

use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{Args, ValueEnum};

use super::connection::ConnectionArgs;

/// What the exit codes mean here, where nothing is planned or applied.
const DOCTOR_CODES: &str = "\
Exit codes, by the worst that was found (warnings do not count):
  0   all is well
  3   roster or settings invalid
  4   credentials or a permission refused, or the token has expired
  5   Jira unreachable, rate limited past --patience, or no Jira
  7   a part cannot be managed: a desk, its access mode, the clock
  64  usage";

/// `doctor`. Who waits for a diagnosis does not want to wait as long as a daemon.
#[derive(Debug, Args)]
#[command(mut_arg("patience", |patience| patience.default_value("20s")), after_help = DOCTOR_CODES)]
pub(in crate::cli) struct DoctorArgs {
    /// Check the desks of this roster too: a YAML file, or a folder of them.
    #[arg(env = "QUIETDESK_ROSTER")]
    pub roster: Option<PathBuf>,
    /// Check these desks too, by project key. May be repeated.
    #[arg(long = "desk", env = "QUIETDESK_DESK", value_name = "KEY", value_delimiter = ',')]
    pub desks: Vec<String>,
    /// The last day of the token, such as 2027-03-01.
    #[arg(long, env = "QUIETDESK_TOKEN_EXPIRES", value_name = "DATE")]
    pub token_expires: Option<jiff::civil::Date>,
    /// How to write it.
    #[arg(long, env = "QUIETDESK_DOCTOR_OUTPUT", value_name = "FORMAT", default_value = "text")]
    pub output: DoctorFormat,
    /// How to reach Jira.
    #[command(flatten)]
    pub connection: ConnectionArgs,
}

/// How a diagnosis is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum DoctorFormat {
    /// A line for each check.
    Text,
    /// For programs.
    Json,
}

/// `export`.
#[derive(Debug, Args)]
pub(in crate::cli) struct ExportArgs {
    /// Only these desks, by project key. May be repeated. Else all that quietdesk's account sees.
    #[arg(long = "desk", env = "QUIETDESK_DESK", value_name = "KEY", value_delimiter = ',')]
    pub desks: Vec<String>,
    /// Only who is on a desk of this roster without being listed there, as one more file for its folder.
    #[arg(long, env = "QUIETDESK_UNLISTED_OF", value_name = "ROSTER")]
    pub unlisted: Option<PathBuf>,
    /// Write to this file, which must not exist yet and only you can read. Else to stdout.
    #[arg(long, env = "QUIETDESK_OUT", value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// How to reach Jira.
    #[command(flatten)]
    pub connection: ConnectionArgs,
}

/// `approve`.
#[derive(Debug, Args)]
pub(in crate::cli) struct ApproveArgs {
    /// The id of the finding, as `plan`, `apply`, the daemon's log and the status page show it.
    pub id: String,
    /// Which Jira's, by any of its addresses. Not needed where there is one state.
    #[arg(long, env = "QUIETDESK_URL", value_name = "URL")]
    pub url: Option<String>,
    /// Where quietdesk remembers. Else $STATE_DIRECTORY (systemd), else the state that knows --url, of a service
    /// (/var/lib/quietdesk) or the user's own.
    #[arg(long, env = "QUIETDESK_STATE_DIR", value_name = "FOLDER")]
    pub state_dir: Option<PathBuf>,
}

/// `handoff`.
#[derive(Debug, Args)]
pub(in crate::cli) struct HandoffArgs {
    /// Which Jira's, by any of its addresses. Not needed where there is one state.
    #[arg(long, env = "QUIETDESK_URL", value_name = "URL")]
    pub url: Option<String>,
    /// Where quietdesk remembers. Else $STATE_DIRECTORY (systemd), else the state that knows --url, of a service
    /// (/var/lib/quietdesk) or the user's own.
    #[arg(long, env = "QUIETDESK_STATE_DIR", value_name = "FOLDER")]
    pub state_dir: Option<PathBuf>,
    /// How to write it. Every form shows first passwords.
    #[arg(
        long,
        env = "QUIETDESK_HANDOFF_OUTPUT",
        value_name = "FORMAT",
        default_value = "table"
    )]
    pub output: HandoffFormat,
    /// Print it, then empty the file. Passwords of accounts that are not known to be made stay.
    #[arg(long, env = "QUIETDESK_HANDOFF_CLEAR", value_parser = BoolishValueParser::new())]
    pub clear: bool,
}

/// How a hand-off is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum HandoffFormat {
    /// For people.
    Table,
    /// For spreadsheets and mail merges.
    Csv,
    /// For programs.
    Json,
}

/// `show`.
#[derive(Debug, Args)]
pub(in crate::cli) struct ShowArgs {
    /// What `plan --out`, `plan --output json` or `apply --report` wrote.
    #[arg(env = "QUIETDESK_SHOW")]
    pub file: PathBuf,
    /// How to write it.
    #[arg(long, env = "QUIETDESK_SHOW_OUTPUT", value_name = "FORMAT", default_value = "text")]
    pub output: ShowFormat,
    /// Name the noted differences as well.
    #[arg(long, env = "QUIETDESK_FULL", value_parser = BoolishValueParser::new())]
    pub full: bool,
    /// Mask e-mails and names, for where others read along.
    #[arg(long, env = "QUIETDESK_REDACT", value_parser = BoolishValueParser::new())]
    pub redact: bool,
}

/// How a saved plan or a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ShowFormat {
    /// A line for each step.
    Text,
    /// A comment for a pull request.
    Markdown,
}
