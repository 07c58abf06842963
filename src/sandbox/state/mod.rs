//! The state of the simulated Jira and its changes: accounts, desks, memberships.
//!
//! Pure: no async, no clock, no HTTP. Every change is a function that returns what changed; the handlers of each
//! deployment turn that into Jira's response. Shared by both deployments.

mod account;
mod desk;
mod desks;
mod directory;
mod search;
mod site;
mod snapshot;
mod users;

pub(super) use account::{Account, AccountNumber};
pub(super) use desk::{Desk, DeskIsOpen, Settings};
pub(super) use directory::{APPLICATIONS, Application, NewUser};
pub(super) use site::State;
pub use snapshot::{AccountSnapshot, DeskSnapshot, Snapshot, UserSnapshot};

#[cfg(test)]
mod tests;
