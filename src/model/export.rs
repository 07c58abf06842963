//! The export: Jira's present state as a roster with an empty plan.
//!
//! | account on a desk's list | result |
//! |---|---|
//! | quietdesk's own, an app, with a license or another role in the desk's project | left out; counted |
//! | deactivated, with a hidden e-mail, or one that no roster accepts | in [`Export::withheld`] |
//! | one of several customers with the same e-mail | in [`Export::withheld`] |
//! | the only customer with an e-mail that a left-out account also shows | in [`Export::entries`], pinned |
//! | any other | in [`Export::entries`] |
//!
//! quietdesk never removes the accounts that are left out, so the entries alone make a complete roster. Like the
//! planner, the export identifies people by e-mail and by what the desks' lists show.

mod check;
mod contents;
mod sorter;

pub use self::check::{Surplus, surplus};
pub use self::contents::{Entry, Export, ExportSnapshot, ExportedDesk, LeftOut, Withheld, WithholdReason};
pub use self::sorter::{export_all, export_unlisted};

#[cfg(test)]
mod tests;
