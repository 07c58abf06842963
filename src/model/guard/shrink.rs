//! A roster that lists far fewer people than the one applied before.

use super::context::Context;
use super::finding::{Amount, Found, Release, Subject};
use super::kind::GuardKind;
use super::limits::{SHRINKAGE, shrinks};

/// Over 30 % fewer are listed than before; nobody at all is another guard's.
pub(super) fn find(context: &Context<'_>) -> Option<Found> {
    let container = context.container?;
    let (before, now) = (context.applied(container), context.roster.listed_on(container));
    if now == 0 || !shrinks(before, now) {
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
        format!("the roster lists {now} people on {container}, where the one applied before listed {before}"),
        Amount {
            count: before - now,
            of: before,
        },
        format!("{SHRINKAGE} % fewer than before"),
        Release::flag("--allow-shrink", context.judge.settings.allow_shrink),
    ))
}
