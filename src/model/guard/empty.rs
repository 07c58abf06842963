//! The roster as a whole, or one container, where nobody is listed any more.

use super::context::Context;
use super::finding::{Amount, Found, Release, Subject};
use super::kind::GuardKind;
use crate::model::container::Container;

/// Nobody is listed any more, where somebody was or is about to leave.
pub(super) fn find(context: &Context<'_>) -> Option<Found> {
    let nobody_at_all = context.roster.customers.is_empty();
    match context.container {
        None if nobody_at_all => of_site(context),
        Some(container) if !nobody_at_all && is_emptied(context, container) => Some(of_container(context, container)),
        None | Some(_) => None,
    }
}

/// Whether nobody is listed any more where somebody was, or is about to leave.
pub(super) fn is_emptied(context: &Context<'_>, container: &Container) -> bool {
    context.roster.listed_on(container) == 0
        && (context.applied(container) > 0 || context.leaving.contains_key(container))
}

fn of_site(context: &Context<'_>) -> Option<Found> {
    let containers = context.roster.containers();
    let emptied: Vec<_> = containers.filter(|container| is_emptied(context, container)).collect();
    if emptied.is_empty() {
        return None;
    }
    let of = emptied.iter().map(|container| context.applied(container)).sum();
    let names: Vec<_> = emptied.iter().map(Container::to_string).collect();
    let what = format!("the roster lists nobody any more (desks: {})", names.join(", "));
    let subject = Subject::new(GuardKind::Empty, None, names.iter().map(String::as_str));
    Some(subject.finding(what, Amount { count: of, of }, limit(), release(context)))
}

fn of_container(context: &Context<'_>, container: &Container) -> Found {
    let of = context.applied(container);
    let what = format!("the roster lists nobody on {container} any more");
    let subject = Subject::new(GuardKind::Empty, Some(container), [of.to_string().as_str()]);
    subject.finding(what, Amount { count: of, of }, limit(), release(context))
}

fn limit() -> String {
    "somebody stays listed".to_owned()
}

fn release(context: &Context<'_>) -> Release {
    Release::flag("--allow-empty", context.judge.settings.allow_empty)
}
