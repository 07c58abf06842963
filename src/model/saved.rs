//! A plan that was saved: its steps, what each was computed from, and what the guards went by.
//!
//! It is applied later, perhaps by somebody else on another machine. [`SavedPlan::recheck`] compares what is so by then
//! with what was so: a step whose end is reached is left out, and where anything else moved the plan is stale as a whole.
//!
//! | step | computed from | its end is reached when |
//! |---|---|---|
//! | `create_customer` | nobody has the address | one active account shows it |
//! | `update_customer` | the account, its name, nobody has the new address, it is a mere customer | every change is so |
//! | `add_to_desk` | the account, the desk, the account is not on it | it is on the desk |
//! | `remove_from_desk` | the account, the desk, its access mode, the account is on it and a mere customer | it is not on the desk |
//! | `set_access` | the desk, its access mode | it has the mode |

mod contents;
mod premises;
mod recheck;

pub use self::contents::SavedPlan;
pub use self::premises::{Premise, Seen};
pub use self::recheck::{Changed, Rechecked};

#[cfg(test)]
mod tests;
