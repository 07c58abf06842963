//! What the integration tests share.

#![allow(
    dead_code,
    clippy::print_stdout,
    reason = "each test crate uses its own part of this"
)]

pub(crate) mod campaign;
pub(crate) mod contracts;
pub(crate) mod desks;
pub(crate) mod program;
pub(crate) mod server;
pub(crate) mod site;
pub(crate) mod status;
pub(crate) mod world;
