//! Runs every guard over every container, then over the site.

use std::collections::{BTreeMap, BTreeSet};

use super::finding::{Finding, OverridableFinding};
use super::input::{GuardContext, GuardInput, planned_removals};
use super::kind::GuardKind;
use super::{empty, removals, shrink, untrusted};
use crate::model::account::Handle;
use crate::model::container::Container;
use crate::model::observed::Observed;
use crate::model::plan::Plan;
use crate::model::roster::Roster;

/// Findings of the guards, and the removals they allow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GuardReport {
    pub(super) findings: Vec<Finding>,
    pub(super) overridden: Vec<Finding>,
    pub(super) allowed: BTreeMap<Container, BTreeSet<Handle>>,
    pub(super) shrunk: BTreeSet<Container>,
    pub(super) untrusted: BTreeSet<Container>,
    /// Containers with a list that shrank so much since the last read that absence from it proves nothing.
    pub(super) sharply_shrunk: BTreeSet<Container>,
}

impl GuardReport {
    /// Returns whether the guards allow a removal. Only allowed removal candidates need to be read.
    #[must_use]
    pub fn allows(&self, container: &Container, handle: &Handle) -> bool {
        let allowed = self.allowed.get(container);
        allowed.is_some_and(|handles| handles.contains(handle))
    }

    /// Completes the approve command of every finding with the arguments in `place`.
    #[must_use]
    pub fn with_approve_arguments(mut self, place: &str) -> Self {
        for finding in self.findings.iter_mut().chain(&mut self.overridden) {
            finding.set_approve_arguments(place);
        }
        self
    }
}

/// Runs all guards over a plan for `roster` and `observed`.
#[must_use]
pub fn run_guards(roster: &Roster, observed: &Observed, plan: &Plan, context: GuardContext<'_>) -> GuardReport {
    let containers: Vec<Container> = roster.containers().collect();
    let mut report = GuardReport::default();
    let mut allowed = planned_removals(roster, observed, plan);
    let everybody = allowed.clone();
    let site = GuardInput {
        container: None,
        roster,
        observed,
        planned_removals: &everybody,
        context,
    };
    let of = |container| GuardInput {
        container: Some(container),
        ..site
    };
    let shortened = containers
        .iter()
        .filter(|container| untrusted::is_sharply_shrunk(&of(container)));
    report.sharply_shrunk = shortened.cloned().collect();
    for guard in GuardKind::ALL {
        for container in &containers {
            let found = find(guard, &of(container));
            match found.map(|found| report.record(found, context)) {
                Some(Decision::Refused) => {
                    report.record_refusal(guard, container);
                    allowed.remove(container);
                }
                Some(Decision::Overridden) => report.record_override(guard, container),
                None => {}
            }
        }
        // Refused removals of one container do not count against the others.
        let of_site = GuardInput {
            planned_removals: &allowed,
            ..site
        };
        if let Some(Decision::Refused) = find(guard, &of_site).map(|found| report.record(found, context)) {
            let emptied = containers
                .iter()
                .filter(|container| empty::is_emptied(&of_site, container));
            emptied.for_each(|container| report.record_refusal(guard, container));
            allowed.clear();
        }
    }
    let own = |handles: BTreeSet<&Handle>| handles.into_iter().cloned().collect();
    report.allowed = allowed
        .into_iter()
        .map(|(container, handles)| (container, own(handles)))
        .collect();
    report
}

/// Runs one guard over a container or the site.
fn find(guard: GuardKind, context: &GuardInput<'_>) -> Option<OverridableFinding> {
    match guard {
        GuardKind::Empty => empty::find(context),
        GuardKind::Shrink => shrink::find(context),
        GuardKind::Untrusted => untrusted::find(context),
        GuardKind::Removals => removals::find(context),
    }
}

/// Effect of a finding.
enum Decision {
    Refused,
    Overridden,
}

impl GuardReport {
    fn record(
        &mut self,
        OverridableFinding {
            finding,
            override_by: release,
        }: OverridableFinding,
        context: GuardContext<'_>,
    ) -> Decision {
        match release.is_given(&finding.id, context.approved) {
            true => {
                self.overridden.push(finding);
                Decision::Overridden
            }
            false => {
                self.findings.push(finding);
                Decision::Refused
            }
        }
    }

    /// Records the effects of a refusal other than the refused removals.
    fn record_refusal(&mut self, guard: GuardKind, container: &Container) {
        match guard {
            GuardKind::Empty | GuardKind::Shrink => _ = self.shrunk.insert(container.clone()),
            GuardKind::Untrusted => _ = self.untrusted.insert(container.clone()),
            GuardKind::Removals => {}
        }
    }

    /// Records the effects of an override other than the allowed removals.
    fn record_override(&mut self, guard: GuardKind, container: &Container) {
        match guard {
            GuardKind::Untrusted => _ = self.sharply_shrunk.remove(container),
            GuardKind::Empty | GuardKind::Shrink | GuardKind::Removals => {}
        }
    }
}
