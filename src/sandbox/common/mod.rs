//! What Cloud and Data Center share: request checks, bodies, errors, pages, desks, projects, permissions, access
//! settings, and the calls that invite people.

pub(super) mod auth;
pub(super) mod body;
pub(super) mod desks;
pub(super) mod errors;
pub(super) mod invite;
pub(super) mod page;
pub(super) mod permissions;
pub(super) mod projects;
pub(super) mod settings;
pub(super) mod site;
