//! The list of routes.

use super::super::common::route::{Route, fit};
use super::super::config::Version;
use super::super::faults::Spot;

/// One operation of Jira Data Center.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum Operation {
    ServerInfo,
    NotHere,
    Myself,
    MyPermissions,
    Info,
    Desks,
    Desk,
    Create,
    Add,
    User,
    UserSearch,
    Accounts,
    CreateUser,
    UpdateUser,
    SetPassword,
    GiveApplication,
    TakeApplication,
    Roles,
    Role,
    LeaveRole,
    ReadAccess,
    WriteAccess,
    InviteCustomers,
    InvitePeople,
    SkipPermissionCheck,
}

const fn route(
    operation: Operation,
    name: &'static str,
    method: &'static str,
    template: &'static str,
    query: &'static [&'static str],
) -> Route<Operation> {
    Route {
        operation,
        spot: Spot { name, method, template },
        query,
        experimental: matches!(operation, Operation::ReadAccess | Operation::WriteAccess),
        public: matches!(operation, Operation::ServerInfo | Operation::NotHere | Operation::Info),
    }
}

const USER: &str = "/rest/api/2/user";
const APPLICATION: &str = "/rest/api/2/user/application";
const ROLE: &str = "/rest/api/2/project/{projectIdOrKey}/role/{id}";
const DESK_CUSTOMERS: &str = "/rest/servicedeskapi/servicedesk/{serviceDeskId}/customer";
const ACCESS_SETTINGS: &str = "/rest/servicedesk/1/servicedesk/{projectKey}/settings/requestsecurity";

#[rustfmt::skip]
static ROUTES: [Route<Operation>; 25] = [
    route(Operation::ServerInfo, "server-info", "GET", "/rest/api/2/serverInfo", &[]),
    route(Operation::NotHere, "cloud-server-info", "GET", "/rest/api/3/serverInfo", &[]),
    route(Operation::Myself, "myself", "GET", "/rest/api/2/myself", &[]),
    route(Operation::MyPermissions, "mypermissions", "GET", "/rest/api/2/mypermissions", &["projectKey", "projectId", "issueKey", "issueId"]),
    route(Operation::Info, "info", "GET", "/rest/servicedeskapi/info", &[]),
    route(Operation::Desks, "desks", "GET", "/rest/servicedeskapi/servicedesk", &["start", "limit"]),
    route(Operation::Desk, "desk", "GET", "/rest/servicedeskapi/servicedesk/{serviceDeskId}", &[]),
    route(Operation::Create, "create", "POST", "/rest/servicedeskapi/customer", &[]),
    route(Operation::Add, "add", "POST", DESK_CUSTOMERS, &[]),
    route(Operation::User, "user", "GET", USER, &["username", "key", "includeDeleted", "expand"]),
    route(Operation::UserSearch, "user-search", "GET", "/rest/api/2/user/search", &["username", "startAt", "maxResults", "includeActive", "includeInactive"]),
    route(Operation::Accounts, "accounts", "GET", "/rest/api/2/user/list", &["cursor", "maxResults"]),
    route(Operation::CreateUser, "create-user", "POST", USER, &[]),
    route(Operation::UpdateUser, "update-user", "PUT", USER, &["username", "key"]),
    route(Operation::SetPassword, "set-password", "PUT", "/rest/api/2/user/password", &["username", "key"]),
    route(Operation::GiveApplication, "give-application", "POST", APPLICATION, &["username", "applicationKey"]),
    route(Operation::TakeApplication, "take-application", "DELETE", APPLICATION, &["username", "applicationKey"]),
    route(Operation::Roles, "roles", "GET", "/rest/api/2/project/{projectIdOrKey}/role", &[]),
    route(Operation::Role, "role", "GET", ROLE, &[]),
    route(Operation::LeaveRole, "remove", "DELETE", ROLE, &["user", "group"]),
    route(Operation::ReadAccess, "read-access", "GET", ACCESS_SETTINGS, &[]),
    route(Operation::WriteAccess, "write-access", "POST", ACCESS_SETTINGS, &[]),
    route(Operation::InviteCustomers, "invite-customers", "POST", "/rest/servicedeskapi/servicedesk/{serviceDeskId}/customer/invite", &[]),
    route(Operation::InvitePeople, "invite-people", "POST", "/rest/servicedesk/1/pages/people/customers/pagination/{projectKey}/{rest}", &[]),
    route(Operation::SkipPermissionCheck, "skip-permission-check", "POST", "{rest}/skip-permission-check", &[]),
];

/// What fault scripts can name.
pub(in crate::sandbox) fn spots() -> impl Iterator<Item = Spot> {
    ROUTES.iter().map(|route| route.spot)
}

/// The route of a request and the values of its template's parameters. Accounts are listed from 10.3 on (jira-facts §1, H).
pub(in crate::sandbox) fn find(
    version: Version,
    method: &str,
    path: &str,
) -> Option<(&'static Route<Operation>, Vec<String>)> {
    if method != "GET" && path.ends_with("/skip-permission-check") {
        let forbidden = |route: &&Route<Operation>| route.operation == Operation::SkipPermissionCheck;
        return ROUTES.iter().find(forbidden).map(|route| (route, Vec::new()));
    }
    let mut of_method = ROUTES.iter().filter(|route| route.spot.method == method);
    let found = of_method.find_map(|route| Some((route, fit(route.spot.template, path)?)));
    found.filter(|(route, _)| route.operation != Operation::Accounts || version >= Version::V10_3)
}
