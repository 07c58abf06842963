//! What stands between a plan and Jira.
//!
//! Owns the judgement of a whole plan before its first write, and before it is asked who of those to be removed is more
//! than a customer. A part that is refused holds up nothing else.
//!
//! | guard | refuses | way out |
//! |---|---|---|
//! | removals | more than 10 % of a desk's customers, or more than 25, in 24 hours, all of that desk's; more than 25 on the site, all of them. A desk under 10 customers is judged by count alone | `--max-removals`, `--max-removal-percent` |
//! | shrink | the removals on a desk for which the roster lists over 30 % fewer people than the one applied before; fewer than 10 are judged by emptiness alone | `--allow-shrink` |
//! | empty | the removals on a desk that nobody is listed on any more; with nobody listed at all, all of them | `--allow-empty` |
//! | untrusted | the removals on a desk whose list is partial, or shrank by over 30 % since it was last read | reading again, `approve` |
//!
//! `approve ID` releases one finding of any of them once, but a partial list: a gap is no fact to approve of.

mod finding;
mod screening;

use std::collections::{BTreeMap, BTreeSet};

pub use self::finding::{Finding, is_finding_id};
pub use self::screening::{Judge, Screening, Settings, screen};
use super::account::Handle;
use super::desk::DeskKey;
use super::observed::Observed;
use super::plan::{Leaver, Plan};
use super::roster::Roster;
use super::step::Step;

/// Proof that the guards have judged. Every write asks for one, and only this module can make it, so that a write
/// which no guard has seen does not compile.
#[derive(Debug)]
pub struct Approval(());

/// A plan that may be applied.
#[derive(Debug)]
pub struct ApprovedPlan {
    plan: Plan,
    findings: Vec<Finding>,
    released: Vec<Finding>,
    shrinks: BTreeSet<DeskKey>,
    distrusted: BTreeSet<DeskKey>,
    approval: Approval,
}

impl Screening {
    /// The plan without the removals that were refused, and without any that were not judged. `plan` is the judged one,
    /// or made anew once more is known of who would be removed.
    #[must_use]
    pub fn approve(self, mut plan: Plan) -> ApprovedPlan {
        let may_leave = |desk: &DeskKey, handle: &Handle| {
            let allowed = self.allowed.get(desk);
            allowed.is_some_and(|handles| handles.contains(handle))
        };
        let may_be_done = |step: &Step| {
            let removal = step.action.removal();
            removal.is_none_or(|(desk, account)| may_leave(desk, &account.handle))
        };
        let (steps, refused): (Vec<_>, Vec<_>) = plan.steps.into_iter().partition(may_be_done);
        plan.steps = steps;
        plan.left.retain(|(desk, _)| !self.shortened.contains(desk));
        // Who stays because of a guard is told with those who were not even asked for.
        plan.leavers.extend(refused.into_iter().filter_map(leaver));
        ApprovedPlan {
            plan,
            findings: self.findings,
            released: self.released,
            shrinks: self.shrinks,
            distrusted: self.distrusted,
            approval: Approval(()),
        }
    }
}

impl ApprovedPlan {
    /// The plan.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What was refused, and is no longer in the plan.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// What would have been refused, and was overridden or approved.
    #[must_use]
    pub fn released(&self) -> &[Finding] {
        &self.released
    }

    /// Whether the roster was refused for listing too few on a desk.
    #[must_use]
    pub fn shrinks(&self, desk: &DeskKey) -> bool {
        self.shrinks.contains(desk)
    }

    /// Whether what was read of a desk's list was not believed.
    #[must_use]
    pub fn distrusts(&self, desk: &DeskKey) -> bool {
        self.distrusted.contains(desk)
    }

    /// The proof that writes ask for.
    #[must_use]
    pub fn approval(&self) -> &Approval {
        &self.approval
    }
}

fn leaver(step: Step) -> Option<Leaver> {
    let (desk, account) = step.action.removal()?;
    Some(Leaver {
        desk: desk.clone(),
        handle: account.handle.clone(),
        cause: step.cause,
    })
}

/// Who would leave which desk, asked for already or not. Whoever the roster lists there is not among them, whatever the plan
/// says: a plan of a part of the roster must never take away whom another part lists.
fn leaving<'p>(roster: &Roster, observed: &Observed, plan: &'p Plan) -> BTreeMap<&'p DeskKey, BTreeSet<&'p Handle>> {
    let mut leaving = BTreeMap::<_, BTreeSet<_>>::new();
    for leaver in &plan.leavers {
        leaving.entry(&leaver.desk).or_default().insert(&leaver.handle);
    }
    for step in &plan.steps {
        if let Some((desk, account)) = step.action.removal() {
            leaving.entry(desk).or_default().insert(&account.handle);
        }
    }
    let accounts = observed.by_handle();
    let is_listed = |desk: &DeskKey, handle: &Handle| {
        let email = accounts.get(handle).and_then(|account| account.email_key());
        let customer = email.and_then(|email| roster.customers.get(&email));
        customer.is_some_and(|customer| customer.desks.contains(desk))
    };
    for (desk, handles) in &mut leaving {
        handles.retain(|handle| !is_listed(desk, handle));
    }
    leaving.retain(|_, handles| !handles.is_empty());
    leaving
}

#[cfg(test)]
mod tests;
