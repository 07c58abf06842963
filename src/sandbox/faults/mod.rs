//! The script of injected faults, and the requests they apply to.
//!
//! A script is a comma-separated list of rules:
//!
//! ```text
//! rule   := [where ":"] fault ["=" number] [when]
//! where  := place ["[" DESK "]"]  |  "[" DESK "]"          absent: every request
//! place  := "reads" | "writes" | operation | [METHOD " "] template | METHOD
//! when   := "@" n          only the n-th matching request
//!         | "@" n "+"      from the n-th on
//!         | "@" n "x" m    m of them, from the n-th on
//!         | "x" m          the first m
//!         | "%" p          p percent, the same ones for the same seed
//!         | (nothing)      every one
//! ```
//!
//! An operation is one of the short names in [`places`], of either deployment; a template is a path as in the
//! contracts. `DESK` is a project key: only requests about that desk. Each rule separately counts the requests that
//! match it.
//!
//! | fault | what happens |
//! |---|---|
//! | `429[=seconds]` | refused with `Retry-After` (1) |
//! | `429-bare` | refused without `Retry-After`, like a gateway |
//! | `429-fraction[=seconds]` | the same, `Retry-After` half a second longer (1) |
//! | `429-date[=seconds]` | the same, `Retry-After` a date (1 s after the `Date` beside it) |
//! | `429-past` | the same, `Retry-After` a date in the past |
//! | `429-unreadable` | the same, `Retry-After` negative |
//! | `429-twice[=seconds]` | the same, one `Retry-After` of 0, and one of that many seconds (1) |
//! | `429-reset[=seconds]` | the same, with only `X-RateLimit-Reset` (1) |
//! | `401` `403` `404` `500` | refused with that status, no effect |
//! | `403-empty` | 403 without a body |
//! | `500-after` | takes effect, the response is 500 |
//! | `503[=seconds]` | refused with `Retry-After` (1) |
//! | `503-after[=seconds]` | takes effect, the response is 503 with `Retry-After` (1) |
//! | `html[=status]` | refused with an HTML page (503) |
//! | `html-after` | takes effect, the response is 200 with an HTML page |
//! | `object` | no effect, the response is 200 with `{}` |
//! | `object-after` | takes effect, the response is 200 with `{}` |
//! | `slow[=milliseconds]` | handled late (5000); no effect if the client has disconnected by then |
//! | `drop-before` | the connection is closed, no effect |
//! | `drop-after` | takes effect, then the connection is closed |
//! | `truncated` | takes effect, the connection is closed in the middle of the response |
//! | `cut` | takes effect, the response is complete HTTP with half of its JSON |
//! | `dead-token` | reads: 200 with what anonymous users see; writes: 401; both with `X-Seraph-LoginReason` |
//! | `ignored` | a write returns success without taking effect |
//! | `page-limit[=rows]` | pages hold at most that many rows, and echo the limit (10) |
//! | `short-page[=rows]` | a page silently misses that many of its last rows (1) |
//! | `empty` | a list, or the role of a desk's customers, is returned empty |
//! | `half` | on `role`, Cloud: the role of a desk's customers holds every second one |
//! | `endless` | a list never ends; its rows are made up |
//! | `drip` | takes effect, the response is sent at one byte a second |
//! | `repeat-row` | a list starts one row early, as if a row had been added in front |
//! | `skip-row` | a list starts one row late, as if a row had been removed in front |
//! | `hide-emails` | addresses are left out |
//! | `search-lag[=searches]` | on `create` and `create-user`: that many searches do not find the account (3) |
//!
//! ```
//! # use quietdesk::sandbox::Faults;
//! let script = "create:drop-after@3, user-search:429=2%5, customers[SUP]:page-limit=20@4+, [HR]:403";
//! assert_eq!(script.parse::<Faults>().unwrap().to_string(), script);
//! assert!("create:explode".parse::<Faults>().is_err());
//! ```

mod injected_fault;
mod injector;
mod rule;
mod script;

pub(super) use injected_fault::{InjectedFault, Refusal, ResponseLost, RetryAfter};
pub(super) use injector::FaultInjector;
pub use rule::Faults;
pub use script::{FaultError, places};
