//! The second witness of who is on a desk: the project role of its customers. Cloud only, since Data Center's lists are
//! that role.
//!
//! Cloud's list of a desk's customers may go on showing people after they were removed, and may show whoever can browse the
//! project by a group. None of them has a place in the role, and removing them changes nothing.
//!
//! | the role | is | who is listed without a place in it |
//! |---|---|---|
//! | holds at least 90 % of those on the list who were seen in it before (of the list, where those are few) | believed | was seen to be off the desk |
//! | holds fewer, cannot be read, or belongs to a desk of too many people | doubted | counts as on the desk |
//!
//! A role that was never believed is never taken for granted later: only a believed one is remembered ([`Mark`]).

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};

use super::account::Handle;
use super::observed::{ObservedDesk, Witness};

/// So many who were seen in the role before are a measure of it, however long the list; fewer, where they are half of it.
const ENOUGH: usize = 10;
/// How much of those who are to be in it a role must hold, in per cent.
const BELIEVED: usize = 90;

/// Stands for somebody who was seen in a role: few bytes, because there may be many of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark(pub u64);

impl Mark {
    /// The mark of an account; on Cloud its handle never changes.
    #[must_use]
    pub fn of(handle: &Handle) -> Self {
        let [a, b, c, d, e, f, g, h, ..] = <[u8; 32]>::from(Sha256::digest(handle.0.as_bytes()));
        Self(u64::from_be_bytes([a, b, c, d, e, f, g, h]))
    }
}

impl ObservedDesk {
    /// Takes in what reading the role came to. `before` are those who were seen in it before, `remembered` who else is on
    /// the list, where only some people were asked for.
    pub fn hear(
        &mut self,
        role: Result<BTreeSet<Handle>, String>,
        before: Option<&BTreeSet<Mark>>,
        remembered: &BTreeSet<Handle>,
    ) {
        let list: BTreeSet<&Handle> = self.members.iter().chain(remembered).collect();
        let judged = role.and_then(|role| match doubt(&list, before, &role) {
            Some(reason) => Err(reason),
            None => Ok(role),
        });
        self.witness = match judged {
            Ok(role) => {
                let listed = std::mem::take(&mut self.members).into_iter();
                let (members, phantoms) = listed.partition(|handle| role.contains(handle));
                self.members = members;
                Witness::Believed { phantoms }
            }
            Err(reason) => Witness::Doubted { reason },
        };
    }
}

/// Why a role is not believed, if it is not.
fn doubt(list: &BTreeSet<&Handle>, before: Option<&BTreeSet<Mark>>, role: &BTreeSet<Handle>) -> Option<String> {
    let known = before.map(|before| {
        let seen = list.iter().filter(|handle| before.contains(&Mark::of(handle)));
        seen.copied().collect::<BTreeSet<&Handle>>()
    });
    let (expected, whom) = match &known {
        Some(known) if known.len() >= ENOUGH || known.len() * 2 >= list.len().max(1) => {
            (known, "people on the desk's list who were in it before")
        }
        // Too few say nothing of a role: it could be half of what it was.
        Some(_) | None => (list, "people on the desk's list"),
    };
    let held = expected.iter().filter(|handle| role.contains(**handle)).count();
    let of = expected.len();
    (held * 100 < BELIEVED * of).then(|| format!("it holds {held} of the {of} {whom}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fixtures::{reading, site};

    fn handles(numbers: impl IntoIterator<Item = usize>) -> BTreeSet<Handle> {
        numbers.into_iter().map(|n| Handle(format!("qm:{n}"))).collect()
    }

    /// What becomes of a list of the numbers below `listed`: the number of phantoms, or why the role is doubted.
    fn heard(
        listed: usize,
        role: Result<BTreeSet<Handle>, String>,
        before: impl IntoIterator<Item = usize>,
    ) -> Result<usize, String> {
        let mut observed = site(&["SUP"]);
        let desk = reading(&mut observed, "SUP");
        desk.members = handles(0..listed);
        let marks: BTreeSet<_> = handles(before).iter().map(Mark::of).collect();
        desk.hear(role, Some(&marks), &BTreeSet::new());
        assert_eq!(desk.listed(), listed, "nobody is lost");
        match &desk.witness {
            Witness::Believed { phantoms } => Ok(phantoms.len()),
            Witness::Doubted { reason } => Err(reason.clone()),
            Witness::NotAsked => panic!("it was asked"),
        }
    }

    #[test]
    fn a_role_is_believed_where_it_holds_nine_of_ten_who_are_to_be_in_it() {
        // A first pass: of the list.
        assert_eq!(heard(20, Ok(handles(0..18)), []), Ok(2));
        assert!(heard(20, Ok(handles(0..17)), []).is_err());
        // Later: of those who are on the list and were in the role before, however many others are listed.
        assert_eq!(heard(20, Ok(handles(0..9)), 0..10), Ok(11));
        assert_eq!(
            heard(20, Ok(handles(0..8)), 0..10),
            Err("it holds 8 of the 10 people on the desk's list who were in it before".into())
        );
        // Whoever was in it before and is listed no more says nothing; with nobody left it is a first pass again.
        assert_eq!(heard(4, Ok(handles(0..2)), (0..2).chain(50..99)), Ok(2));
        assert!(heard(4, Ok(handles(0..2)), 50..99).is_err());
    }

    #[test]
    fn a_role_that_is_empty_holds_half_or_cannot_be_read_is_doubted() {
        for before in [0..0, 0..1, 0..20] {
            assert!(heard(20, Ok(BTreeSet::new()), before.clone()).is_err());
            assert_eq!(heard(20, Err("403".into()), before), Err("403".into()));
        }
        for before in [0..0, 0..20] {
            assert!(heard(20, Ok(handles((0..20).step_by(2))), before).is_err());
        }
        assert!(heard(1, Ok(BTreeSet::new()), []).is_err());
    }

    #[test]
    fn what_is_remembered_of_a_list_counts_where_only_some_people_were_asked_for() {
        let mut observed = site(&["SUP"]);
        let desk = reading(&mut observed, "SUP");
        desk.members = handles([9]);
        let mut narrow = desk.clone();
        narrow.hear(Ok(handles(0..9)), None, &handles(0..9));
        assert_eq!(narrow.phantoms(), &handles([9]));
        desk.hear(Ok(handles(0..9)), None, &BTreeSet::new());
        assert_eq!(desk.members, handles([9]), "one of one is missing: doubted");
    }
}
