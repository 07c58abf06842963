//! What a route is, and which one a request is for.

/// What a script can call one operation of the simulated Jira.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) struct Spot {
    pub(in crate::sandbox) name: &'static str,
    pub(in crate::sandbox) method: &'static str,
    pub(in crate::sandbox) template: &'static str,
}

/// One route of a deployment, whose operations are `O`.
#[derive(Debug)]
pub(in crate::sandbox) struct Route<O> {
    pub(in crate::sandbox) operation: O,
    /// What fault scripts call it; its template is a path of the contracts.
    pub(in crate::sandbox) spot: Spot,
    /// The query parameters it knows.
    pub(in crate::sandbox) query: &'static [&'static str],
    /// Whether it takes a body.
    pub(in crate::sandbox) body: bool,
    /// Whether it answers without signing in.
    pub(in crate::sandbox) public: bool,
}

/// The parameters of a template that stand for the rest of a path, however long.
const REST: &str = "{rest}";

/// What every path that skips the permission check ends with, whatever stands before it (docs/jira.md#invite-calls).
pub(super) const SKIP_PERMISSION_CHECK: &str = "{rest}/skip-permission-check";

/// The route of a request and the values of its template's parameters.
pub(super) fn find<O>(
    routes: &'static [Route<O>],
    method: &str,
    path: &str,
) -> Option<(&'static Route<O>, Vec<String>)> {
    // The tail decides, whatever stands before it and whatever the method.
    if method != "GET" && path.ends_with("/skip-permission-check") {
        let forbidden = |route: &&Route<O>| route.spot.template == SKIP_PERMISSION_CHECK;
        return routes.iter().find(forbidden).map(|route| (route, Vec::new()));
    }
    let of_method = routes.iter().filter(|route| route.spot.method == method);
    of_method
        .filter_map(|route| Some((route, fit(route.spot.template, path)?)))
        .next()
}

/// The values of a template's parameters in a path that fits it.
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
