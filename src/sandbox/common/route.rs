//! Routes: what a request is to.

use super::super::faults::Spot;

/// One route.
#[derive(Debug)]
pub(in crate::sandbox) struct Route<O> {
    pub(in crate::sandbox) operation: O,
    /// What fault scripts call it; its template is a path of the contracts, where they have it.
    pub(in crate::sandbox) spot: Spot,
    /// The query parameters it knows.
    pub(in crate::sandbox) query: &'static [&'static str],
    /// Whether `X-ExperimentalApi: opt-in` must be sent.
    pub(in crate::sandbox) experimental: bool,
    /// Whether it answers without signing in.
    pub(in crate::sandbox) public: bool,
}

/// The parameters of a template that stand for the rest of a path, however long.
const REST: &str = "{rest}";

/// The values of a template's parameters in a path that fits it.
pub(in crate::sandbox) fn fit(template: &str, path: &str) -> Option<Vec<String>> {
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
