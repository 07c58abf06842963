//! What the loop reports.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use crate::daemon::schedule::Kind;
use crate::jira::Stats;
use crate::model::report::Report;

/// What does not change while the daemon runs.
#[derive(Clone, Debug)]
pub struct About {
    /// Of quietdesk.
    pub version: &'static str,
    /// The roster's file or folder.
    pub roster: String,
    /// Jira's address.
    pub site_url: String,
    /// Whether it only observes.
    pub observe: bool,
    /// How often everything is read.
    pub interval: Duration,
    /// How many requests a second periodic reading may make.
    pub read_rate: f64,
    /// When it started.
    pub started: Timestamp,
}

/// What became of the roster's files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RosterState {
    /// Not read yet.
    Waiting,
    /// It is valid, and in force from now on.
    Valid {
        /// SHA-256 of the contents, in hexadecimal.
        digest: String,
        /// How many people it lists.
        customers: usize,
        /// How many desks it has.
        desks: usize,
    },
    /// It is missing or invalid.
    Unusable {
        /// Why, in a line.
        summary: String,
        /// Whether an earlier one stays in force.
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
    /// It ran to its end, but something failed or is held.
    Partial,
    /// It ran to its end, but a guard refused a part.
    Guarded,
    /// Jira refused the credentials, or they lack a permission without which nothing can succeed.
    Refused,
    /// Jira could not be reached, or limits the rate past patience.
    Unreachable,
    /// It was told to stop.
    Interrupted,
}

/// A pass that ended.
#[derive(Clone, Debug)]
pub struct PassEnded<'a> {
    /// What it looked at.
    pub kind: Kind,
    /// How it ended.
    pub result: PassResult,
    /// How long it took.
    pub took: Duration,
    /// What was planned and what became of it. One without a plan is taken as none.
    pub report: Option<&'a Report>,
    /// What went wrong, in words that may hold an e-mail.
    pub problem: Option<String>,
    /// What the connection had counted before the pass; for a connection made in it, nothing.
    pub stats_before: &'a Stats,
    /// What it has counted now.
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

    /// The word outputs use.
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

    /// Whether it ran to its end, so that what Jira has is known.
    #[must_use]
    pub fn ran_to_its_end(self) -> bool {
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
