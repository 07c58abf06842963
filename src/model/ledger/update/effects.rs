//! Counts effects that Jira accepted but that did not occur, so that they are not retried forever.

use std::collections::BTreeSet;

use crate::model::email::Email;
use crate::model::held::HeldReason;
use crate::model::ledger::contents::Ledger;
use crate::model::ledger::effects::Effect;
use crate::model::outcome::{Outcome, Outcomes};
use crate::model::plan::Plan;
use crate::model::roster::Roster;
use crate::model::step::{Action, Step, StepAccount};

impl Ledger {
    /// Counts accepted effects. With a complete reading of `seen`, effects that are not planned again are dropped: they
    /// occurred or are no longer wanted. Without one, earlier counts stay.
    pub(super) fn count_effects(&mut self, seen: Option<&Roster>, plan: &Plan, outcomes: &Outcomes) {
        let accepted = &mut self.parts.accepted_effects;
        if let Some(seen) = seen {
            let steps = plan.steps.iter().chain(&plan.paused);
            let mut still: BTreeSet<Effect> = steps.filter_map(|step| step.action.effect()).collect();
            still.extend(plan.without_effect.iter().cloned());
            still.extend(still.clone().into_iter().filter_map(Effect::into_removal_from_open));
            accepted.retain(|deed, _| still.contains(deed) || !is_covered_by(seen, deed));
        }
        let done = |step: &Step| {
            let end = outcomes.results.get(&step.id)?;
            let deed = step.action.effect()?;
            if end.held == Some(HeldReason::DeskOpen) {
                return deed.into_removal_from_open();
            }
            let is_accepted = end.outcome == Outcome::Done && !is_verified_at_once(&step.action);
            (end.ineffective || is_accepted).then_some(deed)
        };
        let opposites = plan
            .steps
            .iter()
            .filter(|step| outcomes.outcome_of(step.id) == Outcome::Done);
        for deed in opposites.flat_map(|step| obsolete_effects(step, outcomes)) {
            accepted.remove(&deed);
        }
        for deed in plan.steps.iter().filter_map(done) {
            accepted.update(deed, |times| *times += 1);
        }
    }
}

/// Returns the effects that a step's success makes obsolete: between two full passes, one edit may remove a person that
/// another added.
fn obsolete_effects(step: &Step, outcomes: &Outcomes) -> Vec<Effect> {
    match &step.action {
        Action::AddToDesk { who, desk, .. } => {
            let made = || outcomes.results.get(&step.id)?.account.as_ref();
            let account = match who {
                StepAccount::Existing(account) => Some(account),
                StepAccount::MadeBy(_) => made(),
            };
            let removals = account.into_iter().flat_map(|account| {
                let removal = Effect::Remove(desk.into(), account.id.clone());
                [removal.clone().into_removal_from_open(), Some(removal)]
            });
            removals.flatten().collect()
        }
        Action::RemoveFromDesk { email, desk, .. } => {
            let add = |email: &Email| Effect::Add(desk.into(), email.key().clone());
            email.iter().map(add).collect()
        }
        Action::CreateCustomer { .. } | Action::UpdateCustomer { .. } | Action::SetAccess { .. } => Vec::new(),
    }
}

/// Returns whether the effect is verified right after the write; a later difference is then a change by someone else.
fn is_verified_at_once(action: &Action) -> bool {
    match action {
        Action::UpdateCustomer { .. } | Action::SetAccess { .. } => true,
        Action::CreateCustomer { .. } | Action::AddToDesk { .. } | Action::RemoveFromDesk { .. } => false,
    }
}

fn is_covered_by(seen: &Roster, deed: &Effect) -> bool {
    match deed {
        Effect::Add(container, _) | Effect::Remove(container, _) => seen.declares(container),
        Effect::RemoveFromOpen(desk, _) | Effect::Access(desk, _) => seen.desks.contains_key(desk),
        Effect::Update(email, _) => seen.customers.contains_key(email),
    }
}
