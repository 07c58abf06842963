//! The list of allowed requests: the only way out of the process.
//!
//! A [`Request`] can only be made from an [`Endpoint`], and endpoints can only be made here. None mails anybody or takes
//! a seat; the calls that do (docs/jira.md#mailing-calls, docs/jira.md#invite-calls) are not in the list, so they
//! cannot be made.

use bytes::Bytes;
use http::Method;
use serde::Serialize;

use super::limits::ANSWER_BYTES;

/// What may be done with a request whose answer was lost, or was a 5xx.
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

/// The platform's own API, which each kind of Jira spells in its way.
#[derive(Debug)]
pub struct Platform {
    /// Which Jira is this (docs/jira.md#which-jira).
    pub server_info: Endpoint,
    /// Who am I (docs/jira.md#myself).
    pub myself: Endpoint,
    /// What may I do (docs/jira.md#permissions).
    pub permissions: Endpoint,
    /// One account (docs/jira.md#more-than-a-customer).
    pub account: Endpoint,
    /// Accounts by the beginning of a name or e-mail (docs/jira.md#search-prefix).
    pub search: Endpoint,
    /// All accounts (docs/jira.md#sweep-cloud, docs/jira.md#sweep-cursor).
    pub all_accounts: Endpoint,
    /// A project's roles (docs/jira.md#project-roles).
    pub roles: Endpoint,
    /// Who holds a role (docs/jira.md#role-is-list, docs/jira.md#role-is-second-witness).
    pub role: Endpoint,
}

const WHICH_JIRA: &str = "ask which Jira this is";
const SIGN_IN: &str = "sign in to Jira";
const PERMISSIONS: &str = "ask for the account's permissions";
const ACCOUNT: &str = "read an account";
const LOOK_UP: &str = "look an e-mail up";
const ALL_ACCOUNTS: &str = "read all accounts";
const ROLES: &str = "list a project's roles";
const ROLE: &str = "read a project role";

/// Cloud's platform API.
pub static CLOUD: Platform = Platform {
    server_info: read(WHICH_JIRA, "/rest/api/3/serverInfo"),
    myself: read(SIGN_IN, "/rest/api/3/myself"),
    permissions: read(PERMISSIONS, "/rest/api/3/mypermissions"),
    account: read(ACCOUNT, "/rest/api/3/user"),
    search: read(LOOK_UP, "/rest/api/3/user/search"),
    all_accounts: read(ALL_ACCOUNTS, "/rest/api/3/users/search"),
    roles: read(ROLES, "/rest/api/3/project/{}/role"),
    role: read(ROLE, "/rest/api/3/project/{}/role/{}"),
};

/// Data Center's platform API, of which its own document calls a part experimental.
pub static DATA_CENTER: Platform = Platform {
    server_info: read(WHICH_JIRA, "/rest/api/2/serverInfo"),
    myself: endpoint(SIGN_IN, Method::GET, "/rest/api/2/myself", Replay::Safe, true),
    permissions: read(PERMISSIONS, "/rest/api/2/mypermissions"),
    account: read(ACCOUNT, "/rest/api/2/user"),
    search: read(LOOK_UP, "/rest/api/2/user/search"),
    all_accounts: read(ALL_ACCOUNTS, "/rest/api/2/user/list"),
    roles: read(ROLES, "/rest/api/2/project/{}/role"),
    role: read(ROLE, "/rest/api/2/project/{}/role/{}"),
};

/// Is there service management, and may it be used (docs/jira.md#jsm-there).
pub static SERVICE_MANAGEMENT: Endpoint = read("ask for Jira Service Management", "/rest/servicedeskapi/info");
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
/// How open a desk is (an internal path, docs/jira.md#access-path).
pub static ACCESS: Endpoint = endpoint(
    "read a desk's access mode",
    Method::GET,
    "/rest/servicedesk/1/servicedesk/{}/settings/requestsecurity",
    Replay::Safe,
    true,
);
/// Make a customer, silently (docs/jira.md#create-shape, docs/jira.md#create-silent). Data Center may ask to opt in
/// (docs/jira.md#experimental-customers); Cloud does not mind.
pub static CREATE_CUSTOMER: Endpoint = endpoint(
    "create a customer",
    Method::POST,
    "/rest/servicedeskapi/customer",
    Replay::LookupFirst,
    true,
);
/// Put accounts on a desk; idempotent (docs/jira.md#add), silent (docs/jira.md#add-silent). Data Center may ask to
/// opt in (docs/jira.md#experimental-customers).
pub static ADD_TO_DESK: Endpoint = endpoint(
    "add customers to a desk",
    Method::POST,
    "/rest/servicedeskapi/servicedesk/{}/customer",
    Replay::Idempotent,
    true,
);
/// Take accounts off a desk: Cloud (docs/jira.md#remove; experimental); refused while the desk is open
/// (docs/jira.md#remove-while-open).
pub static REMOVE_FROM_DESK: Endpoint = endpoint(
    "remove customers from a desk",
    Method::DELETE,
    "/rest/servicedeskapi/servicedesk/{}/customer",
    Replay::Idempotent,
    true,
);
/// Take somebody out of a project's role: Data Center (docs/jira.md#remove-data-center).
pub static REMOVE_FROM_ROLE: Endpoint = endpoint(
    "remove a customer from a desk",
    Method::DELETE,
    "/rest/api/2/project/{}/role/{}",
    Replay::Idempotent,
    false,
);
/// Replace a desk's access settings whole (docs/jira.md#access-full-replacement), which makes it idempotent.
pub static SET_ACCESS: Endpoint = endpoint(
    "change a desk's access mode",
    Method::POST,
    "/rest/servicedesk/1/servicedesk/{}/settings/requestsecurity",
    Replay::Idempotent,
    true,
);
/// Make an account with a first password: Data Center, and only ever with `applicationKeys: []` and without
/// `notification`, which mails nobody and takes no seat (docs/jira.md#no-applications-no-seat,
/// docs/jira.md#user-notification). See `data_center::NewUser`.
pub static CREATE_USER: Endpoint = endpoint(
    "create an account with a first password",
    Method::POST,
    "/rest/api/2/user",
    Replay::LookupFirst,
    true,
);
/// Change an account: Data Center (docs/jira.md#change-name, docs/jira.md#rename). Named by its key, which a new name
/// does not change, so that doing it twice is doing it once.
pub static UPDATE_USER: Endpoint = endpoint(
    "change an account",
    Method::PUT,
    "/rest/api/2/user",
    Replay::Idempotent,
    true,
);
/// Take an application away from an account, and with it the seat: Data Center (docs/jira.md#take-seat-back).
pub static TAKE_SEAT_BACK: Endpoint = endpoint(
    "take a licence seat back",
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

/// One request, ready to be sent as often as its replay class allows. Its rendering tells neither ids nor what is sent.
#[derive(Clone)]
pub struct Request {
    endpoint: &'static Endpoint,
    path: String,
    query: Vec<(&'static str, String)>,
    body: Option<Bytes>,
    most: usize,
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
            most: ANSWER_BYTES,
        }
    }

    /// With another bound on the length of the answer, in bytes.
    #[must_use]
    pub fn at_most(mut self, bytes: usize) -> Self {
        self.most = bytes;
        self
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

    /// How long the answer may be, in bytes.
    pub(super) fn most(&self) -> usize {
        self.most
    }

    /// The JSON body.
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

    /// The calls that mail or take a seat (docs/jira.md#mailing-calls, docs/jira.md#invite-calls). Data Center's
    /// `POST user` is one or not by its body alone: `data_center::NewUser` cannot spell the one that is.
    fn is_forbidden(method: &Method, template: &str) -> bool {
        let writes = *method != Method::GET;
        writes
            && (template.ends_with("/rest/api/3/user")
                || (*method == Method::POST && template.ends_with("/user/application"))
                || template.contains("/invite")
                || template.contains("/people/")
                || template.ends_with("/skip-permission-check"))
    }

    /// An endpoint that the list leaves out would be judged by no test.
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
    fn no_rendering_tells_what_is_sent() {
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
