//! The routes of each deployment: name, method, path template and query parameters of every operation.
//!
//! A leaf: fault scripts are read against these lists, and the handlers of each deployment attach to them. Nothing here
//! knows how a request is answered.

pub(super) mod cloud;
pub(super) mod data_center;
mod route;

pub(super) use route::{Route, Spot};

/// What fault scripts can name, whichever Jira it is for: a script is read before anybody knows.
pub(super) fn spots() -> impl Iterator<Item = Spot> {
    let new = |spot: &Spot| !cloud::spots().any(|known| known == *spot);
    cloud::spots().chain(data_center::spots().filter(new))
}
