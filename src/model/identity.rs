//! Identifies the account that a roster entry means.

use std::collections::{BTreeMap, BTreeSet};

use super::account::{Account, AccountId, AccountKind, Handle};
use super::email::{Email, EmailKey};
use super::held::HeldReason;
use super::observed::{Deployment, Lookup, Observed};
use super::roster::{Customer, Roster};

/// The account that an entry means, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity<'a> {
    /// An account with the entry's address or pin.
    Account(&'a Account),
    /// An account that shows a previous address of the person.
    PreviousEmail(&'a Account),
    /// No account: one has to be created.
    Absent,
    /// Not looked up yet.
    NeedsLookup(Question<'a>),
    /// Not decidable.
    Held(HeldReason),
}

/// A look-up that identifies an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question<'a> {
    /// The account with this e-mail.
    Email(&'a Email),
    /// The account with this handle.
    Pin(&'a Handle),
}

/// Finds accounts by the e-mails and pins of a roster.
#[derive(Debug)]
pub struct Identities<'a> {
    observed: &'a Observed,
    by_email: BTreeMap<EmailKey, Vec<&'a Account>>,
    by_handle: BTreeMap<&'a Handle, &'a Account>,
    shared_pins: BTreeSet<&'a Handle>,
}

impl<'a> Identities<'a> {
    /// Indexes the observed accounts and the pins of `roster`.
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
            by_handle: observed.accounts_by_handle(),
            shared_pins: all_pins.filter(|pin| !pins.insert(*pin)).collect(),
        }
    }

    /// Identifies the account that `customer` means.
    #[must_use]
    pub fn identify(&self, customer: &'a Customer) -> Identity<'a> {
        let identity = match &customer.account {
            Some(pin) => return self.identify_by_pin(customer, pin),
            None => self.identify_by_email(&customer.email),
        };
        // On Cloud no API changes an address (docs/jira.md#cloud-no-changes): the person gets another account.
        if customer.previously.is_empty() || self.observed.site.deployment == Deployment::Cloud {
            return identity;
        }
        // All addresses are looked up at once: see `plan::questions`.
        if let Identity::NeedsLookup(_) = identity {
            return identity;
        }
        self.consider_previous_emails(customer, identity)
    }

    /// Returns the accounts that show an address.
    pub fn with_email(&self, email: &EmailKey) -> &[&'a Account] {
        self.by_email.get(email).map_or(&[], Vec::as_slice)
    }

    /// Returns the account with this id, if it was observed.
    #[must_use]
    pub fn with_id(&self, id: &AccountId) -> Option<&'a Account> {
        self.observed.accounts.get(id)
    }

    /// Returns the account with this handle, if it was observed.
    #[must_use]
    pub fn with_handle(&self, handle: &Handle) -> Option<&'a Account> {
        self.by_handle.get(handle).copied()
    }

    /// Takes the accounts with the person's previous addresses into account. Several possible accounts are held; a
    /// deactivated one counts only if it is the only one.
    fn consider_previous_emails(&self, customer: &'a Customer, identity: Identity<'a>) -> Identity<'a> {
        let (mut former, mut deactivated) = (Vec::new(), None);
        for email in &customer.previously {
            match self.identify_by_email(email) {
                Identity::Account(account) | Identity::PreviousEmail(account) => former.push(account),
                Identity::Held(HeldReason::Deactivated(id)) => deactivated = Some(id),
                // An account with a previous address only as its username is ignored.
                Identity::Absent | Identity::Held(HeldReason::UsernameTaken(_)) => {}
                unclear @ (Identity::NeedsLookup(_) | Identity::Held(_)) => return unclear,
            }
        }
        let ids = |accounts: &[&Account]| accounts.iter().map(|account| account.id.clone()).collect::<Vec<_>>();
        match (identity, former.as_slice(), deactivated) {
            (Identity::Absent, [one], _) => Identity::PreviousEmail(one),
            (Identity::Held(HeldReason::UsernameTaken(id)), [one], _) if one.id == id => Identity::PreviousEmail(one),
            (Identity::Absent, [], Some(id)) => Identity::Held(HeldReason::Deactivated(id)),
            (Identity::Absent, [_, _, ..], _) => Identity::Held(HeldReason::SeveralAccounts(ids(&former))),
            (Identity::Account(account), [_, ..], _) => {
                let both = std::iter::once(account.id.clone()).chain(ids(&former)).collect();
                Identity::Held(HeldReason::PreviouslyStillThere(both))
            }
            (identity, _, _) => identity,
        }
    }

    fn identify_by_pin(&self, customer: &'a Customer, pin: &'a Handle) -> Identity<'a> {
        if self.shared_pins.contains(pin) {
            return Identity::Held(HeldReason::PinShared(pin.clone()));
        }
        // Jira may find the account under another spelling.
        let asked = self.observed.pins.get(pin).and_then(Option::as_ref);
        let asked = asked.and_then(|id| self.observed.accounts.get(id));
        let Some(account) = self.by_handle.get(pin).copied().or(asked) else {
            return match self.observed.pins.contains_key(pin) {
                true => Identity::Held(HeldReason::PinUnknown(pin.clone())),
                false => Identity::NeedsLookup(Question::Pin(pin)),
            };
        };
        match account.email_key() {
            Some(key) if customer.previously.iter().any(|email| *email.key() == key) => {
                match identity_if_usable(account) {
                    // Cloud keeps the address, but the pin identifies the account.
                    Identity::Account(account) if self.observed.site.deployment == Deployment::Cloud => {
                        Identity::Account(account)
                    }
                    Identity::Account(account) => self.previous_unless_address_taken(customer, account),
                    unusable @ (Identity::PreviousEmail(_)
                    | Identity::Absent
                    | Identity::NeedsLookup(_)
                    | Identity::Held(_)) => unusable,
                }
            }
            Some(key) if key != *customer.email.key() => Identity::Held(HeldReason::PinShowsAnother(pin.clone())),
            Some(_) | None => identity_if_usable(account),
        }
    }

    /// Returns a pinned account with a previous address, unless another account has the new address.
    fn previous_unless_address_taken(&self, customer: &'a Customer, account: &'a Account) -> Identity<'a> {
        match self.identify_by_email(&customer.email) {
            Identity::Absent => Identity::PreviousEmail(account),
            Identity::Held(HeldReason::UsernameTaken(id)) if id == account.id => Identity::PreviousEmail(account),
            Identity::Account(other) | Identity::PreviousEmail(other) => {
                Identity::Held(HeldReason::PreviouslyStillThere(vec![
                    account.id.clone(),
                    other.id.clone(),
                ]))
            }
            unclear @ (Identity::NeedsLookup(_) | Identity::Held(_)) => unclear,
        }
    }

    fn identify_by_email(&self, email: &'a Email) -> Identity<'a> {
        let key = email.key();
        let seen = self.by_email.get(key).into_iter().flatten().copied();
        let asked = self.observed.lookups.get(key);
        match (Lookup::classify(key, seen), asked) {
            (Lookup::Found(id), _) => self.identity_of_id(&id),
            (Lookup::Several(ids), _) => Identity::Held(several_accounts_reason(&self.observed.accounts, ids)),
            // The desk's list shows a deactivated account; an active one may have the address now.
            (Lookup::Absent | Lookup::Inactive(_) | Lookup::Hidden(_) | Lookup::UsernameTaken(_), None) => {
                Identity::NeedsLookup(Question::Email(email))
            }
            (Lookup::Inactive(id), Some(_)) => Identity::Held(HeldReason::Deactivated(id)),
            (Lookup::Absent | Lookup::Hidden(_) | Lookup::UsernameTaken(_), Some(Lookup::Absent)) => Identity::Absent,
            (Lookup::Absent | Lookup::Hidden(_) | Lookup::UsernameTaken(_), Some(Lookup::Hidden(ids))) => {
                Identity::Held(HeldReason::HiddenEmail(ids.clone()))
            }
            (Lookup::Absent | Lookup::Hidden(_) | Lookup::UsernameTaken(_), Some(Lookup::UsernameTaken(id))) => {
                Identity::Held(HeldReason::UsernameTaken(id.clone()))
            }
            // The look-up returned an account that does not show this address.
            (Lookup::Absent | Lookup::Hidden(_) | Lookup::UsernameTaken(_), Some(Lookup::Found(id))) => {
                Identity::Held(HeldReason::HiddenEmail(vec![id.clone()]))
            }
            (Lookup::Absent | Lookup::Hidden(_) | Lookup::UsernameTaken(_), Some(Lookup::Inactive(id))) => {
                Identity::Held(HeldReason::Deactivated(id.clone()))
            }
            (Lookup::Absent | Lookup::Hidden(_) | Lookup::UsernameTaken(_), Some(Lookup::Several(ids))) => {
                Identity::Held(several_accounts_reason(&self.observed.accounts, ids.clone()))
            }
        }
    }

    fn identity_of_id(&self, id: &AccountId) -> Identity<'a> {
        self.observed
            .accounts
            .get(id)
            .map_or(Identity::Absent, identity_if_usable)
    }
}

/// Returns the account, unless it cannot be a customer.
fn identity_if_usable(account: &Account) -> Identity<'_> {
    match (account.kind, account.active) {
        (AccountKind::App, _) => Identity::Held(HeldReason::App(account.id.clone())),
        (AccountKind::Customer | AccountKind::Person | AccountKind::Unknown, false) => {
            Identity::Held(HeldReason::Deactivated(account.id.clone()))
        }
        (AccountKind::Customer | AccountKind::Person | AccountKind::Unknown, true) => Identity::Account(account),
    }
}

fn several_accounts_reason(accounts: &BTreeMap<AccountId, Account>, ids: Vec<AccountId>) -> HeldReason {
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
