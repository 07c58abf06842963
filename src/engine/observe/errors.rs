//! Errors of observing.

use crate::jira::CallError;

/// An error that prevents a plan.
#[derive(Debug, thiserror::Error)]
pub enum ObserveError {
    /// A required request failed.
    #[error("cannot read {what}: {}", cause.reason())]
    Read {
        /// What was read.
        what: String,
        /// The cause. Not a `source`: the message already contains it.
        cause: CallError,
    },
    /// The account lacks the permission to search users. Jira returns an empty list, not an error
    /// (docs/jira.md#search-without-permission), so every person would seem to have no account.
    #[error(
        "quietdesk's account is not allowed to look up users in Jira; grant it the global permission \
         \"Browse users and groups\" (USER_PICKER)"
    )]
    MayNotBrowse,
    /// Jira returns 404 for the list of service desks. Retrying does not help.
    #[error(
        "cannot read the list of service desks: {url} returns 404 ({detail}); install Jira Service Management, or \
         correct --url (the base URL of Jira, with its context path); run `quietdesk doctor` to check each part"
    )]
    NoServiceManagement {
        /// The URL of the list.
        url: String,
        /// The error text of Jira's response.
        detail: String,
    },
}

impl ObserveError {
    /// Returns the wait that Jira requests, if it exceeds the patience.
    #[must_use]
    pub fn requested_wait(&self) -> Option<std::time::Duration> {
        match self {
            Self::MayNotBrowse | Self::NoServiceManagement { .. } => None,
            Self::Read { cause, .. } => cause.requested_wait(),
        }
    }

    /// Returns whether credentials or a permission were refused, rather than Jira being unreachable.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::MayNotBrowse => true,
            Self::NoServiceManagement { .. } => false,
            Self::Read { cause, .. } => cause.is_refusal(),
        }
    }
}

/// Returns a `map_err` function for a failed read of `what`.
pub(super) fn read_error(what: &str) -> impl FnOnce(CallError) -> ObserveError {
    let what = what.to_owned();
    move |cause| ObserveError::Read { what, cause }
}
