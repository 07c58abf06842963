//! The pure part: everything quietdesk decides, as values and functions of values.
//!
//! Owns the domain types (roster, desk, customer, access, plan, step, held, guard, outcome) and the decisions made
//! with them. Must never use I/O, async, a clock, the environment or randomness: values that depend on those are
//! arguments.

pub mod access;
pub mod account;
pub mod calls;
pub mod container;
pub mod customer_role;
pub mod desk;
pub mod desk_counts;
pub mod edit;
pub mod email;
pub mod export;
#[cfg(test)]
pub(crate) mod fixtures;
pub mod guard;
pub mod held;
pub mod identity;
pub mod ledger;
pub mod name;
pub mod observed;
pub mod organization;
pub mod outcome;
pub mod outcome_counts;
pub mod plan;
pub mod policy;
pub mod redact;
pub mod report;
pub mod roster;
pub mod saved;
pub mod step;
