//! What every guard is given to judge by.

use std::collections::{BTreeMap, BTreeSet};

use super::limits::Settings;
use crate::model::account::Handle;
use crate::model::container::Container;
use crate::model::ledger::History;
use crate::model::observed::{Observed, ObservedDesk};
use crate::model::plan::Plan;
use crate::model::roster::Roster;

/// Who would leave what.
pub(super) type Leaving<'a> = BTreeMap<Container, BTreeSet<&'a Handle>>;

/// What to judge by.
#[derive(Clone, Copy, Debug)]
pub struct Judge<'a> {
    /// How much may be taken away.
    pub settings: &'a Settings,
    /// What was before.
    pub history: &'a History,
    /// The ids that somebody approved of.
    pub approved: &'a BTreeSet<String>,
    /// What time it is, in seconds since 1970.
    pub now: i64,
}

/// One container, or the site as a whole, and all there is to judge it by.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    /// What is looked at; nothing: the site.
    pub container: Option<&'a Container>,
    /// The whole roster.
    pub roster: &'a Roster,
    /// What was seen.
    pub observed: &'a Observed,
    /// Who would leave, asked for already or not; for the site without what was refused of its containers.
    pub leaving: &'a Leaving<'a>,
    /// What to judge by.
    pub judge: Judge<'a>,
}

impl<'a> Context<'a> {
    /// Who would leave the container.
    pub(super) fn leaving_it(&self) -> Option<(&'a Container, &'a BTreeSet<&'a Handle>)> {
        let container = self.container?;
        Some((container, self.leaving.get(container)?))
    }

    /// What was read of the container.
    pub(super) fn reading(&self) -> Option<&'a ObservedDesk> {
        self.observed.list_of(self.container?)
    }

    /// How many the roster listed there when it was last applied.
    pub(super) fn applied(&self, container: &Container) -> usize {
        self.judge.history.applied.get(container).copied().unwrap_or_default()
    }
}

/// Who would leave what, asked for already or not. Whoever the roster lists there is not among them, whatever the plan says:
/// a plan of a part of the roster must never take away whom another part lists.
pub(super) fn leaving<'p>(roster: &Roster, observed: &Observed, plan: &'p Plan) -> Leaving<'p> {
    let mut leaving = Leaving::new();
    for leaver in &plan.leavers {
        let handles = leaving.entry(leaver.container.clone()).or_default();
        handles.insert(&leaver.handle);
    }
    for step in &plan.steps {
        if let Some((container, account)) = step.action.removal() {
            leaving.entry(container).or_default().insert(&account.handle);
        }
    }
    let accounts = observed.by_handle();
    let is_listed = |container: &Container, handle: &Handle| {
        let email = accounts.get(handle).and_then(|account| account.email_key());
        email.is_some_and(|email| roster.lists(&email, container))
    };
    for (container, handles) in &mut leaving {
        handles.retain(|handle| !is_listed(container, handle));
    }
    leaving.retain(|_, handles| !handles.is_empty());
    leaving
}

/// So many people, in words.
pub(super) fn people(count: usize) -> String {
    match count {
        1 => "1 person".to_owned(),
        _ => format!("{count} people"),
    }
}
