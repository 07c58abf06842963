//! The routes of Jira Cloud and its service management.

use super::route::{self, RouteName, SKIP_PERMISSION_CHECK};

/// One operation of Jira Cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum Operation {
    ServerInfo,
    Myself,
    MyPermissions,
    Info,
    Desks,
    Desk,
    Create,
    Customers,
    Add,
    Remove,
    User,
    UserSearch,
    Accounts,
    Roles,
    Role,
    ReadAccess,
    WriteAccess,
    InviteUser,
    InviteCustomers,
    InvitePeople,
    SkipPermissionCheck,
}

/// One route.
pub(in crate::sandbox) type Route = route::Route<Operation>;

impl Operation {
    /// Whether `X-ExperimentalApi: opt-in` must be sent.
    pub(in crate::sandbox) fn is_experimental(self) -> bool {
        matches!(
            self,
            Self::Customers | Self::Remove | Self::ReadAccess | Self::WriteAccess
        )
    }
}

const fn route(
    operation: Operation,
    name: &'static str,
    method: &'static str,
    template: &'static str,
    query: &'static [&'static str],
) -> Route {
    Route {
        operation,
        route_name: RouteName { name, method, template },
        query,
        body: !matches!(method.as_bytes(), b"GET"),
        public: matches!(operation, Operation::ServerInfo | Operation::Info),
    }
}

const DESK_CUSTOMERS: &str = "/rest/servicedeskapi/servicedesk/{serviceDeskId}/customer";
const ACCESS_SETTINGS: &str = "/rest/servicedesk/1/servicedesk/{projectKey}/settings/requestsecurity";

#[rustfmt::skip]
static ROUTES: [Route; 21] = [
    route(Operation::ServerInfo, "server-info", "GET", "/rest/api/3/serverInfo", &["doHealthCheck"]),
    route(Operation::Myself, "myself", "GET", "/rest/api/3/myself", &["expand"]),
    route(Operation::MyPermissions, "mypermissions", "GET", "/rest/api/3/mypermissions", &["permissions", "projectKey", "projectId"]),
    route(Operation::Info, "info", "GET", "/rest/servicedeskapi/info", &[]),
    route(Operation::Desks, "desks", "GET", "/rest/servicedeskapi/servicedesk", &["start", "limit"]),
    route(Operation::Desk, "desk", "GET", "/rest/servicedeskapi/servicedesk/{serviceDeskId}", &[]),
    route(Operation::Create, "create", "POST", "/rest/servicedeskapi/customer", &["strictConflictStatusCode"]),
    route(Operation::Customers, "customers", "GET", DESK_CUSTOMERS, &["query", "start", "limit"]),
    route(Operation::Add, "add", "POST", DESK_CUSTOMERS, &[]),
    route(Operation::Remove, "remove", "DELETE", DESK_CUSTOMERS, &[]),
    route(Operation::User, "user", "GET", "/rest/api/3/user", &["accountId", "expand"]),
    route(Operation::UserSearch, "user-search", "GET", "/rest/api/3/user/search", &["query", "accountId", "startAt", "maxResults", "includeActive", "includeInactive"]),
    route(Operation::Accounts, "accounts", "GET", "/rest/api/3/users/search", &["startAt", "maxResults"]),
    route(Operation::Roles, "roles", "GET", "/rest/api/3/project/{projectIdOrKey}/role", &[]),
    route(Operation::Role, "role", "GET", "/rest/api/3/project/{projectIdOrKey}/role/{id}", &["excludeInactiveUsers"]),
    route(Operation::ReadAccess, "read-access", "GET", ACCESS_SETTINGS, &[]),
    route(Operation::WriteAccess, "write-access", "POST", ACCESS_SETTINGS, &[]),
    route(Operation::InviteUser, "invite-user", "POST", "/rest/api/3/user", &[]),
    route(Operation::InviteCustomers, "invite-customers", "POST", "/rest/servicedeskapi/servicedesk/{serviceDeskId}/customer/invite", &[]),
    route(Operation::InvitePeople, "invite-people", "POST", "/rest/servicedesk/1/pages/people/customers/pagination/{projectKey}/{rest}", &[]),
    route(Operation::SkipPermissionCheck, "skip-permission-check", "POST", SKIP_PERMISSION_CHECK, &[]),
];

/// The routes that fault scripts can name.
pub(super) fn route_names() -> impl Iterator<Item = RouteName> {
    ROUTES.iter().map(|route| route.route_name)
}

/// Returns the route of a request and the values of its template's parameters.
pub(in crate::sandbox) fn find(method: &str, path: &str) -> Option<(&'static Route, Vec<String>)> {
    route::find(&ROUTES, method, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_find_their_routes() {
        let found = |method: &str, path: &str| {
            find(method, path).map(|(route, values)| (route.route_name.name, values.join(",")))
        };
        let is = |name: &'static str, values: &str| Some((name, values.to_owned()));
        let customers = "/rest/servicedeskapi/servicedesk/7/customer";
        assert_eq!(found("GET", customers), is("customers", "7"));
        assert_eq!(found("DELETE", customers), is("remove", "7"));
        assert_eq!(found("PUT", customers), None);
        assert_eq!(found("GET", "/rest/api/3/project/SUP/role/10"), is("role", "SUP,10"));
        assert_eq!(found("GET", "/rest/api/3/project/SUP/role/10/"), None);
        assert_eq!(found("GET", "/rest/servicedeskapi/servicedesk/"), None);
        let people = "/rest/servicedesk/1/pages/people/customers/pagination/SUP";
        for tail in ["invite", "invite/now", "inviteCustomers"] {
            assert_eq!(found("POST", &format!("{people}/{tail}")), is("invite-people", "SUP"));
        }
        assert_eq!(found("POST", people), None);
        let tail = "/rest/anything/skip-permission-check";
        assert_eq!(found("PUT", tail), is("skip-permission-check", ""));
    }
}
