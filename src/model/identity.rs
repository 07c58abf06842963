//! Whose account a roster entry means.

use std::collections::{BTreeMap, BTreeSet};

use super::account::{Account, AccountId, AccountKind, Handle};
use super::email::{Email, EmailKey};
use super::held::HeldReason;
use super::observed::{Lookup, Observed};
use super::roster::{Customer, Roster};

/// What is known about whose account an entry means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity<'a> {
    /// This one.
    Account(&'a Account),
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
        match &customer.account {
            Some(pin) => self.by_pin(customer, pin),
            None => self.by_email(&customer.email),
        }
    }

    fn by_pin(&self, customer: &Customer, pin: &'a Handle) -> Identity<'a> {
        if self.shared_pins.contains(pin) {
            return Identity::Held(HeldReason::PinShared(pin.clone()));
        }
        let Some(account) = self.by_handle.get(pin).copied() else {
            return match self.observed.pins.contains_key(pin) {
                true => Identity::Held(HeldReason::PinUnknown(pin.clone())),
                false => Identity::Unasked(Question::Pin(pin)),
            };
        };
        if account.email_key().is_some_and(|key| key != *customer.email.key()) {
            return Identity::Held(HeldReason::PinShowsAnother(pin.clone()));
        }
        usable(account)
    }

    fn by_email(&self, email: &'a Email) -> Identity<'a> {
        let key = email.key();
        let seen = self.by_email.get(key).into_iter().flatten().copied();
        let asked = self.observed.lookups.get(key);
        match (Lookup::judge(key, seen), asked) {
            (Lookup::One(id), _) => self.existing(&id),
            (Lookup::Many(ids), _) => Identity::Held(several(&self.observed.accounts, ids)),
            // The desk's list shows a deactivated account; somebody else may have the address now.
            (Lookup::Absent | Lookup::Inactive(_) | Lookup::Hidden(_), None) => {
                Identity::Unasked(Question::Email(email))
            }
            (Lookup::Inactive(id), Some(_)) => Identity::Held(HeldReason::Deactivated(id)),
            (Lookup::Absent | Lookup::Hidden(_), Some(Lookup::Absent)) => Identity::Absent,
            (Lookup::Absent | Lookup::Hidden(_), Some(Lookup::Hidden(ids))) => {
                Identity::Held(HeldReason::HiddenEmail(ids.clone()))
            }
            // What was answered names accounts that were not remembered with this address: nothing is sure.
            (Lookup::Absent | Lookup::Hidden(_), Some(Lookup::One(id))) => {
                Identity::Held(HeldReason::HiddenEmail(vec![id.clone()]))
            }
            (Lookup::Absent | Lookup::Hidden(_), Some(Lookup::Inactive(id))) => {
                Identity::Held(HeldReason::Deactivated(id.clone()))
            }
            (Lookup::Absent | Lookup::Hidden(_), Some(Lookup::Many(ids))) => {
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
