//! What a sandbox holds that is started for a command: something to do.

use crate::model::access::Access;
use crate::model::roster::{Customer, Roster};
use crate::sandbox::{DeskAccess, PersonKind, Seed, SeedDesk, SeedPerson};

/// How many strangers are on each desk.
const STRANGERS: usize = 3;

/// A simulated Jira in which there is something to do: the roster's desks exist, and one access mode differs; every
/// second of its people has an account, three in four of these on their desks already; a few strangers are there.
pub(super) fn seed_for(roster: &Roster) -> Seed {
    let differing = roster.desks.iter().find_map(|(key, desk)| desk.access.map(|_| key));
    let desks = roster.desks.iter().map(|(key, desk)| {
        let wanted = desk.access.unwrap_or(Access::Restricted);
        SeedDesk::new(
            key.as_str(),
            if Some(key) == differing {
                other(wanted)
            } else {
                same(wanted)
            },
        )
    });
    let known = roster.customers.values().step_by(2).enumerate();
    let known = known.map(|(n, customer)| person(customer, n % 4 != 0));
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

/// A simulated Jira for a command without a roster: two desks, a few people, and one of each case that cannot simply be
/// listed.
pub(super) fn small_site() -> Seed {
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

fn person(customer: &Customer, on_its_desks: bool) -> SeedPerson {
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

fn same(access: Access) -> DeskAccess {
    match access {
        Access::Restricted => DeskAccess::Restricted,
        // Cloud has no public desks (docs/jira.md#cloud-not-public).
        Access::Open | Access::Public => DeskAccess::Open,
    }
}

fn other(access: Access) -> DeskAccess {
    match same(access) {
        DeskAccess::Restricted => DeskAccess::Open,
        DeskAccess::Open | DeskAccess::Public => DeskAccess::Restricted,
    }
}
