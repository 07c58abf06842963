//! A list in Jira that is partial, or shrank a lot since it was last read.

use super::context::{Context, people};
use super::finding::{Amount, Found, Release, Subject};
use super::kind::GuardKind;
use super::limits::shrinks;
use crate::model::observed::Completeness;

/// Somebody would be taken off by the word of a list that cannot be believed.
pub(super) fn find(context: &Context<'_>) -> Option<Found> {
    let (container, leaving) = context.leaving_it()?;
    let list = context.reading()?;
    let (on, before) = (list.listed(), size_before(context));
    let (what, limit, release) = match &list.completeness {
        Completeness::Partial { gap } => (
            format!("the list of {container} cannot be trusted to be whole: {gap}"),
            "a list without a gap",
            // A gap is no fact that anybody could approve of.
            Release::Otherwise("plan again while nobody else changes the desk"),
        ),
        Completeness::Complete | Completeness::Narrow if shrinks(before, on) => (
            format!("the list of {container} has {on} people, where it had {before} when it was last read"),
            "30 % fewer than before",
            Release::Approval,
        ),
        Completeness::Complete | Completeness::Narrow => return None,
    };
    let (on_now, before_now) = (on.to_string(), before.to_string());
    let handles = leaving.iter().map(|handle| handle.0.as_str());
    let subjects = handles.chain([on_now.as_str(), before_now.as_str()]);
    let subject = Subject::new(GuardKind::Untrusted, Some(container), subjects);
    Some(subject.finding(
        format!("{what}, and {} would be taken off it", people(leaving.len())),
        Amount {
            count: leaving.len(),
            of: on,
        },
        limit.to_owned(),
        release,
    ))
}

/// Whether a list is so much shorter than when it was last read, or empty all at once, that nobody was seen to be off it.
pub(super) fn is_shortened(context: &Context<'_>) -> bool {
    let (on, before) = (context.reading().map(|list| list.listed()), size_before(context));
    on.is_some_and(|on| shrinks(before, on) || (on == 0 && before > 0))
}

fn size_before(context: &Context<'_>) -> usize {
    let size = context
        .container
        .and_then(|container| context.judge.history.sizes.get(container));
    size.copied().unwrap_or_default()
}
