//! Decides, entry by entry and desk by desk.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::contents::Plan;
use crate::model::desk::DeskKey;
use crate::model::email::{Email, EmailKey};
use crate::model::held::{Held, HeldReason};
use crate::model::identity::{Identities, Identity};
use crate::model::ledger::{Deed, Ledger};
use crate::model::observed::{Deployment, DeskReading, Observed, ObservedDesk, Witness};
use crate::model::policy::Policy;
use crate::model::roster::{Customer, Roster};
use crate::model::step::{Action, Cause, Step, StepId};

/// Decides what to do. An entry Jira was not asked about (see [`questions`]) counts as absent; Jira's own refusal of a
/// second account with one e-mail (409) is what makes that safe.
#[must_use]
pub fn plan(roster: &Roster, observed: &Observed, ledger: &Ledger, policy: &Policy) -> Plan {
    plan_part((roster, roster), observed, ledger, policy)
}

/// The same for a part of a whole roster, which says where else a person who leaves a desk is listed.
#[must_use]
pub fn plan_part((whole, roster): (&Roster, &Roster), observed: &Observed, ledger: &Ledger, policy: &Policy) -> Plan {
    let mut planner = Planner {
        whole,
        roster,
        observed,
        ledger,
        policy,
        formerly: OnceCell::new(),
        adds: OnceCell::new(),
        next: 1,
        plan: Plan {
            site: observed.site.clone(),
            steps: Vec::new(),
            paused: Vec::new(),
            held: Vec::new(),
            notes: Vec::new(),
            leavers: Vec::new(),
            left: BTreeSet::new(),
            unwitnessed: BTreeSet::new(),
            without_effect: BTreeSet::new(),
            accounts: BTreeMap::new(),
            portals: portals(observed),
            unchanged: 0,
            warnings: observed.warnings.clone(),
        },
    };
    planner.hold_desks();
    let mut replaced = Vec::new();
    let identities = Identities::new(roster, observed);
    for customer in roster.customers.values() {
        let before = planner.next;
        let identity = identities.identify(customer);
        let decided = !planner.holds_until(customer, &identity) && planner.person(customer, identity);
        if decided && planner.is_cloud() {
            planner.replace(customer, &identities, &mut replaced);
        }
        let waits = customer.desks.iter().any(|desk| observed.desk(desk).is_none());
        if decided && !waits && planner.next == before {
            planner.plan.unchanged += 1;
        }
    }
    let (tightening, loosening) = planner.access();
    let tightened = tightening.iter().map(|(desk, ..)| desk.clone()).collect();
    planner.set(tightening);
    planner.removals(&identities, &replaced, &tightened);
    planner.set(loosening);
    planner.warn_of_passwords();
    planner.warn_of_clock();
    planner.plan
}

/// The steps that put people on desks.
pub(super) type Adds = BTreeMap<(EmailKey, DeskKey), StepId>;

/// A plan in the making.
pub(super) struct Planner<'a> {
    /// All that the roster lists, of which only a part is planned for.
    pub(super) whole: &'a Roster,
    pub(super) roster: &'a Roster,
    pub(super) observed: &'a Observed,
    pub(super) ledger: &'a Ledger,
    pub(super) policy: &'a Policy,
    /// The entries by the addresses their people had previously.
    pub(super) formerly: OnceCell<BTreeMap<&'a EmailKey, &'a Customer>>,
    /// The adds of the plan, once they are all in it.
    pub(super) adds: OnceCell<Adds>,
    pub(super) next: u32,
    pub(super) plan: Plan,
}

impl Planner<'_> {
    pub(super) fn hold_desks(&mut self) {
        for key in self.roster.desks.keys() {
            let reason = match self.observed.desks.get(key) {
                Some(DeskReading::Read(_)) => continue,
                Some(DeskReading::Unreadable { reason }) => HeldReason::DeskUnreadable(reason.clone()),
                Some(DeskReading::Missing) | None => HeldReason::DeskMissing,
            };
            self.hold(None, Some(key), reason);
        }
    }

    pub(super) fn step(&mut self, action: Action, cause: Cause, paused: bool) -> StepId {
        let id = StepId(self.next);
        self.next += 1;
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

    /// Whether Jira accepted it twice in vain; it is remembered as still waiting then.
    pub(super) fn is_without_effect(&mut self, deed: Deed) -> bool {
        let vain = self.ledger.is_without_effect(&deed);
        if vain {
            self.plan.without_effect.insert(deed);
        }
        vain
    }

    /// Whether it is in doubt that an `until` which has come by one clock has come at all.
    pub(super) fn is_in_doubt(&self, until: Option<Date>) -> bool {
        self.policy.clock_is_off() && until.is_some_and(|until| !self.ledger.has_come(until))
    }

    /// Holds an entry whose `until` has come by Jira's clock and not by this machine's; false where there is none.
    pub(super) fn holds_until(&mut self, customer: &Customer, identity: &Identity<'_>) -> bool {
        let by_jira = customer
            .until
            .is_some_and(|until| self.policy.day_in_jira().is_some_and(|day| until <= day));
        let holds = by_jira && self.is_in_doubt(customer.until);
        if holds {
            let account = match identity {
                Identity::Account(account) | Identity::Former(account) => Some(account.id.clone()),
                Identity::Absent | Identity::Unasked(_) | Identity::Held(_) => None,
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

    /// Whether a desk's list is Cloud's and its second witness was not asked.
    pub(super) fn is_unwitnessed(&self, key: &DeskKey, desk: &ObservedDesk) -> bool {
        self.is_cloud() && desk.witness == Witness::NotAsked && !self.plan.unwitnessed.contains(key)
    }

    pub(super) fn is_cloud(&self) -> bool {
        self.observed.site.deployment == Deployment::Cloud
    }
}

fn portals(observed: &Observed) -> BTreeMap<DeskKey, u64> {
    let keys = observed.desks.keys();
    keys.filter_map(|key| Some((key.clone(), observed.desk(key)?.portal?)))
        .collect()
}
