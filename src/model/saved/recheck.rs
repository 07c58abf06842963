//! Rechecks a saved plan against Jira's present state.

use std::collections::{BTreeMap, BTreeSet};

use super::contents::SavedPlan;
use super::preconditions::{self, Observation, Precondition, read_desk};
use crate::model::account::{Account, AccountId};
use crate::model::email::EmailKey;
use crate::model::observed::{AccessReading, Lookup, Observed, ObservedDesk, RoleReading};
use crate::model::plan::Plan;
use crate::model::roster::Roster;
use crate::model::step::{AccountChanges, AccountRef, Action, Step, StepAccount, StepId};

/// A saved plan with valid preconditions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rechecked {
    /// The remaining steps.
    pub plan: Plan,
    /// Steps already done without this apply.
    pub already: Vec<Step>,
}

/// A precondition that changed since the plan was saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedPrecondition {
    /// Its description. May contain an e-mail.
    pub what: String,
    /// The saved value.
    pub before: String,
    /// The present value.
    pub now: String,
}

impl SavedPlan {
    /// Compares the plan with what is `observed` now, and with `roster` as of today.
    ///
    /// # Errors
    /// All changes since the plan was saved, other than steps already done.
    pub fn recheck(&self, roster: &Roster, observed: &Observed) -> Result<Rechecked, Vec<ChangedPrecondition>> {
        let (by_id, tightened) = preconditions::index_steps(&self.steps);
        let mut made = BTreeMap::<StepId, AccountRef>::new();
        let (mut left, mut already, mut changed) = (Vec::new(), Vec::new(), Vec::new());
        for step in &self.steps {
            let step = resolve_references(step, &made, &already);
            if is_already_done(&step, observed) && !self.adds_possible_phantom(&step, observed) {
                made.extend(account_of_done_step(&step, observed).map(|account| (step.id, account)));
                already.push(step);
                continue;
            }
            changed.extend(self.change_by_expiry(&step, roster));
            for precondition in preconditions::preconditions_of_step(&step, &by_id, &tightened) {
                changed.extend(self.change_of_precondition(&step, precondition, observed));
            }
            left.push(step);
        }
        if changed.is_empty() {
            return Ok(Rechecked {
                plan: self.remaining_plan(left, &already, observed),
                already,
            });
        }
        let mut reported = BTreeSet::new();
        changed.retain(|one: &ChangedPrecondition| reported.insert(one.what.clone()));
        Err(changed)
    }

    /// Returns the accounts of creates and updates that are already done, to be read for the adds that depend on them.
    #[must_use]
    pub fn accounts_already_made(&self, observed: &Observed) -> BTreeMap<StepId, AccountId> {
        let reached = self.steps.iter().filter(|step| is_already_done(step, observed));
        let found = reached.filter_map(|step| Some((step.id, account_of_done_step(step, observed)?.id)));
        found.collect()
    }

    /// Whether a step adds an account that was a phantom when the plan was saved, and the customer role does not show
    /// now whether it still is one: another add costs a call and is harmless.
    fn adds_possible_phantom(&self, step: &Step, observed: &Observed) -> bool {
        let Action::AddToDesk {
            who: StepAccount::Existing(account),
            desk: key,
            ..
        } = &step.action
        else {
            return false;
        };
        let precondition = Precondition::Membership(key.clone(), account.id.clone());
        let is_believed = |desk: &ObservedDesk| matches!(desk.role_reading, RoleReading::Trusted { .. });
        self.preconditions.get(&precondition) == Some(&Observation::ListedOnly)
            && !read_desk(observed, key).is_some_and(is_believed)
    }

    fn change_of_precondition(
        &self,
        step: &Step,
        precondition: Precondition,
        observed: &Observed,
    ) -> Option<ChangedPrecondition> {
        // An account created since by another client has no saved value: it was on no desk. Other missing values are
        // unknown.
        let before = match (self.preconditions.get(&precondition), &precondition) {
            (Some(before), _) => before.clone(),
            (None, Precondition::Membership(..)) => Observation::Is(false),
            (None, Precondition::Account(_)) => return None,
            (None, _) => Observation::Unknown,
        };
        let now = Observation::from_observed(&precondition, observed);
        // Whatever the file contains, only an account known to be just a customer's is removed.
        let asks_for_a_customer =
            step.action.requires_customer_only() && matches!(precondition, Precondition::Staff(_));
        let may_be = !asks_for_a_customer || now == Observation::Is(false);
        let is_off_still =
            before.is_not_on_desk() && (now.is_not_on_desk() || self.adds_possible_phantom(step, observed));
        let is_same = now == before || is_off_still && matches!(precondition, Precondition::Membership(..));
        (!is_same || !may_be).then(|| ChangedPrecondition {
            what: precondition.to_string(),
            before: before.to_string(),
            now: now.to_string(),
        })
    }

    fn change_by_expiry(&self, step: &Step, roster: &Roster) -> Option<ChangedPrecondition> {
        let email = match &step.action {
            Action::CreateCustomer { email, .. }
            | Action::UpdateCustomer { email, .. }
            | Action::AddToDesk { email, .. } => email,
            Action::RemoveFromDesk { .. } | Action::SetAccess { .. } => return None,
        };
        let customer = roster.expired.get(email.key())?;
        let until = customer.until?;
        Some(ChangedPrecondition {
            what: format!("roster entry {email}"),
            before: format!("wanted until {until}"),
            now: "expired".to_owned(),
        })
    }
}

/// Returns the step with its references to steps already done resolved.
fn resolve_references(step: &Step, made: &BTreeMap<StepId, AccountRef>, already: &[Step]) -> Step {
    let mut step = step.clone();
    match &mut step.action {
        Action::AddToDesk { who, .. } => {
            if let StepAccount::MadeBy(id) = who
                && let Some(account) = made.get(id)
            {
                *who = StepAccount::Existing(account.clone());
            }
        }
        Action::RemoveFromDesk { after, .. } => {
            after.retain(|id| already.iter().all(|step| step.id != *id));
        }
        Action::CreateCustomer { .. } | Action::UpdateCustomer { .. } | Action::SetAccess { .. } => {}
    }
    step
}

/// Whether Jira is already as the step would make it.
fn is_already_done(step: &Step, observed: &Observed) -> bool {
    let on_desk = |key, account: &AccountRef| {
        let desk = read_desk(observed, key)?;
        let now = observed.accounts.get(&account.id)?;
        Some(desk.members.contains(&now.handle))
    };
    match &step.action {
        Action::CreateCustomer { email, .. } => only_account_with(email.key(), observed).is_some(),
        Action::UpdateCustomer { account, changes, .. } => {
            let now = observed.accounts.get(&account.id);
            now.is_some_and(|now| are_changes_made(changes, now))
        }
        Action::AddToDesk {
            who: StepAccount::Existing(account),
            desk,
            ..
        } => on_desk(desk, account) == Some(true),
        Action::AddToDesk {
            who: StepAccount::MadeBy(_),
            ..
        } => false,
        Action::RemoveFromDesk { account, desk: key, .. } => {
            let is_gone = read_desk(observed, key).is_some() && observed.missing_accounts.contains(&account.id);
            is_gone || on_desk(key, account) == Some(false)
        }
        Action::SetAccess { desk: key, after, .. } => {
            read_desk(observed, key).is_some_and(|desk| desk.access == AccessReading::Known(*after))
        }
    }
}

fn are_changes_made(changes: &AccountChanges, now: &Account) -> bool {
    let name = changes.name.as_ref();
    let address = changes.address.as_ref();
    let is_named = |after: &String| now.name == *after;
    let has_address = now.email_key();
    now.active
        && name.is_none_or(|name| is_named(&name.after))
        && address.is_none_or(|address| {
            has_address.as_ref() == Some(address.after.key())
                && address.username.as_ref().is_none_or(|username| *username == now.handle)
        })
}

fn only_account_with<'a>(email: &EmailKey, observed: &'a Observed) -> Option<&'a Account> {
    match observed.lookups.get(email)? {
        Lookup::Found(id) => observed.accounts.get(id),
        Lookup::Absent | Lookup::Inactive(_) | Lookup::Several(_) | Lookup::UsernameTaken(_) | Lookup::Hidden(_) => {
            None
        }
    }
}

/// Returns the account of a create or update that is already done.
fn account_of_done_step(step: &Step, observed: &Observed) -> Option<AccountRef> {
    match &step.action {
        Action::CreateCustomer { email, .. } => only_account_with(email.key(), observed).map(AccountRef::from),
        Action::UpdateCustomer { account, .. } => observed.accounts.get(&account.id).map(AccountRef::from),
        Action::AddToDesk { .. } | Action::RemoveFromDesk { .. } | Action::SetAccess { .. } => None,
    }
}
