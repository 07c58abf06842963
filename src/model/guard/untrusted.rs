//! Guard against a customer list that is partial, or shrank a lot since it was last read.

use super::finding::{Amount, OverridableFinding, Override, Subject};
use super::input::{GuardInput, format_people};
use super::kind::GuardKind;
use super::limits::shrank_too_much;
use crate::model::observed::Completeness;

/// Reports removals that rely on an untrusted list.
pub(super) fn find(context: &GuardInput<'_>) -> Option<OverridableFinding> {
    let (container, leaving) = context.container_removals()?;
    let list = context.list()?;
    let (on, before) = (list.list_size(), previous_size(context));
    let (what, limit, release) = match &list.completeness {
        Completeness::Partial { gap } => (
            format!("the list of {container} may be incomplete: {gap}"),
            "a complete list",
            // A partial list must be read again; approving it would not make it complete.
            Override::NotPossible("plan again while the desk is not being changed"),
        ),
        Completeness::Complete | Completeness::Narrow if shrank_too_much(before, on) => (
            format!("the list of {container} shrank from {before} to {on} people since it was last read"),
            "30 % fewer than before",
            Override::Approval,
        ),
        Completeness::Complete | Completeness::Narrow => return None,
    };
    let (on_now, before_now) = (on.to_string(), before.to_string());
    let handles = leaving.iter().map(|handle| handle.0.as_str());
    let subjects = handles.chain([on_now.as_str(), before_now.as_str()]);
    let subject = Subject::new(GuardKind::Untrusted, Some(container), subjects);
    Some(subject.finding(
        format!("{what}, and {} would be removed from it", format_people(leaving.len())),
        Amount {
            count: leaving.len(),
            of: on,
        },
        limit.to_owned(),
        release,
    ))
}

/// Returns whether a list shrank so much since the last read, or became empty, that absence from it proves nothing.
pub(super) fn is_sharply_shrunk(context: &GuardInput<'_>) -> bool {
    let (on, before) = (context.list().map(|list| list.list_size()), previous_size(context));
    on.is_some_and(|on| shrank_too_much(before, on) || (on == 0 && before > 0))
}

fn previous_size(context: &GuardInput<'_>) -> usize {
    let size = context
        .container
        .and_then(|container| context.context.history.list_sizes.get(container));
    size.copied().unwrap_or_default()
}
