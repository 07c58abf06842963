//! Customers of each container, counted against the roster.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::access::Access;
use super::account::{Account, AccountId, Handle};
use super::container::Container;
use super::observed::{AccessReading, Observed, ObservedDesk, RoleReading};
use super::plan::Plan;
use super::roster::Roster;

/// Counts of one desk's customer list. `listed + unlisted + hidden = customers`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeskCounts {
    /// Customers on Jira's list.
    pub customers: usize,
    /// Customers the roster lists on this desk.
    pub listed: usize,
    /// Customers the roster does not list on this desk.
    pub unlisted: usize,
    /// Accounts with a hidden e-mail that match no roster entry.
    pub hidden: usize,
    /// Groups that make their members customers. Reported, never changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// The access mode read from Jira; `None` if it is unmanaged or unreadable. Not in the document.
    #[serde(skip)]
    pub access: Option<Access>,
    /// Whether the customer role was read and is not trusted to show phantoms. Not in the document.
    #[serde(skip)]
    pub role_doubted: bool,
    /// Accounts on the desk that the roster does not list. Not in the document.
    #[serde(skip)]
    pub strangers: Vec<AccountId>,
    /// The unlisted customers, with `--unlisted`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unlisted_accounts: Option<Vec<Stranger>>,
}

/// A customer on a desk that the roster does not list there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stranger {
    /// The account.
    pub account: AccountId,
    /// The e-mail Jira shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The display name.
    pub name: String,
}

/// Counts the customers of every container that was read completely. `name_unlisted` adds the unlisted accounts.
#[must_use]
pub fn count_containers(
    roster: &Roster,
    observed: &Observed,
    plan: &Plan,
    name_unlisted: bool,
) -> BTreeMap<Container, DeskCounts> {
    let mut counts = BTreeMap::new();
    let accounts = observed.accounts_by_handle();
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
        // The candidates of a held entry may be listed customers.
        let of_it: BTreeSet<_> = customers.map(|(email, _)| email).collect();
        let held = plan.held.iter();
        let held = held.filter(|held| held.email.as_ref().is_some_and(|email| of_it.contains(email.key())));
        listed.extend(held.flat_map(|held| held.reason.candidates()));
        counts.insert(container, count_desk(list, &listed, &accounts, name_unlisted));
    }
    counts
}

fn count_desk(
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
            AccessReading::NotRead | AccessReading::Unreadable { .. } => None,
        },
        role_doubted: matches!(desk.role_reading, RoleReading::Untrusted { .. }),
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
    use crate::model::fixtures::{account, cloud_site, customer, desk_key, desk_mut, roster, with_account};
    use crate::model::ledger::Ledger;
    use crate::model::plan::plan;
    use crate::model::policy::Policy;

    #[test]
    fn candidates_of_held_entries_are_not_strangers() {
        let observed = with_account(cloud_site(&["SUP"]), account("1", "ada@example.com"), &["SUP"]);
        let observed = with_account(observed, account("2", "ada@example.com"), &["SUP"]);
        let observed = with_account(observed, account("3", "eve@example.com"), &["SUP"]);
        let roster = roster(&["SUP"], [customer("ada@example.com", &["SUP"])]);
        let plan = plan(&roster, &observed, &Ledger::not_kept(), &Policy::default());
        assert_eq!(plan.held.len(), 1);
        let counts = count_containers(&roster, &observed, &plan, true)
            .into_values()
            .next()
            .unwrap();
        assert_eq!((counts.customers, counts.listed, counts.unlisted), (3, 2, 1));
        assert_eq!(counts.strangers, [AccountId("3".into())]);
    }

    /// Listed, hidden and unlisted customers; a handle without a known account counts as unlisted.
    #[test]
    fn everybody_on_a_desk_is_counted_once() {
        let hidden = Account {
            email: None,
            ..account("2", "")
        };
        let mut observed = with_account(cloud_site(&["OPS", "SUP"]), account("1", "ada@example.com"), &["SUP"]);
        observed = with_account(observed, hidden, &["SUP"]);
        observed = with_account(observed, account("3", "eve@example.com"), &["SUP"]);
        let desk = desk_mut(&mut observed, "SUP");
        desk.members.insert(Handle("unmet".into()));
        desk.groups = ["staff".to_owned()].into();
        desk_mut(&mut observed, "OPS").access = AccessReading::NotRead;
        let roster = roster(&["OPS", "SUP"], [customer("ada@example.com", &["SUP"])]);
        let plan = plan(&roster, &observed, &Ledger::not_kept(), &Policy::default());
        let counts = count_containers(&roster, &observed, &plan, false);
        let (ops, sup) = (&counts[&desk_key("OPS").into()], &counts[&desk_key("SUP").into()]);
        assert_eq!((sup.customers, sup.listed, sup.hidden, sup.unlisted), (4, 1, 1, 2));
        assert_eq!(sup.strangers.len(), 3);
        assert_eq!(
            (sup.groups.as_slice(), sup.access),
            (&["staff".to_owned()][..], Some(Access::Restricted))
        );
        assert_eq!((ops.customers, ops.access), (0, None));
        assert!(sup.unlisted_accounts.is_none(), "named only with name_unlisted");
    }
}
