//! Too many people to be taken off a container, or off the site, in a day.

use std::collections::BTreeSet;

use super::context::{Context, Judge, people};
use super::finding::{Amount, Found, Release, Subject};
use super::kind::GuardKind;
use super::limits::{FEW, Settings};
use crate::model::account::Handle;
use crate::model::container::Container;

/// More than the limits let go in 24 hours.
pub(super) fn find(context: &Context<'_>) -> Option<Found> {
    match context.container {
        Some(container) => of_container(context, container),
        None => of_site(context),
    }
}

fn of_container(context: &Context<'_>, container: &Container) -> Option<Found> {
    let (_, leaving) = context.leaving_it()?;
    let on = &context.reading()?.members;
    // Who was removed lately and is to leave now counts once, and so does who is on the list still or again.
    let Judge { history, now, .. } = context.judge;
    let lately = history.removed_lately(Some(container), now);
    let of = on.len() + lately.iter().filter(|handle| !on.contains(**handle)).count();
    let lately = lately.difference(leaving).count();
    let count = leaving.len() + lately;
    let Settings {
        max_removals,
        max_removal_percent,
        ..
    } = *context.judge.settings;
    let too_many = |most: usize| count > most;
    let too_much = |percent: usize| of >= FEW && count.saturating_mul(100) > percent.saturating_mul(of);
    let usual = Settings::default();
    if !too_many(usual.max_removals.min(max_removals)) && !too_much(usual.max_removal_percent.min(max_removal_percent))
    {
        return None;
    }
    let mut flags = Vec::new();
    if too_many(max_removals) {
        flags.push(format!("--max-removals {count}"));
    }
    if too_much(max_removal_percent) {
        flags.push(format!("--max-removal-percent {}", (count * 100).div_ceil(of)));
    }
    let handles = leaving.iter().map(|handle| handle.0.as_str());
    let subject = Subject::new(GuardKind::Removals, Some(container), handles);
    Some(subject.finding(
        format!(
            "{} would be taken off {container}{}",
            people(leaving.len()),
            besides(lately)
        ),
        Amount { count, of },
        format!("{max_removals} people or {max_removal_percent} % in 24 hours"),
        match flags.is_empty() {
            true => Release::Overridden(String::new()),
            false => Release::Flags(flags.join(" ")),
        },
    ))
}

fn of_site(context: &Context<'_>) -> Option<Found> {
    let (leaving, history, now) = (context.leaving, context.judge.history, context.judge.now);
    let all: BTreeSet<&Handle> = leaving.values().flatten().copied().collect();
    let lately = history.removed_lately(None, now);
    let of_first = history.removed_lately(leaving.keys().next(), now);
    // With one container it says nothing that the container's own finding does not say.
    let several = leaving.len() > 1 || of_first != lately;
    let (all, lately) = (all.len(), lately.difference(&all).count());
    let count = all + lately;
    let most = context.judge.settings.max_removals;
    if all == 0 || count <= most || !several {
        return None;
    }
    let names: Vec<_> = leaving.keys().map(Container::to_string).collect();
    let subjects = names.iter().zip(leaving.values()).flat_map(|(name, handles)| {
        std::iter::once(name.as_str()).chain(handles.iter().map(|handle| handle.0.as_str()))
    });
    let subject = Subject::new(GuardKind::Removals, None, subjects);
    Some(subject.finding(
        format!(
            "{} would be taken off desks of this site{}",
            people(all),
            besides(lately)
        ),
        Amount { count, of: count },
        format!("{most} people in 24 hours"),
        Release::Flags(format!("--max-removals {count}")),
    ))
}

fn besides(lately: usize) -> String {
    match lately {
        0 => String::new(),
        _ => format!(", besides {} in the last 24 hours", people(lately)),
    }
}
