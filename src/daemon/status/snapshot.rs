//! The response of `/api/status`: the daemon's whole status at one time.
//!
//! `format_version` 1; fields may be added. Times are RFC 3339 in UTC, durations seconds. Contains no e-mail: external
//! texts have them masked, everything else is numbers, desk keys and fixed words.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::reported::PassResult;
use crate::daemon::schedule::PassKind;

/// The whole document.
#[derive(Clone, Debug, Serialize)]
pub struct Snapshot {
    /// Always 1.
    pub format_version: u32,
    /// The version of quietdesk.
    pub version: &'static str,
    /// Jira's address.
    pub site: String,
    /// Whether it only observes and never writes.
    pub observe: bool,
    /// When the daemon started.
    pub started: Timestamp,
    /// When this was written.
    pub now: Timestamp,
    /// Whether `/readyz` reports ready.
    pub ready: bool,
    /// Why it is not ready; empty if it is.
    pub not_ready: Vec<String>,
    /// Whether Jira matches the roster.
    pub standing: SyncStatus,
    /// Since when. For `in_step`: since when full passes have found nothing to change.
    pub since: Option<Timestamp>,
    /// The roster.
    pub roster: RosterShown,
    /// Why Jira refuses the credentials; null if it accepts them.
    pub credentials_refused: Option<String>,
    /// Why the results of the last pass could not be saved; null if they were.
    pub unsaved: Option<String>,
    /// The running pass.
    pub running: Option<Running>,
    /// When a full pass last completed, including with held or failed entries.
    pub last_success: Option<Timestamp>,
    /// When the next full pass is due.
    pub next_full: Option<Timestamp>,
    /// Current time between full passes: as configured, or stretched for a large site.
    pub interval_seconds: f64,
    /// Number of pending steps: failed, not attempted, or only observed.
    pub pending: usize,
    /// The same by step kind.
    pub pending_by_kind: BTreeMap<&'static str, usize>,
    /// Number of held roster entries, which cannot be decided or done safely.
    pub held: usize,
    /// What is pending, held or refused, grouped by reason; the most urgent first.
    pub issues: Vec<Issue>,
    /// Each desk of the roster, as last read, with the changes made since.
    pub desks: BTreeMap<String, DeskShown>,
    /// The last passes, newest first.
    pub passes: Vec<PassShown>,
    /// Requests to Jira.
    pub requests: Requests,
    /// Counts since the start.
    pub totals: Totals,
}

/// Whether Jira matches the roster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncStatus {
    /// No full pass has completed yet.
    Starting,
    /// Jira matches the roster.
    InStep,
    /// Jira matches the roster, except for held entries.
    InStepExceptHeld,
    /// Steps are pending, or a guard refused some.
    NotInStep,
    /// A new roster is in force, and its first pass has not completed yet.
    Applying,
    /// Jira can no longer be read.
    Unknown,
}

/// The roster.
#[derive(Clone, Debug, Serialize)]
pub struct RosterShown {
    /// Its file or folder.
    pub source: String,
    /// Whether the current files are valid.
    pub state: RosterStatus,
    /// SHA-256 of the roster in force, in hexadecimal.
    pub digest: Option<String>,
    /// Number of customers the roster in force lists.
    pub customers: Option<usize>,
    /// Number of its desks.
    pub desks: Option<usize>,
    /// When it came into force.
    pub since: Option<Timestamp>,
    /// Why the current files cannot be used.
    pub problem: Option<String>,
}

/// Whether there is a valid roster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RosterStatus {
    /// No roster has been read yet.
    Waiting,
    /// The current files are in force.
    Valid,
    /// The files cannot be used; the last good roster stays in force.
    Unusable,
    /// The files cannot be used, and no roster is in force.
    Missing,
}

/// A running pass.
#[derive(Clone, Debug, Serialize)]
pub struct Running {
    /// Full or edit.
    pub kind: PassKind,
    /// When it began.
    pub since: Timestamp,
}

impl Snapshot {
    /// Counts the guard findings.
    #[must_use]
    pub fn refused(&self) -> usize {
        self.issues
            .iter()
            .filter(|matter| matter.what == IssueStatus::Refused)
            .count()
    }
}

/// A group of pending, held or refused entries with one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Issue {
    /// Its status.
    pub what: IssueStatus,
    /// The step kind; absent for held and refused entries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<&'static str>,
    /// The reason.
    pub reason: String,
    /// What to do.
    pub advice: String,
    /// Number of entries.
    pub count: usize,
}

/// The status of something that differs from the roster, in the order of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum IssueStatus {
    /// Refused by a guard.
    Refused,
    /// Refused by Jira, or without effect.
    Failed,
    /// Cannot be decided or done safely.
    Held,
    /// The response was lost, and the outcome is not known yet.
    Unknown,
    /// A step it depends on did not succeed.
    Skipped,
    /// The pass ended before this step.
    NotAttempted,
    /// Only observed.
    Pending,
}

/// One desk. `listed + unlisted + hidden = customers`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DeskShown {
    /// `restricted`, `open` or `public`; null if not managed or unreadable.
    pub access: Option<String>,
    /// Number of customers Jira lists.
    pub customers: usize,
    /// How many of them the roster lists on this desk.
    pub listed: usize,
    /// How many it does not list there.
    pub unlisted: usize,
    /// How many hide their e-mail and match no roster entry.
    pub hidden: usize,
    /// Whether the project role of its customers was requested, but is unreadable or untrusted.
    pub role_doubted: bool,
}

/// A pass that ended.
#[derive(Clone, Debug, Serialize)]
pub struct PassShown {
    /// Full or edit.
    pub kind: PassKind,
    /// How it ended.
    pub result: PassResult,
    /// When it ended.
    pub ended: Timestamp,
    /// How long it took.
    pub took_seconds: f64,
    /// Number of its steps by kind and outcome; `observed` for steps of a daemon that only observes.
    pub steps: BTreeMap<&'static str, BTreeMap<&'static str, u64>>,
    /// Number of its steps that revert a change made in Jira.
    pub drift: u64,
    /// Number of held entries.
    pub held: usize,
    /// Number of requests.
    pub requests: u64,
    /// Of these, writes.
    pub writes: u64,
    /// What went wrong.
    pub problem: Option<String>,
}

/// Requests to Jira since the start.
#[derive(Clone, Debug, Serialize)]
pub struct Requests {
    /// Number of requests.
    pub sent: u64,
    /// Of these, writes.
    pub writes: u64,
    /// Time spent waiting for Jira's rate limit.
    pub waited_seconds: f64,
    /// Number in flight now.
    pub in_flight: usize,
    /// Current limit of requests in flight; adapts to Jira's load.
    pub allowed: usize,
    /// Most requests a second of periodic reads.
    pub read_rate: f64,
    /// By method, path template and status.
    pub answers: Vec<Answers>,
}

/// Requests with the same method, path and status.
#[derive(Clone, Debug, Serialize)]
pub struct Answers {
    /// The HTTP method.
    pub method: &'static str,
    /// The path, with `{}` for each parameter.
    pub endpoint: &'static str,
    /// The HTTP status; 0 for no response.
    pub status: u16,
    /// Number of requests.
    pub count: u64,
}

/// Counts since the start.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Totals {
    /// Passes that ended, by kind and result.
    pub passes: BTreeMap<PassKind, BTreeMap<PassResult, u64>>,
    /// Steps that were applied or given up, by kind and outcome, without those only observed.
    pub steps: BTreeMap<&'static str, BTreeMap<&'static str, u64>>,
    /// Steps caused by a change made in Jira, by kind. While only observed, each pass counts it again.
    pub drift: BTreeMap<&'static str, u64>,
    /// How long the last pass of each kind took, in seconds.
    pub last_took: BTreeMap<PassKind, f64>,
}
