//! Facts that a roster can declare, and the values on which the roster and Jira last agreed.

use crate::model::access::Access;
use crate::model::account::AccountId;
use crate::model::container::Container;
use crate::model::desk::DeskKey;
use crate::model::email::EmailKey;
use crate::model::roster::{DeskSpec, Membership, Roster};
use crate::model::step::Action;

/// Fact that a roster can declare.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fact {
    /// An account exists.
    Account(EmailKey),
    /// A person is a member of a container.
    Membership(Container, EmailKey),
    /// The access mode of a desk.
    Access(DeskKey),
    /// The display name of a person (Data Center).
    Name(EmailKey),
    /// A container has only listed members.
    Exact(Container),
}

/// Value of a fact on which the roster and Jira last agreed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// True.
    Present,
    /// The account.
    Account(AccountId),
    /// The access mode.
    Access(Access),
    /// The roster's name for a person, when Jira had the same one or the difference was noted.
    Name(String),
}

/// Returns all facts a roster declares. Account and name facts only for people with a known account.
pub(super) fn declared_facts(
    roster: &Roster,
    account: impl Fn(&EmailKey) -> Option<Value>,
) -> impl Iterator<Item = (Fact, Value)> {
    let access = roster.desks.iter().filter_map(|(key, desk)| {
        let access = desk.access?;
        Some((Fact::Access(key.clone()), Value::Access(access)))
    });
    let people = roster.customers.iter().flat_map(move |(email, customer)| {
        let account = account(email).map(|account| (Fact::Account(email.clone()), account));
        let name = customer.name.as_ref().filter(|_| account.is_some());
        let name = name.map(|name| (Fact::Name(email.clone()), Value::Name(name.as_str().to_owned())));
        let containers = customer.containers();
        let on = containers.map(|container| (Fact::Membership(container, email.clone()), Value::Present));
        account.into_iter().chain(name).chain(on)
    });
    let exact = roster.desks.iter().filter(|(_, spec)| is_exact(spec));
    let exact = exact.map(|(key, _)| (Fact::Exact(key.into()), Value::Present));
    access.chain(exact).chain(people)
}

/// Returns whether a roster declares a fact.
pub(super) fn is_declared(roster: &Roster, fact: &Fact) -> bool {
    match fact {
        Fact::Account(email) => roster.customers.contains_key(email),
        Fact::Membership(container, email) => roster.is_listed(email, container),
        Fact::Access(desk) => roster.desks.get(desk).is_some_and(|spec| spec.access.is_some()),
        Fact::Exact(Container::Desk(desk)) => roster.desks.get(desk).is_some_and(is_exact),
        // Rosters cannot declare organizations yet.
        Fact::Exact(Container::Organization(_)) => false,
        Fact::Name(email) => roster
            .customers
            .get(email)
            .is_some_and(|customer| customer.name.is_some()),
    }
}

fn is_exact(spec: &DeskSpec) -> bool {
    spec.membership == Membership::Exact
}

impl Action {
    /// Returns the facts that this action makes true.
    #[must_use]
    pub fn facts(&self) -> Vec<Fact> {
        match self {
            Self::CreateCustomer { email, .. } => {
                vec![Fact::Account(email.key().clone()), Fact::Name(email.key().clone())]
            }
            Self::UpdateCustomer { email, changes, .. } => {
                let name = changes.name.iter().map(|_| Fact::Name(email.key().clone()));
                let account =
                    (changes.address.is_some() || changes.reactivate).then(|| Fact::Account(email.key().clone()));
                name.chain(account).collect()
            }
            Self::AddToDesk { email, desk, .. } => vec![Fact::Membership(desk.into(), email.key().clone())],
            Self::RemoveFromDesk { desk, .. } => vec![Fact::Exact(desk.into())],
            Self::SetAccess { desk, .. } => vec![Fact::Access(desk.clone())],
        }
    }
}
