//! What the simulated Jira knows and how it changes: accounts, desks, who is on which.
//!
//! Pure: no async, no clock, no HTTP. Every change is a function that says what happened; how Jira words that is for
//! the routes of each deployment. Shared by all deployments.

mod account;
mod desk;
mod desks;
mod directory;
mod search;
mod site;
mod snapshot;
mod users;

pub(super) use account::{Account, No};
pub(super) use desk::{Desk, DeskIsOpen, Settings};
pub(super) use directory::{APPLICATIONS, Application, NewUser};
pub(super) use site::State;
pub use snapshot::{AccountSnapshot, DeskSnapshot, Snapshot, UserSnapshot};

#[cfg(test)]
mod tests;
