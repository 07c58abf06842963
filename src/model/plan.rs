//! The plan: every difference between the roster and Jira, decided once.
//!
//! | the entry's account | on the desk | desk | expected |
//! |---|---|---|---|
//! | one, active | yes, or on its team | any | nothing |
//! | one, active | no | managed | `add_to_desk` |
//! | one, active | no | paused | `add_to_desk`, listed apart |
//! | absent | no | managed, or none named | `create_customer`, then `add_to_desk` |
//! | absent | no | every one paused | both, listed apart |
//! | absent | no | every one missing or unreadable | nothing: the desk is held |
//! | several, hidden, deactivated, an app's, wrongly pinned | any | any | held |
//! | one with an address of `previously`, Data Center | any | any | `update_customer`, then `add_to_desk` |
//! | one with the new address, another with the old, Data Center | any | any | held |
//! | one with an address of `previously`, Cloud | yes | restricted | `remove_from_desk`, once the new account is on it |
//! | an address known to be an account's, which shows another or none now | any | any | held |
//! | to be changed, and an agent's, an administrator's, quietdesk's own or nobody knows | any | any | held; a name is noted |
//! | whose `until` comes between this machine's day and Jira's, the clocks being far apart | any | any | held |
//! | deactivated, Data Center, `--reactivate` | any | any | `update_customer`, then `add_to_desk` |
//! | one, whose name is not the file's, Data Center | any | any | `update_customer` where the file changed, else noted |
//!
//! Who is on a desk and is not to be: see `removals`. Who is on a desk's list on Cloud, and has no place in a role of its
//! customers that is believed, is not on the desk: added where listed (`add_to_desk`; noted after two in vain), else noted.
//!
//! [`plan`] is pure and synchronous; [`questions`] says what it still needs to be told.

mod moves;
mod people;
mod questions;
mod removals;

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::civil::Date;

pub use self::questions::{Questions, questions};
use super::access::Access;
use super::account::{AccountId, Handle};
use super::desk::DeskKey;
use super::email::{Email, EmailKey};
use super::held::{Change, Held, HeldReason};
use super::identity::{Identities, Identity};
use super::ledger::{Deed, Fact, Ledger, Value};
use super::observed::{AccessReading, Deployment, DeskReading, Observed, ObservedDesk, Site, Witness};
use super::policy::Policy;
use super::roster::{Customer, DeskSpec, Roster};
use super::step::{AccountRef, Action, Cause, Step, StepId};

/// Everything that is to be done, held, noted or waiting, in a deterministic order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The site it was made for.
    pub site: Site,
    /// What to do: people in the order of their e-mails (each account before its desks), then tightenings of access,
    /// then loosenings.
    pub steps: Vec<Step>,
    /// What would be done if its desk were not paused.
    pub paused: Vec<Step>,
    /// What cannot be decided or done safely.
    pub held: Vec<Held>,
    /// Differences nobody needs to act on, or that no API can mend.
    pub notes: Vec<Note>,
    /// Who is on a desk and is not to be, and was not asked for yet: nobody is removed who was not. In an approved plan,
    /// whom a guard keeps there.
    pub leavers: Vec<Leaver>,
    /// Whom an earlier roster listed on a desk, and who is on it no more.
    pub left: BTreeSet<(DeskKey, EmailKey)>,
    /// Desks whose customers' role was not asked, though somebody is added there, stays or leaves by the word of the list
    /// alone.
    pub unwitnessed: BTreeSet<DeskKey>,
    /// What is held, or noted, because Jira accepted it twice, and it still is not so.
    pub without_effect: BTreeSet<Deed>,
    /// The account of each entry that has one.
    pub accounts: BTreeMap<EmailKey, AccountRef>,
    /// The numbers of the desks' portals, where they were told.
    pub portals: BTreeMap<DeskKey, u64>,
    /// How many entries need nothing.
    pub unchanged: usize,
    /// Facts about the whole site that a reader should know.
    pub warnings: Vec<String>,
}

/// A difference that is told and left alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The person, as the roster or Jira spells the address.
    pub email: Option<String>,
    /// The account.
    pub account: AccountId,
    /// The desk, where it is about one.
    pub desk: Option<DeskKey>,
    /// What is so.
    pub kind: NoteKind,
}

/// What is told and left alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoteKind {
    /// Jira has this name, and the roster another. No API changes a portal-only customer's name on Cloud (jira-facts §1,
    /// H).
    NameInJira(String),
    /// Would leave the desk, but for its `keep`.
    Kept,
    /// Would leave the desk, but is more than a customer.
    NotACustomer,
    /// Would leave the desk, but is on its list only, and has no place in the role of its customers.
    ListedOnly,
    /// Is to be on the desk, is on its list only, and adding it twice gave it no place in the role of its customers.
    AddedInVain,
    /// Would leave the desk, but it stays open, and Jira removes nobody from an open desk (jira-facts §1, H).
    StaysOpen,
    /// Would leave the desk, but cannot join another desk yet that the roster lists: it is held or paused.
    WaitsForAdd(DeskKey),
}

impl fmt::Display for NoteKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NameInJira(name) => write!(
                f,
                "Jira has the name {name:?}, which quietdesk leaves alone (on Data Center, a name that changes in the file \
                 is set; else it is the person's own to change)"
            ),
            Self::Kept => f.write_str("stays on the desk because of its `keep`"),
            Self::NotACustomer => {
                f.write_str("stays on the desk, being an agent, an administrator, an app or quietdesk's own account")
            }
            Self::ListedOnly => f.write_str(
                "is off the desk already: Jira still lists it there, but it has no place in the project role \"Service Desk \
                 Customers\"",
            ),
            Self::AddedInVain => f.write_str(
                "is on the desk's list, but has no place in the project role \"Service Desk Customers\", and adding it twice \
                 gave it none; see in Jira whether it reaches the desk by a group",
            ),
            Self::StaysOpen => f.write_str("stays on the desk, because Jira removes nobody from one that is open"),
            Self::WaitsForAdd(desk) => write!(
                f,
                "stays on the desk until it can be added to {desk}, which the roster lists as well and which is held or \
                 paused now"
            ),
        }
    }
}

/// Somebody who is on a desk and is not to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaver {
    /// Which desk.
    pub desk: DeskKey,
    /// What the desk's list names the account by.
    pub handle: Handle,
    /// Why.
    pub cause: Cause,
}

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
        let waits = customer.desks.iter().any(|desk| read(observed, desk).is_none());
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

impl Plan {
    /// Holds the removals of a saved plan whose entries' `until` had come, where the clock is in doubt now.
    pub fn hold_expired(&mut self, policy: &Policy) {
        let Some(warning) = policy.clock_warning() else { return };
        let steps = std::mem::take(&mut self.steps);
        let (expired, left): (Vec<_>, _) = steps.into_iter().partition(|step| step.cause == Cause::Expired);
        self.steps = left;
        self.warnings.extend((!expired.is_empty()).then_some(warning));
        for Step { action, .. } in expired {
            let (email, desk) = (action.email().cloned(), action.desk().cloned());
            let account = action.removal().map(|(_, account)| account.id.clone());
            let reason = HeldReason::ClockOff(account);
            self.held.push(Held { email, desk, reason });
        }
    }

    /// The step of this number, unless its desk is paused.
    #[must_use]
    pub fn step(&self, id: StepId) -> Option<&Step> {
        // Steps are numbered in the order they are listed.
        let place = self.steps.binary_search_by_key(&id, |step| step.id).ok()?;
        self.steps.get(place)
    }
}

/// Which desk, how open it is, how open it is to be.
type AccessChange = (DeskKey, Access, Access);

struct Planner<'a> {
    /// All that the roster lists, of which only a part is planned for.
    whole: &'a Roster,
    roster: &'a Roster,
    observed: &'a Observed,
    ledger: &'a Ledger,
    policy: &'a Policy,
    /// The entries by the addresses their people had previously.
    formerly: OnceCell<BTreeMap<&'a EmailKey, &'a Customer>>,
    /// The adds of the plan, once they are all in it.
    adds: OnceCell<moves::Adds>,
    next: u32,
    plan: Plan,
}

impl Planner<'_> {
    fn hold_desks(&mut self) {
        for key in self.roster.desks.keys() {
            let reason = match self.observed.desks.get(key) {
                Some(DeskReading::Read(_)) => continue,
                Some(DeskReading::Unreadable { reason }) => HeldReason::DeskUnreadable(reason.clone()),
                Some(DeskReading::Missing) | None => HeldReason::DeskMissing,
            };
            self.hold(None, Some(key), reason);
        }
    }

    /// What tightens, and what loosens: whoever must be kept out is kept out first.
    fn access(&mut self) -> (Vec<AccessChange>, Vec<AccessChange>) {
        let mut changes = Vec::new();
        for (key, spec) in &self.roster.desks {
            changes.extend(self.access_of(key, spec));
        }
        changes.into_iter().partition(|(_, before, after)| after < before)
    }

    fn set(&mut self, changes: Vec<AccessChange>) {
        for (desk, before, after) in changes {
            let fact = Fact::Access(desk.clone());
            let cause = self.ledger.cause(&fact, &Value::Access(after), [&desk]);
            let paused = self.is_paused(&desk);
            self.step(Action::SetAccess { desk, before, after }, cause, paused);
        }
    }

    fn access_of(&mut self, key: &DeskKey, spec: &DeskSpec) -> Option<AccessChange> {
        let wanted = spec.access?;
        let desk = read(self.observed, key)?;
        match &desk.access {
            AccessReading::NotAsked => None,
            AccessReading::Known(now) if *now == wanted => None,
            AccessReading::Known(_) if wanted == Access::Public && self.is_cloud() => {
                self.hold(None, Some(key), HeldReason::PublicOnCloud);
                None
            }
            AccessReading::Known(_) if wanted == Access::Public && !desk.may_be_public => {
                self.hold(None, Some(key), HeldReason::PublicNotAllowed);
                None
            }
            AccessReading::Known(_) if self.is_without_effect(Deed::Access(key.clone(), wanted)) => {
                self.hold(None, Some(key), HeldReason::NoEffect(Change::Access));
                None
            }
            AccessReading::Known(now) => Some((key.clone(), *now, wanted)),
            AccessReading::Unreadable { reason } => {
                self.hold(None, Some(key), HeldReason::AccessUnreadable(reason.clone()));
                None
            }
        }
    }

    fn step(&mut self, action: Action, cause: super::step::Cause, paused: bool) -> StepId {
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

    fn hold(&mut self, email: Option<&Email>, desk: Option<&DeskKey>, reason: HeldReason) {
        self.plan.held.push(Held {
            email: email.cloned(),
            desk: desk.cloned(),
            reason,
        });
    }

    /// Whether Jira accepted it twice in vain; it is remembered as still waiting then.
    fn is_without_effect(&mut self, deed: Deed) -> bool {
        let vain = self.ledger.is_without_effect(&deed);
        if vain {
            self.plan.without_effect.insert(deed);
        }
        vain
    }

    /// Whether it is in doubt that an `until` which has come by one clock has come at all.
    fn is_in_doubt(&self, until: Option<Date>) -> bool {
        self.policy.clock_is_off() && until.is_some_and(|until| !self.ledger.has_come(until))
    }

    /// Holds an entry whose `until` has come by Jira's clock and not by this machine's; false where there is none.
    fn holds_until(&mut self, customer: &Customer, identity: &Identity<'_>) -> bool {
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

    fn warn_of_clock(&mut self) {
        if let Some(warning) = self.policy.clock_warning().filter(|_| self.roster.has_until()) {
            self.plan.warnings.push(warning);
        }
    }

    fn is_paused(&self, desk: &DeskKey) -> bool {
        self.roster.desks.get(desk).is_some_and(|spec| spec.paused)
    }

    /// Whether a desk's list is Cloud's and its second witness was not asked.
    fn is_unwitnessed(&self, key: &DeskKey, desk: &ObservedDesk) -> bool {
        self.is_cloud() && desk.witness == Witness::NotAsked && !self.plan.unwitnessed.contains(key)
    }

    fn is_cloud(&self) -> bool {
        self.observed.site.deployment == Deployment::Cloud
    }
}

fn portals(observed: &Observed) -> BTreeMap<DeskKey, u64> {
    let keys = observed.desks.keys();
    keys.filter_map(|key| Some((key.clone(), read(observed, key)?.portal?)))
        .collect()
}

fn read<'a>(observed: &'a Observed, key: &DeskKey) -> Option<&'a ObservedDesk> {
    match observed.desks.get(key)? {
        DeskReading::Read(desk) => Some(desk),
        DeskReading::Missing | DeskReading::Unreadable { .. } => None,
    }
}

#[cfg(test)]
mod tests;
