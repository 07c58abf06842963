//! The whole state in a form that can be compared and written down.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::super::seed::{DeskAccess, PersonKind};
use super::State;

/// Everything a client could change, sorted: two equal snapshots are equal sites.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Snapshot {
    /// The desks by project key.
    pub desks: BTreeMap<String, DeskSnapshot>,
    /// The accounts by account id, the one that signs in among them.
    pub accounts: BTreeMap<String, AccountSnapshot>,
}

/// One desk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeskSnapshot {
    /// How open it is.
    pub access: DeskAccess,
    /// The account ids of its customers.
    pub customers: BTreeSet<String>,
    /// The account ids of its agents.
    pub team: BTreeSet<String>,
}

/// One account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AccountSnapshot {
    /// The address, hidden or not.
    pub email: String,
    /// The display name.
    pub name: String,
    /// What sort of account it is.
    pub kind: PersonKind,
    /// False once deactivated.
    pub active: bool,
    /// Whether profile privacy hides the address.
    pub email_hidden: bool,
    /// Data Center's user name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub username: String,
    /// The applications it has: Data Center.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub applications: BTreeSet<String>,
    /// The groups it is in: Data Center.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub groups: BTreeSet<String>,
}

impl Snapshot {
    /// The addresses of a desk's customers, in lower case; nothing for a desk that does not exist.
    #[must_use]
    pub fn customers(&self, desk: &str) -> BTreeSet<String> {
        let ids = self.desks.get(desk).into_iter().flat_map(|d| &d.customers);
        ids.filter_map(|id| self.accounts.get(id))
            .map(|account| account.email.to_lowercase())
            .collect()
    }
}

impl State {
    /// The whole state.
    pub(in crate::sandbox) fn snapshot(&self) -> Snapshot {
        let id = |no| self.accounts.get(no).map(|account| account.id.clone());
        let desks = self.desks.values().map(|desk| {
            let snapshot = DeskSnapshot {
                access: desk.settings.access(),
                customers: desk.customers.iter().filter_map(id).collect(),
                team: desk.team.iter().filter_map(id).collect(),
            };
            (desk.key.clone(), snapshot)
        });
        let accounts = self.accounts.values().map(|account| {
            let snapshot = AccountSnapshot {
                email: account.email.clone(),
                name: account.name.clone(),
                kind: account.kind,
                active: account.active,
                email_hidden: account.email_hidden,
                username: account.username.clone(),
                applications: account.applications.clone(),
                groups: account.groups.clone(),
            };
            (account.id.clone(), snapshot)
        });
        Snapshot {
            desks: desks.collect(),
            accounts: accounts.collect(),
        }
    }
}
