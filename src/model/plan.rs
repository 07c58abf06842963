//! The plan: every difference between the roster and Jira, decided once.
//!
//! | account of the entry | on the desk | desk | expected |
//! |---|---|---|---|
//! | one, active | yes, or in another project role | any | nothing |
//! | one, active | no | managed | `add_to_desk` |
//! | one, active | no | paused | `add_to_desk`, listed apart |
//! | absent | no | managed, or none named | `create_customer`, then `add_to_desk` |
//! | absent | no | all paused | both, listed apart |
//! | absent | no | all missing or unreadable | nothing: the desk is held |
//! | several, hidden, deactivated, an app's, wrongly pinned | any | any | held |
//! | one with a `previously` address, Data Center | any | any | `update_customer`, then `add_to_desk` |
//! | one with the new address, another with the old, Data Center | any | any | held |
//! | one with a `previously` address, Cloud | yes | restricted | `remove_from_desk`, once the new account is on it |
//! | known to the ledger, but now shows another address or none | any | any | held |
//! | to be changed, but staff or possibly staff | any | any | held; a name is noted |
//! | clocks far apart; `until` lies between this machine's date and Jira's | any | any | held |
//! | deactivated, Data Center, `--reactivate` | any | any | `update_customer`, then `add_to_desk` |
//! | one, with another name, Data Center | any | any | `update_customer` if the file's name changed, else noted |
//!
//! Removals: see `removals`. On Cloud, an account on a desk's list that is missing from a believed customer role is a
//! phantom, not on the desk: added if the roster lists it (`add_to_desk`; noted after two adds without effect), else
//! noted.
//!
//! [`plan`] is pure and synchronous; [`questions`] returns the look-ups it still needs.

mod access;
mod contents;
mod moves;
mod people;
mod planner;
mod questions;
mod removals;

pub use self::contents::{Note, NoteKind, Plan, RemovalCandidate};
pub use self::planner::{plan, plan_part};
pub use self::questions::{Questions, questions};

#[cfg(test)]
mod tests;
