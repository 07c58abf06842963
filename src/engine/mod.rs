//! One pass: observe, plan, judge, apply.
//!
//! Owns the order in which Jira is read, the fixed protocol of every step, and what outlives the process. Must never add, retarget or reorder a
//! step: what is done was decided in `model::plan`, and seen by `model::guard`.

pub mod apply;
pub mod clock;
pub mod journal;
pub mod memory;
pub mod observe;
pub mod pass;
pub mod passwords;
pub mod progress;
pub mod recheck;
pub mod session;
pub mod state;
