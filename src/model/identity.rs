//! Whose account a roster entry means.

use std::collections::{BTreeMap, BTreeSet};

use super::account::{Account, AccountId, AccountKind, Handle};
use super::email::{Email, EmailKey};
use super::held::HeldReason;
use super::observed::{Deployment, Lookup, Observed};
use super::roster::{Customer, Roster};

/// What is known about whose account an entry means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity<'a> {
    /// This one.
    Account(&'a Account),
    /// This one, which shows an address the person had previously.
    Former(&'a Account),
    /// Nobody's: one has to be made.
    Absent,
    /// Jira was not asked yet.
    Unasked(Question<'a>),
    /// It cannot be decided.
    Held(HeldReason),
}

/// What to ask Jira to decide it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question<'a> {
    /// Who has this e-mail?
    Email(&'a Email),
    /// Is there such an account?
    Pin(&'a Handle),
}

/// Finds accounts by what a roster names them by.
#[derive(Debug)]
pub struct Identities<'a> {
    observed: &'a Observed,
    by_email: BTreeMap<EmailKey, Vec<&'a Account>>,
    by_handle: BTreeMap<&'a Handle, &'a Account>,
    shared_pins: BTreeSet<&'a Handle>,
}

impl<'a> Identities<'a> {
    /// Prepares to identify the entries of `roster`.
    #[must_use]
    pub fn new(roster: &'a Roster, observed: &'a Observed) -> Self {
        let mut by_email: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for account in observed.accounts.values() {
            if let Some(key) = account.email_key() {
                by_email.entry(key).or_default().push(account);
            }
        }
        let mut pins = BTreeSet::new();
        let all_pins = roster
            .customers
            .values()
            .filter_map(|customer| customer.account.as_ref());
        Self {
            observed,
            by_email,
            by_handle: observed.by_handle(),
            shared_pins: all_pins.filter(|pin| !pins.insert(*pin)).collect(),
        }
    }

    /// Decides whose account `customer` means.
    #[must_use]
    pub fn identify(&self, customer: &'a Customer) -> Identity<'a> {
        let identity = match &customer.account {
            Some(pin) => return self.by_pin(customer, pin),
            None => self.by_email(&customer.email),
        };
        // Cloud changes no addresses (docs/jira.md#cloud-no-changes): there the person gets another account.
        if customer.previously.is_empty() || self.observed.site.deployment == Deployment::Cloud {
            return identity;
        }
        // Every address is asked for at once: see `plan::questions`.
        if let Identity::Unasked(_) = identity {
            return identity;
        }
        self.with_former(customer, identity)
    }

    /// The accounts that show an address.
    pub fn showing(&self, email: &EmailKey) -> &[&'a Account] {
        self.by_email.get(email).map_or(&[], Vec::as_slice)
    }

    /// The account of this id, where it was met.
    #[must_use]
    pub fn with_id(&self, id: &AccountId) -> Option<&'a Account> {
        self.observed.accounts.get(id)
    }

    /// The account a desk's list names so, where it is known.
    #[must_use]
    pub fn named(&self, handle: &Handle) -> Option<&'a Account> {
        self.by_handle.get(handle).copied()
    }

    /// Looks at who has the addresses the person had previously. Two accounts that may both be meant are nobody's to
    /// choose from; one that is deactivated is only in the way where it is the only one.
    fn with_former(&self, customer: &'a Customer, identity: Identity<'a>) -> Identity<'a> {
        let (mut former, mut deactivated) = (Vec::new(), None);
        for email in &customer.previously {
            match self.by_email(email) {
                Identity::Account(account) | Identity::Former(account) => former.push(account),
                Identity::Held(HeldReason::Deactivated(id)) => deactivated = Some(id),
                // Whoever has that address as a user name alone is met when it is in the way.
                Identity::Absent | Identity::Held(HeldReason::UsernameTaken(_)) => {}
                unclear @ (Identity::Unasked(_) | Identity::Held(_)) => return unclear,
            }
        }
        let ids = |accounts: &[&Account]| accounts.iter().map(|account| account.id.clone()).collect::<Vec<_>>();
        match (identity, former.as_slice(), deactivated) {
            (Identity::Absent, [one], _) => Identity::Former(one),
            (Identity::Held(HeldReason::UsernameTaken(id)), [one], _) if one.id == id => Identity::Former(one),
            (Identity::Absent, [], Some(id)) => Identity::Held(HeldReason::Deactivated(id)),
            (Identity::Absent, [_, _, ..], _) => Identity::Held(HeldReason::SeveralAccounts(ids(&former))),
            (Identity::Account(account), [_, ..], _) => {
                let both = std::iter::once(account.id.clone()).chain(ids(&former)).collect();
                Identity::Held(HeldReason::PreviouslyStillThere(both))
            }
            (identity, _, _) => identity,
        }
    }

    fn by_pin(&self, customer: &'a Customer, pin: &'a Handle) -> Identity<'a> {
        if self.shared_pins.contains(pin) {
            return Identity::Held(HeldReason::PinShared(pin.clone()));
        }
        // Jira may find it under another spelling than its own.
        let asked = self.observed.pins.get(pin).and_then(Option::as_ref);
        let asked = asked.and_then(|id| self.observed.accounts.get(id));
        let Some(account) = self.by_handle.get(pin).copied().or(asked) else {
            return match self.observed.pins.contains_key(pin) {
                true => Identity::Held(HeldReason::PinUnknown(pin.clone())),
                false => Identity::Unasked(Question::Pin(pin)),
            };
        };
        match account.email_key() {
            Some(key) if customer.previously.iter().any(|email| *email.key() == key) => match usable(account) {
                // It keeps its address there, and is the person's all the same: the roster names it.
                Identity::Account(account) if self.observed.site.deployment == Deployment::Cloud => {
                    Identity::Account(account)
                }
                Identity::Account(account) => self.unless_taken(customer, account),
                unusable @ (Identity::Former(_) | Identity::Absent | Identity::Unasked(_) | Identity::Held(_)) => {
                    unusable
                }
            },
            Some(key) if key != *customer.email.key() => Identity::Held(HeldReason::PinShowsAnother(pin.clone())),
            Some(_) | None => usable(account),
        }
    }

    /// A pinned account with an older address can only be given the new one where nobody else has it.
    fn unless_taken(&self, customer: &'a Customer, account: &'a Account) -> Identity<'a> {
        match self.by_email(&customer.email) {
            Identity::Absent => Identity::Former(account),
            Identity::Held(HeldReason::UsernameTaken(id)) if id == account.id => Identity::Former(account),
            Identity::Account(other) | Identity::Former(other) => {
                Identity::Held(HeldReason::PreviouslyStillThere(vec![
                    account.id.clone(),
                    other.id.clone(),
                ]))
            }
            unclear @ (Identity::Unasked(_) | Identity::Held(_)) => unclear,
        }
    }

    fn by_email(&self, email: &'a Email) -> Identity<'a> {
        let key = email.key();
        let seen = self.by_email.get(key).into_iter().flatten().copied();
        let asked = self.observed.lookups.get(key);
        match (Lookup::judge(key, seen), asked) {
            (Lookup::One(id), _) => self.existing(&id),
            (Lookup::Many(ids), _) => Identity::Held(several(&self.observed.accounts, ids)),
            // The desk's list shows a deactivated account; somebody else may have the address now.
            (Lookup::Absent | Lookup::Inactive(_) | Lookup::Hidden(_) | Lookup::Taken(_), None) => {
                Identity::Unasked(Question::Email(email))
            }
            (Lookup::Inactive(id), Some(_)) => Identity::Held(HeldReason::Deactivated(id)),
            (Lookup::Absent | Lookup::Hidden(_) | Lookup::Taken(_), Some(Lookup::Absent)) => Identity::Absent,
            (Lookup::Absent | Lookup::Hidden(_) | Lookup::Taken(_), Some(Lookup::Hidden(ids))) => {
                Identity::Held(HeldReason::HiddenEmail(ids.clone()))
            }
            (Lookup::Absent | Lookup::Hidden(_) | Lookup::Taken(_), Some(Lookup::Taken(id))) => {
                Identity::Held(HeldReason::UsernameTaken(id.clone()))
            }
            // What was answered names accounts that were not remembered with this address: nothing is sure.
            (Lookup::Absent | Lookup::Hidden(_) | Lookup::Taken(_), Some(Lookup::One(id))) => {
                Identity::Held(HeldReason::HiddenEmail(vec![id.clone()]))
            }
            (Lookup::Absent | Lookup::Hidden(_) | Lookup::Taken(_), Some(Lookup::Inactive(id))) => {
                Identity::Held(HeldReason::Deactivated(id.clone()))
            }
            (Lookup::Absent | Lookup::Hidden(_) | Lookup::Taken(_), Some(Lookup::Many(ids))) => {
                Identity::Held(several(&self.observed.accounts, ids.clone()))
            }
        }
    }

    fn existing(&self, id: &AccountId) -> Identity<'a> {
        self.observed.accounts.get(id).map_or(Identity::Absent, usable)
    }
}

/// The account, unless it cannot be a customer.
fn usable(account: &Account) -> Identity<'_> {
    match (account.kind, account.active) {
        (AccountKind::App, _) => Identity::Held(HeldReason::App(account.id.clone())),
        (AccountKind::Customer | AccountKind::Person | AccountKind::Unknown, false) => {
            Identity::Held(HeldReason::Deactivated(account.id.clone()))
        }
        (AccountKind::Customer | AccountKind::Person | AccountKind::Unknown, true) => Identity::Account(account),
    }
}

fn several(accounts: &BTreeMap<AccountId, Account>, ids: Vec<AccountId>) -> HeldReason {
    match ids.as_slice() {
        [one]
            if accounts
                .get(one)
                .is_some_and(|account| account.kind == AccountKind::App) =>
        {
            HeldReason::App(one.clone())
        }
        _ => HeldReason::SeveralAccounts(ids),
    }
}

#[cfg(test)]
mod tests;
