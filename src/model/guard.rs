//! What stands between a plan and Jira.
//!
//! Owns the judgement of a whole plan before its first write, and before it is asked who of those to be removed is more
//! than a customer. A part that is refused holds up nothing else.
//!
//! | guard | refuses | way out |
//! |---|---|---|
//! | removals | more than 10 % of a desk's customers, or more than 25, in 24 hours, all of that desk's; more than 25 on the site, all of them. A desk under 10 customers is judged by count alone | `--max-removals`, `--max-removal-percent` |
//! | shrink | the removals on a desk for which the roster lists over 30 % fewer people than the one applied before; fewer than 10 are judged by emptiness alone | `--allow-shrink` |
//! | empty | the removals on a desk that nobody is listed on any more; with nobody listed at all, all of them | `--allow-empty` |
//! | untrusted | the removals on a desk whose list is partial, or shrank by over 30 % since it was last read | reading again, `approve` |
//!
//! `approve ID` releases one finding of any of them once, but a partial list: a gap is no fact to approve of.
//!
//! Each guard is a function of one shape in a file of its own: what is known of one container or of the site, to what it
//! finds there. [`GuardKind`] lists them.

mod approval;
mod context;
mod empty;
mod finding;
mod kind;
mod limits;
mod removals;
mod screening;
mod shrink;
mod untrusted;

pub use self::approval::{Approval, ApprovedPlan};
pub use self::context::Judge;
pub use self::finding::{Finding, is_finding_id};
pub use self::kind::GuardKind;
pub use self::limits::Settings;
pub use self::screening::{Screening, screen};

#[cfg(test)]
mod tests;
