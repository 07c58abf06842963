//! The ledger: results of earlier passes.
//!
//! Determines the cause of a difference ([`Ledger::cause`]) and prevents repeating a create that Jira refused. Losing a
//! ledger is safe: causes become [`Cause::Unknown`](super::step::Cause::Unknown) or
//! [`Cause::First`](super::step::Cause::First), and a refused create is tried once more.
//!
//! `facts`, `effects`, `history` and `contents` are data, below the planner; `update` folds a plan and its outcomes
//! into them, above it. The collections track their changes ([`Tracked`]), and a save writes only those.

mod contents;
mod effects;
mod facts;
mod history;
mod tracked;
mod update;

pub use self::contents::{Ledger, Parts};
pub use self::effects::Effect;
pub use self::facts::{Fact, Value};
pub use self::history::{DAY, History};
pub use self::tracked::{Tracked, TrackedSet};

#[cfg(test)]
mod tests;
