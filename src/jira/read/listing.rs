//! How all accounts of a Jira can be read.

use crate::jira::cloud::ServerInfo;
use crate::jira::limits::{CURSOR_PAGE_ROWS, PAGE_ROWS};
use crate::model::observed::Deployment;

/// How all accounts can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountListing {
    /// `users/search`: Cloud (docs/jira.md#sweep-cloud).
    AllPages,
    /// `user/list`, page after page: Data Center from 10.3 on (docs/jira.md#sweep-cursor).
    Cursor,
    /// A search for anything: Data Center up to 9 (docs/jira.md#sweep-dot).
    SearchPages,
    /// Not at all, since a search ends at 100: Data Center 10.0 to 10.2 (docs/jira.md#search-100).
    OneByOne,
}

impl AccountListing {
    pub(super) fn of(deployment: Deployment, info: &ServerInfo) -> Self {
        match (deployment, info.release()) {
            (Deployment::Cloud, _) => Self::AllPages,
            (Deployment::DataCenter, Some((..=9, _))) => Self::SearchPages,
            // What is not known to list its accounts is asked for each, which every version answers.
            (Deployment::DataCenter, Some((10, ..=2)) | None) => Self::OneByOne,
            (Deployment::DataCenter, Some(_)) => Self::Cursor,
        }
    }

    /// How many accounts a page holds at most; nothing where there are no pages.
    #[must_use]
    pub fn per_page(self) -> Option<usize> {
        match self {
            Self::AllPages | Self::SearchPages => Some(PAGE_ROWS),
            Self::Cursor => Some(CURSOR_PAGE_ROWS),
            Self::OneByOne => None,
        }
    }
}
