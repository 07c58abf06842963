//! One desk: who is on it and how open it is.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::super::seed::DeskAccess;
use super::account::No;

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
    /// The customers, in the order of their accounts: a listing walks it by position.
    pub(super) customers: Vec<No>,
    /// Cloud: whom the list of customers shows, whether they are or not.
    pub(super) shown: BTreeSet<No>,
    /// The agents.
    pub(super) team: BTreeSet<No>,
    /// Data Center: the groups whose members are customers too.
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
    /// One more, made up.
    pub(in crate::sandbox) another: bool,
}

impl Settings {
    /// The access mode they amount to (docs/jira.md#access-modes).
    pub(in crate::sandbox) fn access(self) -> DeskAccess {
        match (self.signup, self.open) {
            (true, _) => DeskAccess::Public,
            (false, true) => DeskAccess::Open,
            (false, false) => DeskAccess::Restricted,
        }
    }

    /// The same settings with another access mode.
    pub(in crate::sandbox) fn with_access(self, access: DeskAccess) -> Self {
        let (open, signup) = match access {
            DeskAccess::Restricted => (false, false),
            DeskAccess::Open => (true, false),
            DeskAccess::Public => (true, true),
        };
        Self { open, signup, ..self }
    }
}

/// What adding to a desk did.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::sandbox) struct Added {
    /// Who was not on the desk's list before.
    pub(in crate::sandbox) new: Vec<No>,
    /// Who may be on it, whether they were or not.
    pub(in crate::sandbox) valid: Vec<No>,
    /// What no account is called.
    pub(in crate::sandbox) unknown: Vec<String>,
    /// What accounts are called that cannot be customers: deactivated ones and apps.
    pub(in crate::sandbox) refused: Vec<String>,
}

/// Jira removes nobody from a desk that anyone with an account reaches anyway.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::sandbox) struct DeskIsOpen;

impl Desk {
    /// The id of its project.
    pub(in crate::sandbox) fn project_id(&self) -> u32 {
        10_000 + self.id
    }

    /// The customers, in the order a listing shows.
    pub(in crate::sandbox) fn customers(&self) -> &[No] {
        &self.customers
    }

    /// Everybody the list of customers shows, in its order.
    pub(in crate::sandbox) fn listed(&self) -> Cow<'_, [No]> {
        if self.shown.is_empty() {
            return Cow::Borrowed(&self.customers);
        }
        let all: BTreeSet<No> = self.customers.iter().chain(&self.shown).copied().collect();
        Cow::Owned(all.into_iter().collect())
    }

    /// The agents.
    pub(in crate::sandbox) fn team(&self) -> &BTreeSet<No> {
        &self.team
    }

    /// Data Center: the groups whose members are customers too.
    pub(in crate::sandbox) fn customer_groups(&self) -> &BTreeSet<String> {
        &self.groups
    }

    /// Whether the list of customers has this account.
    pub(super) fn lists(&self, no: No) -> bool {
        self.shown.contains(&no) || self.customers.binary_search(&no).is_ok()
    }

    /// Puts an account on the list; false if it was there.
    pub(super) fn enter(&mut self, no: No) -> bool {
        let place = self.customers.binary_search(&no);
        if let Err(place) = place {
            self.customers.insert(place, no);
        }
        place.is_err()
    }

    /// Takes an account's place away; false if it had none. The list may go on showing it.
    pub(super) fn leave(&mut self, no: No, stays_listed: bool) -> bool {
        let place = self.customers.binary_search(&no);
        if let Ok(place) = place {
            self.customers.remove(place);
            self.shown.extend(stays_listed.then_some(no));
        }
        place.is_ok()
    }

    /// The account is there no more.
    pub(super) fn forget(&mut self, no: No) {
        self.leave(no, false);
        self.shown.remove(&no);
        self.team.remove(&no);
    }
}
