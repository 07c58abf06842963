//! What `/api/status` answers: everything the daemon tells of itself at one moment.
//!
//! `format_version` 1; fields may be added. Times are RFC 3339 in UTC, durations seconds. Holds no e-mail: texts from
//! outside have them masked, everything else is numbers, desk keys and words of our own.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::reported::PassResult;
use crate::daemon::schedule::Kind;

/// The whole document.
#[derive(Clone, Debug, Serialize)]
pub struct Snapshot {
    /// Always 1.
    pub format_version: u32,
    /// Of quietdesk.
    pub version: &'static str,
    /// Jira's address.
    pub site: String,
    /// Whether it only observes, and never writes.
    pub observe: bool,
    /// When the daemon started.
    pub started: Timestamp,
    /// When this was written.
    pub now: Timestamp,
    /// As `/readyz` answers.
    pub ready: bool,
    /// Why it is not ready; empty where it is.
    pub not_ready: Vec<String>,
    /// Whether Jira is as the roster says.
    pub standing: Standing,
    /// Since when that is so. Of `in_step`: since when every full pass found nothing to change.
    pub since: Option<Timestamp>,
    /// The roster.
    pub roster: RosterShown,
    /// Why Jira refuses the credentials; nothing where it does not.
    pub credentials_refused: Option<String>,
    /// Why what the last pass saw could not be saved; nothing where it was.
    pub unsaved: Option<String>,
    /// The pass under way.
    pub running: Option<Running>,
    /// When a full pass last ran to its end. What is held or failed in it does not count against it.
    pub last_success: Option<Timestamp>,
    /// When everything is read next.
    pub next_full: Option<Timestamp>,
    /// How often everything is read at present: as configured, or longer where that keeps reading slow.
    pub interval_seconds: f64,
    /// How many steps wait to be done: failed, not attempted, or only observed.
    pub pending: usize,
    /// The same by kind of step.
    pub pending_by_kind: BTreeMap<&'static str, usize>,
    /// How many entries of the roster are held, because they cannot be decided or done safely.
    pub held: usize,
    /// What is pending, held or refused, grouped by why; the most pressing first.
    pub matters: Vec<Matter>,
    /// Each desk of the roster, as last read, with what was done since.
    pub desks: BTreeMap<String, DeskShown>,
    /// The last passes, newest first.
    pub passes: Vec<PassShown>,
    /// What was asked of Jira.
    pub requests: Requests,
    /// What was counted since the start.
    pub totals: Totals,
}

/// Whether Jira is as the roster says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// No full pass has ended yet.
    Starting,
    /// It is.
    InStep,
    /// It is, but for entries that are held.
    InStepExceptHeld,
    /// Steps are pending, or a guard refused some.
    NotInStep,
    /// A new roster is in force, and its first pass has not ended yet.
    Applying,
    /// It was, but Jira cannot be read any more.
    Unknown,
}

/// The roster.
#[derive(Clone, Debug, Serialize)]
pub struct RosterShown {
    /// Its file or folder.
    pub source: String,
    /// Whether what is there now is valid.
    pub state: RosterWord,
    /// SHA-256 of the roster in force, in hexadecimal.
    pub digest: Option<String>,
    /// How many people the roster in force lists.
    pub customers: Option<usize>,
    /// How many desks it has.
    pub desks: Option<usize>,
    /// Since when it is in force.
    pub since: Option<Timestamp>,
    /// Why what is there now cannot be used.
    pub problem: Option<String>,
}

/// Whether there is a valid roster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RosterWord {
    /// None was read yet.
    Waiting,
    /// What is there is in force.
    Valid,
    /// What is there cannot be used; the last good one stays in force.
    Unusable,
    /// What is there cannot be used, and none is in force.
    Missing,
}

/// A pass under way.
#[derive(Clone, Debug, Serialize)]
pub struct Running {
    /// What it looks at.
    pub kind: Kind,
    /// When it began.
    pub since: Timestamp,
}

impl Snapshot {
    /// How many things a guard refuses.
    #[must_use]
    pub fn refused(&self) -> usize {
        self.matters
            .iter()
            .filter(|matter| matter.what == What::Refused)
            .count()
    }
}

/// Something pending, held or refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Matter {
    /// What became of it.
    pub what: What,
    /// The kind of step; absent of what is held or refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<&'static str>,
    /// Why.
    pub reason: String,
    /// What to do.
    pub advice: String,
    /// How many.
    pub count: usize,
}

/// What became of something that is not as the roster says. The order is that of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// A guard refused it.
    Refused,
    /// Jira refused it, or it did not take effect.
    Failed,
    /// It cannot be decided or done safely.
    Held,
    /// The answer was lost, and it is not known yet what became of it.
    Unknown,
    /// What it needs did not succeed.
    Skipped,
    /// The pass ended before it.
    NotAttempted,
    /// It differs, and quietdesk only observes.
    Pending,
}

/// One desk. `listed + unlisted + hidden = customers`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DeskShown {
    /// `restricted`, `open` or `public`; nothing where that is not managed or cannot be read.
    pub access: Option<String>,
    /// How many customers Jira lists.
    pub customers: usize,
    /// Of these, how many the roster lists on this desk.
    pub listed: usize,
    /// How many it does not.
    pub unlisted: usize,
    /// How many hide their e-mail and are nobody's in the roster.
    pub hidden: usize,
    /// Whether the project role of its customers cannot tell who of them is off the desk, though that was asked.
    pub role_doubted: bool,
}

/// A pass that ended.
#[derive(Clone, Debug, Serialize)]
pub struct PassShown {
    /// What it looked at.
    pub kind: Kind,
    /// How it ended.
    pub result: PassResult,
    /// When.
    pub ended: Timestamp,
    /// How long it took.
    pub took_seconds: f64,
    /// Its steps by kind and outcome; `observed` of one that quietdesk only observed.
    pub steps: BTreeMap<&'static str, BTreeMap<&'static str, u64>>,
    /// How many of its steps mend a change that came from Jira's side.
    pub drift: u64,
    /// How many entries it held.
    pub held: usize,
    /// Requests it made.
    pub requests: u64,
    /// Of these, writes.
    pub writes: u64,
    /// What went wrong.
    pub problem: Option<String>,
}

/// What was asked of Jira since the start.
#[derive(Clone, Debug, Serialize)]
pub struct Requests {
    /// How many requests.
    pub sent: u64,
    /// Of these, writes.
    pub writes: u64,
    /// How long was waited because Jira limits the rate.
    pub waited_seconds: f64,
    /// How many are in flight now.
    pub in_flight: usize,
    /// How many may be in flight now; it adapts to what Jira bears.
    pub allowed: usize,
    /// How many requests a second periodic reading may make.
    pub read_rate: f64,
    /// By method, path template and status.
    pub answers: Vec<Answers>,
}

/// Requests that were answered alike.
#[derive(Clone, Debug, Serialize)]
pub struct Answers {
    /// The HTTP method.
    pub method: &'static str,
    /// The path, with `{}` for each parameter.
    pub endpoint: &'static str,
    /// The HTTP status; 0 for no answer.
    pub status: u16,
    /// How many.
    pub count: u64,
}

/// What was counted since the start.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Totals {
    /// Passes that ended, by kind and result.
    pub passes: BTreeMap<Kind, BTreeMap<PassResult, u64>>,
    /// Steps that were carried out or given up, by kind and outcome. What is only observed is not counted here.
    pub steps: BTreeMap<&'static str, BTreeMap<&'static str, u64>>,
    /// Steps whose cause was a change from Jira's side, by kind. While it is only observed, each pass counts it.
    pub drift: BTreeMap<&'static str, u64>,
    /// How long the last pass of each kind took, in seconds.
    pub last_took: BTreeMap<Kind, f64>,
}
