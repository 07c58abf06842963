//! Arguments of the commands that do not write to Jira: `doctor`, `export`, `show`, `approve`, `handoff`.

use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{Args, ValueEnum};

use super::connection::ConnectionArgs;

/// Exit codes of `doctor`, which plans and applies nothing.
const DOCTOR_EXIT_CODES: &str = "\
Exit codes, by the worst problem found (warnings do not count):
  0   no problems
  3   roster or settings invalid
  4   credentials or a permission refused, or the token has expired
  5   Jira unreachable, rate limited past --patience, or not a Jira
  7   a part cannot be managed: a desk, its access mode, the clock
  64  usage";

/// `doctor`. Its default patience is shorter than a daemon's, because a person waits for the result.
#[derive(Debug, Args)]
#[command(mut_arg("patience", |patience| patience.default_value("20s")), after_help = DOCTOR_EXIT_CODES)]
pub(in crate::cli) struct DoctorArgs {
    /// Also check the desks of this roster: a YAML file, or a folder of YAML files.
    #[arg(env = "QUIETDESK_ROSTER")]
    pub roster: Option<PathBuf>,
    /// Also check these desks, by project key. Can be repeated.
    #[arg(long = "desk", env = "QUIETDESK_DESK", value_name = "KEY", value_delimiter = ',')]
    pub desks: Vec<String>,
    /// Expiration date of the token, such as 2027-03-01.
    #[arg(long, env = "QUIETDESK_TOKEN_EXPIRES", value_name = "DATE")]
    pub token_expires: Option<jiff::civil::Date>,
    /// Output format.
    #[arg(long, env = "QUIETDESK_DOCTOR_OUTPUT", value_name = "FORMAT", default_value = "text")]
    pub output: DoctorFormat,
    #[command(flatten)]
    pub connection: ConnectionArgs,
}

/// Output format of `doctor`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum DoctorFormat {
    /// One line per check.
    Text,
    /// One JSON document, for programs.
    Json,
}

/// `export`.
#[derive(Debug, Args)]
pub(in crate::cli) struct ExportArgs {
    /// Only these desks, by project key. Can be repeated. Default: all desks that quietdesk's account can see.
    #[arg(long = "desk", env = "QUIETDESK_DESK", value_name = "KEY", value_delimiter = ',')]
    pub desks: Vec<String>,
    /// Only people on a desk of this roster who are not listed there, as an additional file for the roster's folder.
    #[arg(long, env = "QUIETDESK_UNLISTED_OF", value_name = "ROSTER")]
    pub unlisted: Option<PathBuf>,
    /// Write to this file, which must not exist yet and is readable only by you. Default: stdout.
    #[arg(long, env = "QUIETDESK_OUT", value_name = "FILE")]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub connection: ConnectionArgs,
}

/// `approve`.
#[derive(Debug, Args)]
pub(in crate::cli) struct ApproveArgs {
    /// ID of the finding, as shown by `plan`, `apply`, the daemon's log and the status page.
    pub id: String,
    /// Any URL of the Jira site. Not needed if there is only one state directory.
    #[arg(long, env = "QUIETDESK_URL", value_name = "URL")]
    pub url: Option<String>,
    /// State directory. Default: $STATE_DIRECTORY (systemd), else the one of the site --url, of a service
    /// (/var/lib/quietdesk) or of the user.
    #[arg(long, env = "QUIETDESK_STATE_DIR", value_name = "FOLDER")]
    pub state_dir: Option<PathBuf>,
}

/// `handoff`.
#[derive(Debug, Args)]
pub(in crate::cli) struct HandoffArgs {
    /// Any URL of the Jira site. Not needed if there is only one state directory.
    #[arg(long, env = "QUIETDESK_URL", value_name = "URL")]
    pub url: Option<String>,
    /// State directory. Default: $STATE_DIRECTORY (systemd), else the one of the site --url, of a service
    /// (/var/lib/quietdesk) or of the user.
    #[arg(long, env = "QUIETDESK_STATE_DIR", value_name = "FOLDER")]
    pub state_dir: Option<PathBuf>,
    /// Output format. Every format shows first passwords.
    #[arg(
        long,
        env = "QUIETDESK_HANDOFF_OUTPUT",
        value_name = "FORMAT",
        default_value = "table"
    )]
    pub output: HandoffFormat,
    /// Clear the list after printing. Keeps passwords of accounts whose creation is not confirmed.
    #[arg(long, env = "QUIETDESK_HANDOFF_CLEAR", value_parser = BoolishValueParser::new())]
    pub clear: bool,
}

/// Output format of `handoff`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum HandoffFormat {
    /// A table, for people.
    Table,
    /// CSV, for spreadsheets and mail merges.
    Csv,
    /// One JSON document, for programs.
    Json,
}

/// `show`.
#[derive(Debug, Args)]
pub(in crate::cli) struct ShowArgs {
    /// File written by `plan --out`, `plan --output json` or `apply --report`.
    #[arg(env = "QUIETDESK_SHOW")]
    pub file: PathBuf,
    /// Output format.
    #[arg(long, env = "QUIETDESK_SHOW_OUTPUT", value_name = "FORMAT", default_value = "text")]
    pub output: ShowFormat,
    /// Also list the noted differences.
    #[arg(long, env = "QUIETDESK_FULL", value_parser = BoolishValueParser::new())]
    pub full: bool,
    /// Mask e-mails and names, for output that others can read.
    #[arg(long, env = "QUIETDESK_REDACT", value_parser = BoolishValueParser::new())]
    pub redact: bool,
}

/// Output format of `show`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ShowFormat {
    /// One line per step.
    Text,
    /// A pull-request comment.
    Markdown,
}
