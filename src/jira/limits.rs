//! How much one request to Jira's API asks for, how much of a list is read, and how large an answer may be.
//!
//! How many accounts a write carries is part of the plan, whose cost it decides: `model::calls::Limits`.

/// Rows of a page asked for; what Jira echoes is believed (docs/jira.md#page-limit).
pub const PAGE_ROWS: usize = 1000;
/// What a page of a desk's list holds at least (docs/jira.md#page-limit): from so many questions on, reading the list
/// is cheaper.
pub const LEAST_PAGE_ROWS: usize = 50;
/// Rows of a page of `user/list` at most (docs/jira.md#sweep-cursor).
pub const CURSOR_PAGE_ROWS: usize = 2000;
/// Rows of a page of a search for one address.
pub const SEARCH_PAGE_ROWS: usize = 50;
/// Where a search ends (docs/jira.md#search-end).
pub const SEARCH_ROWS: usize = 1000;
/// Rows of a list at most. No site has that many customers; a list that goes on is read no further.
pub const LIST_ROWS: usize = 2_000_000;
/// Pages in flight at most, whatever the width.
pub const PAGES_AHEAD: usize = 1024;
/// Look-ups and teams asked for at once. How many really are in flight is the client's own decision.
pub const AT_ONCE: usize = 128;
/// So many accounts at most are asked for one by one on Data Center, where an export tells people and agents apart.
pub const ASKED_EACH: usize = 5_000;
/// So many people at most may be listed on a desk whose role is read: it is one answer, without pages.
pub const ROLE_LISTED: usize = 50_000;
/// Largest answer taken in for the role of a Cloud desk's customers, in bytes: it has no pages.
pub const ROLE_BYTES: usize = 16 * 1024 * 1024;
/// Largest answer taken in, in bytes, where a request does not say otherwise.
pub const ANSWER_BYTES: usize = 32 * 1024 * 1024;
