//! Folds the observations and outcomes of a pass into the ledger. Above the planner, which uses none of it.

mod claims;
mod effects;
mod history;

use std::collections::{BTreeMap, BTreeSet};

use super::contents::Ledger;
use super::facts::{Fact, Value, declared_facts, is_declared};
use crate::model::account::AccountId;
use crate::model::container::Container;
use crate::model::edit::Edit;
use crate::model::email::EmailKey;
use crate::model::held::{Held, UndecidedFacts};
use crate::model::observed::Deployment;
use crate::model::outcome::{Outcome, Outcomes};
use crate::model::plan::Plan;
use crate::model::policy::Policy;
use crate::model::roster::Roster;
use crate::model::step::{Action, Step};

impl Ledger {
    /// Records the latest expired `until`, if Jira's clock agrees with this machine's.
    pub fn record_expiry(&mut self, roster: &Roster, policy: &Policy) {
        let came = roster.expired.values().filter_map(|customer| customer.until).max();
        if policy.is_clock_verified() {
            self.parts.until_came = self.parts.until_came.max(came);
        }
    }

    /// Folds in a full pass. A fact is agreed on if no step, held entry or pause concerns it, or if its step succeeded.
    /// A desk is completed by a pass that read it and was not stopped.
    pub fn fold(&mut self, roster: &Roster, plan: &Plan, outcomes: &Outcomes) {
        self.fold_part(roster, roster, plan, outcomes);
    }

    /// Folds in a pass over some desks of `roster`; the facts of other desks stay.
    pub fn fold_part(&mut self, roster: &Roster, part: &Roster, plan: &Plan, outcomes: &Outcomes) {
        let read = part.containers().collect();
        let open = self.fold_facts(roster, part, plan, outcomes, &read);
        self.count_effects(Some(part), plan, outcomes);
        self.parts.completed.retain(|container| roster.declares(container));
        if outcomes.stopped.is_none() {
            let read = part
                .containers()
                .filter(|container| !open.containers.contains(container));
            self.parts.completed.extend(read);
        }
    }

    /// Folds in a pass over an edit of `roster`, which read only what the edit concerns.
    pub fn fold_edit(&mut self, roster: &Roster, edit: &Edit, plan: &Plan, outcomes: &Outcomes) {
        let read: BTreeSet<Container> = edit.complete_desks.iter().map(Container::from).collect();
        let open = self.fold_facts(roster, &edit.roster, plan, outcomes, &read);
        self.count_effects(None, plan, outcomes);
        self.parts.completed.retain(|container| roster.declares(container));
        if outcomes.stopped.is_none() {
            let read = read
                .into_iter()
                .filter(|container| !open.containers.contains(container));
            self.parts.completed.extend(read);
        }
    }

    /// Folds in facts, claims and refused creates. `read` are the containers with a completely read list.
    fn fold_facts(
        &mut self,
        roster: &Roster,
        seen: &Roster,
        plan: &Plan,
        outcomes: &Outcomes,
        read: &BTreeSet<Container>,
    ) -> OpenFacts {
        self.is_kept = true;
        let open = OpenFacts::from_plan(plan, outcomes);
        let made: BTreeMap<_, _> = plan
            .steps
            .iter()
            .filter_map(|step| created_account(step, outcomes))
            .collect();
        let account = |email: &EmailKey| {
            let existing = plan.accounts.get(email).map(|account| &account.id);
            let id = existing.or_else(|| made.get(email).copied());
            id.cloned().map(Value::Account)
        };
        self.update_claims(roster, plan, outcomes, &account, read);
        let named = plan.site.deployment == Deployment::DataCenter;
        let agreed = declared_facts(seen, account).filter(|(fact, _)| named || !matches!(fact, Fact::Name(_)));
        self.parts
            .agreed
            .extend(agreed.filter(|(fact, _)| !open.contains(fact)));
        self.parts.agreed.retain(|fact, _| is_declared(roster, fact));
        // A create with an unknown outcome may have made a new account: the account agreed on before may be another.
        let unknown = plan
            .steps
            .iter()
            .filter(|step| outcomes.outcome_of(step.id) == Outcome::Unknown);
        for step in unknown {
            if let Action::CreateCustomer { email, .. } = &step.action {
                self.parts.agreed.remove(&Fact::Account(email.key().clone()));
            }
        }
        self.parts
            .refused_creates
            .retain(|email, _| roster.customers.contains_key(email) && !plan.accounts.contains_key(email));
        self.parts.refused_creates.extend(refused_creates(outcomes, plan));
        if let Some(account) = &outcomes.seat_given {
            self.parts.seat_given = Some(account.clone());
        }
        open
    }
}

/// Returns the e-mail and the account that a create step made or linked.
fn created_account<'a>(step: &'a Step, outcomes: &'a Outcomes) -> Option<(&'a EmailKey, &'a AccountId)> {
    let email = match &step.action {
        Action::CreateCustomer { email, .. } => email.key(),
        Action::UpdateCustomer { .. }
        | Action::AddToDesk { .. }
        | Action::RemoveFromDesk { .. }
        | Action::SetAccess { .. } => return None,
    };
    let end = outcomes.results.get(&step.id).filter(|end| end.outcome.is_success())?;
    Some((email, &end.account.as_ref()?.id))
}

/// Returns the e-mails for which Jira refused a create because an account that it does not show has them, with the
/// candidates.
fn refused_creates(outcomes: &Outcomes, plan: &Plan) -> BTreeMap<EmailKey, Vec<AccountId>> {
    let creates = plan.steps.iter().filter_map(|step| match &step.action {
        Action::CreateCustomer { email, .. } => Some((step.id, email.key())),
        Action::UpdateCustomer { .. }
        | Action::AddToDesk { .. }
        | Action::RemoveFromDesk { .. }
        | Action::SetAccess { .. } => None,
    });
    creates
        .filter_map(|(id, key)| {
            let end = outcomes.results.get(&id)?;
            let reason = end.held.as_ref().filter(|_| end.refused)?;
            Some((key.clone(), reason.candidates().to_vec()))
        })
        .collect()
}

/// Facts that a pass left undone or undecided.
struct OpenFacts {
    /// Single facts.
    facts: BTreeSet<Fact>,
    /// People with an unknown account: all their facts are undecided.
    people: BTreeSet<EmailKey>,
    /// Containers that were not read: all their facts are undecided.
    containers: BTreeSet<Container>,
}

impl OpenFacts {
    fn from_plan(plan: &Plan, outcomes: &Outcomes) -> Self {
        let undone = plan.steps.iter().filter(|step| !outcomes.has_succeeded(step.id));
        let mut open = Self {
            facts: undone
                .chain(&plan.paused)
                .flat_map(|step| step.action.facts())
                .collect(),
            people: BTreeSet::new(),
            containers: BTreeSet::new(),
        };
        for held in &plan.held {
            open.add_held(held);
        }
        open
    }

    /// Adds the facts a held entry leaves undecided, and no others.
    fn add_held(&mut self, held: &Held) {
        match held.undecided_facts() {
            UndecidedFacts::Nothing => {}
            UndecidedFacts::Person(email) => {
                self.people.insert(email.key().clone());
            }
            UndecidedFacts::Name(email) => {
                self.facts.insert(Fact::Name(email.key().clone()));
            }
            UndecidedFacts::Membership(container, email) => {
                self.facts.insert(Fact::Membership(container, email.key().clone()));
            }
            UndecidedFacts::Strangers(container) => {
                self.facts.insert(Fact::Exact(container));
            }
            UndecidedFacts::Access(desk) => {
                self.facts.insert(Fact::Access(desk.clone()));
            }
            UndecidedFacts::Container(container) => {
                self.containers.insert(container);
            }
        }
    }

    fn contains(&self, fact: &Fact) -> bool {
        self.facts.contains(fact)
            || match fact {
                Fact::Account(email) | Fact::Name(email) => self.people.contains(email),
                Fact::Membership(container, email) => {
                    self.people.contains(email) || self.containers.contains(container)
                }
                Fact::Exact(container) => self.containers.contains(container),
                Fact::Access(desk) => self.containers.contains(&desk.into()),
            }
    }
}
