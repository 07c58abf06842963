//! What Jira accepted, and whether it came to be: what it accepts again and again without effect is not tried for ever.

use std::collections::BTreeSet;

use crate::model::email::Email;
use crate::model::held::HeldReason;
use crate::model::ledger::deeds::Deed;
use crate::model::ledger::memory::Ledger;
use crate::model::outcome::{Outcome, Outcomes};
use crate::model::plan::Plan;
use crate::model::roster::Roster;
use crate::model::step::{Action, Step, Who};

impl Ledger {
    /// Counts what Jira accepted. What a whole reading of `seen` did not find to be done (again) came to be, or is wanted
    /// no more; without one, nothing is known of what was accepted before.
    pub(super) fn count_deeds(&mut self, seen: Option<&Roster>, plan: &Plan, outcomes: &Outcomes) {
        let accepted = &mut self.parts.accepted;
        if let Some(seen) = seen {
            let steps = plan.steps.iter().chain(&plan.paused);
            let mut still: BTreeSet<Deed> = steps.filter_map(|step| step.action.deed()).collect();
            still.extend(plan.without_effect.iter().cloned());
            still.extend(still.clone().into_iter().filter_map(Deed::while_open));
            accepted.retain(|deed, _| still.contains(deed) || !concerns(seen, deed));
        }
        let done = |step: &Step| {
            let end = outcomes.ends.get(&step.id)?;
            let deed = step.action.deed()?;
            if end.held == Some(HeldReason::StillOpen) {
                return deed.while_open();
            }
            let is_accepted = end.outcome == Outcome::Done && !is_seen_at_once(&step.action);
            (end.ineffective || is_accepted).then_some(deed)
        };
        let opposites = plan.steps.iter().filter(|step| outcomes.of(step.id) == Outcome::Done);
        for deed in opposites.flat_map(|step| opposites_of(step, outcomes)) {
            accepted.remove(&deed);
        }
        for deed in plan.steps.iter().filter_map(done) {
            accepted.update(deed, |times| *times += 1);
        }
    }
}

/// What was accepted before and is wanted no more, now that its opposite is done: between two readings of everything an
/// edit may take somebody off whom another has added.
fn opposites_of(step: &Step, outcomes: &Outcomes) -> Vec<Deed> {
    match &step.action {
        Action::AddToDesk { who, desk, .. } => {
            let made = || outcomes.ends.get(&step.id)?.account.as_ref();
            let account = match who {
                Who::Existing(account) => Some(account),
                Who::MadeBy(_) => made(),
            };
            let removals = account.into_iter().flat_map(|account| {
                let removal = Deed::Remove(desk.into(), account.id.clone());
                [removal.clone().while_open(), Some(removal)]
            });
            removals.flatten().collect()
        }
        Action::RemoveFromDesk { email, desk, .. } => {
            let add = |email: &Email| Deed::Add(desk.into(), email.key().clone());
            email.iter().map(add).collect()
        }
        Action::CreateCustomer { .. } | Action::UpdateCustomer { .. } | Action::SetAccess { .. } => Vec::new(),
    }
}

/// Whether what is done was seen to be so when it was done: what is otherwise later, somebody changed back.
fn is_seen_at_once(action: &Action) -> bool {
    match action {
        Action::UpdateCustomer { .. } | Action::SetAccess { .. } => true,
        Action::CreateCustomer { .. } | Action::AddToDesk { .. } | Action::RemoveFromDesk { .. } => false,
    }
}

fn concerns(seen: &Roster, deed: &Deed) -> bool {
    match deed {
        Deed::Add(container, _) | Deed::Remove(container, _) => seen.declares(container),
        Deed::RemoveFromOpen(desk, _) | Deed::Access(desk, _) => seen.desks.contains_key(desk),
        Deed::Update(email, _) => seen.customers.contains_key(email),
    }
}
