//! Checks that an export has an empty plan.

use super::contents::Export;
use crate::model::ledger::Ledger;
use crate::model::observed::Observed;
use crate::model::plan::plan;
use crate::model::policy::Policy;
use crate::model::roster::Roster;

/// How much more a roster's plan contains than another's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Surplus {
    /// Steps, also of paused desks.
    pub steps: usize,
    /// Held entries.
    pub held: usize,
    /// Notes.
    pub notes: usize,
}

impl Surplus {
    /// No difference.
    pub const NONE: Self = Self {
        steps: 0,
        held: 0,
        notes: 0,
    };
}

/// Counts what the plan of `roster` contains beyond the plan of `base`.
///
/// Looks up no accounts: an entry of `base` that was not observed counts as absent in both plans.
#[must_use]
pub fn surplus(roster: &Roster, base: &Roster, observed: &Observed) -> Surplus {
    let (plan, base) = [roster, base]
        .map(|roster| plan(roster, observed, &Ledger::not_kept(), &Policy::default()))
        .into();
    let steps = plan.steps.len() + plan.paused.len();
    Surplus {
        steps: steps.saturating_sub(base.steps.len() + base.paused.len()),
        held: plan.held.len().saturating_sub(base.held.len()),
        notes: plan.notes.len().saturating_sub(base.notes.len()),
    }
}

impl Export {
    /// Whether a roster lists every entry on its desks.
    #[must_use]
    pub fn is_included_in(&self, roster: &Roster) -> bool {
        self.entries.iter().map(|entry| &entry.customer).all(|customer| {
            let listed = roster.customers.get(customer.email.key());
            listed.is_some_and(|listed| customer.desks.is_subset(&listed.desks))
        })
    }
}
