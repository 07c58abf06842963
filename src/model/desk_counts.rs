//! Who is on each desk, counted against the roster.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::access::Access;
use super::account::{Account, AccountId, Handle};
use super::desk::DeskKey;
use super::observed::{AccessReading, DeskReading, Observed, ObservedDesk};
use super::plan::Plan;
use super::roster::Roster;

/// One desk's list, counted. `listed + unlisted + hidden = customers`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DeskCounts {
    /// How many Jira lists.
    pub customers: usize,
    /// Of these, how many the roster lists on this desk.
    pub listed: usize,
    /// How many it does not.
    pub unlisted: usize,
    /// How many hide their e-mail and are nobody's in the roster.
    pub hidden: usize,
    /// The groups whose members are customers as well: shown, and left alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// How open it was when it was read; nothing where that is not managed or cannot be read. Not in the document.
    #[serde(skip)]
    pub access: Option<Access>,
    /// The unlisted by name, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unlisted_accounts: Option<Vec<Stranger>>,
}

/// Somebody on a desk whom the roster does not list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stranger {
    /// The account.
    pub account: AccountId,
    /// The address Jira shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The display name.
    pub name: String,
}

/// Counts every desk that was read whole; the unlisted are named where `name_unlisted`.
#[must_use]
pub fn desk_counts(
    roster: &Roster,
    observed: &Observed,
    plan: &Plan,
    name_unlisted: bool,
) -> BTreeMap<DeskKey, DeskCounts> {
    let mut counts = BTreeMap::new();
    let accounts = observed.by_handle();
    for key in roster.desks.keys() {
        let Some(DeskReading::Read(desk)) = observed.desks.get(key) else {
            continue;
        };
        if desk.completeness.is_narrow() {
            continue;
        }
        let customers = roster
            .customers
            .iter()
            .filter(|(_, customer)| customer.desks.contains(key));
        let listed = customers
            .filter_map(|(email, _)| Some(&plan.accounts.get(email)?.id))
            .collect();
        counts.insert(key.clone(), counts_of(desk, &listed, &accounts, name_unlisted));
    }
    counts
}

fn counts_of(
    desk: &ObservedDesk,
    listed: &BTreeSet<&AccountId>,
    accounts: &BTreeMap<&Handle, &Account>,
    name_unlisted: bool,
) -> DeskCounts {
    let mut counts = DeskCounts {
        customers: desk.members.len(),
        groups: desk.groups.iter().cloned().collect(),
        access: match desk.access {
            AccessReading::Known(access) => Some(access),
            AccessReading::NotAsked | AccessReading::Unreadable { .. } => None,
        },
        ..DeskCounts::default()
    };
    let mut strangers = Vec::new();
    for handle in &desk.members {
        let account = accounts.get(handle);
        if account.is_some_and(|account| listed.contains(&account.id)) {
            counts.listed += 1;
        } else if account.is_some_and(|account| account.email.is_none()) {
            counts.hidden += 1;
        } else {
            counts.unlisted += 1;
            strangers.push(Stranger {
                account: account.map_or_else(|| AccountId(handle.0.clone()), |account| account.id.clone()),
                email: account.and_then(|account| account.email.clone()),
                name: account.map(|account| account.name.clone()).unwrap_or_default(),
            });
        }
    }
    counts.unlisted_accounts = name_unlisted.then_some(strangers);
    counts
}
