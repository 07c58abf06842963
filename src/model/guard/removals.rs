//! Guard against too many removals from a container or the site within a day.

use std::collections::BTreeSet;

use super::finding::{Amount, OverridableFinding, Override, Subject};
use super::input::{GuardContext, GuardInput, format_people};
use super::kind::GuardKind;
use super::limits::{FEW, Settings};
use crate::model::account::Handle;
use crate::model::container::Container;

/// Reports removals over the limits for 24 hours.
pub(super) fn find(context: &GuardInput<'_>) -> Option<OverridableFinding> {
    match context.container {
        Some(container) => container_finding(context, container),
        None => site_finding(context),
    }
}

fn container_finding(context: &GuardInput<'_>, container: &Container) -> Option<OverridableFinding> {
    let (_, leaving) = context.container_removals()?;
    let on = &context.list()?.members;
    // A recently removed account counts once, even if it would be removed again or is still on the list.
    let GuardContext { history, now, .. } = context.context;
    let lately = history.recently_removed(Some(container), now);
    let of = on.len() + lately.iter().filter(|handle| !on.contains(**handle)).count();
    let lately = lately.difference(leaving).count();
    let count = leaving.len() + lately;
    let Settings {
        max_removals,
        max_removal_percent,
        ..
    } = *context.context.settings;
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
            "{} would be removed from {container}{}",
            format_people(leaving.len()),
            format_earlier_removals(lately)
        ),
        Amount { count, of },
        format!("{max_removals} people or {max_removal_percent} % in 24 hours"),
        match flags.is_empty() {
            true => Override::Given(String::new()),
            false => Override::Flags(flags.join(" ")),
        },
    ))
}

fn site_finding(context: &GuardInput<'_>) -> Option<OverridableFinding> {
    let (leaving, history, now) = (context.planned_removals, context.context.history, context.context.now);
    let all: BTreeSet<&Handle> = leaving.values().flatten().copied().collect();
    let lately = history.recently_removed(None, now);
    let of_first = history.recently_removed(leaving.keys().next(), now);
    // With a single container, the container's own finding is enough.
    let several = leaving.len() > 1 || of_first != lately;
    let (all, lately) = (all.len(), lately.difference(&all).count());
    let count = all + lately;
    let most = context.context.settings.max_removals;
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
            "{} would be removed from desks of this site{}",
            format_people(all),
            format_earlier_removals(lately)
        ),
        Amount { count, of: count },
        format!("{most} people in 24 hours"),
        Override::Flags(format!("--max-removals {count}")),
    ))
}

fn format_earlier_removals(lately: usize) -> String {
    match lately {
        0 => String::new(),
        _ => format!(", in addition to {} in the last 24 hours", format_people(lately)),
    }
}
