//! Guard against a roster that lists far fewer people than the previously applied one.

use super::finding::{Amount, OverridableFinding, Override, Subject};
use super::input::GuardInput;
use super::kind::GuardKind;
use super::limits::{SHRINKAGE, shrank_too_much};

/// Reports a container with over 30 % fewer listed people than before. The empty guard handles zero.
pub(super) fn find(context: &GuardInput<'_>) -> Option<OverridableFinding> {
    let container = context.container?;
    let (before, now) = (
        context.previously_listed(container),
        context.roster.listed_count(container),
    );
    if now == 0 || !shrank_too_much(before, now) {
        return None;
    }
    let customers = context.roster.customers.iter();
    let listed = customers.filter(|(_, customer)| customer.is_listed_on(container));
    let subject = Subject::new(
        GuardKind::Shrink,
        Some(container),
        listed.map(|(email, _)| email.as_str()),
    );
    Some(subject.finding(
        format!("the roster lists {now} people on {container}; the previously applied one listed {before}"),
        Amount {
            count: before - now,
            of: before,
        },
        format!("{SHRINKAGE} % fewer than before"),
        Override::from_flag("--allow-shrink", context.context.settings.allow_shrink),
    ))
}
