//! Whichever Jira the sandbox is: its routes, and how it refuses.

use std::borrow::Cow;
use std::time::Duration;

use axum::http::HeaderMap;

use super::config::{Config, Deployment, LoginReasons};
use super::exchange::{Answer, Asked, Call};
use super::faults::Refusal;
use super::limiter::Verdict;
use super::routes::{self, Spot};
use super::{cloud, data_center};

/// A route of one of them.
#[derive(Clone, Copy, Debug)]
pub(super) enum Route {
    Cloud(&'static routes::cloud::Route),
    DataCenter(&'static routes::data_center::Route),
}

impl Route {
    /// What fault scripts call it.
    pub(super) fn spot(self) -> Spot {
        match self {
            Self::Cloud(route) => route.spot,
            Self::DataCenter(route) => route.spot,
        }
    }

    /// Answers a request to it, changing the state where Jira would.
    pub(super) fn answer(self, call: &mut Call<'_>, headers: &HeaderMap) -> Answer {
        match self {
            Self::Cloud(route) => cloud::answer(route, call, headers),
            Self::DataCenter(route) => data_center::answer(route, call, headers),
        }
    }
}

impl Deployment {
    /// The route of a request and the values of its template's parameters.
    pub(super) fn find(self, method: &str, path: &str) -> Option<(Route, Vec<String>)> {
        let path = &*self.canonical(path);
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

    /// The path that the routes have for what other versions of the platform's API answer alike.
    fn canonical(self, path: &str) -> Cow<'_, str> {
        let (others, own): (&[_], _) = match self {
            Self::Cloud => (&["/rest/api/2/", "/rest/api/latest/"], "/rest/api/3/"),
            Self::DataCenter(_) => (&["/rest/api/latest/"], "/rest/api/2/"),
        };
        let rest = others.iter().find_map(|other| path.strip_prefix(other));
        rest.map_or(Cow::Borrowed(path), |rest| Cow::Owned(format!("{own}{rest}")))
    }

    /// What stands before Jira refuses.
    pub(super) fn refusal(self, asked: &Asked, refusal: Refusal) -> Answer {
        match self {
            Self::Cloud => cloud::refusal(asked, refusal),
            Self::DataCenter(_) => data_center::refusal(asked, refusal),
        }
    }

    /// 429.
    pub(super) fn too_many(self, asked: &Asked, wait: Duration) -> Answer {
        match self {
            Self::Cloud => cloud::too_many(asked, Some(wait)),
            Self::DataCenter(_) => data_center::too_many(asked, Some(wait)),
        }
    }

    /// The headers every answer has: its number, what became of the sign-in where the rules say so, and on Data Center
    /// what is left of the rate limit.
    pub(super) fn mark(self, answer: &mut Answer, asked: &Asked, config: &Config, verdict: Verdict) {
        let rate = config.rate;
        tell_login(answer, config.rules.login_reasons);
        match self {
            Self::Cloud => answer.headers.push(("atl-traceid", format!("{:032x}", asked.seq))),
            Self::DataCenter(_) => {
                // The minute of the day, the number of the request, and how many are answered at once.
                let minute = asked.now.as_second().rem_euclid(86_400) / 60;
                answer
                    .headers
                    .push(("x-arequestid", format!("{minute}x{}x1", asked.seq)));
                for (name, value) in rate.into_iter().flat_map(|rate| data_center::limits(rate, verdict)) {
                    // A refusal with a time of its own keeps it.
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

/// What the header with the reason of a sign-in says, and in how many lines.
fn tell_login(answer: &mut Answer, reasons: LoginReasons) {
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
