//! Fixtures for the tests of the model.

use std::collections::{BTreeMap, BTreeSet};

use super::access::Access;
use super::account::{Account, AccountId, AccountKind, Handle};
use super::container::Container;
use super::desk::DeskKey;
use super::email::{Email, EmailKey};
use super::name::Name;
use super::observed::{
    AccessReading, Completeness, Deployment, DeskReading, Observed, ObservedDesk, ProjectRoleMembers, RoleReading, Site,
};
use super::roster::{Customer, DeskSpec, Roster};

pub(crate) fn desk_key(text: &str) -> DeskKey {
    DeskKey::parse(text).unwrap()
}

/// Returns a desk as a container.
pub(crate) fn container(text: &str) -> Container {
    desk_key(text).into()
}

pub(crate) fn email_key(text: &str) -> EmailKey {
    EmailKey::from_address(text)
}

/// Returns a roster entry on the given desks.
pub(crate) fn customer(email: &str, desks: &[&str]) -> Customer {
    Customer {
        email: Email::parse(email).unwrap(),
        name: None,
        desks: desks.iter().map(|desk| desk_key(desk)).collect(),
        account: None,
        initial_password: None,
        previously: Vec::new(),
        until: None,
    }
}

pub(crate) fn with_name(name: &str, customer: Customer) -> Customer {
    Customer {
        name: Some(Name::parse(name).unwrap()),
        ..customer
    }
}

pub(crate) fn with_pin(account: &str, customer: Customer) -> Customer {
    Customer {
        account: Some(Handle(account.into())),
        ..customer
    }
}

pub(crate) fn with_previous_emails(emails: &[&str], customer: Customer) -> Customer {
    Customer {
        previously: emails.iter().map(|email| Email::parse(email).unwrap()).collect(),
        ..customer
    }
}

/// Returns a roster with the given desks, each additive with an unmanaged access mode, and the customers.
pub(crate) fn roster(desks: &[&str], customers: impl IntoIterator<Item = Customer>) -> Roster {
    Roster {
        desks: desks.iter().map(|desk| (desk_key(desk), DeskSpec::default())).collect(),
        customers: customers
            .into_iter()
            .map(|customer| (customer.email.key().clone(), customer))
            .collect(),
        expired: BTreeMap::new(),
    }
}

pub(crate) fn with_access(access: Access, desk: &str, mut roster: Roster) -> Roster {
    roster.desks.entry(desk_key(desk)).or_default().access = Some(access);
    roster
}

pub(crate) fn with_paused(desk: &str, mut roster: Roster) -> Roster {
    roster.desks.entry(desk_key(desk)).or_default().paused = true;
    roster
}

/// Returns an active portal-only account with a visible e-mail.
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

/// Returns a Cloud site with the given desks, empty and restricted, and no accounts.
pub(crate) fn cloud_site(desks: &[&str]) -> Observed {
    Observed {
        site: Site {
            url: "https://example.atlassian.net".into(),
            deployment: Deployment::Cloud,
            version: "1001.0.0".into(),
        },
        accounts: BTreeMap::new(),
        desks: desks
            .iter()
            .map(|desk| (desk_key(desk), DeskReading::Read(observed_desk(&[]))))
            .collect(),
        lookups: BTreeMap::new(),
        pins: BTreeMap::new(),
        groups: BTreeMap::new(),
        staff: BTreeMap::new(),
        missing_accounts: BTreeSet::new(),
        unresolved: BTreeSet::new(),
        warnings: Vec::new(),
    }
}

/// Returns the same as [`site`] on Data Center.
pub(crate) fn data_center_site(desks: &[&str]) -> Observed {
    let mut observed = cloud_site(desks);
    observed.site.deployment = Deployment::DataCenter;
    observed
}

fn observed_desk(members: &[&str]) -> ObservedDesk {
    ObservedDesk {
        id: "1".into(),
        members: members.iter().map(|id| Handle((*id).into())).collect(),
        completeness: Completeness::Complete,
        access: AccessReading::Known(Access::Restricted),
        groups: BTreeSet::new(),
        project_roles: Some(ProjectRoleMembers::default()),
        can_be_public: false,
        portal: None,
        customer_role: None,
        role_reading: RoleReading::NotRead,
    }
}

pub(crate) fn desk_mut<'a>(observed: &'a mut Observed, desk: &str) -> &'a mut ObservedDesk {
    match observed.desks.get_mut(&desk_key(desk)) {
        Some(DeskReading::Read(read)) => read,
        other => panic!("{desk} was not read: {other:?}"),
    }
}

/// Adds an account to the site and to the given desks.
pub(crate) fn with_account(mut observed: Observed, account: Account, desks: &[&str]) -> Observed {
    for desk in desks {
        desk_mut(&mut observed, desk).members.insert(account.handle.clone());
    }
    observed.accounts.insert(account.id.clone(), account);
    observed
}
