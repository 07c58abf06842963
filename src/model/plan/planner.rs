//! The planner: decides entry by entry, then desk by desk.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::contents::Plan;
use crate::model::desk::DeskKey;
use crate::model::email::{Email, EmailKey};
use crate::model::held::{Held, HeldReason};
use crate::model::identity::{Identities, Identity};
use crate::model::ledger::{Effect, Ledger};
use crate::model::observed::{Deployment, DeskReading, Observed, ObservedDesk, RoleReading};
use crate::model::policy::Policy;
use crate::model::roster::{Customer, Roster};
use crate::model::step::{Action, Cause, Step, StepId};

/// Plans a whole roster. An entry that was not looked up (see [`questions`](fn@super::questions)) counts as absent; that
/// is safe because Jira refuses a second account with the same e-mail (409).
#[must_use]
pub fn plan(roster: &Roster, observed: &Observed, ledger: &Ledger, policy: &Policy) -> Plan {
    plan_part((roster, roster), observed, ledger, policy)
}

/// Plans a part of a roster. The whole roster shows which other desks list a person who is removed from one.
#[must_use]
pub fn plan_part((whole, roster): (&Roster, &Roster), observed: &Observed, ledger: &Ledger, policy: &Policy) -> Plan {
    let mut planner = Planner {
        whole_roster: whole,
        roster,
        observed,
        ledger,
        policy,
        entries_by_previous_email: OnceCell::new(),
        adds: OnceCell::new(),
        next_step_id: 1,
        plan: Plan {
            site: observed.site.clone(),
            steps: Vec::new(),
            paused: Vec::new(),
            held: Vec::new(),
            notes: Vec::new(),
            removal_candidates: Vec::new(),
            departed: BTreeSet::new(),
            desks_with_unread_role: BTreeSet::new(),
            without_effect: BTreeSet::new(),
            accounts: BTreeMap::new(),
            portals: portal_numbers(observed),
            unchanged: 0,
            warnings: observed.warnings.clone(),
        },
    };
    planner.hold_unreadable_desks();
    let mut replaced = Vec::new();
    let identities = Identities::new(roster, observed);
    for customer in roster.customers.values() {
        let before = planner.next_step_id;
        let identity = identities.identify(customer);
        let decided = !planner.hold_doubtful_expiry(customer, &identity) && planner.plan_entry(customer, identity);
        if decided && planner.is_cloud() {
            planner.collect_replaced_accounts(customer, &identities, &mut replaced);
        }
        let waits = customer.desks.iter().any(|desk| observed.desk(desk).is_none());
        if decided && !waits && planner.next_step_id == before {
            planner.plan.unchanged += 1;
        }
    }
    let (tightening, loosening) = planner.access_mode_changes();
    let tightened = tightening.iter().map(|(desk, ..)| desk.clone()).collect();
    planner.plan_access_changes(tightening);
    planner.plan_removals(&identities, &replaced, &tightened);
    planner.plan_access_changes(loosening);
    planner.warn_of_passwords();
    planner.warn_of_clock();
    planner.plan
}

/// The planned adds, by person and desk.
pub(super) type AddSteps = BTreeMap<(EmailKey, DeskKey), StepId>;

/// A plan in the making.
pub(super) struct Planner<'a> {
    /// The whole roster, of which `roster` may be a part.
    pub(super) whole_roster: &'a Roster,
    pub(super) roster: &'a Roster,
    pub(super) observed: &'a Observed,
    pub(super) ledger: &'a Ledger,
    pub(super) policy: &'a Policy,
    /// Entries by previous address.
    pub(super) entries_by_previous_email: OnceCell<BTreeMap<&'a EmailKey, &'a Customer>>,
    /// Computed after all adds are planned.
    pub(super) adds: OnceCell<AddSteps>,
    pub(super) next_step_id: u32,
    pub(super) plan: Plan,
}

impl Planner<'_> {
    pub(super) fn hold_unreadable_desks(&mut self) {
        for key in self.roster.desks.keys() {
            let reason = match self.observed.desks.get(key) {
                Some(DeskReading::Read(_)) => continue,
                Some(DeskReading::Unreadable { reason }) => HeldReason::DeskUnreadable(reason.clone()),
                Some(DeskReading::Missing) | None => HeldReason::DeskMissing,
            };
            self.hold(None, Some(key), reason);
        }
    }

    pub(super) fn push_step(&mut self, action: Action, cause: Cause, paused: bool) -> StepId {
        let id = StepId(self.next_step_id);
        self.next_step_id += 1;
        let list = if paused {
            &mut self.plan.paused
        } else {
            &mut self.plan.steps
        };
        list.push(Step { id, action, cause });
        id
    }

    pub(super) fn hold(&mut self, email: Option<&Email>, desk: Option<&DeskKey>, reason: HeldReason) {
        self.plan.held.push(Held {
            email: email.cloned(),
            desk: desk.cloned(),
            reason,
        });
    }

    /// Whether Jira accepted a change twice without effect; if so, records it in the plan.
    pub(super) fn is_without_effect(&mut self, effect: Effect) -> bool {
        let vain = self.ledger.is_ineffective(&effect);
        if vain {
            self.plan.without_effect.insert(effect);
        }
        vain
    }

    /// Whether an `until` reached by one clock may not have been reached: the clocks differ, and it was not reached
    /// before.
    pub(super) fn is_expiry_in_doubt(&self, until: Option<Date>) -> bool {
        self.policy.is_clock_off() && until.is_some_and(|until| !self.ledger.has_passed(until))
    }

    /// Holds an entry that has expired by Jira's clock but not by this machine's; returns whether it did.
    pub(super) fn hold_doubtful_expiry(&mut self, customer: &Customer, identity: &Identity<'_>) -> bool {
        let by_jira = customer
            .until
            .is_some_and(|until| self.policy.jira_day().is_some_and(|day| until <= day));
        let holds = by_jira && self.is_expiry_in_doubt(customer.until);
        if holds {
            let account = match identity {
                Identity::Account(account) | Identity::PreviousEmail(account) => Some(account.id.clone()),
                Identity::Absent | Identity::NeedsLookup(_) | Identity::Held(_) => None,
            };
            self.hold(Some(&customer.email), None, HeldReason::ClockOff(account));
        }
        holds
    }

    pub(super) fn warn_of_clock(&mut self) {
        if let Some(warning) = self.policy.clock_warning().filter(|_| self.roster.has_until()) {
            self.plan.warnings.push(warning);
        }
    }

    pub(super) fn is_paused(&self, desk: &DeskKey) -> bool {
        self.roster.desks.get(desk).is_some_and(|spec| spec.paused)
    }

    /// Whether the customer role of a Cloud desk was neither read nor marked to be read.
    pub(super) fn needs_role_reading(&self, key: &DeskKey, desk: &ObservedDesk) -> bool {
        self.is_cloud() && desk.role_reading == RoleReading::NotRead && !self.plan.desks_with_unread_role.contains(key)
    }

    pub(super) fn is_cloud(&self) -> bool {
        self.observed.site.deployment == Deployment::Cloud
    }
}

fn portal_numbers(observed: &Observed) -> BTreeMap<DeskKey, u64> {
    let keys = observed.desks.keys();
    keys.filter_map(|key| Some((key.clone(), observed.desk(key)?.portal?)))
        .collect()
}
