//! What is left of a saved plan, by what is so now.

use std::collections::{BTreeMap, BTreeSet};

use super::contents::SavedPlan;
use super::premises::{self, Premise, Seen, desk};
use crate::model::account::{Account, AccountId};
use crate::model::email::EmailKey;
use crate::model::observed::{AccessReading, Lookup, Observed, ObservedDesk, Witness};
use crate::model::plan::Plan;
use crate::model::roster::Roster;
use crate::model::step::{AccountRef, Action, Changes, Step, StepId, Who};

/// A saved plan that still holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rechecked {
    /// What is left to be done.
    pub plan: Plan,
    /// The steps whose end was reached without quietdesk.
    pub already: Vec<Step>,
}

/// Something that moved since a plan was saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// What, in words that may hold an e-mail.
    pub what: String,
    /// What it was.
    pub before: String,
    /// What it is.
    pub now: String,
}

impl SavedPlan {
    /// What is left to be done, by what is `observed` now, and with `roster` as it is of today.
    ///
    /// # Errors
    /// Everything that moved and is not as the plan would have it.
    pub fn recheck(&self, roster: &Roster, observed: &Observed) -> Result<Rechecked, Vec<Changed>> {
        let (by_id, tightened) = premises::by_id(&self.steps);
        let mut made = BTreeMap::<StepId, AccountRef>::new();
        let (mut left, mut already, mut changed) = (Vec::new(), Vec::new(), Vec::new());
        for step in &self.steps {
            let step = settled(step, &made, &already);
            if is_reached(&step, observed) && !self.is_listed_only(&step, observed) {
                made.extend(account_of(&step, observed).map(|account| (step.id, account)));
                already.push(step);
                continue;
            }
            changed.extend(self.expired(&step, roster));
            for premise in premises::of_step(&step, &by_id, &tightened) {
                changed.extend(self.moved(&step, premise, observed));
            }
            left.push(step);
        }
        if changed.is_empty() {
            return Ok(Rechecked {
                plan: self.plan_of(left, &already, observed),
                already,
            });
        }
        let mut told = BTreeSet::new();
        changed.retain(|one: &Changed| told.insert(one.what.clone()));
        Err(changed)
    }

    /// Whose account a step makes or changes that was so already, for the memberships that wait for it: to be asked for.
    #[must_use]
    pub fn found(&self, observed: &Observed) -> BTreeMap<StepId, AccountId> {
        let reached = self.steps.iter().filter(|step| is_reached(step, observed));
        let found = reached.filter_map(|step| Some((step.id, account_of(step, observed)?.id)));
        found.collect()
    }

    /// Whether a step adds somebody of whom the plan knew that the desk's list shows them and they are not on it, and nothing
    /// says that they are by now: adding them again costs a call and harms nothing.
    fn is_listed_only(&self, step: &Step, observed: &Observed) -> bool {
        let Action::AddToDesk {
            who: Who::Existing(account),
            desk: key,
            ..
        } = &step.action
        else {
            return false;
        };
        let premise = Premise::Membership(key.clone(), account.id.clone());
        let is_believed = |desk: &ObservedDesk| matches!(desk.witness, Witness::Believed { .. });
        self.premises.get(&premise) == Some(&Seen::ListedOnly) && !desk(observed, key).is_some_and(is_believed)
    }

    fn moved(&self, step: &Step, premise: Premise, observed: &Observed) -> Option<Changed> {
        // An account somebody else made in the meantime has no premises yet: it was on no desk. Anything else a file does
        // not tell of was not seen.
        let before = match (self.premises.get(&premise), &premise) {
            (Some(before), _) => before.clone(),
            (None, Premise::Membership(..)) => Seen::Is(false),
            (None, Premise::Account(_)) => return None,
            (None, _) => Seen::Unknown,
        };
        let now = Seen::of(&premise, observed);
        // Whatever a file says, nobody is taken off a desk who is not known to be a mere customer.
        let asks_for_a_customer = step.action.is_for_customers_alone() && matches!(premise, Premise::Staff(_));
        let may_be = !asks_for_a_customer || now == Seen::Is(false);
        let is_off_still = before.is_off() && (now.is_off() || self.is_listed_only(step, observed));
        let is_same = now == before || is_off_still && matches!(premise, Premise::Membership(..));
        (!is_same || !may_be).then(|| Changed {
            what: premise.to_string(),
            before: before.to_string(),
            now: now.to_string(),
        })
    }

    fn expired(&self, step: &Step, roster: &Roster) -> Option<Changed> {
        let email = match &step.action {
            Action::CreateCustomer { email, .. }
            | Action::UpdateCustomer { email, .. }
            | Action::AddToDesk { email, .. } => email,
            Action::RemoveFromDesk { .. } | Action::SetAccess { .. } => return None,
        };
        let customer = roster.expired.get(email.key())?;
        let until = customer.until?;
        Some(Changed {
            what: format!("the roster's entry {email}"),
            before: format!("wanted until {until}"),
            now: "its day has come".to_owned(),
        })
    }
}

/// The step, where what it waited for is there already.
fn settled(step: &Step, made: &BTreeMap<StepId, AccountRef>, already: &[Step]) -> Step {
    let mut step = step.clone();
    match &mut step.action {
        Action::AddToDesk { who, .. } => {
            if let Who::MadeBy(id) = who
                && let Some(account) = made.get(id)
            {
                *who = Who::Existing(account.clone());
            }
        }
        Action::RemoveFromDesk { after, .. } => {
            after.retain(|id| already.iter().all(|step| step.id != *id));
        }
        Action::CreateCustomer { .. } | Action::UpdateCustomer { .. } | Action::SetAccess { .. } => {}
    }
    step
}

/// Whether what a step is for is so.
fn is_reached(step: &Step, observed: &Observed) -> bool {
    let on_desk = |key, account: &AccountRef| {
        let desk = desk(observed, key)?;
        let now = observed.accounts.get(&account.id)?;
        Some(desk.members.contains(&now.handle))
    };
    match &step.action {
        Action::CreateCustomer { email, .. } => has_one(email.key(), observed).is_some(),
        Action::UpdateCustomer { account, changes, .. } => {
            let now = observed.accounts.get(&account.id);
            now.is_some_and(|now| are_made(changes, now))
        }
        Action::AddToDesk {
            who: Who::Existing(account),
            desk,
            ..
        } => on_desk(desk, account) == Some(true),
        Action::AddToDesk {
            who: Who::MadeBy(_), ..
        } => false,
        Action::RemoveFromDesk { account, desk: key, .. } => {
            let is_gone = desk(observed, key).is_some() && observed.gone.contains(&account.id);
            is_gone || on_desk(key, account) == Some(false)
        }
        Action::SetAccess { desk: key, after, .. } => {
            desk(observed, key).is_some_and(|desk| desk.access == AccessReading::Known(*after))
        }
    }
}

fn are_made(changes: &Changes, now: &Account) -> bool {
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

fn has_one<'a>(email: &EmailKey, observed: &'a Observed) -> Option<&'a Account> {
    match observed.lookups.get(email)? {
        Lookup::One(id) => observed.accounts.get(id),
        Lookup::Absent | Lookup::Inactive(_) | Lookup::Many(_) | Lookup::Taken(_) | Lookup::Hidden(_) => None,
    }
}

/// The account of a step that is reached.
fn account_of(step: &Step, observed: &Observed) -> Option<AccountRef> {
    match &step.action {
        Action::CreateCustomer { email, .. } => has_one(email.key(), observed).map(AccountRef::from),
        Action::UpdateCustomer { account, .. } => observed.accounts.get(&account.id).map(AccountRef::from),
        Action::AddToDesk { .. } | Action::RemoveFromDesk { .. } | Action::SetAccess { .. } => None,
    }
}
