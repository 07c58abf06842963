//! What Cloud and Data Center have in common: the service management's own API, errors, pages, and what stands before.

pub(super) mod bodies;
pub(super) mod desks;
pub(super) mod door;
pub(super) mod errors;
pub(super) mod forbidden;
pub(super) mod page;
pub(super) mod route;
pub(super) mod settings;
