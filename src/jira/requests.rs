//! The list of allowed requests: every request of quietdesk is in it.
//!
//! A [`Request`] can only be made from an [`Endpoint`], and endpoints can only be made here. None sends e-mail or takes
//! a seat; the calls that do (docs/jira.md#mailing-calls, docs/jira.md#invite-calls) are not in the list, so they
//! cannot be made.

use bytes::Bytes;
use http::Method;
use serde::Serialize;

use super::limits::MAX_RESPONSE_BYTES;

/// What to do with a request after a lost response or a 5xx.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replay {
    /// A read: repeat it.
    Safe,
    /// A second time has no further effect: repeat it.
    Idempotent,
    /// Look up its effect before it is repeated.
    LookupFirst,
}

/// One kind of request.
#[derive(Debug)]
#[expect(
    clippy::manual_non_exhaustive,
    reason = "not even the rest of this crate may make one"
)]
pub struct Endpoint {
    /// The operation, in words that complete "cannot …".
    pub operation: &'static str,
    /// The HTTP method.
    pub method: Method,
    /// The path, with `{}` for each parameter.
    pub template: &'static str,
    /// What to do after a lost response.
    pub replay: Replay,
    /// Whether it could send e-mail. False for every request in this list; counted in every report.
    pub mails: bool,
    /// Whether Jira requires `X-ExperimentalApi: opt-in`.
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

/// The platform API; its paths differ between deployments.
#[derive(Debug)]
pub struct Platform {
    /// Deployment and version (docs/jira.md#which-jira).
    pub server_info: Endpoint,
    /// quietdesk's own account (docs/jira.md#myself).
    pub myself: Endpoint,
    /// Permissions of quietdesk's own account (docs/jira.md#permissions).
    pub permissions: Endpoint,
    /// One account (docs/jira.md#more-than-a-customer).
    pub account: Endpoint,
    /// Accounts by the beginning of a name or e-mail (docs/jira.md#search-prefix).
    pub search: Endpoint,
    /// All accounts (docs/jira.md#sweep-cloud, docs/jira.md#sweep-cursor).
    pub all_accounts: Endpoint,
    /// A project's roles (docs/jira.md#project-roles).
    pub roles: Endpoint,
    /// The holders of a role (docs/jira.md#role-is-list, docs/jira.md#role-is-second-witness).
    pub role: Endpoint,
}

const SERVER_INFO: &str = "read Jira's server information";
const SIGN_IN: &str = "sign in to Jira";
const PERMISSIONS: &str = "read the account's permissions";
const ACCOUNT: &str = "read an account";
const LOOK_UP: &str = "look up an e-mail";
const ALL_ACCOUNTS: &str = "read all accounts";
const ROLES: &str = "list a project's roles";
const ROLE: &str = "read a project role";

/// Cloud's platform API.
pub static CLOUD: Platform = Platform {
    server_info: read(SERVER_INFO, "/rest/api/3/serverInfo"),
    myself: read(SIGN_IN, "/rest/api/3/myself"),
    permissions: read(PERMISSIONS, "/rest/api/3/mypermissions"),
    account: read(ACCOUNT, "/rest/api/3/user"),
    search: read(LOOK_UP, "/rest/api/3/user/search"),
    all_accounts: read(ALL_ACCOUNTS, "/rest/api/3/users/search"),
    roles: read(ROLES, "/rest/api/3/project/{}/role"),
    role: read(ROLE, "/rest/api/3/project/{}/role/{}"),
};

/// Data Center's platform API; its documentation marks a part as experimental.
pub static DATA_CENTER: Platform = Platform {
    server_info: read(SERVER_INFO, "/rest/api/2/serverInfo"),
    myself: endpoint(SIGN_IN, Method::GET, "/rest/api/2/myself", Replay::Safe, true),
    permissions: read(PERMISSIONS, "/rest/api/2/mypermissions"),
    account: read(ACCOUNT, "/rest/api/2/user"),
    search: read(LOOK_UP, "/rest/api/2/user/search"),
    all_accounts: read(ALL_ACCOUNTS, "/rest/api/2/user/list"),
    roles: read(ROLES, "/rest/api/2/project/{}/role"),
    role: read(ROLE, "/rest/api/2/project/{}/role/{}"),
};

/// Version and license of Jira Service Management (docs/jira.md#jsm-there).
pub static SERVICE_MANAGEMENT: Endpoint = read("query Jira Service Management", "/rest/servicedeskapi/info");
/// The service desks (docs/jira.md#desks-list).
pub static DESKS: Endpoint = read("list the service desks", "/rest/servicedeskapi/servicedesk");
/// A desk's customers (docs/jira.md#customers-list; experimental).
pub static CUSTOMERS: Endpoint = endpoint(
    "list a desk's customers",
    Method::GET,
    "/rest/servicedeskapi/servicedesk/{}/customer",
    Replay::Safe,
    true,
);
/// A desk's access settings (an internal path, docs/jira.md#access-path).
pub static ACCESS: Endpoint = endpoint(
    "read a desk's access mode",
    Method::GET,
    "/rest/servicedesk/1/servicedesk/{}/settings/requestsecurity",
    Replay::Safe,
    true,
);
/// Creates a customer without e-mail (docs/jira.md#create-shape, docs/jira.md#create-silent). Data Center may require
/// the opt-in (docs/jira.md#experimental-customers); Cloud ignores it.
pub static CREATE_CUSTOMER: Endpoint = endpoint(
    "create a customer",
    Method::POST,
    "/rest/servicedeskapi/customer",
    Replay::LookupFirst,
    true,
);
/// Adds accounts to a desk; idempotent (docs/jira.md#add), sends no e-mail (docs/jira.md#add-silent). Data Center may
/// require the opt-in (docs/jira.md#experimental-customers).
pub static ADD_TO_DESK: Endpoint = endpoint(
    "add customers to a desk",
    Method::POST,
    "/rest/servicedeskapi/servicedesk/{}/customer",
    Replay::Idempotent,
    true,
);
/// Removes accounts from a desk: Cloud (docs/jira.md#remove; experimental); refused while the desk is open
/// (docs/jira.md#remove-while-open).
pub static REMOVE_FROM_DESK: Endpoint = endpoint(
    "remove customers from a desk",
    Method::DELETE,
    "/rest/servicedeskapi/servicedesk/{}/customer",
    Replay::Idempotent,
    true,
);
/// Removes an account from a project's role: Data Center (docs/jira.md#remove-data-center).
pub static REMOVE_FROM_ROLE: Endpoint = endpoint(
    "remove a customer from a desk",
    Method::DELETE,
    "/rest/api/2/project/{}/role/{}",
    Replay::Idempotent,
    false,
);
/// Replaces a desk's access settings as a whole (docs/jira.md#access-full-replacement), so it is idempotent.
pub static SET_ACCESS: Endpoint = endpoint(
    "change a desk's access mode",
    Method::POST,
    "/rest/servicedesk/1/servicedesk/{}/settings/requestsecurity",
    Replay::Idempotent,
    true,
);
/// Creates an account with a first password: Data Center, and always with `applicationKeys: []` and without
/// `notification`, which sends no e-mail and takes no seat (docs/jira.md#no-applications-no-seat,
/// docs/jira.md#user-notification). See `data_center::NewUser`.
pub static CREATE_USER: Endpoint = endpoint(
    "create an account with a first password",
    Method::POST,
    "/rest/api/2/user",
    Replay::LookupFirst,
    true,
);
/// Changes an account: Data Center (docs/jira.md#change-name, docs/jira.md#rename). Addressed by its key, which a
/// rename does not change, so it is idempotent.
pub static UPDATE_USER: Endpoint = endpoint(
    "change an account",
    Method::PUT,
    "/rest/api/2/user",
    Replay::Idempotent,
    true,
);
/// Removes an application from an account, and with it the seat: Data Center (docs/jira.md#take-seat-back).
pub static TAKE_SEAT_BACK: Endpoint = endpoint(
    "take back a license seat",
    Method::DELETE,
    "/rest/api/2/user/application",
    Replay::Idempotent,
    true,
);

/// The whole list.
pub static ALL: [&Endpoint; 28] = [
    &CLOUD.server_info,
    &CLOUD.myself,
    &CLOUD.permissions,
    &CLOUD.account,
    &CLOUD.search,
    &CLOUD.all_accounts,
    &CLOUD.roles,
    &CLOUD.role,
    &DATA_CENTER.server_info,
    &DATA_CENTER.myself,
    &DATA_CENTER.permissions,
    &DATA_CENTER.account,
    &DATA_CENTER.search,
    &DATA_CENTER.all_accounts,
    &DATA_CENTER.roles,
    &DATA_CENTER.role,
    &SERVICE_MANAGEMENT,
    &DESKS,
    &CUSTOMERS,
    &ACCESS,
    &CREATE_CUSTOMER,
    &ADD_TO_DESK,
    &REMOVE_FROM_DESK,
    &REMOVE_FROM_ROLE,
    &SET_ACCESS,
    &CREATE_USER,
    &UPDATE_USER,
    &TAKE_SEAT_BACK,
];

impl Endpoint {
    /// Whether it changes anything in Jira.
    #[must_use]
    pub fn is_write(&self) -> bool {
        self.replay != Replay::Safe
    }
}

/// One request, which can be sent as often as its replay class allows. Its `Debug` output contains neither ids nor
/// data.
#[derive(Clone)]
pub struct Request {
    endpoint: &'static Endpoint,
    path: String,
    query: Vec<(&'static str, String)>,
    body: Option<Bytes>,
    max_response_bytes: usize,
}

impl Request {
    /// Creates a request to `endpoint` with its path parameters, each encoded as one segment.
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
            max_response_bytes: MAX_RESPONSE_BYTES,
        }
    }

    /// Sets the maximum size of the response, in bytes.
    #[must_use]
    pub fn with_max_response_bytes(mut self, bytes: usize) -> Self {
        self.max_response_bytes = bytes;
        self
    }

    /// Adds a query parameter.
    #[must_use]
    pub fn query(mut self, name: &'static str, value: impl ToString) -> Self {
        self.query.push((name, value.to_string()));
        self
    }

    /// Sets a JSON body. Bodies are quietdesk's own types, which always serialize.
    #[must_use]
    pub fn json(mut self, body: &impl Serialize) -> Self {
        self.body = serde_json::to_vec(body).ok().map(Bytes::from);
        self
    }

    /// Returns the endpoint.
    #[must_use]
    pub fn endpoint(&self) -> &'static Endpoint {
        self.endpoint
    }

    /// Returns the encoded path. Contains ids; not for logs above DEBUG.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// Returns the query, not encoded. May contain e-mails.
    pub(super) fn query_pairs(&self) -> &[(&'static str, String)] {
        &self.query
    }

    /// Returns the maximum size of the response, in bytes.
    pub(super) fn max_response_bytes(&self) -> usize {
        self.max_response_bytes
    }

    /// Returns the JSON body.
    pub(super) fn body(&self) -> Option<&Bytes> {
        self.body.as_ref()
    }
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Endpoint { method, template, .. } = self.endpoint;
        write!(f, "Request({method} {template})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a call sends e-mail or takes a seat (docs/jira.md#mailing-calls, docs/jira.md#invite-calls). Whether
    /// Data Center's `POST user` does depends on its body: `data_center::NewUser` cannot express such a body.
    fn is_forbidden(method: &Method, template: &str) -> bool {
        let writes = *method != Method::GET;
        writes
            && (template.ends_with("/rest/api/3/user")
                || (*method == Method::POST && template.ends_with("/user/application"))
                || template.contains("/invite")
                || template.contains("/people/")
                || template.ends_with("/skip-permission-check"))
    }

    /// No test would check an endpoint that is missing from the list.
    #[test]
    fn the_list_is_whole() {
        let (defined, _) = include_str!("requests.rs").split_once("/// The whole list.").unwrap();
        assert_eq!(defined.matches("\"/rest/").count(), ALL.len());
        let each: std::collections::BTreeSet<_> = ALL.into_iter().map(std::ptr::from_ref).collect();
        assert_eq!(each.len(), ALL.len());
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
    fn no_rendering_contains_what_is_sent() {
        let request = Request::new(&CREATE_USER, &[])
            .query("key", "ada@example.com")
            .json(&["s3cret"]);
        assert_eq!(format!("{request:?}"), "Request(POST /rest/api/2/user)");
    }

    #[test]
    fn a_parameter_is_one_segment_whatever_it_holds() {
        let request = Request::new(&CLOUD.role, &["A/../B?x=1", "1 2"]);
        assert_eq!(request.path(), "/rest/api/3/project/A%2F..%2FB%3Fx%3D1/role/1%202");
    }
}
