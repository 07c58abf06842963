//! What the daemon's loop reports to the status.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use crate::daemon::schedule::PassKind;
use crate::jira::Stats;
use crate::model::report::Report;

/// Facts that do not change while the daemon runs.
#[derive(Clone, Debug)]
pub struct About {
    /// The version of quietdesk.
    pub version: &'static str,
    /// The roster file or folder.
    pub roster: String,
    /// Jira's address.
    pub site_url: String,
    /// Whether it only observes.
    pub observe: bool,
    /// The configured time between full passes.
    pub interval: Duration,
    /// Most requests a second of periodic reads.
    pub read_rate: f64,
    /// When it started.
    pub started: Timestamp,
}

/// The state of the roster files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RosterState {
    /// Not read yet.
    Waiting,
    /// Valid, and in force from now on.
    Valid {
        /// SHA-256 of the contents, in hexadecimal.
        digest: String,
        /// Number of customers it lists.
        customers: usize,
        /// Number of desks.
        desks: usize,
    },
    /// Missing or invalid.
    Unusable {
        /// The reason, in one line.
        summary: String,
        /// Whether an earlier roster stays in force.
        in_force: bool,
    },
}

/// How a pass ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(strum::VariantArray))]
pub enum PassResult {
    /// Everything was done, or observed.
    Done,
    /// Completed, but something failed or is held.
    Partial,
    /// Completed, but a guard refused a part.
    Guarded,
    /// Jira refused the credentials, or they lack a required permission.
    Refused,
    /// Jira could not be reached, or limited the rate for longer than `--patience`.
    Unreachable,
    /// Stopped by a signal.
    Interrupted,
}

/// A pass that ended.
#[derive(Clone, Debug)]
pub struct PassEnded<'a> {
    /// Full or edit.
    pub kind: PassKind,
    /// How it ended.
    pub result: PassResult,
    /// How long it took.
    pub took: Duration,
    /// The plan and its outcomes. A report without a plan is ignored.
    pub report: Option<&'a Report>,
    /// What went wrong; may contain an e-mail.
    pub problem: Option<String>,
    /// The connection's counts before the pass; zero for a connection made in it.
    pub stats_before: &'a Stats,
    /// Its counts after the pass.
    pub stats_after: &'a Stats,
}

impl PassResult {
    /// Every result.
    pub const ALL: [Self; 6] = [
        Self::Done,
        Self::Partial,
        Self::Guarded,
        Self::Refused,
        Self::Unreachable,
        Self::Interrupted,
    ];

    /// Returns the name used in outputs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Partial => "partial",
            Self::Guarded => "guarded",
            Self::Refused => "refused",
            Self::Unreachable => "unreachable",
            Self::Interrupted => "interrupted",
        }
    }

    /// Whether the pass completed, so that Jira's state is known.
    #[must_use]
    pub fn is_completed(self) -> bool {
        match self {
            Self::Done | Self::Partial | Self::Guarded => true,
            Self::Refused | Self::Unreachable | Self::Interrupted => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use strum::VariantArray as _;

    use super::*;

    #[test]
    fn the_list_of_all_results_is_whole() {
        assert_eq!(PassResult::ALL, PassResult::VARIANTS);
    }
}
