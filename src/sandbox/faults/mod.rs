//! The script of what goes wrong, and which request it goes wrong with.
//!
//! A script is a list of rules with commas between them:
//!
//! ```text
//! rule   := [where ":"] fault ["=" number] [when]
//! where  := place ["[" DESK "]"]  |  "[" DESK "]"          absent: every request
//! place  := "reads" | "writes" | operation | [METHOD " "] template | METHOD
//! when   := "@" n          only the n-th matching request
//!         | "@" n "+"      from the n-th on
//!         | "@" n "x" m    m of them, from the n-th on
//!         | "x" m          the first m
//!         | "%" p          p in a hundred, the same ones for the same seed
//!         | (nothing)      every one
//! ```
//!
//! An operation is one of the short names in [`places`], whichever deployment has it; a template is a path as the contracts spell it. `DESK` is a
//! project key: only requests about that desk. Each rule counts the requests that match it by itself.
//!
//! | fault | what happens |
//! |---|---|
//! | `429[=seconds]` | refused with `Retry-After` (1) |
//! | `429-bare` | refused without `Retry-After`, as a gateway does |
//! | `429-fraction[=seconds]` | the same, `Retry-After` half a second longer than that (1) |
//! | `429-date[=seconds]` | the same, `Retry-After` a date (1 s after the `Date` beside it) |
//! | `429-past` | the same, `Retry-After` a date in the past |
//! | `429-unreadable` | the same, `Retry-After` below zero |
//! | `429-twice[=seconds]` | the same, one `Retry-After` of 0, and one of that many seconds (1) |
//! | `429-reset[=seconds]` | the same, with `X-RateLimit-Reset` alone (1) |
//! | `401` `403` `404` `500` | refused with that status, no effect |
//! | `403-empty` | 403 without a body |
//! | `500-after` | the effect is made, the answer is 500 |
//! | `503[=seconds]` | refused with `Retry-After` (1) |
//! | `503-after[=seconds]` | the effect is made, the answer is 503 with `Retry-After` (1) |
//! | `html[=status]` | refused with an HTML page (503) |
//! | `html-after` | the effect is made, the answer is 200 with an HTML page |
//! | `object` | no effect, the answer is 200 with `{}` |
//! | `object-after` | the effect is made, the answer is 200 with `{}` |
//! | `slow[=milliseconds]` | looked at late (5000); a client that has hung up by then has no effect |
//! | `drop-before` | the connection ends, no effect |
//! | `drop-after` | the effect is made, then the connection ends |
//! | `truncated` | the effect is made, the connection ends in the middle of the answer |
//! | `cut` | the effect is made, the answer is complete HTTP with half of its JSON |
//! | `dead-token` | reads: 200 with what anonymous people see; writes: 401; both with `X-Seraph-LoginReason` |
//! | `ignored` | a write is answered as if it were done, and is not |
//! | `page-limit[=rows]` | pages hold at most that many rows, and say so (10) |
//! | `short-page[=rows]` | a page misses that many of its last rows and does not say so (1) |
//! | `empty` | a list, or the role of a desk's customers, is answered empty |
//! | `half` | on `role`, Cloud: the role of a desk's customers holds every second of them |
//! | `endless` | a list of pages goes on for ever, with rows that are made up |
//! | `drip` | the effect is made, the answer comes a byte a second |
//! | `repeat-row` | a list begins one row early, as after somebody was added to its front |
//! | `skip-row` | a list begins one row late, as after somebody was removed from its front |
//! | `hide-emails` | no address is shown |
//! | `search-lag[=searches]` | on `create` and `create-user`: that many searches do not find the account (3) |
//!
//! ```
//! # use quietdesk::sandbox::Faults;
//! let script = "create:drop-after@3, user-search:429=2%5, customers[SUP]:page-limit=20@4+, [HR]:403";
//! assert_eq!(script.parse::<Faults>().unwrap().to_string(), script);
//! assert!("create:explode".parse::<Faults>().is_err());
//! ```

mod disturbance;
mod rule;
mod script;
mod strike;

pub(super) use disturbance::{Disturbance, Lost, Refusal, Says};
pub use rule::Faults;
pub use script::{FaultError, places};
pub(super) use strike::Striking;
