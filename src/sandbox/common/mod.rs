//! What Cloud and Data Center have in common: how routes are found, the door, errors, pages, desks, permissions, access
//! settings, and
//! the calls that invite people.

pub(super) mod body;
pub(super) mod desks;
pub(super) mod door;
pub(super) mod errors;
pub(super) mod invite;
pub(super) mod page;
pub(super) mod permissions;
pub(super) mod projects;
pub(super) mod settings;
pub(super) mod site;
