//! What earlier passes saw and learnt.
//!
//! Tells why a difference is there ([`Ledger::cause`]) and keeps a create that Jira refused from being asked again.
//! Losing a ledger is safe: causes become [`Cause::Unknown`](super::step::Cause::Unknown) or
//! [`Cause::First`](super::step::Cause::First), and a refused create is asked once more.
//!
//! `facts`, `deeds`, `history` and `memory` are data, below the planner; `update` folds a plan and what became of it into
//! them, above it. What is folded in keeps account of what changed ([`Tracked`]), and that is what a save writes.

mod deeds;
mod facts;
mod history;
mod memory;
mod tracked;
mod update;

pub use self::deeds::Deed;
pub use self::facts::{Fact, Value};
pub use self::history::{DAY, History};
pub use self::memory::{Ledger, Parts};
pub use self::tracked::{Tracked, TrackedSet};

#[cfg(test)]
mod tests;
