//! Who is in each container, counted against the roster.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::access::Access;
use super::account::{Account, AccountId, Handle};
use super::container::Container;
use super::observed::{AccessReading, Observed, ObservedDesk, Witness};
use super::plan::Plan;
use super::roster::Roster;

/// One desk's list, counted. `listed + unlisted + hidden = customers`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// How open it was when it was read; nothing where that is not managed or cannot be read. Not in the document.
    #[serde(skip)]
    pub access: Option<Access>,
    /// Whether the project role of its customers was asked, and cannot tell who is off it. Not in the document.
    #[serde(skip)]
    pub role_doubted: bool,
    /// Who is on it without being listed. Not in the document.
    #[serde(skip)]
    pub strangers: Vec<AccountId>,
    /// The unlisted by name, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unlisted_accounts: Option<Vec<Stranger>>,
}

/// Somebody on a desk whom the roster does not list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stranger {
    /// The account.
    pub account: AccountId,
    /// The address Jira shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The display name.
    pub name: String,
}

/// Counts every container that was read whole; the unlisted are named where `name_unlisted`.
#[must_use]
pub fn counts(
    roster: &Roster,
    observed: &Observed,
    plan: &Plan,
    name_unlisted: bool,
) -> BTreeMap<Container, DeskCounts> {
    let mut counts = BTreeMap::new();
    let accounts = observed.by_handle();
    for container in roster.containers() {
        let Some(list) = observed
            .list_of(&container)
            .filter(|list| !list.completeness.is_narrow())
        else {
            continue;
        };
        let customers = roster
            .customers
            .iter()
            .filter(|(_, customer)| customer.is_listed_on(&container));
        let mut listed: BTreeSet<_> = customers
            .clone()
            .filter_map(|(email, _)| Some(&plan.accounts.get(email)?.id))
            .collect();
        // Whoever a held entry may mean may well be listed.
        let of_it: BTreeSet<_> = customers.map(|(email, _)| email).collect();
        let held = plan.held.iter();
        let held = held.filter(|held| held.email.as_ref().is_some_and(|email| of_it.contains(email.key())));
        listed.extend(held.flat_map(|held| held.reason.candidates()));
        counts.insert(container, counts_of(list, &listed, &accounts, name_unlisted));
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
        role_doubted: matches!(desk.witness, Witness::Doubted { .. }),
        ..DeskCounts::default()
    };
    let mut strangers = Vec::new();
    for handle in &desk.members {
        let account = accounts.get(handle);
        if account.is_some_and(|account| listed.contains(&account.id)) {
            counts.listed += 1;
        } else if let Some(account) = account.filter(|account| account.email.is_none()) {
            counts.hidden += 1;
            counts.strangers.push(account.id.clone());
        } else {
            counts.unlisted += 1;
            let id = account.map_or_else(|| AccountId(handle.0.clone()), |account| account.id.clone());
            counts.strangers.push(id);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fixtures::{account, customer, key, reading, roster, site, with};
    use crate::model::ledger::Ledger;
    use crate::model::plan::plan;
    use crate::model::policy::Policy;

    #[test]
    fn whoever_a_held_entry_may_mean_is_no_stranger() {
        let observed = with(site(&["SUP"]), account("1", "ada@example.com"), &["SUP"]);
        let observed = with(observed, account("2", "ada@example.com"), &["SUP"]);
        let observed = with(observed, account("3", "eve@example.com"), &["SUP"]);
        let roster = roster(&["SUP"], [customer("ada@example.com", &["SUP"])]);
        let plan = plan(&roster, &observed, &Ledger::none(), &Policy::default());
        assert_eq!(plan.held.len(), 1);
        let counts = counts(&roster, &observed, &plan, true).into_values().next().unwrap();
        assert_eq!((counts.customers, counts.listed, counts.unlisted), (3, 2, 1));
        assert_eq!(counts.strangers, [AccountId("3".into())]);
    }

    /// Who is listed, who hides the address, who is neither; whoever the list names and nobody met counts by that name.
    #[test]
    fn everybody_on_a_desk_is_counted_once() {
        let hidden = Account {
            email: None,
            ..account("2", "")
        };
        let mut observed = with(site(&["OPS", "SUP"]), account("1", "ada@example.com"), &["SUP"]);
        observed = with(observed, hidden, &["SUP"]);
        observed = with(observed, account("3", "eve@example.com"), &["SUP"]);
        let desk = reading(&mut observed, "SUP");
        desk.members.insert(Handle("unmet".into()));
        desk.groups = ["staff".to_owned()].into();
        reading(&mut observed, "OPS").access = AccessReading::NotAsked;
        let roster = roster(&["OPS", "SUP"], [customer("ada@example.com", &["SUP"])]);
        let plan = plan(&roster, &observed, &Ledger::none(), &Policy::default());
        let counts = counts(&roster, &observed, &plan, false);
        let (ops, sup) = (&counts[&key("OPS").into()], &counts[&key("SUP").into()]);
        assert_eq!((sup.customers, sup.listed, sup.hidden, sup.unlisted), (4, 1, 1, 2));
        assert_eq!(sup.strangers.len(), 3);
        assert_eq!(
            (sup.groups.as_slice(), sup.access),
            (&["staff".to_owned()][..], Some(Access::Restricted))
        );
        assert_eq!((ops.customers, ops.access), (0, None));
        assert!(sup.unlisted_accounts.is_none(), "named only where that was asked for");
    }
}
