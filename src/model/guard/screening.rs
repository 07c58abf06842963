//! The judgement itself: every guard over every container, then over the site.

use std::collections::{BTreeMap, BTreeSet};

use super::context::{Context, Judge, leaving};
use super::finding::{Finding, Found};
use super::kind::GuardKind;
use super::{empty, removals, shrink, untrusted};
use crate::model::account::Handle;
use crate::model::container::Container;
use crate::model::observed::Observed;
use crate::model::plan::Plan;
use crate::model::roster::Roster;

/// What the guards found, and who may leave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Screening {
    pub(super) findings: Vec<Finding>,
    pub(super) released: Vec<Finding>,
    pub(super) allowed: BTreeMap<Container, BTreeSet<Handle>>,
    pub(super) shrinks: BTreeSet<Container>,
    pub(super) distrusted: BTreeSet<Container>,
    /// The containers whose lists are so much shorter than when they were last read that nobody was seen to be off them.
    pub(super) shortened: BTreeSet<Container>,
}

impl Screening {
    /// Whether somebody may be taken off a container, as far as the guards go: only they need be asked for.
    #[must_use]
    pub fn allows(&self, container: &Container, handle: &Handle) -> bool {
        let allowed = self.allowed.get(container);
        allowed.is_some_and(|handles| handles.contains(handle))
    }

    /// Has every finding name the whole command that approves of it: `place` is what it is given besides the id.
    #[must_use]
    pub fn told_at(mut self, place: &str) -> Self {
        for finding in self.findings.iter_mut().chain(&mut self.released) {
            finding.tell_at(place);
        }
        self
    }
}

/// Judges a plan for `roster`, whose desks were seen as `observed`.
#[must_use]
pub fn screen(roster: &Roster, observed: &Observed, plan: &Plan, judge: Judge<'_>) -> Screening {
    let containers: Vec<Container> = roster.containers().collect();
    let mut screening = Screening::default();
    let mut allowed = leaving(roster, observed, plan);
    let everybody = allowed.clone();
    let site = Context {
        container: None,
        roster,
        observed,
        leaving: &everybody,
        judge,
    };
    let of = |container| Context {
        container: Some(container),
        ..site
    };
    let shortened = containers
        .iter()
        .filter(|container| untrusted::is_shortened(&of(container)));
    screening.shortened = shortened.cloned().collect();
    for guard in GuardKind::ALL {
        for container in &containers {
            let found = find(guard, &of(container));
            match found.map(|found| screening.note(found, judge)) {
                Some(Ruling::Refused) => {
                    screening.refuse(guard, container);
                    allowed.remove(container);
                }
                Some(Ruling::Released) => screening.release(guard, container),
                None => {}
            }
        }
        // What was refused of one container does not count against the others.
        let of_site = Context {
            leaving: &allowed,
            ..site
        };
        if let Some(Ruling::Refused) = find(guard, &of_site).map(|found| screening.note(found, judge)) {
            let emptied = containers
                .iter()
                .filter(|container| empty::is_emptied(&of_site, container));
            emptied.for_each(|container| screening.refuse(guard, container));
            allowed.clear();
        }
    }
    let own = |handles: BTreeSet<&Handle>| handles.into_iter().cloned().collect();
    screening.allowed = allowed
        .into_iter()
        .map(|(container, handles)| (container, own(handles)))
        .collect();
    screening
}

/// What a guard finds in one container, or in the site as a whole.
fn find(guard: GuardKind, context: &Context<'_>) -> Option<Found> {
    match guard {
        GuardKind::Empty => empty::find(context),
        GuardKind::Shrink => shrink::find(context),
        GuardKind::Untrusted => untrusted::find(context),
        GuardKind::Removals => removals::find(context),
    }
}

/// What became of a finding.
enum Ruling {
    Refused,
    Released,
}

impl Screening {
    fn note(&mut self, Found { finding, release }: Found, judge: Judge<'_>) -> Ruling {
        match release.is_given(&finding.id, judge.approved) {
            true => {
                self.released.push(finding);
                Ruling::Released
            }
            false => {
                self.findings.push(finding);
                Ruling::Refused
            }
        }
    }

    /// What a refusal means beyond that nobody leaves.
    fn refuse(&mut self, guard: GuardKind, container: &Container) {
        match guard {
            GuardKind::Empty | GuardKind::Shrink => _ = self.shrinks.insert(container.clone()),
            GuardKind::Untrusted => _ = self.distrusted.insert(container.clone()),
            GuardKind::Removals => {}
        }
    }

    /// What letting pass means beyond that people may leave.
    fn release(&mut self, guard: GuardKind, container: &Container) {
        match guard {
            GuardKind::Untrusted => _ = self.shortened.remove(container),
            GuardKind::Empty | GuardKind::Shrink | GuardKind::Removals => {}
        }
    }
}
