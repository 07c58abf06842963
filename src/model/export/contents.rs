//! The input and the result of an export.

use crate::model::account::{AccountId, Handle};
use crate::model::desk::DeskKey;
use crate::model::email::EmailProblem;
use crate::model::name::Name;
use crate::model::observed::{AccessReading, Observed, ObservedDesk, Site};
use crate::model::roster::{Customer, DeskSpec, Roster};
use std::collections::{BTreeMap, BTreeSet};

/// Complete readings of some desks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportSnapshot {
    /// The desks, and the accounts on them.
    pub observed: Observed,
    /// The names of the desks' projects.
    pub names: BTreeMap<DeskKey, String>,
    /// quietdesk's own account.
    pub own_account: AccountId,
    /// Accounts with a license of a product. Read only for accounts on a desk's list that may have one.
    pub licensed: BTreeSet<AccountId>,
}

impl ExportSnapshot {
    /// Whether an account has a project role other than the customers', by itself or through a group that was read.
    #[must_use]
    pub fn has_project_role(&self, desk: &ObservedDesk, handle: &Handle) -> bool {
        let groups = self.observed.groups.get(handle);
        desk.project_roles.as_ref().is_some_and(|team| {
            team.members.contains(handle) || groups.is_some_and(|groups| !groups.is_disjoint(&team.groups))
        })
    }
}

/// The content of an exported roster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// The site.
    pub site: Site,
    /// The desks that were read, by key.
    pub desks: Vec<ExportedDesk>,
    /// The desks without a readable list of customers, with the reason, by key.
    pub unreadable_desks: Vec<(DeskKey, String)>,
    /// The people, by normalised e-mail.
    pub entries: Vec<Entry>,
    /// Accounts that cannot be listed safely: by reason, then e-mail, then account.
    pub withheld: Vec<Withheld>,
    /// Accounts left out on purpose.
    pub left_out: LeftOut,
    /// Warnings about the whole site.
    pub warnings: Vec<String>,
}

/// One desk that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportedDesk {
    /// Its key.
    pub key: DeskKey,
    /// Its project's name, as Jira has it.
    pub name: String,
    /// Its access mode.
    pub access: AccessReading,
    /// Number of customers on Jira's list.
    pub customers: usize,
    /// Number of entries that list it.
    pub listed: usize,
    /// Data Center: groups that give their members access. A roster cannot list them.
    pub groups: Vec<String>,
    /// Why the reading is partial.
    pub gap: Option<String>,
}

/// One person of the roster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The entry. Pinned if an account that is left out shows the same e-mail.
    pub customer: Customer,
    /// The name in Jira, if a roster cannot hold it unchanged.
    pub odd_name: Option<String>,
}

/// One account that cannot be listed safely.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withheld {
    /// Why it is withheld.
    pub reason: WithholdReason,
    /// The address Jira shows.
    pub email: Option<String>,
    /// The account.
    pub account: Handle,
    /// The name to use in an entry.
    pub name: Option<Name>,
    /// The name in Jira, if a roster cannot hold it unchanged.
    pub odd_name: Option<String>,
    /// The desks the account is on.
    pub desks: BTreeSet<DeskKey>,
}

/// Why an account cannot be listed safely.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WithholdReason {
    /// Jira hides its e-mail.
    HiddenEmail,
    /// Several active accounts show its e-mail.
    SeveralAccounts,
    /// The existing roster uses its e-mail for another account, or cannot decide between accounts.
    Claimed,
    /// It is deactivated.
    Deactivated,
    /// Its e-mail is not valid in a roster.
    InvalidEmail(EmailProblem),
}

/// Numbers of accounts left out on purpose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Accounts with a license, or another role in the desk's project.
    pub agents: usize,
    /// Apps.
    pub apps: usize,
    /// Whether quietdesk's own account was on a list.
    pub own: bool,
}

impl Export {
    /// Returns the exported roster.
    #[must_use]
    pub fn to_roster(&self) -> Roster {
        let desks = self.desks.iter().map(|desk| {
            let access = match desk.access {
                AccessReading::Known(access) => Some(access),
                AccessReading::NotRead | AccessReading::Unreadable { .. } => None,
            };
            let spec = DeskSpec {
                access,
                ..DeskSpec::default()
            };
            (desk.key.clone(), spec)
        });
        let customers = self.entries.iter().map(|entry| entry.customer.clone());
        Roster {
            desks: desks.collect(),
            customers: customers
                .map(|customer| (customer.email.key().clone(), customer))
                .collect(),
            expired: BTreeMap::new(),
        }
    }
}
