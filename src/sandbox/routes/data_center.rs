//! The routes of Jira Data Center and its service management.

use super::route::{self, RouteName, SKIP_PERMISSION_CHECK};

/// One operation of Jira Data Center.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum Operation {
    ServerInfo,
    Info,
    Myself,
    MyPermissions,
    Desks,
    Desk,
    Create,
    Add,
    ListCustomers,
    RemoveCustomers,
    User,
    CloudServerInfo,
    UserSearch,
    UsersList,
    CreateUser,
    UpdateUser,
    SetPassword,
    GrantApplication,
    RevokeApplication,
    Roles,
    Role,
    RoleAdd,
    Remove,
    ReadAccess,
    WriteAccess,
    InviteCustomers,
    InvitePeople,
    SkipPermissionCheck,
}

/// One route.
pub(in crate::sandbox) type Route = route::Route<Operation>;

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
        body: !matches!(method.as_bytes(), b"GET")
            && !matches!(
                operation,
                Operation::GrantApplication | Operation::RevokeApplication | Operation::Remove
            ),
        public: matches!(
            operation,
            Operation::ServerInfo | Operation::CloudServerInfo | Operation::Info
        ),
    }
}

const DESK_CUSTOMERS: &str = "/rest/servicedeskapi/servicedesk/{serviceDeskId}/customer";
const ACCESS_SETTINGS: &str = "/rest/servicedesk/1/servicedesk/{projectKey}/settings/requestsecurity";
const USER: &str = "/rest/api/2/user";
const USER_APPLICATION: &str = "/rest/api/2/user/application";
const ROLE: &str = "/rest/api/2/project/{projectIdOrKey}/role/{id}";

#[rustfmt::skip]
static ROUTES: [Route; 28] = [
    route(Operation::ServerInfo, "server-info", "GET", "/rest/api/2/serverInfo", &["doHealthCheck"]),
    route(Operation::CloudServerInfo, "server-info", "GET", "/rest/api/3/serverInfo", &[]),
    route(Operation::Info, "info", "GET", "/rest/servicedeskapi/info", &[]),
    route(Operation::Myself, "myself", "GET", "/rest/api/2/myself", &[]),
    route(Operation::MyPermissions, "mypermissions", "GET", "/rest/api/2/mypermissions", &["permissions", "projectKey", "projectId"]),
    route(Operation::Desks, "desks", "GET", "/rest/servicedeskapi/servicedesk", &["start", "limit"]),
    route(Operation::Desk, "desk", "GET", "/rest/servicedeskapi/servicedesk/{serviceDeskId}", &[]),
    route(Operation::Create, "create", "POST", "/rest/servicedeskapi/customer", &[]),
    route(Operation::Add, "add", "POST", DESK_CUSTOMERS, &[]),
    route(Operation::ListCustomers, "customers", "GET", DESK_CUSTOMERS, &["query", "start", "limit"]),
    route(Operation::RemoveCustomers, "remove", "DELETE", DESK_CUSTOMERS, &[]),
    route(Operation::User, "user", "GET", USER, &["username", "key", "expand", "includeDeleted"]),
    route(Operation::UserSearch, "user-search", "GET", "/rest/api/2/user/search", &["username", "startAt", "maxResults", "includeInactive", "includeActive"]),
    route(Operation::UsersList, "users-list", "GET", "/rest/api/2/user/list", &["cursor", "maxResults"]),
    route(Operation::CreateUser, "create-user", "POST", USER, &[]),
    route(Operation::UpdateUser, "update-user", "PUT", USER, &["username", "key"]),
    route(Operation::SetPassword, "set-password", "PUT", "/rest/api/2/user/password", &["username", "key"]),
    route(Operation::GrantApplication, "grant-application", "POST", USER_APPLICATION, &["username", "applicationKey"]),
    route(Operation::RevokeApplication, "revoke-application", "DELETE", USER_APPLICATION, &["username", "applicationKey"]),
    route(Operation::Roles, "roles", "GET", "/rest/api/2/project/{projectIdOrKey}/role", &[]),
    route(Operation::Role, "role", "GET", ROLE, &[]),
    route(Operation::RoleAdd, "role-add", "POST", ROLE, &[]),
    route(Operation::Remove, "remove", "DELETE", ROLE, &["user", "group"]),
    route(Operation::ReadAccess, "read-access", "GET", ACCESS_SETTINGS, &[]),
    route(Operation::WriteAccess, "write-access", "POST", ACCESS_SETTINGS, &[]),
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
    fn what_only_cloud_has_is_found_where_it_is_missing_on_purpose() {
        let found = |method, path| find(method, path).map(|(route, _)| route.route_name.name);
        assert_eq!(
            found("GET", "/rest/servicedeskapi/servicedesk/7/customer"),
            Some("customers")
        );
        assert_eq!(found("GET", "/rest/api/3/myself"), None);
        assert_eq!(found("GET", "/rest/api/2/users/search"), None);
        assert_eq!(found("DELETE", "/rest/api/2/project/SUP/role/10100"), Some("remove"));
        assert_eq!(found("PUT", "/rest/api/2/user/password"), Some("set-password"));
    }
}
