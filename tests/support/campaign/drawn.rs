//! What a life is drawn from: a site, what a roster wants of it, and that as YAML.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use quietdesk::sandbox::{DeskAccess, PersonKind, Seed, SeedDesk, SeedPerson};
use rand::RngExt as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;

use super::{DESKS, PEOPLE};

/// What a roster wants of a desk.
#[derive(Clone, Debug)]
pub(super) struct Desk {
    pub(super) access: Option<DeskAccess>,
    pub(super) membership: &'static str,
    pub(super) paused: bool,
    pub(super) keep: Option<usize>,
}

/// What a roster wants of a person.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) desks: BTreeSet<usize>,
    pub(super) until: Option<Date>,
    /// The person has a new address.
    pub(super) moved: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) desks: Vec<Desk>,
    pub(super) people: BTreeMap<usize, Person>,
}

pub(super) fn email(n: usize) -> String {
    format!("person{n:02}@example.com")
}

pub(super) fn moved(n: usize) -> String {
    format!("new{n:02}@example.com")
}

pub(super) fn site(random: &mut StdRng) -> Seed {
    let access = |random: &mut StdRng| *[DeskAccess::Restricted, DeskAccess::Open].choose(random).unwrap();
    let desks = DESKS.iter().map(|key| SeedDesk::new(*key, access(random))).collect();
    let mut people = Vec::new();
    for n in 0..PEOPLE + 6 {
        if random.random_bool(0.3) {
            continue;
        }
        let on: Vec<_> = DESKS.iter().copied().filter(|_| random.random_bool(0.5)).collect();
        let kinds = [
            PersonKind::PortalOnly,
            PersonKind::PortalOnly,
            PersonKind::PortalOnly,
            PersonKind::Atlassian,
            PersonKind::Agent,
        ];
        let kind = *kinds.choose(random).unwrap();
        people.push(SeedPerson {
            kind,
            active: random.random_bool(0.9),
            email_hidden: kind == PersonKind::Atlassian && random.random_bool(0.3),
            username: (n % 3 == 0).then(|| format!("user{n}")),
            ..SeedPerson::customer(email(n), &on)
        });
    }
    Seed { seed: 1, desks, people }
}

pub(super) fn desk(random: &mut StdRng) -> Desk {
    let modes = [None, Some(DeskAccess::Restricted), Some(DeskAccess::Open)];
    let access = *modes.choose(random).unwrap();
    let memberships: &[_] = match access {
        Some(DeskAccess::Open | DeskAccess::Public) => &["additive", "owned"],
        Some(DeskAccess::Restricted) | None => &["additive", "owned", "owned", "exact"],
    };
    Desk {
        access,
        membership: memberships.choose(random).unwrap(),
        paused: random.random_bool(0.1),
        keep: random.random_bool(0.3).then(|| random.random_range(0..PEOPLE)),
    }
}

pub(super) fn yaml(wanted: &Wanted) -> String {
    let mut yaml = "version: 1\ndesks:\n".to_owned();
    for (key, desk) in DESKS.iter().zip(&wanted.desks) {
        let access = desk
            .access
            .map(|access| format!("access: {access}, "))
            .unwrap_or_default();
        let keep = desk.keep.map(|n| format!("keep: [{}], ", email(n))).unwrap_or_default();
        let (membership, paused) = (desk.membership, desk.paused);
        yaml += &format!("  {key}: {{{access}{keep}membership: {membership}, paused: {paused}}}\n");
    }
    if wanted.people.is_empty() {
        return yaml + "customers: []\n";
    }
    yaml += "customers:\n";
    for (n, person) in &wanted.people {
        let desks: Vec<_> = person.desks.iter().map(|desk| DESKS[*desk]).collect();
        let until = person
            .until
            .map(|until| format!(", until: {until}"))
            .unwrap_or_default();
        let (address, previously) = match person.moved {
            true => (moved(*n), format!(", previously: [{}]", email(*n))),
            false => (email(*n), String::new()),
        };
        yaml += &format!(
            "  - {{email: {address}, desks: [{}]{until}{previously}}}\n",
            desks.join(", ")
        );
    }
    yaml
}
