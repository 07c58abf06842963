//! Limits of requests and responses: page sizes, list lengths, response sizes.
//!
//! The number of accounts per write decides the cost of the plan, so it is part of it: `model::calls::BatchLimits`.

/// Requested rows per page; the limit that Jira echoes is the one in effect (docs/jira.md#page-limit).
pub const PAGE_ROWS: usize = 1000;
/// Minimum rows of a page of a desk's list (docs/jira.md#page-limit): from this many look-ups on, reading the list is
/// cheaper.
pub const MIN_PAGE_ROWS: usize = 50;
/// Maximum rows of a page of `user/list` (docs/jira.md#sweep-cursor).
pub const CURSOR_PAGE_ROWS: usize = 2000;
/// Rows per page of a search for one address.
pub const SEARCH_PAGE_ROWS: usize = 50;
/// Maximum rows that a search returns (docs/jira.md#search-end).
pub const MAX_SEARCH_ROWS: usize = 1000;
/// Maximum rows of a list. No site has that many customers; a longer list is not read further.
pub const MAX_LIST_ROWS: usize = 2_000_000;
/// Maximum pages in flight, whatever the width.
pub const MAX_PAGES_IN_FLIGHT: usize = 1024;
/// Look-ups and role readings started at once. The client decides how many are actually in flight.
pub const MAX_CONCURRENT_READS: usize = 128;
/// Maximum accounts read one by one on Data Center, where an export needs to recognize agents.
pub const MAX_ACCOUNTS_READ_SINGLY: usize = 5_000;
/// Maximum people on a desk for its role to be read: the role is a single response without pages.
pub const MAX_PEOPLE_FOR_ROLE_READ: usize = 50_000;
/// Maximum size of the response for the role of a Cloud desk's customers, in bytes: it has no pages.
pub const MAX_ROLE_BYTES: usize = 16 * 1024 * 1024;
/// Maximum size of a response, in bytes, unless a request sets another.
pub const MAX_RESPONSE_BYTES: usize = 32 * 1024 * 1024;
