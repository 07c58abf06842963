//! Dispatch between Cloud and Data Center: routes, refusals, and the headers of every response.

use std::borrow::Cow;
use std::time::Duration;

use axum::http::HeaderMap;

use super::config::{Config, Deployment, LoginReasons};
use super::exchange::{JiraRequest, JiraResponse, RequestContext};
use super::faults::Refusal;
use super::limiter::Verdict;
use super::routes::{self, RouteName};
use super::{cloud, data_center};

/// A route of either deployment.
#[derive(Clone, Copy, Debug)]
pub(super) enum Route {
    Cloud(&'static routes::cloud::Route),
    DataCenter(&'static routes::data_center::Route),
}

impl Route {
    /// Its name in fault scripts.
    pub(super) fn route_name(self) -> RouteName {
        match self {
            Self::Cloud(route) => route.route_name,
            Self::DataCenter(route) => route.route_name,
        }
    }

    /// Answers a request to the route, changing the state where Jira would.
    pub(super) fn answer(self, call: &mut RequestContext<'_>, headers: &HeaderMap) -> JiraResponse {
        match self {
            Self::Cloud(route) => cloud::answer(route, call, headers),
            Self::DataCenter(route) => data_center::answer(route, call, headers),
        }
    }
}

impl Deployment {
    /// Returns the route of a request and the values of its template's parameters.
    pub(super) fn find_route(self, method: &str, path: &str) -> Option<(Route, Vec<String>)> {
        let path = &*self.canonical_path(path);
        match self {
            Self::Cloud => {
                let found = routes::cloud::find(method, path);
                found.map(|(route, ids)| (Route::Cloud(route), ids))
            }
            Self::DataCenter(_) => {
                let found = routes::data_center::find(method, path);
                found.map(|(route, ids)| (Route::DataCenter(route), ids))
            }
        }
    }

    /// Maps the path of another version of the platform's API to the version in `routes`.
    fn canonical_path(self, path: &str) -> Cow<'_, str> {
        let (others, own): (&[_], _) = match self {
            Self::Cloud => (&["/rest/api/2/", "/rest/api/latest/"], "/rest/api/3/"),
            Self::DataCenter(_) => (&["/rest/api/latest/"], "/rest/api/2/"),
        };
        let rest = others.iter().find_map(|other| path.strip_prefix(other));
        rest.map_or(Cow::Borrowed(path), |rest| Cow::Owned(format!("{own}{rest}")))
    }

    /// The response to an injected refusal.
    pub(super) fn refusal(self, asked: &JiraRequest, refusal: Refusal) -> JiraResponse {
        match self {
            Self::Cloud => cloud::refusal(asked, refusal),
            Self::DataCenter(_) => data_center::refusal(asked, refusal),
        }
    }

    /// The 429 of the rate limit.
    pub(super) fn too_many(self, asked: &JiraRequest, wait: Duration) -> JiraResponse {
        match self {
            Self::Cloud => cloud::too_many(asked, Some(wait)),
            Self::DataCenter(_) => data_center::too_many(asked, Some(wait)),
        }
    }

    /// Adds the headers of every response: its number, the sign-in result if the rules require it, and on Data Center
    /// the rate limit.
    pub(super) fn add_response_headers(
        self,
        answer: &mut JiraResponse,
        asked: &JiraRequest,
        config: &Config,
        verdict: Verdict,
    ) {
        let rate = config.rate;
        set_login_reason_headers(answer, config.rules.login_reasons);
        match self {
            Self::Cloud => answer.headers.push(("atl-traceid", format!("{:032x}", asked.seq))),
            Self::DataCenter(_) => {
                // The minute of the day, the number of the request, and the number of concurrent requests.
                let minute = asked.now.as_second().rem_euclid(86_400) / 60;
                answer
                    .headers
                    .push(("x-arequestid", format!("{minute}x{}x1", asked.seq)));
                for (name, value) in rate
                    .into_iter()
                    .flat_map(|rate| data_center::rate_limit_headers(rate, verdict))
                {
                    // A refusal that already has a `Retry-After` keeps it.
                    if answer.headers.iter().all(|(has, _)| *has != name) {
                        answer.headers.push((name, value));
                    }
                }
            }
        }
    }

    /// Whether each operation has a rate limit of its own.
    pub(super) fn limits_each_operation(self) -> bool {
        match self {
            Self::Cloud => true,
            Self::DataCenter(_) => false,
        }
    }
}

/// Rewrites `X-Seraph-LoginReason` into the form that the rules require.
fn set_login_reason_headers(answer: &mut JiraResponse, reasons: LoginReasons) {
    const REASON: &str = "x-seraph-loginreason";
    if reasons == LoginReasons::OfFailures {
        return;
    }
    let found = answer.headers.iter().position(|(name, _)| *name == REASON);
    let reason = found.map_or("OK".to_owned(), |at| answer.headers.remove(at).1);
    match reasons {
        LoginReasons::OfFailures => {}
        LoginReasons::Listed => answer.headers.push((REASON, format!("OUT, {reason}"))),
        LoginReasons::Twice => answer.headers.extend([(REASON, "OUT".to_owned()), (REASON, reason)]),
    }
}
