//! What a diagnosis is made of.

use super::words;
use crate::jira::CallError;
use crate::model::desk::DeskKey;
use crate::model::observed::Site;

/// What was found.
#[derive(Debug)]
pub struct Diagnosis {
    /// Which Jira; nothing where it did not say.
    pub site: Option<Site>,
    /// Each check, in the order they were made.
    pub checks: Vec<Check>,
    /// Requests made.
    pub requests: u64,
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What was checked, as a word.
    pub id: &'static str,
    /// Of what, where there are several.
    pub subject: Option<DeskKey>,
    /// How it is.
    pub verdict: Verdict,
    /// What was found.
    pub found: String,
    /// What to do about it.
    pub mend: Option<String>,
}

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As it must be.
    Good,
    /// Good enough, and worth knowing.
    Warning,
    /// Not as it must be.
    Bad(Trouble),
    /// Not checked: something before it is not as it must be, or nobody said what to check.
    Skipped,
}

/// What kind of trouble something is, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trouble {
    /// A setting is wrong.
    Settings,
    /// Credentials or a permission are refused.
    Refused,
    /// Jira does not answer, or not as a Jira does.
    Unreachable,
    /// A part cannot be managed; the rest can.
    Part,
}

impl Diagnosis {
    /// The worst that was found.
    #[must_use]
    pub fn worst(&self) -> Option<Trouble> {
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
            found: found.into(),
            mend: None,
        }
    }

    pub(super) fn good(id: &'static str, found: impl Into<String>) -> Self {
        Self::new(id, Verdict::Good, found)
    }

    pub(super) fn warning(id: &'static str, found: impl Into<String>) -> Self {
        Self::new(id, Verdict::Warning, found)
    }

    pub(super) fn bad(id: &'static str, trouble: Trouble, found: impl Into<String>) -> Self {
        Self::new(id, Verdict::Bad(trouble), found)
    }

    /// A check that cannot be made because of another.
    pub(super) fn skipped(id: &'static str, because: &str) -> Self {
        Self::new(id, Verdict::Skipped, format!("not checked, because of {because}"))
    }

    /// A call that failed; `found` says what for.
    pub(super) fn failed(id: &'static str, trouble: Trouble, found: &str, error: &CallError) -> Self {
        Self::bad(id, trouble, format!("{found}{}", error.found())).mend(words::mend(error))
    }

    pub(super) fn mend(self, mend: impl Into<String>) -> Self {
        Self {
            mend: Some(mend.into()),
            ..self
        }
    }

    pub(super) fn of(self, desk: &DeskKey) -> Self {
        Self {
            subject: Some(desk.clone()),
            ..self
        }
    }
}
