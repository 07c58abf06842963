//! Small sites and rosters that several scenarios begin with.

use quietdesk::model::roster::Roster;
use quietdesk::sandbox::{DeskAccess, Seed, SeedDesk, SeedPerson};

use super::world::roster;

pub(crate) const TWO_DESKS: &str = "
version: 1
desks:
  PRIV: {access: restricted}
  SUP: {access: open}
customers:
  - {email: ada@example.com, name: Ada Lovelace, desks: [SUP]}
  - {email: Bob@Example.com, desks: [PRIV, SUP]}
  - {email: eve@example.com, desks: []}
";

pub(crate) fn desks(list: &[(&str, DeskAccess)]) -> Vec<SeedDesk> {
    list.iter().map(|(key, access)| SeedDesk::new(*key, *access)).collect()
}

/// `PRIV` as the roster of two desks wants it, `SUP` closed.
pub(crate) fn two_desks(people: Vec<SeedPerson>) -> Seed {
    Seed {
        seed: 1,
        desks: desks(&[("PRIV", DeskAccess::Restricted), ("SUP", DeskAccess::Restricted)]),
        people,
    }
}

/// One desk, as [`one_desk_roster`] wants it.
pub(crate) fn one_desk(people: Vec<SeedPerson>) -> Seed {
    Seed {
        seed: 1,
        desks: desks(&[("SUP", DeskAccess::Restricted)]),
        people,
    }
}

pub(crate) fn one_desk_roster(emails: &[&str]) -> Roster {
    let customers: String = emails.iter().map(|email| format!("  - {email}\n")).collect();
    roster(&format!(
        "version: 1\ndefaults: {{desks: [SUP]}}\ndesks: {{SUP: {{}}}}\ncustomers:\n{customers}"
    ))
}

pub(crate) fn people(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("member{n:05}@example.com")).collect()
}

pub(crate) fn members(people: &[String]) -> Roster {
    one_desk_roster(&people.iter().map(String::as_str).collect::<Vec<_>>())
}
