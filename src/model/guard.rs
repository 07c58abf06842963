//! Guards: limits on the removals of a plan.
//!
//! Checks a whole plan before its first write, and before Jira is asked which removal candidates are staff. A refused
//! part blocks nothing else.
//!
//! | guard | refuses | override |
//! |---|---|---|
//! | removals | all removals on a desk if they exceed 10 % of its customers or 25 people in 24 hours; all removals if they exceed 25 people on the site. A desk with under 10 customers is checked by count only | `--max-removals`, `--max-removal-percent` |
//! | shrink | the removals on a desk for which the roster lists over 30 % fewer people than the previously applied one; under 10 people, only the empty guard applies | `--allow-shrink` |
//! | empty | the removals on a desk without listed customers; all removals if the roster lists no customers | `--allow-empty` |
//! | untrusted | the removals on a desk with a list that is partial, or shrank by over 30 % since it was last read | reading again, `approve` |
//!
//! `approve ID` overrides one finding once, except that of a partial list, which must be read again.
//!
//! Each guard is a function `&GuardInput -> Option<OverridableFinding>` in its own file. [`GuardKind`] lists them.

mod approval;
mod empty;
mod finding;
mod input;
mod kind;
mod limits;
mod removals;
mod run;
mod shrink;
mod untrusted;

pub use self::approval::{Approval, ApprovedPlan};
pub use self::finding::{Finding, is_finding_id};
pub use self::input::GuardContext;
pub use self::kind::GuardKind;
pub use self::limits::Settings;
pub use self::run::{GuardReport, run_guards};

#[cfg(test)]
mod tests;
