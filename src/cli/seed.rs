//! Seeds of embedded sandboxes, with changes for a plan to make.

use crate::model::access::Access;
use crate::model::roster::{Customer, Roster};
use crate::sandbox::{DeskAccess, PersonKind, Seed, SeedDesk, SeedPerson};

/// Number of unlisted customers on each desk.
const STRANGERS: usize = 3;

/// Returns a seed that differs from the roster: its desks exist, with one other access mode; every second customer has
/// an account, three in four of these on their desks already; a few unlisted customers exist.
pub(super) fn seed_differing_from_roster(roster: &Roster) -> Seed {
    let differing = roster.desks.iter().find_map(|(key, desk)| desk.access.map(|_| key));
    let desks = roster.desks.iter().map(|(key, desk)| {
        let wanted = desk.access.unwrap_or(Access::Restricted);
        SeedDesk::new(
            key.as_str(),
            if Some(key) == differing {
                different_access(wanted)
            } else {
                desk_access(wanted)
            },
        )
    });
    let known = roster.customers.values().step_by(2).enumerate();
    let known = known.map(|(n, customer)| seed_person(customer, n % 4 != 0));
    let strangers = roster.desks.keys().flat_map(|key| {
        (1..=STRANGERS).map(move |n| {
            let email = format!("stranger{n}.{}@example.net", key.as_str().to_lowercase());
            SeedPerson::customer(email, &[key.as_str()])
        })
    });
    let is_listed = |person: &SeedPerson| {
        roster
            .customers
            .values()
            .any(|customer| customer.email.as_str() == person.email)
    };
    Seed {
        seed: 1,
        desks: desks.collect(),
        people: known.chain(strangers.filter(|stranger| !is_listed(stranger))).collect(),
    }
}

/// Returns a seed for a command without a roster: two desks, a few people, and one of each case that an export
/// withholds.
pub(super) fn sample_seed() -> Seed {
    let desk = |key: &str, name: &str, access| SeedDesk {
        name: name.to_owned(),
        ..SeedDesk::new(key, access)
    };
    let desks = vec![
        desk("HR", "People & Payroll", DeskAccess::Restricted),
        desk("SUP", "Customer Support", DeskAccess::Open),
    ];
    let mut seed = Seed::random(desks, 4, 1);
    let of_kind = |kind, name: &str, email: &str| SeedPerson {
        kind,
        name: name.to_owned(),
        ..SeedPerson::customer(email, &["SUP"])
    };
    seed.people.extend([
        SeedPerson::customer("accounts@example.net", &["SUP"]),
        SeedPerson {
            active: false,
            ..of_kind(PersonKind::PortalOnly, "Rosa Quinn", "rosa.quinn@example.com")
        },
        SeedPerson {
            email_hidden: true,
            ..of_kind(PersonKind::Atlassian, "Sam Tully", "sam.tully@example.com")
        },
        of_kind(PersonKind::PortalOnly, "Uma Vance", "uma.vance@example.com"),
        of_kind(PersonKind::Atlassian, "Uma Vance", "uma.vance@example.com"),
        of_kind(PersonKind::App, "Chat Bridge", "bridge@example.net"),
    ]);
    seed
}

fn seed_person(customer: &Customer, on_its_desks: bool) -> SeedPerson {
    let desks: Vec<_> = customer
        .desks
        .iter()
        .filter(|_| on_its_desks)
        .map(|key| key.as_str())
        .collect();
    SeedPerson {
        name: customer.name_for_creation().to_owned(),
        ..SeedPerson::customer(customer.email.as_str(), &desks)
    }
}

fn desk_access(access: Access) -> DeskAccess {
    match access {
        Access::Restricted => DeskAccess::Restricted,
        // Cloud has no public desks (docs/jira.md#cloud-not-public).
        Access::Open | Access::Public => DeskAccess::Open,
    }
}

fn different_access(access: Access) -> DeskAccess {
    match desk_access(access) {
        DeskAccess::Restricted => DeskAccess::Open,
        DeskAccess::Open | DeskAccess::Public => DeskAccess::Restricted,
    }
}
