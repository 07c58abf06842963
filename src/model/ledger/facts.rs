//! What a roster can want, and what it was when the roster and Jira last agreed on it.

use crate::model::access::Access;
use crate::model::account::AccountId;
use crate::model::container::Container;
use crate::model::desk::DeskKey;
use crate::model::email::EmailKey;
use crate::model::roster::{DeskSpec, Membership, Roster};
use crate::model::step::Action;

/// Something the roster can want.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fact {
    /// That an account exists.
    Account(EmailKey),
    /// That somebody is in a container.
    Membership(Container, EmailKey),
    /// How open a desk is.
    Access(DeskKey),
    /// What somebody is called: Data Center.
    Name(EmailKey),
    /// That nobody is in a container who is not listed.
    Exact(Container),
}

/// What a fact was when the roster and Jira last agreed on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// It is so.
    Present,
    /// There is this account.
    Account(AccountId),
    /// That open.
    Access(Access),
    /// The roster's name for somebody, when it and Jira agreed or the difference was told and left alone.
    Name(String),
}

/// Everything a roster wants; accounts only of those who are known to have one.
pub(super) fn facts(
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

/// Whether a roster wants a fact to be so.
pub(super) fn is_wanted(roster: &Roster, fact: &Fact) -> bool {
    match fact {
        Fact::Account(email) => roster.customers.contains_key(email),
        Fact::Membership(container, email) => roster.lists(email, container),
        Fact::Access(desk) => roster.desks.get(desk).is_some_and(|spec| spec.access.is_some()),
        Fact::Exact(Container::Desk(desk)) => roster.desks.get(desk).is_some_and(is_exact),
        // No roster declares one yet.
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
    /// The facts this action makes true.
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
