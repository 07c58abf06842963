//! The type of a route, and matching requests to routes.

/// The names by which a fault script can refer to an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) struct RouteName {
    pub(in crate::sandbox) name: &'static str,
    pub(in crate::sandbox) method: &'static str,
    pub(in crate::sandbox) template: &'static str,
}

/// One route of a deployment with the operations `O`.
#[derive(Debug)]
pub(in crate::sandbox) struct Route<O> {
    pub(in crate::sandbox) operation: O,
    /// Its name in fault scripts; the template is a path of the contracts.
    pub(in crate::sandbox) route_name: RouteName,
    /// The query parameters it accepts.
    pub(in crate::sandbox) query: &'static [&'static str],
    /// Whether it takes a body.
    pub(in crate::sandbox) body: bool,
    /// Whether it needs no sign-in.
    pub(in crate::sandbox) public: bool,
}

/// The parameter that matches the rest of a path, of any length.
const REST: &str = "{rest}";

/// The end of every path that skips the permission check, with any prefix (docs/jira.md#invite-calls).
pub(super) const SKIP_PERMISSION_CHECK: &str = "{rest}/skip-permission-check";

/// Returns the route of a request and the values of its template's parameters.
pub(super) fn find<O>(
    routes: &'static [Route<O>],
    method: &str,
    path: &str,
) -> Option<(&'static Route<O>, Vec<String>)> {
    // Only the end of the path counts, with any prefix and any method.
    if method != "GET" && path.ends_with("/skip-permission-check") {
        let forbidden = |route: &&Route<O>| route.route_name.template == SKIP_PERMISSION_CHECK;
        return routes.iter().find(forbidden).map(|route| (route, Vec::new()));
    }
    let of_method = routes.iter().filter(|route| route.route_name.method == method);
    of_method
        .filter_map(|route| Some((route, fit(route.route_name.template, path)?)))
        .next()
}

/// Returns the values of a template's parameters if the path matches it.
fn fit(template: &str, path: &str) -> Option<Vec<String>> {
    let mut parts = path.split('/');
    let mut values = Vec::new();
    for wanted in template.split('/') {
        if wanted == REST {
            let rest: Vec<_> = parts.by_ref().collect();
            let invites = rest.first().is_some_and(|part| part.starts_with("invite"));
            return invites.then_some(values);
        }
        let part = parts.next()?;
        if wanted.starts_with('{') {
            if part.is_empty() {
                return None;
            }
            values.push(part.to_owned());
        } else if wanted != part {
            return None;
        }
    }
    parts.next().is_none().then_some(values)
}
