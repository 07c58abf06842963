//! Methods of reading all accounts of a site.

use crate::jira::cloud::ServerInfo;
use crate::jira::limits::{CURSOR_PAGE_ROWS, PAGE_ROWS};
use crate::model::observed::Deployment;

/// The method of reading all accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountListing {
    /// `users/search`: Cloud (docs/jira.md#sweep-cloud).
    AllPages,
    /// `user/list`, by cursor: Data Center from 10.3 on (docs/jira.md#sweep-cursor).
    Cursor,
    /// A search that matches every account: Data Center up to 9 (docs/jira.md#sweep-dot).
    SearchPages,
    /// None, because a search returns at most 100: Data Center 10.0 to 10.2 (docs/jira.md#search-100).
    OneByOne,
}

impl AccountListing {
    pub(super) fn for_server(deployment: Deployment, info: &ServerInfo) -> Self {
        match (deployment, info.major_minor()) {
            (Deployment::Cloud, _) => Self::AllPages,
            (Deployment::DataCenter, Some((..=9, _))) => Self::SearchPages,
            // Reading accounts one by one works on every version, so it is the default.
            (Deployment::DataCenter, Some((10, ..=2)) | None) => Self::OneByOne,
            (Deployment::DataCenter, Some(_)) => Self::Cursor,
        }
    }

    /// Returns the maximum rows per page; `None` where there are no pages.
    #[must_use]
    pub fn rows_per_page(self) -> Option<usize> {
        match self {
            Self::AllPages | Self::SearchPages => Some(PAGE_ROWS),
            Self::Cursor => Some(CURSOR_PAGE_ROWS),
            Self::OneByOne => None,
        }
    }
}
