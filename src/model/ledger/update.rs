//! The fold: what a pass saw and did becomes memory. Above the planner; the planner needs none of it.

mod claims;
mod deeds;
mod history;

use std::collections::{BTreeMap, BTreeSet};

use super::facts::{Fact, Value, facts, is_wanted};
use super::memory::Ledger;
use crate::model::account::AccountId;
use crate::model::container::Container;
use crate::model::edit::Edit;
use crate::model::email::EmailKey;
use crate::model::held::{Concerns, Held};
use crate::model::observed::Deployment;
use crate::model::outcome::{Outcome, Outcomes};
use crate::model::plan::Plan;
use crate::model::policy::Policy;
use crate::model::roster::Roster;
use crate::model::step::{Action, Step};

impl Ledger {
    /// Takes in which `until` have come, where Jira's clock agrees with this machine's.
    pub fn until_came(&mut self, roster: &Roster, policy: &Policy) {
        let came = roster.expired.values().filter_map(|customer| customer.until).max();
        if policy.clock_is_right() {
            self.parts.until_came = self.parts.until_came.max(came);
        }
    }

    /// Takes in what a full pass saw and did. A fact that no step, held entry or pause concerns was seen in agreement,
    /// and so was one whose step succeeded. A desk is complete once a pass that read it came to its end.
    pub fn fold(&mut self, roster: &Roster, plan: &Plan, outcomes: &Outcomes) {
        self.fold_part(roster, roster, plan, outcomes);
    }

    /// The same for a pass over a part of `roster`, some desks of it: what is remembered of the rest stays.
    pub fn fold_part(&mut self, roster: &Roster, part: &Roster, plan: &Plan, outcomes: &Outcomes) {
        let read = part.containers().collect();
        let open = self.take_in(roster, part, plan, outcomes, &read);
        self.count_deeds(Some(part), plan, outcomes);
        self.parts.completed.retain(|container| roster.declares(container));
        if outcomes.stopped.is_none() {
            let read = part
                .containers()
                .filter(|container| !open.containers.contains(container));
            self.parts.completed.extend(read);
        }
    }

    /// The same for a pass over an edit of `roster`, which saw only what the edit concerns.
    pub fn fold_edit(&mut self, roster: &Roster, edit: &Edit, plan: &Plan, outcomes: &Outcomes) {
        let read: BTreeSet<Container> = edit.whole.iter().map(Container::from).collect();
        let open = self.take_in(roster, &edit.roster, plan, outcomes, &read);
        self.count_deeds(None, plan, outcomes);
        self.parts.completed.retain(|container| roster.declares(container));
        if outcomes.stopped.is_none() {
            let read = read
                .into_iter()
                .filter(|container| !open.containers.contains(container));
            self.parts.completed.extend(read);
        }
    }

    /// `read`: the containers whose lists were read whole.
    fn take_in(
        &mut self,
        roster: &Roster,
        seen: &Roster,
        plan: &Plan,
        outcomes: &Outcomes,
        read: &BTreeSet<Container>,
    ) -> Open {
        self.kept = true;
        let open = Open::of(plan, outcomes);
        let made: BTreeMap<_, _> = plan.steps.iter().filter_map(|step| made(step, outcomes)).collect();
        let account = |email: &EmailKey| {
            let existing = plan.accounts.get(email).map(|account| &account.id);
            let id = existing.or_else(|| made.get(email).copied());
            id.cloned().map(Value::Account)
        };
        self.claim(roster, plan, outcomes, &account, read);
        let named = plan.site.deployment == Deployment::DataCenter;
        let agreed = facts(seen, account).filter(|(fact, _)| named || !matches!(fact, Fact::Name(_)));
        self.parts.agreed.extend(agreed.filter(|(fact, _)| !open.holds(fact)));
        self.parts.agreed.retain(|fact, _| is_wanted(roster, fact));
        // A create that may or may not have made somebody: what was agreed on before says nothing of that account.
        let unknown = plan
            .steps
            .iter()
            .filter(|step| outcomes.of(step.id) == Outcome::Unknown);
        for step in unknown {
            if let Action::CreateCustomer { email, .. } = &step.action {
                self.parts.agreed.remove(&Fact::Account(email.key().clone()));
            }
        }
        self.parts
            .refused
            .retain(|email, _| roster.customers.contains_key(email) && !plan.accounts.contains_key(email));
        self.parts.refused.extend(refused_creates(outcomes, plan));
        if let Some(account) = &outcomes.seat_given {
            self.parts.seat_given = Some(account.clone());
        }
        open
    }
}

/// Whose account a step made, and which.
fn made<'a>(step: &'a Step, outcomes: &'a Outcomes) -> Option<(&'a EmailKey, &'a AccountId)> {
    let email = match &step.action {
        Action::CreateCustomer { email, .. } => email.key(),
        Action::UpdateCustomer { .. }
        | Action::AddToDesk { .. }
        | Action::RemoveFromDesk { .. }
        | Action::SetAccess { .. } => return None,
    };
    let end = outcomes.ends.get(&step.id).filter(|end| end.outcome.is_success())?;
    Some((email, &end.account.as_ref()?.id))
}

/// The e-mails that Jira would not create an account for because somebody unseen has them, with the candidates.
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
            let end = outcomes.ends.get(&id)?;
            let reason = end.held.as_ref().filter(|_| end.refused)?;
            Some((key.clone(), reason.candidates().to_vec()))
        })
        .collect()
}

/// What a pass left undone, or could not decide.
struct Open {
    /// Single facts.
    facts: BTreeSet<Fact>,
    /// People of whom nothing was decided: which account is theirs is not known.
    people: BTreeSet<EmailKey>,
    /// Containers of which nothing was decided: they were not read.
    containers: BTreeSet<Container>,
}

impl Open {
    fn of(plan: &Plan, outcomes: &Outcomes) -> Self {
        let undone = plan.steps.iter().filter(|step| !outcomes.succeeded(step.id));
        let mut open = Self {
            facts: undone
                .chain(&plan.paused)
                .flat_map(|step| step.action.facts())
                .collect(),
            people: BTreeSet::new(),
            containers: BTreeSet::new(),
        };
        for held in &plan.held {
            open.leave(held);
        }
        open
    }

    /// What is held about one person or one fact says nothing about the others.
    fn leave(&mut self, held: &Held) {
        match held.concerns() {
            Concerns::Nothing => {}
            Concerns::Person(email) => {
                self.people.insert(email.key().clone());
            }
            Concerns::Name(email) => {
                self.facts.insert(Fact::Name(email.key().clone()));
            }
            Concerns::Membership(container, email) => {
                self.facts.insert(Fact::Membership(container, email.key().clone()));
            }
            Concerns::Strangers(container) => {
                self.facts.insert(Fact::Exact(container));
            }
            Concerns::Access(desk) => {
                self.facts.insert(Fact::Access(desk.clone()));
            }
            Concerns::Container(container) => {
                self.containers.insert(container);
            }
        }
    }

    fn holds(&self, fact: &Fact) -> bool {
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
