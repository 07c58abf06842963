//! Which deployment a request is answered by.

use axum::http::HeaderMap;

use super::common::route::Route;
use super::config::Deployment;
use super::exchange::{Answer, Call};
use super::faults::Spot;
use super::{cloud, data_center};

/// A route of either deployment.
#[derive(Clone, Copy, Debug)]
pub(super) enum Routed {
    Cloud(&'static Route<cloud::Operation>),
    DataCenter(&'static Route<data_center::Operation>),
}

/// What fault scripts can name, of either deployment: one name can stand for a route of each.
pub(super) fn spots() -> impl Iterator<Item = Spot> {
    cloud::spots().chain(data_center::spots())
}

/// The route of a request and the values of its template's parameters.
pub(super) fn find(deployment: Deployment, method: &str, path: &str) -> Option<(Routed, Vec<String>)> {
    match deployment {
        Deployment::Cloud => cloud::find(method, path).map(|(route, ids)| (Routed::Cloud(route), ids)),
        Deployment::DataCenter(version) => {
            let found = data_center::find(version, method, path);
            found.map(|(route, ids)| (Routed::DataCenter(route), ids))
        }
    }
}

impl Routed {
    pub(super) fn spot(self) -> Spot {
        match self {
            Self::Cloud(route) => route.spot,
            Self::DataCenter(route) => route.spot,
        }
    }

    /// Answers a request, changing the state where Jira would.
    pub(super) fn answer(self, call: &mut Call<'_>, headers: &HeaderMap) -> Answer {
        match self {
            Self::Cloud(route) => cloud::answer(route, call, headers),
            Self::DataCenter(route) => data_center::answer(route, call, headers),
        }
    }
}
