//! The export: Jira's present state as a roster whose plan has no steps.
//!
//! | who is on a desk's list | goes |
//! |---|---|
//! | quietdesk's own account, an app, whoever has a licence or another role in the desk's project | nowhere; counted |
//! | a deactivated account, a hidden e-mail, an e-mail no roster takes | into [`Export::withheld`] |
//! | one of several customers who show one e-mail | into [`Export::withheld`] |
//! | the only customer of an e-mail that somebody left out shows as well | into [`Export::entries`], pinned |
//! | everybody else | into [`Export::entries`] |
//!
//! Who is left out is whom quietdesk never takes off a desk, so the entries are all that a roster has to say. The
//! planner goes by e-mail and by what the desks' lists show; so does this.

mod check;
mod contents;
mod sorter;

pub use self::check::{Surplus, surplus};
pub use self::contents::{Entry, Export, ExportedDesk, LeftOut, Reason, Survey, Withheld};
pub use self::sorter::{everybody, unlisted};

#[cfg(test)]
mod tests;
