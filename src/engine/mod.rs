//! One pass: observe, plan, guard, apply.
//!
//! Owns the order in which Jira is read, the fixed protocol of every step kind, and the persistent state. Must never
//! add, retarget or reorder a step: `model::plan` decides the steps and `model::guard` checks them.

pub mod apply;
pub mod clock;
pub mod desk_cache;
pub mod journal;
pub mod observe;
pub mod pass;
pub mod passwords;
pub mod progress;
pub mod recheck;
pub mod session;
pub mod state;
