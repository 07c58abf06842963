//! Reads lists page by page, several pages at once, without missing a row.
//!
//! Owns the order of the pages. Knows nothing of HTTP: a function returns the pages.

use std::collections::BTreeSet;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesOrdered;

use crate::model::account::{Account, AccountId};
use crate::model::observed::Completeness;

use super::errors::CallError;
use super::limits::{MAX_LIST_ROWS, MAX_PAGES_IN_FLIGHT, PAGE_ROWS};

/// One page of a JSM list.
#[derive(Clone, Debug)]
pub(super) struct Page<T> {
    /// Its rows.
    pub rows: Vec<T>,
    /// The `limit` that the server echoes.
    pub limit: usize,
    /// Whether it is marked as the last.
    pub is_last: bool,
}

/// A list, with its completeness.
#[derive(Clone, Debug)]
pub(super) struct Listing {
    /// The accounts, each once.
    pub accounts: Vec<Account>,
    /// Whether the list is complete.
    pub completeness: Completeness,
}

/// Reads a JSM list. Page 1 fixes the stride; then 1, 2, 4 … pages are in flight, up to `width()`. A smaller echoed
/// limit or an unexplained short page restarts from the first uncovered row; after the first last (or empty) page no
/// page is requested. `take` returns whether a page had new rows: a server that ignores `start` returns the same page
/// forever. Returns whether the last page was marked as such.
///
/// # Errors
/// Those of `fetch`, and one of `operation` beyond [`MAX_LIST_ROWS`], for a server that generates rows without end.
pub(super) async fn read_all<T, F>(
    operation: &'static str,
    fetch: impl Fn(usize, usize) -> F,
    width: impl Fn() -> usize,
    mut take: impl FnMut(Vec<T>) -> bool,
) -> Result<bool, CallError>
where
    F: Future<Output = Result<Page<T>, CallError>>,
{
    let (mut covered, mut stride, mut ahead) = (0, PAGE_ROWS, 1_usize);
    loop {
        let (mut pages, mut asked) = (FuturesOrdered::new(), covered);
        loop {
            while pages.len() < ahead.min(width()).max(1) {
                pages.push_back(fetch(asked, stride));
                asked += stride;
            }
            let Some(page) = pages.next().await else { break };
            let page: Page<T> = page?;
            let rows = page.rows.len();
            covered += rows;
            if !take(page.rows) || page.is_last {
                return Ok(page.is_last);
            }
            if covered > MAX_LIST_ROWS {
                return Err(CallError::InvalidResponse {
                    operation,
                    detail: format!("the list has more than {MAX_LIST_ROWS} rows and does not end"),
                });
            }
            ahead = (ahead * 2).min(MAX_PAGES_IN_FLIGHT);
            if page.limit < stride || rows < stride {
                // The pages in flight start at offsets that are no longer page boundaries.
                stride = page.limit.clamp(1, stride);
                ahead = 1;
                break;
            }
        }
    }
}

/// Reads a desk's complete list of customers. A repeated row means that rows moved during the reading, so some may have
/// been skipped: sufficient for adding, never for removing.
pub(super) async fn list_accounts<F>(
    operation: &'static str,
    fetch: impl Fn(usize, usize) -> F,
    width: impl Fn() -> usize,
    progress: &(dyn Fn(usize) + Sync),
) -> Result<Listing, CallError>
where
    F: Future<Output = Result<Page<Account>, CallError>>,
{
    let mut seen: BTreeSet<AccountId> = BTreeSet::new();
    let (mut accounts, mut repeats) = (Vec::new(), 0);
    let ended = read_all(operation, fetch, width, |rows| {
        let before = accounts.len();
        for account in rows {
            if seen.insert(account.id.clone()) {
                accounts.push(account);
            } else {
                repeats += 1;
            }
        }
        progress(accounts.len());
        accounts.len() > before
    })
    .await?;
    let gap = match (ended, repeats) {
        (true, 0) => None,
        (false, 0) => Some("the list ended with a page that has no new rows and is not marked as the last".to_owned()),
        (_, repeats) => Some(format!("{repeats} rows were repeated while the list was read")),
    };
    let completeness = gap.map_or(Completeness::Complete, |gap| Completeness::Partial { gap });
    Ok(Listing { accounts, completeness })
}

/// The end of a sweep of all accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SweepEnd {
    /// Whether every account was seen.
    pub finished: bool,
    /// Number of requests made.
    pub requests: usize,
}

/// Sweeps all accounts, a plain list without an echoed limit. A short page can mean that rows were filtered out of the
/// range, or that the server's page is smaller than requested (docs/jira.md#sweep-gaps). In both cases a page covers at
/// least as many rows as the fullest page had, so advancing by that number misses no account; some are seen twice. Only
/// an empty page ends the list. Stops after `most` requests.
pub(super) async fn sweep<F>(
    fetch: impl Fn(usize, usize) -> F,
    width: impl Fn() -> usize,
    most: usize,
    visit: &mut (dyn FnMut(Account) + Send),
) -> Result<SweepEnd, CallError>
where
    F: Future<Output = Result<Vec<Account>, CallError>>,
{
    let mut seen: BTreeSet<AccountId> = BTreeSet::new();
    let (mut requests, mut start, mut fullest, mut ahead) = (0, 0, 0, 1_usize);
    while requests < most {
        let window = ahead.min(width()).max(1).min(most - requests);
        let stride = fullest;
        let mut pages: FuturesOrdered<_> = (0..window).map(|n| fetch(start + n * stride, PAGE_ROWS)).collect();
        requests += window;
        while let Some(rows) = pages.next().await {
            let rows = rows?;
            if rows.is_empty() {
                return Ok(SweepEnd {
                    finished: true,
                    requests,
                });
            }
            fullest = fullest.max(rows.len());
            rows.into_iter()
                .filter(|account| seen.insert(account.id.clone()))
                .for_each(&mut *visit);
        }
        // The second page starts after the rows of the first.
        start += if stride == 0 { fullest } else { window * stride };
        ahead = if stride == 0 {
            1
        } else {
            (ahead * 2).min(MAX_PAGES_IN_FLIGHT)
        };
    }
    Ok(SweepEnd {
        finished: false,
        requests,
    })
}

/// A page of a list that is read by cursor.
#[derive(Clone, Debug)]
pub(super) struct CursorPage {
    /// Its rows.
    pub rows: Vec<Account>,
    /// The cursor of the next page; `None` after the last.
    pub next: Option<String>,
    /// Whether it is marked as the last.
    pub is_last: bool,
}

/// Sweeps all accounts by cursor, one page after another. A repeated cursor would loop forever, so it leaves the sweep
/// unfinished. Stops after `most` requests.
pub(super) async fn sweep_by_cursor<F>(
    fetch: impl Fn(Option<String>) -> F,
    most: usize,
    visit: &mut (dyn FnMut(Account) + Send),
) -> Result<SweepEnd, CallError>
where
    F: Future<Output = Result<CursorPage, CallError>>,
{
    let mut seen: BTreeSet<AccountId> = BTreeSet::new();
    let mut cursors: BTreeSet<String> = BTreeSet::new();
    let mut cursor = None;
    for requests in 1..=most {
        let page = fetch(cursor).await?;
        page.rows
            .into_iter()
            .filter(|account| seen.insert(account.id.clone()))
            .for_each(&mut *visit);
        match page.next {
            // Without a cursor, the list is complete only if the page is marked as the last.
            None => {
                return Ok(SweepEnd {
                    finished: page.is_last,
                    requests,
                });
            }
            Some(next) if !cursors.insert(next.clone()) => {
                return Ok(SweepEnd {
                    finished: false,
                    requests,
                });
            }
            next @ Some(_) => cursor = next,
        }
    }
    Ok(SweepEnd {
        finished: false,
        requests: most,
    })
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use proptest::prelude::*;

    use super::*;
    use crate::model::fixtures::account;

    fn accounts(count: usize) -> Vec<Account> {
        (0..count)
            .map(|n| account(&format!("{n:05}"), &format!("p{n}@example.com")))
            .collect()
    }

    fn run<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap()
            .block_on(future)
    }

    /// A server that caps its pages, lowers the cap midway, and sometimes omits last rows silently.
    fn read(
        count: usize,
        caps: (usize, usize),
        short_every: usize,
        width: usize,
    ) -> (Vec<Account>, Vec<(usize, usize)>) {
        let all = accounts(count);
        let asked = RefCell::new(Vec::new());
        let fetch = |start: usize, limit: usize| {
            asked.borrow_mut().push((start, limit));
            let call = asked.borrow().len();
            let cap = if call > 5 { caps.1 } else { caps.0 };
            let end = start.saturating_add(limit.min(cap)).min(count);
            let mut rows = all.get(start..end).unwrap_or_default().to_vec();
            if short_every > 0 && call % short_every == 0 && rows.len() > 1 {
                rows.pop();
            }
            let is_last = start + rows.len() >= count;
            async move {
                Ok(Page {
                    rows,
                    limit: limit.min(cap),
                    is_last,
                })
            }
        };
        let listing = run(list_accounts("x", fetch, || width, &|_| ())).unwrap();
        assert_eq!(listing.completeness, Completeness::Complete);
        (listing.accounts, asked.into_inner())
    }

    #[test]
    fn one_page_is_one_request() {
        assert_eq!(read(50, (50, 50), 0, 8).1, [(0, 1000)]);
        assert_eq!(read(0, (50, 50), 0, 8).1, [(0, 1000)]);
        assert_eq!(read(1000, (1000, 1000), 0, 8).1, [(0, 1000)]);
    }

    #[test]
    fn page_1_fixes_the_stride_and_then_1_2_4_pages_are_in_flight() {
        let asked = read(500, (50, 50), 0, 8).1;
        assert_eq!(asked[..4], [(0, 1000), (50, 50), (100, 50), (150, 50)]);
        assert!(
            asked.len() <= 10 + 8,
            "at most the number in flight is wasted: {}",
            asked.len()
        );
    }

    #[test]
    fn a_repeated_row_makes_the_listing_partial() {
        let all = accounts(100);
        let fetch = |start: usize, _| {
            let from = start.saturating_sub(usize::from(start == 50));
            let rows = all[from..(start + 50).min(100)].to_vec();
            async move {
                Ok(Page {
                    is_last: start >= 50,
                    limit: 50,
                    rows,
                })
            }
        };
        let listing = run(list_accounts("x", fetch, || 4, &|_| ())).unwrap();
        assert_eq!(listing.accounts.len(), 100);
        assert!(matches!(listing.completeness, Completeness::Partial { .. }));
    }

    /// A server that generates rows and never marks a page as the last.
    #[test]
    fn endless_pages_of_new_rows_end() {
        let asked = Cell::new(0);
        let fetch = |_, _| {
            asked.set(asked.get() + 1);
            async {
                Ok(Page {
                    rows: vec![(); 100_000],
                    limit: 100_000,
                    is_last: false,
                })
            }
        };
        let error = run(read_all("list it", fetch, || 4, |_| true)).unwrap_err();
        assert!(error.to_string().contains("more than 2000000 rows"), "{error}");
        assert!(asked.get() <= 21 + 4, "{}", asked.get());
    }

    #[test]
    fn an_error_ends_the_listing() {
        let fetch = |_, _| async {
            Err(CallError::NotFound {
                operation: "x",
                detail: String::new(),
            })
        };
        assert!(run(list_accounts("x", fetch, || 4, &|_| ())).is_err());
    }

    /// A server that caps its pages and filters rows out of a range.
    fn run_sweep(count: usize, cap: usize, hidden: impl Fn(usize) -> bool, most: usize) -> (usize, SweepEnd) {
        let all = accounts(count);
        let calls = Cell::new(0);
        let fetch = |start: usize, limit: usize| {
            calls.set(calls.get() + 1);
            let range = start.min(count)..start.saturating_add(limit.min(cap)).min(count);
            let rows: Vec<_> = range.filter(|n| !hidden(*n)).map(|n| all[n].clone()).collect();
            async move { Ok(rows) }
        };
        let mut visited = 0;
        let end = run(sweep(fetch, || 6, most, &mut |_| visited += 1)).unwrap();
        assert_eq!(end.requests, calls.get());
        assert!(end.requests <= most);
        (visited, end)
    }

    #[test]
    fn a_sweep_stops_when_it_has_cost_enough() {
        let (_, end) = run_sweep(9000, 1000, |_| false, 3);
        assert_eq!(
            end,
            SweepEnd {
                finished: false,
                requests: 3
            }
        );
    }

    proptest! {
        #[test]
        fn no_row_is_missed(count in 0..700_usize, cap in 1..120_usize, lower in 1..120_usize, short in 0..5_usize, width in 1..20_usize) {
            let (found, asked) = read(count, (cap, lower.min(cap)), if short == 1 { 0 } else { short }, width);
            prop_assert_eq!(found.len(), count);
            prop_assert!(asked.len() <= (count + 2) * (width + 2));
        }

        #[test]
        fn no_account_is_missed_by_a_sweep(count in 0..5000_usize, cap in 200..1001_usize, every in 2..60_usize) {
            let hidden = |n: usize| n % every == 1;
            let (visited, end) = run_sweep(count, cap, hidden, 10_000);
            prop_assert!(end.finished);
            prop_assert_eq!(visited, (0..count).filter(|n| !hidden(*n)).count());
        }

        #[test]
        fn no_account_is_missed_where_whole_ends_of_pages_are_filtered(count in 0..5000_usize, from in 0..1000_usize) {
            let hidden = |n: usize| n >= from && n < 1000 && n != 0;
            let (visited, end) = run_sweep(count, 1000, hidden, 10_000);
            prop_assert!(end.finished);
            prop_assert_eq!(visited, (0..count).filter(|n| !hidden(*n)).count());
        }
    }
}
