//! A small site and a roster for each kind of step.

use quietdesk::sandbox::{Deployment, DeskAccess, Seed, SeedDesk, SeedPerson, Version};

/// Where a case runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Cloud,
    DataCenter,
    /// Data Center, where each new account gets a first password.
    FirstPasswords,
}

impl Place {
    pub(crate) fn deployment(self) -> Deployment {
        match self {
            Self::Cloud => Deployment::Cloud,
            Self::DataCenter | Self::FirstPasswords => Deployment::DataCenter(Version::V10_3),
        }
    }
}

/// One kind of step in one place.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) kind: &'static str,
    pub(crate) place: Place,
    pub(crate) seed: Seed,
    /// The roster that was applied before.
    pub(crate) before: String,
    pub(crate) roster: String,
}

const NO_ACCOUNTS: &str = "version: 1\ndesks: {PRIV: {}, SUP: {}}\ncustomers: []\n";

/// Every kind of step in every place that has it.
pub(crate) fn all() -> Vec<Case> {
    let mut cases = Vec::new();
    for place in [Place::Cloud, Place::DataCenter, Place::FirstPasswords] {
        cases.extend([create(place), everything(place)]);
        if place == Place::FirstPasswords {
            continue;
        }
        cases.extend([add(place), remove(place), open(place), close(place), new_address(place)]);
        if place == Place::DataCenter {
            cases.push(rename(place));
        }
    }
    cases
}

/// `PRIV` is closed and `SUP` open.
fn seed(people: Vec<SeedPerson>) -> Seed {
    Seed {
        seed: 3,
        desks: vec![
            SeedDesk::new("PRIV", DeskAccess::Restricted),
            SeedDesk::new("SUP", DeskAccess::Open),
        ],
        people,
    }
}

fn on(desks: &[&str], names: &[&str]) -> Vec<SeedPerson> {
    let person = |name: &&str| SeedPerson::customer(email(name), desks);
    names.iter().map(person).collect()
}

fn email(name: &str) -> String {
    format!("{name}@example.com")
}

fn listing(private: &str, open: &str, people: &[String]) -> String {
    let customers: String = people.iter().map(|person| format!("  - {{{person}}}\n")).collect();
    let customers = match people.is_empty() {
        true => " []\n".to_owned(),
        false => format!("\n{customers}"),
    };
    format!("version: 1\ndesks: {{PRIV: {{{private}}}, SUP: {{{open}}}}}\ncustomers:{customers}")
}

fn entry(name: &str, desks: &str) -> String {
    format!("email: {name}@example.com, desks: [{desks}]")
}

fn new_entry(place: Place, name: &str, desks: &str) -> String {
    match place {
        Place::FirstPasswords => format!("{}, initial_password: generate", entry(name, desks)),
        Place::Cloud | Place::DataCenter => entry(name, desks),
    }
}

fn create(place: Place) -> Case {
    Case {
        kind: "create",
        place,
        seed: seed(Vec::new()),
        before: NO_ACCOUNTS.to_owned(),
        roster: listing(
            "",
            "",
            &[
                new_entry(place, "ada", "PRIV, SUP"),
                new_entry(place, "bob", "PRIV"),
                new_entry(place, "cyd", ""),
            ],
        ),
    }
}

fn add(place: Place) -> Case {
    Case {
        kind: "add",
        place,
        seed: seed(on(&[], &["ada", "bob", "cyd"])),
        before: NO_ACCOUNTS.to_owned(),
        roster: listing(
            "",
            "",
            &[entry("ada", "PRIV"), entry("bob", "PRIV, SUP"), entry("cyd", "SUP")],
        ),
    }
}

fn remove(place: Place) -> Case {
    let all: Vec<_> = ["ada", "bob", "cyd"].map(|name| entry(name, "PRIV")).into();
    Case {
        kind: "remove",
        place,
        seed: seed(on(&["PRIV"], &["ada", "bob", "cyd", "stranger"])),
        before: listing("membership: owned", "", &all),
        roster: listing("membership: owned", "", &all[..1]),
    }
}

fn open(place: Place) -> Case {
    let all: Vec<_> = ["ada", "bob"].map(|name| entry(name, "PRIV")).into();
    Case {
        kind: "closed to open",
        place,
        seed: seed(on(&["PRIV"], &["ada", "bob"])),
        before: listing("access: restricted, membership: owned", "", &all),
        roster: listing("access: open, membership: owned", "", &all[..1]),
    }
}

fn close(place: Place) -> Case {
    Case {
        kind: "open to closed",
        place,
        seed: seed(on(&["SUP"], &["ada", "bob", "cyd"])),
        before: NO_ACCOUNTS.to_owned(),
        roster: listing("", "access: restricted, membership: exact", &[entry("ada", "SUP")]),
    }
}

/// On Data Center the account is changed; on Cloud a new one is added, and the old one removed.
fn new_address(place: Place) -> Case {
    let moved = format!("{}, previously: [old@example.com]", entry("new", "PRIV"));
    Case {
        kind: "new address",
        place,
        seed: seed(on(&["PRIV"], &["old", "ada"])),
        before: listing("", "", &[entry("old", "PRIV"), entry("ada", "PRIV")]),
        roster: listing("", "", &[moved, entry("ada", "PRIV")]),
    }
}

fn rename(place: Place) -> Case {
    let named = |name: &str| format!("{}, name: {name}", entry("ada", "PRIV"));
    let mut people = on(&["PRIV"], &["ada", "bob"]);
    "Ada".clone_into(&mut people[0].name);
    Case {
        kind: "rename",
        place,
        seed: seed(people),
        before: listing("", "", &[named("Ada"), entry("bob", "PRIV")]),
        roster: listing("", "", &[named("Countess"), entry("bob", "PRIV")]),
    }
}

/// All kinds of steps in one pass.
fn everything(place: Place) -> Case {
    let moved = format!("{}, previously: [old@example.com]", entry("new", "PRIV"));
    let mut people = on(&["PRIV"], &["old", "leaves", "stays"]);
    people.extend(on(&["SUP"], &["stranger"]));
    people.extend(on(&[], &["joins"]));
    let before = [entry("old", "PRIV"), entry("leaves", "PRIV"), entry("stays", "PRIV")];
    let after = [
        moved,
        entry("stays", "PRIV, SUP"),
        entry("joins", "PRIV, SUP"),
        new_entry(place, "ada", "PRIV, SUP"),
    ];
    Case {
        kind: "everything",
        place,
        seed: seed(people),
        before: listing("membership: owned", "", &before),
        roster: listing(
            "access: open, membership: owned",
            "access: restricted, membership: exact",
            &after,
        ),
    }
}
