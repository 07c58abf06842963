//! The parts of a diagnosis.

use super::advice;
use crate::jira::CallError;
use crate::model::desk::DeskKey;
use crate::model::observed::Site;

/// The result of all checks.
#[derive(Debug)]
pub struct Diagnosis {
    /// The site; `None` where it could not be identified.
    pub site: Option<Site>,
    /// The checks, in the order they were made.
    pub checks: Vec<Check>,
    /// Number of requests made.
    pub requests: u64,
}

/// One check and its result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The name of the check, such as `sign-in`.
    pub id: &'static str,
    /// The desk that was checked, for checks made once per desk.
    pub subject: Option<DeskKey>,
    /// The result.
    pub verdict: Verdict,
    /// The finding, as text.
    pub finding: String,
    /// What to do about it.
    pub fix: Option<String>,
}

/// The result of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing to do.
    Good,
    /// Works, but worth knowing.
    Warning,
    /// Needs to be fixed.
    Bad(FailureKind),
    /// Not checked: an earlier check failed, or a required setting is missing.
    Skipped,
}

/// The kind of a failure, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FailureKind {
    /// A setting is wrong.
    Settings,
    /// Credentials or a permission are refused.
    Refused,
    /// Jira does not respond, or something other than Jira does.
    Unreachable,
    /// A part cannot be managed; the rest can.
    Partial,
}

impl Diagnosis {
    /// Returns the worst failure.
    #[must_use]
    pub fn worst(&self) -> Option<FailureKind> {
        let bad = self.checks.iter().filter_map(|check| match check.verdict {
            Verdict::Bad(trouble) => Some(trouble),
            Verdict::Good | Verdict::Warning | Verdict::Skipped => None,
        });
        bad.min()
    }
}

impl Check {
    pub(super) fn new(id: &'static str, verdict: Verdict, found: impl Into<String>) -> Self {
        Self {
            id,
            subject: None,
            verdict,
            finding: found.into(),
            fix: None,
        }
    }

    pub(super) fn good(id: &'static str, found: impl Into<String>) -> Self {
        Self::new(id, Verdict::Good, found)
    }

    pub(super) fn warning(id: &'static str, found: impl Into<String>) -> Self {
        Self::new(id, Verdict::Warning, found)
    }

    pub(super) fn bad(id: &'static str, trouble: FailureKind, found: impl Into<String>) -> Self {
        Self::new(id, Verdict::Bad(trouble), found)
    }

    /// Returns a check that was skipped because the check `because` failed.
    pub(super) fn skipped(id: &'static str, because: &str) -> Self {
        Self::new(id, Verdict::Skipped, format!("not checked, because of {because}"))
    }

    /// Returns a check that failed because of a call; `found` is the prefix of the finding.
    pub(super) fn failed(id: &'static str, trouble: FailureKind, found: &str, error: &CallError) -> Self {
        Self::bad(id, trouble, format!("{found}{}", error.problem())).with_fix(advice::fix_for_call(error))
    }

    pub(super) fn with_fix(self, fix: impl Into<String>) -> Self {
        Self {
            fix: Some(fix.into()),
            ..self
        }
    }

    pub(super) fn for_desk(self, desk: &DeskKey) -> Self {
        Self {
            subject: Some(desk.clone()),
            ..self
        }
    }
}
