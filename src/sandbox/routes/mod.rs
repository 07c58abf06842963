//! The routes of each deployment: name, method, path template and query parameters of every operation.
//!
//! A leaf: fault scripts are parsed against these lists, and the handlers of each deployment dispatch on them. It must
//! not contain how requests are answered.

pub(super) mod cloud;
pub(super) mod data_center;
mod route;

pub(super) use route::{Route, RouteName};

/// The routes that fault scripts can name, of both deployments: a script is parsed before the deployment is known.
pub(super) fn route_names() -> impl Iterator<Item = RouteName> {
    let new = |spot: &RouteName| !cloud::route_names().any(|known| known == *spot);
    cloud::route_names().chain(data_center::route_names().filter(new))
}
