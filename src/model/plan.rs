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
//!
//! [`plan`] is pure and synchronous; [`questions`] says what it still needs to be told.

use std::collections::{BTreeMap, BTreeSet};

use super::access::Access;
use super::account::{Account, AccountId, AccountKind, Handle};
use super::desk::DeskKey;
use super::email::{Email, EmailKey};
use super::held::{Held, HeldReason};
use super::identity::{Identities, Identity, Question};
use super::ledger::{Fact, Ledger, Value};
use super::observed::{AccessReading, Deployment, DeskReading, Observed, ObservedDesk, Site};
use super::roster::{Customer, DeskSpec, Roster};
use super::step::{AccountRef, Action, Step, StepId, Who};

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
    /// The account of each entry that has one.
    pub accounts: BTreeMap<EmailKey, AccountRef>,
    /// How many entries need nothing.
    pub unchanged: usize,
    /// Facts about the whole site that a reader should know.
    pub warnings: Vec<String>,
}

/// A difference that is told and left alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The person.
    pub email: Email,
    /// The account.
    pub account: AccountId,
    /// The name Jira has, where the roster has another. No API changes a portal-only customer's name on Cloud
    /// (jira-facts §1, H).
    pub name_in_jira: String,
}

/// What the planner needs to be told before it can decide.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Questions {
    /// Who has these e-mails?
    pub emails: Vec<Email>,
    /// Are there such accounts?
    pub pins: BTreeSet<Handle>,
    /// Who reaches these desks through another project role? Asked only where somebody with an account of the whole
    /// product, who might be an agent, would be added.
    pub teams: BTreeSet<DeskKey>,
}

impl Questions {
    /// Whether everything is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.emails.is_empty() && self.pins.is_empty() && self.teams.is_empty()
    }
}

/// What has to be asked before [`plan`] can decide about every entry.
#[must_use]
pub fn questions(roster: &Roster, observed: &Observed) -> Questions {
    let identities = Identities::new(roster, observed);
    let mut questions = Questions::default();
    for customer in roster.customers.values() {
        match identities.identify(customer) {
            Identity::Unasked(Question::Email(email)) => questions.emails.push(email.clone()),
            Identity::Unasked(Question::Pin(pin)) => {
                questions.pins.insert(pin.clone());
            }
            Identity::Account(account) if account.kind != AccountKind::Customer => {
                let unasked = customer.desks.iter().filter(|key| {
                    read(observed, key).is_some_and(|desk| desk.team.is_none() && !desk.members.contains(&account.handle))
                });
                questions.teams.extend(unasked.cloned());
            }
            Identity::Account(_) | Identity::Absent | Identity::Held(_) => {}
        }
    }
    questions
}

/// Decides what to do. An entry Jira was not asked about (see [`questions`]) counts as absent; Jira's own refusal of a
/// second account with one e-mail (409) is what makes that safe.
#[must_use]
pub fn plan(roster: &Roster, observed: &Observed, ledger: &Ledger) -> Plan {
    let mut planner = Planner {
        roster,
        observed,
        ledger,
        next: 1,
        plan: Plan {
            site: observed.site.clone(),
            steps: Vec::new(),
            paused: Vec::new(),
            held: Vec::new(),
            notes: Vec::new(),
            accounts: BTreeMap::new(),
            unchanged: 0,
            warnings: observed.warnings.clone(),
        },
    };
    planner.hold_desks();
    let identities = Identities::new(roster, observed);
    for customer in roster.customers.values() {
        let before = planner.next;
        let decided = planner.person(customer, identities.identify(customer));
        let waits = customer.desks.iter().any(|desk| read(observed, desk).is_none());
        if decided && !waits && planner.next == before {
            planner.plan.unchanged += 1;
        }
    }
    planner.access();
    planner.plan
}

struct Planner<'a> {
    roster: &'a Roster,
    observed: &'a Observed,
    ledger: &'a Ledger,
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

    /// Plans one entry; false where it is held.
    fn person(&mut self, customer: &Customer, identity: Identity<'_>) -> bool {
        let candidates = self.ledger.refused(customer.email.key());
        match (identity, candidates) {
            (Identity::Account(account), _) => self.known(customer, account),
            (Identity::Held(reason), _) => {
                self.hold(Some(&customer.email), None, reason);
                return false;
            }
            (Identity::Absent | Identity::Unasked(_), Some(candidates)) => {
                let reason = HeldReason::ExistsUnseen(candidates.to_vec());
                self.hold(Some(&customer.email), None, reason);
                return false;
            }
            (Identity::Absent | Identity::Unasked(_), None) => self.absent(customer),
        }
        true
    }

    fn known(&mut self, customer: &Customer, account: &Account) {
        self.plan
            .accounts
            .insert(customer.email.key().clone(), account.into());
        for key in &customer.desks {
            if read(self.observed, key).is_some_and(|desk| !desk.has_access(account)) {
                self.add(customer, Who::Existing(account.into()), key);
            }
        }
        if customer.name.as_ref().is_some_and(|name| name.as_str() != account.name) {
            self.plan.notes.push(Note {
                email: customer.email.clone(),
                account: account.id.clone(),
                name_in_jira: account.name.clone(),
            });
        }
    }

    fn absent(&mut self, customer: &Customer) {
        let desks: Vec<_> = customer
            .desks
            .iter()
            .filter(|key| read(self.observed, key).is_some())
            .cloned()
            .collect();
        if desks.is_empty() && !customer.desks.is_empty() {
            return;
        }
        let fact = Fact::Account(customer.email.key().clone());
        let cause = self.ledger.cause(&fact, Value::Present, &customer.desks);
        let paused = !desks.is_empty() && desks.iter().all(|key| self.is_paused(key));
        let action = Action::CreateCustomer {
            email: customer.email.clone(),
            name: customer.name_for_creation().to_owned(),
            desks: desks.clone(),
        };
        let made = self.step(action, cause, paused);
        for key in &desks {
            self.add(customer, Who::MadeBy(made), key);
        }
    }

    fn add(&mut self, customer: &Customer, who: Who, desk: &DeskKey) {
        let fact = Fact::Membership(desk.clone(), customer.email.key().clone());
        let cause = self.ledger.cause(&fact, Value::Present, [desk]);
        let action = Action::AddToDesk {
            email: customer.email.clone(),
            who,
            desk: desk.clone(),
        };
        self.step(action, cause, self.is_paused(desk));
    }

    /// Tightening before loosening: whoever must be kept out is kept out first.
    fn access(&mut self) {
        let mut changes = Vec::new();
        for (key, spec) in &self.roster.desks {
            changes.extend(self.access_of(key, spec));
        }
        changes.sort_by_key(|(_, before, after)| after > before);
        for (desk, before, after) in changes {
            let fact = Fact::Access(desk.clone());
            let cause = self.ledger.cause(&fact, Value::Access(after), [&desk]);
            let paused = self.is_paused(&desk);
            self.step(Action::SetAccess { desk, before, after }, cause, paused);
        }
    }

    fn access_of(&mut self, key: &DeskKey, spec: &DeskSpec) -> Option<(DeskKey, Access, Access)> {
        let wanted = spec.access?;
        match &read(self.observed, key)?.access {
            AccessReading::NotAsked => None,
            AccessReading::Known(now) if *now == wanted => None,
            AccessReading::Known(_) if wanted == Access::Public && self.is_cloud() => {
                self.hold(None, Some(key), HeldReason::PublicOnCloud);
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

    fn is_paused(&self, desk: &DeskKey) -> bool {
        self.roster.desks.get(desk).is_some_and(|spec| spec.paused)
    }

    fn is_cloud(&self) -> bool {
        self.observed.site.deployment == Deployment::Cloud
    }
}

fn read<'a>(observed: &'a Observed, key: &DeskKey) -> Option<&'a ObservedDesk> {
    match observed.desks.get(key)? {
        DeskReading::Read(desk) => Some(desk),
        DeskReading::Missing | DeskReading::Unreadable { .. } => None,
    }
}

#[cfg(test)]
mod tests;
