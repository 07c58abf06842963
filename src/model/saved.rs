//! A saved plan: its steps, the preconditions of each, and the history that the guards used.
//!
//! It may be applied later, by another person on another machine. [`SavedPlan::recheck`] compares the preconditions
//! with Jira: it drops steps that are already done; if anything else changed, the whole plan is stale.
//!
//! | step | preconditions | already done if |
//! |---|---|---|
//! | `create_customer` | no account has the address | one active account shows it |
//! | `update_customer` | the account, its name, only a customer, new address free | all changes are made |
//! | `add_to_desk` | the account, not on the desk; the desk | it is on the desk |
//! | `remove_from_desk` | the account, only a customer, on the desk; the desk, its access mode | it is not on it |
//! | `set_access` | the desk, its access mode | it has the mode |

mod contents;
mod preconditions;
mod recheck;

pub use self::contents::SavedPlan;
pub use self::preconditions::{Observation, Precondition};
pub use self::recheck::{ChangedPrecondition, Rechecked};

#[cfg(test)]
mod tests;
