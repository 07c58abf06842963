//! One desk: its customers, agents and access settings.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::super::seed::DeskAccess;
use super::account::AccountNumber;

/// One service desk.
#[derive(Clone, Debug)]
pub(in crate::sandbox) struct Desk {
    /// The id of the desk.
    pub(in crate::sandbox) id: u32,
    /// The key of its project.
    pub(in crate::sandbox) key: String,
    /// The name of its project.
    pub(in crate::sandbox) name: String,
    /// The access settings.
    pub(in crate::sandbox) settings: Settings,
    /// The customers, sorted by account: a listing indexes it by position.
    pub(super) customers: Vec<AccountNumber>,
    /// Cloud: accounts shown in the list of customers, even if they are not customers.
    pub(super) listed_only: BTreeSet<AccountNumber>,
    /// The agents.
    pub(super) agents: BTreeSet<AccountNumber>,
    /// Data Center: the groups in the customers' role.
    pub(super) groups: BTreeSet<String>,
    /// Cloud: the groups that may browse the project.
    pub(super) browsing: BTreeSet<String>,
}

/// The access settings that can be written (docs/jira.md#access-fields).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) struct Settings {
    /// `serviceDeskOpenAccess`.
    pub(in crate::sandbox) open: bool,
    /// `serviceDeskPublicSignup`.
    pub(in crate::sandbox) signup: bool,
    /// `manageEnabled`.
    pub(in crate::sandbox) manage: bool,
    /// `autocompleteEnabled`.
    pub(in crate::sandbox) autocomplete: bool,
    /// A made-up setting.
    pub(in crate::sandbox) another: bool,
}

impl Settings {
    /// The access mode of these settings (docs/jira.md#access-modes).
    pub(in crate::sandbox) fn access(self) -> DeskAccess {
        match (self.signup, self.open) {
            (true, _) => DeskAccess::Public,
            (false, true) => DeskAccess::Open,
            (false, false) => DeskAccess::Restricted,
        }
    }

    /// Changes the access mode.
    pub(in crate::sandbox) fn with_access(self, access: DeskAccess) -> Self {
        let (open, signup) = match access {
            DeskAccess::Restricted => (false, false),
            DeskAccess::Open => (true, false),
            DeskAccess::Public => (true, true),
        };
        Self { open, signup, ..self }
    }
}

/// The result of adding accounts to a desk.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::sandbox) struct AddResult {
    /// Accounts that were not on the desk's list before.
    pub(in crate::sandbox) new: Vec<AccountNumber>,
    /// Accounts that may be on it, new or not.
    pub(in crate::sandbox) valid: Vec<AccountNumber>,
    /// Names without an account.
    pub(in crate::sandbox) unknown: Vec<String>,
    /// Names of accounts that cannot be customers: deactivated ones and apps.
    pub(in crate::sandbox) refused: Vec<String>,
}

/// The error for removing customers from an open or public desk, which Jira refuses.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::sandbox) struct DeskIsOpen;

impl Desk {
    /// The id of its project.
    pub(in crate::sandbox) fn project_id(&self) -> u32 {
        10_000 + self.id
    }

    /// The customers, in the order of a listing.
    pub(in crate::sandbox) fn customers(&self) -> &[AccountNumber] {
        &self.customers
    }

    /// All accounts in the list of customers, in its order.
    pub(in crate::sandbox) fn listed(&self) -> Cow<'_, [AccountNumber]> {
        if self.listed_only.is_empty() {
            return Cow::Borrowed(&self.customers);
        }
        let all: BTreeSet<AccountNumber> = self.customers.iter().chain(&self.listed_only).copied().collect();
        Cow::Owned(all.into_iter().collect())
    }

    /// The agents.
    pub(in crate::sandbox) fn agents(&self) -> &BTreeSet<AccountNumber> {
        &self.agents
    }

    /// Data Center: the groups in the customers' role.
    pub(in crate::sandbox) fn customer_groups(&self) -> &BTreeSet<String> {
        &self.groups
    }

    /// Whether the list of customers has this account.
    pub(super) fn is_listed(&self, no: AccountNumber) -> bool {
        self.listed_only.contains(&no) || self.customers.binary_search(&no).is_ok()
    }

    /// Adds an account to the list; returns false if it was there.
    pub(super) fn add_customer(&mut self, no: AccountNumber) -> bool {
        let place = self.customers.binary_search(&no);
        if let Err(place) = place {
            self.customers.insert(place, no);
        }
        place.is_err()
    }

    /// Removes an account; returns false if it was not a customer. With `stays_listed`, the list still shows it.
    pub(super) fn remove_customer(&mut self, no: AccountNumber, stays_listed: bool) -> bool {
        let place = self.customers.binary_search(&no);
        if let Ok(place) = place {
            self.customers.remove(place);
            self.listed_only.extend(stays_listed.then_some(no));
        }
        place.is_ok()
    }

    /// Removes a deleted account from all lists.
    pub(super) fn remove_account(&mut self, no: AccountNumber) {
        self.remove_customer(no, false);
        self.listed_only.remove(&no);
        self.agents.remove(&no);
    }
}
