//! The whole state in a form that can be compared and written down.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::super::seed::{DeskAccess, PersonKind, mix};
use super::account::Account;
use super::site::State;

/// Everything a client could change, sorted: two equal snapshots are equal sites.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Snapshot {
    /// The desks by project key.
    pub desks: BTreeMap<String, DeskSnapshot>,
    /// The accounts by account id (on Data Center by user key), the one that signs in among them.
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
    /// Data Center: the groups whose members are its customers too.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub customer_groups: BTreeSet<String>,
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
    /// What only accounts of Data Center have.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserSnapshot>,
}

/// What an account of Data Center has besides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UserSnapshot {
    /// The username.
    pub username: String,
    /// The groups.
    pub groups: BTreeSet<String>,
    /// The keys of its application roles, each of them a licence seat.
    pub application_roles: BTreeSet<String>,
    /// Tells one password from another; nothing where none was set.
    pub password_digest: Option<u64>,
}

impl UserSnapshot {
    fn of(account: &Account) -> Option<Self> {
        let digest = |password: &String| password.bytes().fold(1, |digest, byte| mix(digest ^ u64::from(byte)));
        (!account.username.is_empty()).then(|| Self {
            username: account.username.clone(),
            groups: account.groups.clone(),
            application_roles: account.applications().map(|a| a.key.to_owned()).collect(),
            password_digest: account.password.as_ref().map(digest),
        })
    }
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
                customer_groups: desk.groups.clone(),
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
                user: UserSnapshot::of(account),
            };
            (account.id.clone(), snapshot)
        });
        Snapshot {
            desks: desks.collect(),
            accounts: accounts.collect(),
        }
    }
}
