//! The whole state in a form that can be compared and serialized.

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
    /// The accounts by account id (on Data Center by user key), including the one that signs in.
    pub accounts: BTreeMap<String, AccountSnapshot>,
}

/// One desk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeskSnapshot {
    /// The access mode.
    pub access: DeskAccess,
    /// The account ids of its customers.
    pub customers: BTreeSet<String>,
    /// The account ids of its agents.
    pub team: BTreeSet<String>,
    /// Data Center: the groups in the role of its customers.
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
    /// The kind of account.
    pub kind: PersonKind,
    /// False once deactivated.
    pub active: bool,
    /// Whether profile privacy hides the address.
    pub email_hidden: bool,
    /// The fields of accounts of Data Center.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserSnapshot>,
}

/// The fields that only an account of Data Center has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UserSnapshot {
    /// The username.
    pub username: String,
    /// The groups.
    pub groups: BTreeSet<String>,
    /// The keys of its application roles, each of them a license seat.
    pub application_roles: BTreeSet<String>,
    /// A digest to compare passwords; `None` if none was set.
    pub password_digest: Option<u64>,
}

impl UserSnapshot {
    fn from_account(account: &Account) -> Option<Self> {
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
    /// The addresses of a desk's customers, in lower case; empty for a desk that does not exist.
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
                team: desk.agents.iter().filter_map(id).collect(),
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
                user: UserSnapshot::from_account(account),
            };
            (account.id.clone(), snapshot)
        });
        Snapshot {
            desks: desks.collect(),
            accounts: accounts.collect(),
        }
    }
}
