//! What is seen for an export, and what it comes to.

use crate::model::account::{AccountId, Handle};
use crate::model::desk::DeskKey;
use crate::model::email::EmailProblem;
use crate::model::name::Name;
use crate::model::observed::{AccessReading, Observed, ObservedDesk, Site};
use crate::model::roster::{Customer, DeskSpec, Roster};
use std::collections::{BTreeMap, BTreeSet};

/// Everything seen of some desks, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Survey {
    /// The desks, and the accounts on them.
    pub observed: Observed,
    /// The names of the desks' projects.
    pub names: BTreeMap<DeskKey, String>,
    /// quietdesk's own account.
    pub own: AccountId,
    /// Who has a licence of some product. Known only of whoever is on a desk's list and might have one.
    pub licensed: BTreeSet<AccountId>,
}

impl Survey {
    /// Whether somebody has a role in the desk's project other than a customer's, by name or by a group that was asked.
    #[must_use]
    pub fn works_on(&self, desk: &ObservedDesk, handle: &Handle) -> bool {
        let groups = self.observed.groups.get(handle);
        desk.team.as_ref().is_some_and(|team| {
            team.members.contains(handle) || groups.is_some_and(|groups| !groups.is_disjoint(&team.groups))
        })
    }
}

/// What can be written down as a roster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// Which Jira.
    pub site: Site,
    /// The desks that were read, by key.
    pub desks: Vec<ExportedDesk>,
    /// The desks whose customers cannot be listed, and why, by key.
    pub unread: Vec<(DeskKey, String)>,
    /// The people, by normalised e-mail.
    pub entries: Vec<Entry>,
    /// Who cannot be listed safely: by reason, then e-mail, then account.
    pub withheld: Vec<Withheld>,
    /// Who is left out on purpose.
    pub left_out: LeftOut,
    /// Facts about the whole site that a reader should know.
    pub warnings: Vec<String>,
}

/// One desk that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportedDesk {
    /// Its key.
    pub key: DeskKey,
    /// Its project's name, as Jira has it.
    pub name: String,
    /// How open it is.
    pub access: AccessReading,
    /// How many Jira lists.
    pub customers: usize,
    /// How many entries list it.
    pub listed: usize,
    /// The groups whose members are customers as well: Data Center. No roster lists them.
    pub groups: Vec<String>,
    /// What did not fit together while it was read.
    pub gap: Option<String>,
}

/// One person of the roster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// As the roster lists them. Pinned where somebody who is left out shows the same e-mail.
    pub customer: Customer,
    /// The name in Jira, where no roster can hold it as it is.
    pub odd_name: Option<String>,
}

/// One account that cannot be listed safely.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withheld {
    /// Why.
    pub reason: Reason,
    /// The address Jira shows.
    pub email: Option<String>,
    /// The account.
    pub account: Handle,
    /// The name to list the account with.
    pub name: Option<Name>,
    /// The name in Jira, where no roster can hold it as it is.
    pub odd_name: Option<String>,
    /// The desks the account is on.
    pub desks: BTreeSet<DeskKey>,
}

/// Why an account cannot be listed safely.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Jira hides its e-mail.
    HiddenEmail,
    /// Several active accounts show its e-mail.
    SeveralAccounts,
    /// The roster beside which it would stand gives its e-mail to another account, or cannot decide about it.
    Claimed,
    /// It is deactivated.
    Deactivated,
    /// A roster does not take its e-mail.
    NoAddress(EmailProblem),
}

/// How many are left out on purpose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Whoever has a licence, or another role in the desk's project.
    pub agents: usize,
    /// Apps.
    pub apps: usize,
    /// Whether quietdesk's own account was on a list.
    pub own: bool,
}

impl Export {
    /// The roster it comes to.
    #[must_use]
    pub fn roster(&self) -> Roster {
        let desks = self.desks.iter().map(|desk| {
            let access = match desk.access {
                AccessReading::Known(access) => Some(access),
                AccessReading::NotAsked | AccessReading::Unreadable { .. } => None,
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
