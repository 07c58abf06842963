//! Guard against a roster that lists no customers, in a container or at all.

use super::finding::{Amount, OverridableFinding, Override, Subject};
use super::input::GuardInput;
use super::kind::GuardKind;
use crate::model::container::Container;

/// Reports a container, or a whole roster, without listed customers if an earlier roster listed some or some would be
/// removed.
pub(super) fn find(context: &GuardInput<'_>) -> Option<OverridableFinding> {
    let roster_is_empty = context.roster.customers.is_empty();
    match context.container {
        None if roster_is_empty => site_finding(context),
        Some(container) if !roster_is_empty && is_emptied(context, container) => {
            Some(container_finding(context, container))
        }
        None | Some(_) => None,
    }
}

/// Returns whether a container has no listed customers, but had some before or would lose some now.
pub(super) fn is_emptied(context: &GuardInput<'_>, container: &Container) -> bool {
    context.roster.listed_count(container) == 0
        && (context.previously_listed(container) > 0 || context.planned_removals.contains_key(container))
}

fn site_finding(context: &GuardInput<'_>) -> Option<OverridableFinding> {
    let containers = context.roster.containers();
    let emptied: Vec<_> = containers.filter(|container| is_emptied(context, container)).collect();
    if emptied.is_empty() {
        return None;
    }
    let of = emptied
        .iter()
        .map(|container| context.previously_listed(container))
        .sum();
    let names: Vec<_> = emptied.iter().map(Container::to_string).collect();
    let what = format!("the roster no longer lists any customers (desks: {})", names.join(", "));
    let subject = Subject::new(GuardKind::Empty, None, names.iter().map(String::as_str));
    Some(subject.finding(what, Amount { count: of, of }, limit_text(), override_by(context)))
}

fn container_finding(context: &GuardInput<'_>, container: &Container) -> OverridableFinding {
    let of = context.previously_listed(container);
    let what = format!("the roster no longer lists any customers on {container}");
    let subject = Subject::new(GuardKind::Empty, Some(container), [of.to_string().as_str()]);
    subject.finding(what, Amount { count: of, of }, limit_text(), override_by(context))
}

fn limit_text() -> String {
    "at least one listed customer".to_owned()
}

fn override_by(context: &GuardInput<'_>) -> Override {
    Override::from_flag("--allow-empty", context.context.settings.allow_empty)
}
