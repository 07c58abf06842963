//! Second source for a desk's customers: the project role of customers. Cloud only; Data Center's lists are that role.
//!
//! Cloud's customer list may still show people after their removal, and may show people who can browse the project
//! through a group. None of them has the role, and removing them has no effect.
//!
//! | the role | is | a listed account without the role |
//! |---|---|---|
//! | holds at least 90 % of the listed accounts that had it before (of the whole list, if those are few) | trusted | is not on the desk |
//! | holds fewer, cannot be read, or belongs to a desk of too many people | doubted | counts as on the desk |
//!
//! Only the members of a trusted role are stored ([`RoleMark`]), so a role that was never trusted gains no weight
//! later.

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};

use super::account::Handle;
use super::observed::{ObservedDesk, RoleReading};

/// Number of earlier role members on the list that suffices to check a role; fewer suffice if they are half of it.
const ENOUGH: usize = 10;
/// Share of the expected members that a trusted role must hold, in percent.
const BELIEVED: usize = 90;

/// Hash of an account seen in a role; 8 bytes, because there may be many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RoleMark(pub u64);

impl RoleMark {
    /// Returns the mark of an account. On Cloud, its handle never changes.
    #[must_use]
    pub fn from_handle(handle: &Handle) -> Self {
        let [a, b, c, d, e, f, g, h, ..] = <[u8; 32]>::from(Sha256::digest(handle.0.as_bytes()));
        Self(u64::from_be_bytes([a, b, c, d, e, f, g, h]))
    }
}

impl ObservedDesk {
    /// Compares the list with the customer role and separates phantoms from members. `before` are the earlier members
    /// of the role; `remembered` are further people on the list if only some were looked up.
    pub fn compare_with_role(
        &mut self,
        role: Result<BTreeSet<Handle>, String>,
        before: Option<&BTreeSet<RoleMark>>,
        remembered: &BTreeSet<Handle>,
    ) {
        let list: BTreeSet<&Handle> = self.members.iter().chain(remembered).collect();
        let judged = role.and_then(|role| match distrust_reason(&list, before, &role) {
            Some(reason) => Err(reason),
            None => Ok(role),
        });
        self.role_reading = match judged {
            Ok(role) => {
                let listed = std::mem::take(&mut self.members).into_iter();
                let (members, phantoms) = listed.partition(|handle| role.contains(handle));
                self.members = members;
                RoleReading::Trusted { phantoms }
            }
            Err(reason) => RoleReading::Untrusted { reason },
        };
    }
}

/// Returns the reason a role is not trusted, if any.
fn distrust_reason(
    list: &BTreeSet<&Handle>,
    before: Option<&BTreeSet<RoleMark>>,
    role: &BTreeSet<Handle>,
) -> Option<String> {
    let known = before.map(|before| {
        let seen = list
            .iter()
            .filter(|handle| before.contains(&RoleMark::from_handle(handle)));
        seen.copied().collect::<BTreeSet<&Handle>>()
    });
    let (expected, description) = match &known {
        Some(known) if known.len() >= ENOUGH || known.len() * 2 >= list.len().max(1) => {
            (known, "people on the desk's list who were in it before")
        }
        // Too few to check a role: it could have lost half of its members.
        Some(_) | None => (list, "people on the desk's list"),
    };
    let held = expected.iter().filter(|handle| role.contains(**handle)).count();
    let of = expected.len();
    (held * 100 < BELIEVED * of).then(|| format!("it holds {held} of the {of} {description}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fixtures::{cloud_site, desk_mut};

    fn handles(numbers: impl IntoIterator<Item = usize>) -> BTreeSet<Handle> {
        numbers.into_iter().map(|n| Handle(format!("qm:{n}"))).collect()
    }

    /// Checks a list of the numbers below `listed`: returns the number of phantoms, or why the role is doubted.
    fn compare(
        listed: usize,
        role: Result<BTreeSet<Handle>, String>,
        before: impl IntoIterator<Item = usize>,
    ) -> Result<usize, String> {
        let mut observed = cloud_site(&["SUP"]);
        let desk = desk_mut(&mut observed, "SUP");
        desk.members = handles(0..listed);
        let marks: BTreeSet<_> = handles(before).iter().map(RoleMark::from_handle).collect();
        desk.compare_with_role(role, Some(&marks), &BTreeSet::new());
        assert_eq!(desk.list_size(), listed, "no account is lost");
        match &desk.role_reading {
            RoleReading::Trusted { phantoms } => Ok(phantoms.len()),
            RoleReading::Untrusted { reason } => Err(reason.clone()),
            RoleReading::NotRead => panic!("the role was read"),
        }
    }

    #[test]
    fn a_role_is_believed_where_it_holds_nine_of_ten_who_are_to_be_in_it() {
        // First pass: 90 % of the list.
        assert_eq!(compare(20, Ok(handles(0..18)), []), Ok(2));
        assert!(compare(20, Ok(handles(0..17)), []).is_err());
        // Later: 90 % of the listed accounts that had the role before, however many others are listed.
        assert_eq!(compare(20, Ok(handles(0..9)), 0..10), Ok(11));
        assert_eq!(
            compare(20, Ok(handles(0..8)), 0..10),
            Err("it holds 8 of the 10 people on the desk's list who were in it before".into())
        );
        // Earlier members that are no longer listed do not count; with none left, it is a first pass again.
        assert_eq!(compare(4, Ok(handles(0..2)), (0..2).chain(50..99)), Ok(2));
        assert!(compare(4, Ok(handles(0..2)), 50..99).is_err());
    }

    #[test]
    fn a_role_that_is_empty_holds_half_or_cannot_be_read_is_doubted() {
        for before in [0..0, 0..1, 0..20] {
            assert!(compare(20, Ok(BTreeSet::new()), before.clone()).is_err());
            assert_eq!(compare(20, Err("403".into()), before), Err("403".into()));
        }
        for before in [0..0, 0..20] {
            assert!(compare(20, Ok(handles((0..20).step_by(2))), before).is_err());
        }
        assert!(compare(1, Ok(BTreeSet::new()), []).is_err());
    }

    #[test]
    fn what_is_remembered_of_a_list_counts_where_only_some_people_were_asked_for() {
        let mut observed = cloud_site(&["SUP"]);
        let desk = desk_mut(&mut observed, "SUP");
        desk.members = handles([9]);
        let mut narrow = desk.clone();
        narrow.compare_with_role(Ok(handles(0..9)), None, &handles(0..9));
        assert_eq!(narrow.phantoms(), &handles([9]));
        desk.compare_with_role(Ok(handles(0..9)), None, &BTreeSet::new());
        assert_eq!(
            desk.members,
            handles([9]),
            "the only listed account lacks the role: doubted"
        );
    }
}
