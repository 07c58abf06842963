//! The list of allowed requests: the only way out of the process.
//!
//! A [`Request`] can only be made from an [`Endpoint`], and endpoints can only be made here. None mails anybody or takes
//! a seat; the calls that do (jira-facts §2) are not in the list, so they cannot be made.

use bytes::Bytes;
use http::Method;
use serde::Serialize;

/// What may be done with a request whose answer was lost, or was a 5xx (design §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replay {
    /// It changes nothing: repeat it.
    Safe,
    /// Doing it twice is doing it once: repeat it.
    Idempotent,
    /// Look up what became of it before anything is repeated.
    LookupFirst,
}

/// One kind of request quietdesk can make.
#[derive(Debug)]
#[expect(
    clippy::manual_non_exhaustive,
    reason = "not even the rest of this crate may make one"
)]
pub struct Endpoint {
    /// What it does, in words that complete "cannot …".
    pub operation: &'static str,
    /// The HTTP method.
    pub method: Method,
    /// The path, with `{}` for each parameter.
    pub template: &'static str,
    /// What may be done after a lost answer.
    pub replay: Replay,
    /// Whether it could mail anybody. Never true of a request in this list; counted in every report.
    pub mails: bool,
    /// Whether Jira asks for `X-ExperimentalApi: opt-in`.
    pub experimental: bool,
    _only_here: (),
}

const fn endpoint(
    operation: &'static str,
    method: Method,
    template: &'static str,
    replay: Replay,
    experimental: bool,
) -> Endpoint {
    Endpoint {
        operation,
        method,
        template,
        replay,
        mails: false,
        experimental,
        _only_here: (),
    }
}

const fn read(operation: &'static str, template: &'static str) -> Endpoint {
    endpoint(operation, Method::GET, template, Replay::Safe, false)
}

const fn write(operation: &'static str, template: &'static str, replay: Replay) -> Endpoint {
    endpoint(operation, Method::POST, template, replay, false)
}

/// Which Jira is this (jira-facts §1, H).
pub static SERVER_INFO: Endpoint = read("ask which Jira this is", "/rest/api/3/serverInfo");
/// Who am I (H).
pub static MYSELF: Endpoint = read("sign in to Jira", "/rest/api/3/myself");
/// What may I do (H).
pub static MY_PERMISSIONS: Endpoint = read("ask for the account's permissions", "/rest/api/3/mypermissions");
/// The service desks (H).
pub static DESKS: Endpoint = read("list the service desks", "/rest/servicedeskapi/servicedesk");
/// A desk's customers (H; experimental).
pub static CUSTOMERS: Endpoint = endpoint(
    "list a desk's customers",
    Method::GET,
    "/rest/servicedeskapi/servicedesk/{}/customer",
    Replay::Safe,
    true,
);
/// How open a desk is (jira-facts §3: internal path, H that it exists).
pub static ACCESS: Endpoint = endpoint(
    "read a desk's access mode",
    Method::GET,
    "/rest/servicedesk/1/servicedesk/{}/settings/requestsecurity",
    Replay::Safe,
    true,
);
/// One account (H).
pub static ACCOUNT: Endpoint = read("read an account", "/rest/api/3/user");
/// Active accounts by the beginning of a name or e-mail (H).
pub static SEARCH: Endpoint = read("look an e-mail up", "/rest/api/3/user/search");
/// All accounts (H).
pub static ALL_ACCOUNTS: Endpoint = read("read all accounts", "/rest/api/3/users/search");
/// A project's roles (H).
pub static ROLES: Endpoint = read("list a project's roles", "/rest/api/3/project/{}/role");
/// Who holds a role (H).
pub static ROLE: Endpoint = read("read a project role", "/rest/api/3/project/{}/role/{}");
/// Make a customer, silently (jira-facts §1: shape H, silence M).
pub static CREATE_CUSTOMER: Endpoint = write(
    "create a customer",
    "/rest/servicedeskapi/customer",
    Replay::LookupFirst,
);
/// Put accounts on a desk; idempotent (H), silent (jira-facts §2, M).
pub static ADD_TO_DESK: Endpoint = write(
    "add customers to a desk",
    "/rest/servicedeskapi/servicedesk/{}/customer",
    Replay::Idempotent,
);
/// Replace a desk's access settings whole (jira-facts §3, I), which makes it idempotent.
pub static SET_ACCESS: Endpoint = endpoint(
    "change a desk's access mode",
    Method::POST,
    "/rest/servicedesk/1/servicedesk/{}/settings/requestsecurity",
    Replay::Idempotent,
    true,
);

/// The whole list.
pub static ALL: [&Endpoint; 14] = [
    &SERVER_INFO,
    &MYSELF,
    &MY_PERMISSIONS,
    &DESKS,
    &CUSTOMERS,
    &ACCESS,
    &ACCOUNT,
    &SEARCH,
    &ALL_ACCOUNTS,
    &ROLES,
    &ROLE,
    &CREATE_CUSTOMER,
    &ADD_TO_DESK,
    &SET_ACCESS,
];

impl Endpoint {
    /// Whether it changes anything in Jira.
    #[must_use]
    pub fn is_write(&self) -> bool {
        self.replay != Replay::Safe
    }
}

/// One request, ready to be sent as often as its replay class allows.
#[derive(Clone, Debug)]
pub struct Request {
    endpoint: &'static Endpoint,
    path: String,
    query: Vec<(&'static str, String)>,
    body: Option<Bytes>,
}

impl Request {
    /// A request to `endpoint`, its path parameters filled in, each as one segment whatever it holds.
    #[must_use]
    pub fn new(endpoint: &'static Endpoint, parameters: &[&str]) -> Self {
        let mut pieces = endpoint.template.split("{}");
        let mut path = pieces.next().unwrap_or_default().to_owned();
        for (piece, parameter) in pieces.zip(parameters) {
            path.extend(
                url::form_urlencoded::byte_serialize(parameter.as_bytes()).map(|part| part.replace('+', "%20")),
            );
            path.push_str(piece);
        }
        Self {
            endpoint,
            path,
            query: Vec::new(),
            body: None,
        }
    }

    /// With a query parameter.
    #[must_use]
    pub fn query(mut self, name: &'static str, value: impl ToString) -> Self {
        self.query.push((name, value.to_string()));
        self
    }

    /// With a JSON body. Bodies are quietdesk's own types, which always serialise.
    #[must_use]
    pub fn json(mut self, body: &impl Serialize) -> Self {
        self.body = serde_json::to_vec(body).ok().map(Bytes::from);
        self
    }

    /// What it is a request to.
    #[must_use]
    pub fn endpoint(&self) -> &'static Endpoint {
        self.endpoint
    }

    /// The path, encoded. Holds ids; not for logs above DEBUG.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// The query, not encoded. May hold e-mails.
    pub(super) fn query_pairs(&self) -> &[(&'static str, String)] {
        &self.query
    }

    /// The JSON body.
    pub(super) fn body(&self) -> Option<&Bytes> {
        self.body.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The calls that mail or take a seat (jira-facts §2).
    fn is_forbidden(method: &Method, template: &str) -> bool {
        let writes = *method != Method::GET;
        writes
            && (template.ends_with("/rest/api/3/user")
                || template.ends_with("/rest/api/2/user")
                || template.contains("/invite")
                || template.contains("/people/")
                || template.ends_with("/skip-permission-check"))
    }

    #[test]
    fn nothing_in_the_list_mails_or_takes_a_seat() {
        for endpoint in ALL {
            assert!(!endpoint.mails, "{}", endpoint.operation);
            assert!(
                !is_forbidden(&endpoint.method, endpoint.template),
                "{}",
                endpoint.operation
            );
        }
        assert!(is_forbidden(&Method::POST, "/rest/api/3/user"));
        assert!(is_forbidden(
            &Method::POST,
            "/rest/servicedeskapi/servicedesk/{}/customer/invite"
        ));
    }

    #[test]
    fn only_reads_may_be_repeated_without_thought() {
        for endpoint in ALL {
            assert_eq!(
                endpoint.method == Method::GET,
                endpoint.replay == Replay::Safe,
                "{}",
                endpoint.operation
            );
        }
        assert_eq!(CREATE_CUSTOMER.replay, Replay::LookupFirst);
    }

    #[test]
    fn a_parameter_is_one_segment_whatever_it_holds() {
        let request = Request::new(&ROLE, &["A/../B?x=1", "1 2"]);
        assert_eq!(request.path(), "/rest/api/3/project/A%2F..%2FB%3Fx%3D1/role/1%202");
    }
}
