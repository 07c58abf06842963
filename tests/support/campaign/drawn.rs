//! What a life is drawn from: a site, what a roster wants of it, and the roster as YAML.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use quietdesk::sandbox::{DeskAccess, PersonKind, Seed, SeedDesk, SeedPerson};
use rand::RngExt as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;

use super::{DESKS, PEOPLE};

/// A desk in the roster.
#[derive(Clone, Debug)]
pub(super) struct Desk {
    pub(super) access: Option<DeskAccess>,
    pub(super) membership: &'static str,
    pub(super) paused: bool,
    pub(super) keep: Option<usize>,
}

/// A person in the roster.
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

/// An address as the file spells it. Some have a second spelling, which Jira has.
pub(super) fn email(n: usize) -> String {
    match n % 7 {
        3 => format!("person{n:02}@b\u{fc}cher.example"),
        5 => format!("p\u{e9}rson{n:02}@example.com"),
        _ => format!("person{n:02}@example.com"),
    }
}

/// The same address as Jira spells it.
pub(super) fn jira_spelling(n: usize) -> String {
    let (domain, composed, decomposed) = ("xn--bcher-kva", "\u{e9}", "e\u{301}");
    email(n).replace("b\u{fc}cher", domain).replace(composed, decomposed)
}

/// One spelling for each address, computed without the code under test.
pub(super) fn canonical(email: &str) -> String {
    let unified = email.to_lowercase().replace("xn--bcher-kva", "b\u{fc}cher");
    unified.replace("e\u{301}", "\u{e9}")
}

pub(super) fn moved(n: usize) -> String {
    format!("new{n:02}@example.com")
}

pub(super) fn site(random: &mut StdRng, is_cloud: bool) -> Seed {
    let access = |random: &mut StdRng| *[DeskAccess::Restricted, DeskAccess::Open].choose(random).unwrap();
    let desks = DESKS.iter().map(|key| SeedDesk {
        browsing_groups: vec!["staff".to_owned()],
        ..SeedDesk::new(*key, access(random))
    });
    let desks = desks.collect();
    let mut people = Vec::new();
    if is_cloud && random.random_bool(0.5) {
        people.push(SeedPerson {
            kind: PersonKind::App,
            email_hidden: random.random(),
            ..SeedPerson::customer("app@example.com", &DESKS)
        });
    }
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
            groups: if random.random_bool(0.2) {
                vec!["staff".to_owned()]
            } else {
                Vec::new()
            },
            ..SeedPerson::customer(jira_spelling(n), &on)
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
