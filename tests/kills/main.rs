//! Lost answers, and a process that dies, at every call to Jira and at every write to the state directory: each kind of
//! step, both kinds of Jira. Three passes later, the site must be as if nothing had happened.
//!
//! | part | owns |
//! |---|---|
//! | `cases` | a small site and a roster for each kind of step |
//! | `death` | when a process dies: requests to Jira and writes to disk go through here, and end here |
//! | `trial` | one run of a case: a pass in which something happens, and the passes after it |
//! | `judge` | what must hold after them |

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../support/mod.rs"]
mod support;

mod cases;
mod death;
mod faults;
mod judge;
mod moments;
mod trial;
