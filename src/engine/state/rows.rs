//! The ledger as it is written down: one row for each thing remembered, by kind and up to two names, so that a small change
//! is a small write.

use std::borrow::Cow;

use rusqlite::{Connection, Statement, Transaction};

use super::error::{Answer, Problem};
use crate::model::access::Access;
use crate::model::account::{AccountId, Handle};
use crate::model::container::Container;
use crate::model::desk::DeskKey;
use crate::model::email::EmailKey;
use crate::model::ledger::{Deed, Fact, Ledger, Parts, Tracked, TrackedSet, Value};
use crate::model::witness::Mark;

/// A kind, and what it is about; what does not apply is empty.
type Key<'a> = (&'static str, Cow<'a, str>, Cow<'a, str>);
type Word<'a> = Cow<'a, str>;

const COMPLETED: &str = "completed";
const ACCOUNT: &str = "account";
const MEMBERSHIP: &str = "membership";
const ACCESS: &str = "access";
const NAME: &str = "name";
const EXACT: &str = "exact";
const REFUSED: &str = "refused";
const SEAT_GIVEN: &str = "seat-given";
const CLAIMED: &str = "claimed";
const MISSED: &str = "missed";
const APPLIED: &str = "applied";
const SIZE: &str = "size";
const REMOVED: &str = "removed-account";
const USED: &str = "used";
const PLACE: &str = "place";
const ADD: &str = "accepted-add";
const REMOVE: &str = "accepted-remove";
const REMOVE_FROM_OPEN: &str = "refused-remove";
const UPDATE: &str = "accepted-update";
const SET_ACCESS: &str = "accepted-access";
const UNTIL_CAME: &str = "until-came";

const FACTS: [&str; 5] = [ACCOUNT, MEMBERSHIP, ACCESS, NAME, EXACT];
const DEEDS: [&str; 5] = [ADD, REMOVE, REMOVE_FROM_OPEN, UPDATE, SET_ACCESS];
const PRESENT: &str = "present";

/// Writes what changed in a ledger since it was last written.
pub(super) fn write(ledger: &Ledger, to: &Transaction<'_>) -> Answer<()> {
    let (mut rows, parts) = (Rows::of(to)?, ledger.parts());
    rows.set(&parts.completed, COMPLETED, |container| whole(COMPLETED, container))?;
    rows.map(&parts.agreed, &FACTS, fact_key, value_word)?;
    rows.map(
        &parts.refused,
        &[REFUSED],
        |email| (REFUSED, email.as_str().into(), "".into()),
        |ids| {
            let ids: Vec<&str> = ids.iter().map(|id| id.0.as_str()).collect();
            ids.join("\n").into()
        },
    )?;
    rows.map(
        &parts.claimed,
        &[CLAIMED],
        |(container, email)| place(CLAIMED, container, email.as_str()),
        |id| id.as_ref().map(|id| id.0.as_str()).unwrap_or_default().into(),
    )?;
    rows.set(&parts.missed, MISSED, |(container, email)| {
        place(MISSED, container, email.as_str())
    })?;
    rows.map(&parts.accepted, &DEEDS, deed_key, number)?;
    let history = &parts.history;
    rows.map(
        &history.applied,
        &[APPLIED],
        |container| whole(APPLIED, container),
        number,
    )?;
    rows.map(&history.sizes, &[SIZE], |container| whole(SIZE, container), number)?;
    rows.map(
        &history.removed,
        &[REMOVED],
        |(container, handle)| place(REMOVED, container, &handle.0),
        number,
    )?;
    rows.set(&history.used, USED, |(id, at)| (USED, id.into(), at.to_string().into()))?;
    if history.places.is_whole() {
        rows.forget(PLACE, "")?;
    }
    for (desk, _) in history.places.changes() {
        rows.forget(PLACE, desk.as_str())?;
    }
    // A set that is new to its desk is written whole.
    for (desk, marks) in &history.places {
        marks.changes().try_for_each(|mark| rows.mark(desk, mark))?;
    }
    if ledger.has_new_singles() {
        rows.row(
            (SEAT_GIVEN, "".into(), "".into()),
            parts.seat_given.as_deref().map(Cow::from),
        )?;
        rows.row(
            (UNTIL_CAME, "".into(), "".into()),
            parts.until_came.as_ref().map(number),
        )?;
    }
    Ok(())
}

/// The rows of a ledger, as they are changed.
struct Rows<'t> {
    put: Statement<'t>,
    remove: Statement<'t>,
    forget: Statement<'t>,
}

impl<'t> Rows<'t> {
    fn of(to: &'t Transaction<'_>) -> Answer<Self> {
        Ok(Self {
            put: to.prepare("INSERT OR REPLACE INTO ledger (kind, one, two, value) VALUES (?1, ?2, ?3, ?4)")?,
            remove: to.prepare("DELETE FROM ledger WHERE kind = ?1 AND one = ?2 AND two = ?3")?,
            forget: to.prepare("DELETE FROM ledger WHERE kind = ?1 AND ?2 IN ('', one)")?,
        })
    }

    fn row(&mut self, (kind, one, two): Key<'_>, value: Option<Word<'_>>) -> Answer<()> {
        match value {
            Some(value) => self.put.execute([kind, &*one, &*two, &*value])?,
            None => self.remove.execute([kind, &*one, &*two])?,
        };
        Ok(())
    }

    /// Takes away all rows of a kind; of one desk, where one is named.
    fn forget(&mut self, kind: &str, desk: &str) -> Answer<()> {
        self.forget.execute([kind, desk])?;
        Ok(())
    }

    fn map<K: Ord + Clone, V: PartialEq>(
        &mut self,
        map: &Tracked<K, V>,
        kinds: &[&str],
        key: impl for<'a> Fn(&'a K) -> Key<'a>,
        word: impl for<'a> Fn(&'a V) -> Word<'a>,
    ) -> Answer<()> {
        if map.is_whole() {
            kinds.iter().try_for_each(|kind| self.forget(kind, ""))?;
        }
        let mut changes = map.changes();
        changes.try_for_each(|(changed, value)| self.row(key(changed), value.map(&word)))
    }

    fn set<K: Ord + Clone>(
        &mut self,
        set: &TrackedSet<K>,
        kind: &str,
        key: impl for<'a> Fn(&'a K) -> Key<'a>,
    ) -> Answer<()> {
        if set.is_whole() {
            self.forget(kind, "")?;
        }
        let mut changes = set.changes();
        changes.try_for_each(|(changed, is_in)| self.row(key(changed), is_in.then_some("".into())))
    }

    fn mark(&mut self, desk: &DeskKey, (mark, is_there): (&Mark, bool)) -> Answer<()> {
        let key = (PLACE, desk.as_str().into(), mark.0.to_string().into());
        self.row(key, is_there.then_some("".into()))
    }
}

fn whole<'a>(kind: &'static str, container: &'a Container) -> Key<'a> {
    (kind, container.stored(), "".into())
}

fn place<'a>(kind: &'static str, container: &'a Container, who: &'a str) -> Key<'a> {
    (kind, container.stored(), who.into())
}

fn number<T: ToString>(count: &T) -> Word<'_> {
    count.to_string().into()
}

fn fact_key(fact: &Fact) -> Key<'_> {
    match fact {
        Fact::Account(email) => (ACCOUNT, "".into(), email.as_str().into()),
        Fact::Membership(container, email) => place(MEMBERSHIP, container, email.as_str()),
        Fact::Access(desk) => (ACCESS, desk.as_str().into(), "".into()),
        Fact::Name(email) => (NAME, "".into(), email.as_str().into()),
        Fact::Exact(container) => whole(EXACT, container),
    }
}

fn deed_key(deed: &Deed) -> Key<'_> {
    match deed {
        Deed::Add(container, email) => place(ADD, container, email.as_str()),
        Deed::Remove(container, id) => place(REMOVE, container, &id.0),
        Deed::RemoveFromOpen(desk, id) => (REMOVE_FROM_OPEN, desk.as_str().into(), id.0.as_str().into()),
        Deed::Update(email, after) => (UPDATE, email.as_str().into(), after.into()),
        Deed::Access(desk, access) => (SET_ACCESS, desk.as_str().into(), access.as_str().into()),
    }
}

fn value_word(value: &Value) -> Word<'_> {
    match value {
        Value::Present => PRESENT.into(),
        Value::Access(access) => access.as_str().into(),
        Value::Account(id) => id.0.as_str().into(),
        Value::Name(name) => name.into(),
    }
}

/// Reads a ledger whole; nothing remembered where it was never written.
pub(super) fn load(from: &Connection) -> Answer<Ledger> {
    let mut parts = Parts::to_be_read();
    let mut rows = from.prepare("SELECT kind, one, two, value FROM ledger")?;
    let mut rows = rows.query([])?;
    while let Some(row) = rows.next()? {
        let word = |at| Answer::Ok(row.get_ref(at)?.as_str()?);
        restore(&mut parts, (word(0)?, word(1)?, word(2)?), word(3)?)?;
    }
    let mut ledger = Ledger::restored(parts);
    ledger.written();
    Ok(ledger)
}

/// Puts a row back where it came from.
pub(super) fn restore(parts: &mut Parts, (kind, one, two): (&str, &str, &str), value: &str) -> Answer<()> {
    let number = |word: &str| word.parse::<usize>().map_err(|_| Problem::Unexpected("count"));
    let time = |word: &str| word.parse::<i64>().map_err(|_| Problem::Unexpected("time"));
    let email = || EmailKey::restored(two);
    let history = &mut parts.history;
    match kind {
        COMPLETED => _ = parts.completed.insert(container(one)?),
        ACCOUNT => parts.agreed.insert(Fact::Account(email()), account(value)),
        MEMBERSHIP => parts
            .agreed
            .insert(Fact::Membership(container(one)?, email()), present(value)?),
        ACCESS => parts
            .agreed
            .insert(Fact::Access(desk(one)?), Value::Access(access(value)?)),
        NAME => parts.agreed.insert(Fact::Name(email()), Value::Name(value.to_owned())),
        EXACT => parts.agreed.insert(Fact::Exact(container(one)?), present(value)?),
        REFUSED => {
            let ids = value.split('\n').filter(|id| !id.is_empty());
            let ids = ids.map(|id| AccountId(id.to_owned())).collect();
            parts.refused.insert(EmailKey::restored(one), ids);
        }
        SEAT_GIVEN => parts.seat_given = Some(value.to_owned()),
        CLAIMED => {
            let id = (!value.is_empty()).then(|| AccountId(value.to_owned()));
            parts.claimed.insert((container(one)?, email()), id);
        }
        MISSED => _ = parts.missed.insert((container(one)?, email())),
        APPLIED => history.applied.insert(container(one)?, number(value)?),
        SIZE => history.sizes.insert(container(one)?, number(value)?),
        REMOVED => history
            .removed
            .insert((container(one)?, Handle(two.to_owned())), time(value)?),
        USED => _ = history.used.insert((one.to_owned(), time(two)?)),
        PLACE => {
            let mark = two.parse().map_err(|_| Problem::Unexpected("mark"))?;
            history.expect_place(desk(one)?, Mark(mark));
        }
        UNTIL_CAME => parts.until_came = Some(value.parse().map_err(|_| Problem::Unexpected("day"))?),
        _ => parts.accepted.insert(deed((kind, one, two))?, number(value)?),
    }
    Ok(())
}

fn deed((kind, one, two): (&str, &str, &str)) -> Answer<Deed> {
    match kind {
        ADD => Ok(Deed::Add(container(one)?, EmailKey::restored(two))),
        REMOVE => Ok(Deed::Remove(container(one)?, AccountId(two.to_owned()))),
        REMOVE_FROM_OPEN => Ok(Deed::RemoveFromOpen(desk(one)?, AccountId(two.to_owned()))),
        UPDATE => Ok(Deed::Update(EmailKey::restored(one), two.to_owned())),
        SET_ACCESS => Ok(Deed::Access(desk(one)?, access(two)?)),
        _ => Err(Problem::Unexpected("kind of row")),
    }
}

fn container(text: &str) -> Answer<Container> {
    Container::restored(text).map_err(|_| Problem::Unexpected("desk or organization"))
}

fn desk(key: &str) -> Answer<DeskKey> {
    DeskKey::parse(key).map_err(|_| Problem::Unexpected("project key"))
}

fn access(word: &str) -> Answer<Access> {
    let modes = [Access::Restricted, Access::Open, Access::Public];
    let mode = modes.into_iter().find(|access| access.as_str() == word);
    mode.ok_or(Problem::Unexpected("access mode"))
}

fn account(word: &str) -> Value {
    match word {
        PRESENT => Value::Present,
        id => Value::Account(AccountId(id.to_owned())),
    }
}

fn present(word: &str) -> Answer<Value> {
    match word {
        PRESENT => Ok(Value::Present),
        _ => Err(Problem::Unexpected("value of a fact")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ledger::History;

    fn everything() -> Parts {
        let (desk, ada) = (DeskKey::parse("SUP").unwrap(), EmailKey::of("ada@example.com"));
        let (sup, acme) = (
            Container::from(&desk),
            Container::restored("organization Acme").unwrap(),
        );
        let bob = EmailKey::of("bob@example.com");
        let id = AccountId("qm:1:2".into());
        Parts {
            completed: [sup.clone()].into(),
            agreed: [
                (Fact::Account(ada.clone()), Value::Account(id.clone())),
                (Fact::Account(bob.clone()), Value::Present),
                (Fact::Membership(sup.clone(), ada.clone()), Value::Present),
                (Fact::Membership(acme.clone(), ada.clone()), Value::Present),
                (Fact::Access(desk.clone()), Value::Access(Access::Public)),
                (Fact::Name(ada.clone()), Value::Name(PRESENT.to_owned())),
                (Fact::Exact(sup.clone()), Value::Present),
            ]
            .into(),
            refused: [
                (ada.clone(), Vec::new()),
                (bob.clone(), vec![id.clone(), AccountId("b".into())]),
            ]
            .into(),
            seat_given: Some("b".to_owned()),
            claimed: [
                ((sup.clone(), ada.clone()), Some(id.clone())),
                ((sup.clone(), bob.clone()), None),
            ]
            .into(),
            missed: [(sup.clone(), bob)].into(),
            accepted: [
                (Deed::Add(sup.clone(), ada.clone()), 1),
                (Deed::Remove(sup.clone(), id.clone()), 2),
                (Deed::RemoveFromOpen(desk.clone(), id), 1),
                (Deed::Update(ada, "Ada Lovelace".into()), 3),
                (Deed::Access(desk.clone(), Access::Open), 4),
            ]
            .into(),
            history: History {
                applied: [(sup.clone(), 5), (acme, 4)].into(),
                sizes: [(sup.clone(), 6)].into(),
                removed: [((sup, Handle("qm:3:4".into())), 8)].into(),
                used: [("removals-SUP-00000000".to_owned(), 9)].into(),
                places: [(desk, [Mark(1), Mark(u64::MAX)].into())].into(),
                ..History::default()
            },
            until_came: Some("2027-01-31".parse().unwrap()),
        }
    }

    fn saved(ledger: &mut Ledger, connection: &mut Connection) -> usize {
        let changes = connection.total_changes();
        let transaction = connection.transaction().unwrap();
        write(ledger, &transaction).unwrap();
        transaction.commit().unwrap();
        ledger.written();
        usize::try_from(connection.total_changes() - changes).unwrap()
    }

    #[test]
    fn every_kind_of_row_survives_being_written_and_only_what_changed_is() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(super::super::store::TABLES).unwrap();
        let mut ledger = Ledger::restored(everything());
        assert!(saved(&mut ledger, &mut connection) > 20);
        assert_eq!(load(&connection).unwrap(), ledger);
        assert!(!ledger.is_changed() && saved(&mut ledger, &mut connection) == 0);
        let sup = Container::restored("SUP").unwrap();
        ledger.history_mut().sizes.insert(sup, 7);
        ledger.history_mut().used.clear();
        assert!(ledger.is_changed() && saved(&mut ledger, &mut connection) == 2);
        assert_eq!(load(&connection).unwrap(), ledger);
        ledger.history_mut().places.clear();
        assert_eq!(saved(&mut ledger, &mut connection), 2);
        assert_eq!(load(&connection).unwrap(), ledger);
    }

    #[test]
    fn a_row_nobody_wrote_is_told() {
        for (kind, one, two, value) in [
            ("x", "", "", "1"),
            (APPLIED, "sup", "", "1"),
            (SIZE, "SUP", "", "x"),
            (USED, "", "x", ""),
            (SET_ACCESS, "SUP", "x", "1"),
            (ACCESS, "SUP", "", "closed"),
            (EXACT, "SUP", "", "x"),
            (UNTIL_CAME, "", "", "x"),
            (PLACE, "SUP", "x", ""),
        ] {
            assert!(
                restore(&mut Parts::default(), (kind, one, two), value).is_err(),
                "{kind}"
            );
        }
    }
}
