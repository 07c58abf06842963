//! Small values for tests of the model.

use std::collections::{BTreeMap, BTreeSet};

use super::access::Access;
use super::account::{Account, AccountId, AccountKind, Handle};
use super::container::Container;
use super::desk::DeskKey;
use super::email::{Email, EmailKey};
use super::name::Name;
use super::observed::{
    AccessReading, Completeness, Deployment, DeskReading, Observed, ObservedDesk, Site, Team, Witness,
};
use super::roster::{Customer, DeskSpec, Roster};

pub(crate) fn key(text: &str) -> DeskKey {
    DeskKey::parse(text).unwrap()
}

/// A desk, as something people belong to.
pub(crate) fn container(text: &str) -> Container {
    key(text).into()
}

pub(crate) fn email_key(text: &str) -> EmailKey {
    EmailKey::of(text)
}

/// `ada@example.com` on the desks named.
pub(crate) fn customer(email: &str, desks: &[&str]) -> Customer {
    Customer {
        email: Email::parse(email).unwrap(),
        name: None,
        desks: desks.iter().map(|desk| key(desk)).collect(),
        account: None,
        initial_password: None,
        previously: Vec::new(),
        until: None,
    }
}

pub(crate) fn named(name: &str, customer: Customer) -> Customer {
    Customer {
        name: Some(Name::parse(name).unwrap()),
        ..customer
    }
}

pub(crate) fn pinned(account: &str, customer: Customer) -> Customer {
    Customer {
        account: Some(Handle(account.into())),
        ..customer
    }
}

pub(crate) fn previously(emails: &[&str], customer: Customer) -> Customer {
    Customer {
        previously: emails.iter().map(|email| Email::parse(email).unwrap()).collect(),
        ..customer
    }
}

/// A roster of the desks named, each additive with no access managed, and the customers.
pub(crate) fn roster(desks: &[&str], customers: impl IntoIterator<Item = Customer>) -> Roster {
    Roster {
        desks: desks.iter().map(|desk| (key(desk), DeskSpec::default())).collect(),
        customers: customers
            .into_iter()
            .map(|customer| (customer.email.key().clone(), customer))
            .collect(),
        expired: BTreeMap::new(),
    }
}

pub(crate) fn wanting(access: Access, desk: &str, mut roster: Roster) -> Roster {
    roster.desks.entry(key(desk)).or_default().access = Some(access);
    roster
}

pub(crate) fn pausing(desk: &str, mut roster: Roster) -> Roster {
    roster.desks.entry(key(desk)).or_default().paused = true;
    roster
}

/// An active portal-only account that shows its e-mail.
pub(crate) fn account(id: &str, email: &str) -> Account {
    Account {
        id: AccountId(id.into()),
        handle: Handle(id.into()),
        kind: AccountKind::Customer,
        active: true,
        email: Some(email.into()),
        name: email.into(),
    }
}

/// A site with the desks named, empty and restricted, and nobody.
pub(crate) fn site(desks: &[&str]) -> Observed {
    Observed {
        site: Site {
            url: "https://example.atlassian.net".into(),
            deployment: Deployment::Cloud,
            version: "1001.0.0".into(),
        },
        accounts: BTreeMap::new(),
        desks: desks
            .iter()
            .map(|desk| (key(desk), DeskReading::Read(desk_of(&[]))))
            .collect(),
        lookups: BTreeMap::new(),
        pins: BTreeMap::new(),
        groups: BTreeMap::new(),
        staff: BTreeMap::new(),
        gone: BTreeSet::new(),
        unanswered: BTreeSet::new(),
        warnings: Vec::new(),
    }
}

/// The same on Data Center.
pub(crate) fn data_center(desks: &[&str]) -> Observed {
    let mut observed = site(desks);
    observed.site.deployment = Deployment::DataCenter;
    observed
}

fn desk_of(members: &[&str]) -> ObservedDesk {
    ObservedDesk {
        id: "1".into(),
        members: members.iter().map(|id| Handle((*id).into())).collect(),
        completeness: Completeness::Complete,
        access: AccessReading::Known(Access::Restricted),
        groups: BTreeSet::new(),
        team: Some(Team::default()),
        may_be_public: false,
        portal: None,
        role: None,
        witness: Witness::NotAsked,
    }
}

pub(crate) fn reading<'a>(observed: &'a mut Observed, desk: &str) -> &'a mut ObservedDesk {
    match observed.desks.get_mut(&key(desk)) {
        Some(DeskReading::Read(read)) => read,
        other => panic!("{desk} was not read: {other:?}"),
    }
}

/// The account is there, and on the desks named.
pub(crate) fn with(mut observed: Observed, account: Account, desks: &[&str]) -> Observed {
    for desk in desks {
        reading(&mut observed, desk).members.insert(account.handle.clone());
    }
    observed.accounts.insert(account.id.clone(), account);
    observed
}
