//! Why nothing could be observed.

use crate::jira::CallError;

/// Why nothing could be observed.
#[derive(Debug, thiserror::Error)]
pub enum ObserveError {
    /// A reading that a plan cannot do without failed.
    #[error("cannot read {what}: {}", cause.reason())]
    Read {
        /// What was read.
        what: String,
        /// Why it failed. Not told as a source: the error names the operation already.
        cause: CallError,
    },
    /// Looking people up needs a permission the account lacks. Jira would answer with an empty list, not an error
    /// (docs/jira.md#search-without-permission), and everybody would seem to be missing.
    #[error(
        "quietdesk's account may not look people up in Jira: give it the global permission \"Browse users and groups\" \
         (USER_PICKER)"
    )]
    MayNotBrowse,
    /// There is no list of service desks: waiting brings none.
    #[error(
        "cannot read the list of service desks: {url} answers 404 ({detail}); install Jira Service Management there, or \
         correct --url, which is Jira's own address with the path that Jira is under; `quietdesk doctor` looks at each \
         piece"
    )]
    NoServiceManagement {
        /// Where it was asked for.
        url: String,
        /// What Jira said.
        detail: String,
    },
}

impl ObserveError {
    /// How long Jira asks to wait, where that is longer than patience lasts.
    #[must_use]
    pub fn wait(&self) -> Option<std::time::Duration> {
        match self {
            Self::MayNotBrowse | Self::NoServiceManagement { .. } => None,
            Self::Read { cause, .. } => cause.wait(),
        }
    }

    /// Whether credentials or a permission were refused, rather than Jira out of reach.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::MayNotBrowse => true,
            Self::NoServiceManagement { .. } => false,
            Self::Read { cause, .. } => cause.is_refusal(),
        }
    }
}

/// What failed, for an error to name.
pub(super) fn reading(what: &str) -> impl FnOnce(CallError) -> ObserveError {
    let what = what.to_owned();
    move |cause| ObserveError::Read { what, cause }
}
