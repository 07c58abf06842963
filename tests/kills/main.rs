//! Answers that are lost, and a process that dies, at every call to Jira and at every write to the state directory: each
//! kind of step, both kinds of Jira. Whatever it was, three passes later all is as if nothing had happened.
//!
//! | part | owns |
//! |---|---|
//! | `cases` | a small site and a roster for each kind of step |
//! | `death` | when a process dies: what it sends to Jira and writes down goes through here, and ends here |
//! | `trial` | one case lived through: a pass in which something happens, and the passes after it |
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
