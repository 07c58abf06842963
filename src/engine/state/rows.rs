//! The ledger as database rows: one row per fact, keyed by kind and up to two names, so that a small change is a small
//! write.

use std::borrow::Cow;

use rusqlite::{Connection, Statement, Transaction};

use super::error::{StoreError, StoreResult};
use crate::model::access::Access;
use crate::model::account::{AccountId, Handle};
use crate::model::container::Container;
use crate::model::customer_role::RoleMark;
use crate::model::desk::DeskKey;
use crate::model::email::EmailKey;
use crate::model::ledger::{Effect, Fact, Ledger, Parts, Tracked, TrackedSet, Value};

/// A kind and up to two names; unused names are empty.
type Key<'a> = (&'static str, Cow<'a, str>, Cow<'a, str>);
type Text<'a> = Cow<'a, str>;

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
const EFFECTS: [&str; 5] = [ADD, REMOVE, REMOVE_FROM_OPEN, UPDATE, SET_ACCESS];
const PRESENT: &str = "present";

/// Writes the changes of a ledger since it was last written.
pub(super) fn write(ledger: &Ledger, to: &Transaction<'_>) -> StoreResult<()> {
    let (mut rows, parts) = (Rows::prepare(to)?, ledger.parts());
    rows.write_set(&parts.completed, COMPLETED, |container| {
        container_key(COMPLETED, container)
    })?;
    rows.write_map(&parts.agreed, &FACTS, fact_key, fact_value_text)?;
    rows.write_map(
        &parts.refused_creates,
        &[REFUSED],
        |email| (REFUSED, email.as_str().into(), "".into()),
        |ids| {
            let ids: Vec<&str> = ids.iter().map(|id| id.0.as_str()).collect();
            ids.join("\n").into()
        },
    )?;
    rows.write_map(
        &parts.claimed,
        &[CLAIMED],
        |(container, email)| person_key(CLAIMED, container, email.as_str()),
        |id| id.as_ref().map(|id| id.0.as_str()).unwrap_or_default().into(),
    )?;
    rows.write_set(&parts.missed, MISSED, |(container, email)| {
        person_key(MISSED, container, email.as_str())
    })?;
    rows.write_map(&parts.accepted_effects, &EFFECTS, effect_key, count_text)?;
    let history = &parts.history;
    rows.write_map(
        &history.applied_counts,
        &[APPLIED],
        |container| container_key(APPLIED, container),
        count_text,
    )?;
    rows.write_map(
        &history.list_sizes,
        &[SIZE],
        |container| container_key(SIZE, container),
        count_text,
    )?;
    rows.write_map(
        &history.removed,
        &[REMOVED],
        |(container, handle)| person_key(REMOVED, container, &handle.0),
        count_text,
    )?;
    rows.write_set(&history.used_approvals, USED, |(id, at)| {
        (USED, id.into(), at.to_string().into())
    })?;
    if history.role_members.replaces_saved() {
        rows.delete_kind(PLACE, "")?;
    }
    for (desk, _) in history.role_members.changes() {
        rows.delete_kind(PLACE, desk.as_str())?;
    }
    // A new set of a desk is written completely.
    for (desk, marks) in &history.role_members {
        marks.changes().try_for_each(|mark| rows.write_mark(desk, mark))?;
    }
    if ledger.has_unsaved_scalars() {
        rows.write_row(
            (SEAT_GIVEN, "".into(), "".into()),
            parts.seat_given.as_deref().map(Cow::from),
        )?;
        rows.write_row(
            (UNTIL_CAME, "".into(), "".into()),
            parts.until_came.as_ref().map(count_text),
        )?;
    }
    Ok(())
}

/// Prepared statements that change the rows of a ledger.
struct Rows<'t> {
    put: Statement<'t>,
    remove: Statement<'t>,
    forget: Statement<'t>,
}

impl<'t> Rows<'t> {
    fn prepare(to: &'t Transaction<'_>) -> StoreResult<Self> {
        Ok(Self {
            put: to.prepare("INSERT OR REPLACE INTO ledger (kind, one, two, value) VALUES (?1, ?2, ?3, ?4)")?,
            remove: to.prepare("DELETE FROM ledger WHERE kind = ?1 AND one = ?2 AND two = ?3")?,
            forget: to.prepare("DELETE FROM ledger WHERE kind = ?1 AND ?2 IN ('', one)")?,
        })
    }

    fn write_row(&mut self, (kind, one, two): Key<'_>, value: Option<Text<'_>>) -> StoreResult<()> {
        match value {
            Some(value) => self.put.execute([kind, &*one, &*two, &*value])?,
            None => self.remove.execute([kind, &*one, &*two])?,
        };
        Ok(())
    }

    /// Deletes all rows of a kind, or only those of `desk` if it is not empty.
    fn delete_kind(&mut self, kind: &str, desk: &str) -> StoreResult<()> {
        self.forget.execute([kind, desk])?;
        Ok(())
    }

    fn write_map<K: Ord + Clone, V: PartialEq>(
        &mut self,
        map: &Tracked<K, V>,
        kinds: &[&str],
        key: impl for<'a> Fn(&'a K) -> Key<'a>,
        word: impl for<'a> Fn(&'a V) -> Text<'a>,
    ) -> StoreResult<()> {
        if map.replaces_saved() {
            kinds.iter().try_for_each(|kind| self.delete_kind(kind, ""))?;
        }
        let mut changes = map.changes();
        changes.try_for_each(|(changed, value)| self.write_row(key(changed), value.map(&word)))
    }

    fn write_set<K: Ord + Clone>(
        &mut self,
        set: &TrackedSet<K>,
        kind: &str,
        key: impl for<'a> Fn(&'a K) -> Key<'a>,
    ) -> StoreResult<()> {
        if set.replaces_saved() {
            self.delete_kind(kind, "")?;
        }
        let mut changes = set.changes();
        changes.try_for_each(|(changed, is_in)| self.write_row(key(changed), is_in.then_some("".into())))
    }

    fn write_mark(&mut self, desk: &DeskKey, (mark, is_current_file): (&RoleMark, bool)) -> StoreResult<()> {
        let key = (PLACE, desk.as_str().into(), mark.0.to_string().into());
        self.write_row(key, is_current_file.then_some("".into()))
    }
}

fn container_key<'a>(kind: &'static str, container: &'a Container) -> Key<'a> {
    (kind, container.to_stored(), "".into())
}

fn person_key<'a>(kind: &'static str, container: &'a Container, who: &'a str) -> Key<'a> {
    (kind, container.to_stored(), who.into())
}

fn count_text<T: ToString>(count: &T) -> Text<'_> {
    count.to_string().into()
}

fn fact_key(fact: &Fact) -> Key<'_> {
    match fact {
        Fact::Account(email) => (ACCOUNT, "".into(), email.as_str().into()),
        Fact::Membership(container, email) => person_key(MEMBERSHIP, container, email.as_str()),
        Fact::Access(desk) => (ACCESS, desk.as_str().into(), "".into()),
        Fact::Name(email) => (NAME, "".into(), email.as_str().into()),
        Fact::Exact(container) => container_key(EXACT, container),
    }
}

fn effect_key(effect: &Effect) -> Key<'_> {
    match effect {
        Effect::Add(container, email) => person_key(ADD, container, email.as_str()),
        Effect::Remove(container, id) => person_key(REMOVE, container, &id.0),
        Effect::RemoveFromOpen(desk, id) => (REMOVE_FROM_OPEN, desk.as_str().into(), id.0.as_str().into()),
        Effect::Update(email, after) => (UPDATE, email.as_str().into(), after.into()),
        Effect::Access(desk, access) => (SET_ACCESS, desk.as_str().into(), access.as_str().into()),
    }
}

fn fact_value_text(value: &Value) -> Text<'_> {
    match value {
        Value::Present => PRESENT.into(),
        Value::Access(access) => access.as_str().into(),
        Value::Account(id) => id.0.as_str().into(),
        Value::Name(name) => name.into(),
    }
}

/// Reads the complete ledger; an empty one if it was never written.
pub(super) fn load(from: &Connection) -> StoreResult<Ledger> {
    let mut parts = Parts::for_loading();
    let mut rows = from.prepare("SELECT kind, one, two, value FROM ledger")?;
    let mut rows = rows.query([])?;
    while let Some(row) = rows.next()? {
        let word = |at| StoreResult::Ok(row.get_ref(at)?.as_str()?);
        restore_row(&mut parts, (word(0)?, word(1)?, word(2)?), word(3)?)?;
    }
    let mut ledger = Ledger::from_parts(parts);
    ledger.mark_saved();
    Ok(ledger)
}

/// Restores one row into the parts of a ledger.
pub(super) fn restore_row(parts: &mut Parts, (kind, one, two): (&str, &str, &str), value: &str) -> StoreResult<()> {
    let number = |word: &str| word.parse::<usize>().map_err(|_| StoreError::Unexpected("count"));
    let time = |word: &str| word.parse::<i64>().map_err(|_| StoreError::Unexpected("time"));
    let email = || EmailKey::from_stored(two);
    let history = &mut parts.history;
    match kind {
        COMPLETED => _ = parts.completed.insert(parse_container(one)?),
        ACCOUNT => parts.agreed.insert(Fact::Account(email()), parse_account(value)),
        MEMBERSHIP => parts
            .agreed
            .insert(Fact::Membership(parse_container(one)?, email()), parse_present(value)?),
        ACCESS => parts
            .agreed
            .insert(Fact::Access(parse_desk(one)?), Value::Access(parse_access(value)?)),
        NAME => parts.agreed.insert(Fact::Name(email()), Value::Name(value.to_owned())),
        EXACT => parts
            .agreed
            .insert(Fact::Exact(parse_container(one)?), parse_present(value)?),
        REFUSED => {
            let ids = value.split('\n').filter(|id| !id.is_empty());
            let ids = ids.map(|id| AccountId(id.to_owned())).collect();
            parts.refused_creates.insert(EmailKey::from_stored(one), ids);
        }
        SEAT_GIVEN => parts.seat_given = Some(value.to_owned()),
        CLAIMED => {
            let id = (!value.is_empty()).then(|| AccountId(value.to_owned()));
            parts.claimed.insert((parse_container(one)?, email()), id);
        }
        MISSED => _ = parts.missed.insert((parse_container(one)?, email())),
        APPLIED => history.applied_counts.insert(parse_container(one)?, number(value)?),
        SIZE => history.list_sizes.insert(parse_container(one)?, number(value)?),
        REMOVED => history
            .removed
            .insert((parse_container(one)?, Handle(two.to_owned())), time(value)?),
        USED => _ = history.used_approvals.insert((one.to_owned(), time(two)?)),
        PLACE => {
            let mark = two.parse().map_err(|_| StoreError::Unexpected("mark"))?;
            history.record_role_member(parse_desk(one)?, RoleMark(mark));
        }
        UNTIL_CAME => parts.until_came = Some(value.parse().map_err(|_| StoreError::Unexpected("day"))?),
        _ => parts
            .accepted_effects
            .insert(parse_effect((kind, one, two))?, number(value)?),
    }
    Ok(())
}

fn parse_effect((kind, one, two): (&str, &str, &str)) -> StoreResult<Effect> {
    match kind {
        ADD => Ok(Effect::Add(parse_container(one)?, EmailKey::from_stored(two))),
        REMOVE => Ok(Effect::Remove(parse_container(one)?, AccountId(two.to_owned()))),
        REMOVE_FROM_OPEN => Ok(Effect::RemoveFromOpen(parse_desk(one)?, AccountId(two.to_owned()))),
        UPDATE => Ok(Effect::Update(EmailKey::from_stored(one), two.to_owned())),
        SET_ACCESS => Ok(Effect::Access(parse_desk(one)?, parse_access(two)?)),
        _ => Err(StoreError::Unexpected("kind of row")),
    }
}

fn parse_container(text: &str) -> StoreResult<Container> {
    Container::from_stored(text).map_err(|_| StoreError::Unexpected("desk or organization"))
}

fn parse_desk(key: &str) -> StoreResult<DeskKey> {
    DeskKey::parse(key).map_err(|_| StoreError::Unexpected("project key"))
}

fn parse_access(word: &str) -> StoreResult<Access> {
    let modes = [Access::Restricted, Access::Open, Access::Public];
    let mode = modes.into_iter().find(|access| access.as_str() == word);
    mode.ok_or(StoreError::Unexpected("access mode"))
}

fn parse_account(word: &str) -> Value {
    match word {
        PRESENT => Value::Present,
        id => Value::Account(AccountId(id.to_owned())),
    }
}

fn parse_present(word: &str) -> StoreResult<Value> {
    match word {
        PRESENT => Ok(Value::Present),
        _ => Err(StoreError::Unexpected("value of a fact")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ledger::History;

    fn parts_of_every_kind() -> Parts {
        let (desk, ada) = (
            DeskKey::parse("SUP").unwrap(),
            EmailKey::from_address("ada@example.com"),
        );
        let (sup, acme) = (
            Container::from(&desk),
            Container::from_stored("organization Acme").unwrap(),
        );
        let bob = EmailKey::from_address("bob@example.com");
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
            refused_creates: [
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
            accepted_effects: [
                (Effect::Add(sup.clone(), ada.clone()), 1),
                (Effect::Remove(sup.clone(), id.clone()), 2),
                (Effect::RemoveFromOpen(desk.clone(), id), 1),
                (Effect::Update(ada, "Ada Lovelace".into()), 3),
                (Effect::Access(desk.clone(), Access::Open), 4),
            ]
            .into(),
            history: History {
                applied_counts: [(sup.clone(), 5), (acme, 4)].into(),
                list_sizes: [(sup.clone(), 6)].into(),
                removed: [((sup, Handle("qm:3:4".into())), 8)].into(),
                used_approvals: [("removals-SUP-00000000".to_owned(), 9)].into(),
                role_members: [(desk, [RoleMark(1), RoleMark(u64::MAX)].into())].into(),
                ..History::default()
            },
            until_came: Some("2027-01-31".parse().unwrap()),
        }
    }

    fn count_written_rows(ledger: &mut Ledger, connection: &mut Connection) -> usize {
        let changes = connection.total_changes();
        let transaction = connection.transaction().unwrap();
        write(ledger, &transaction).unwrap();
        transaction.commit().unwrap();
        ledger.mark_saved();
        usize::try_from(connection.total_changes() - changes).unwrap()
    }

    #[test]
    fn every_kind_of_row_survives_being_written_and_only_what_changed_is() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(super::super::store::TABLES).unwrap();
        let mut ledger = Ledger::from_parts(parts_of_every_kind());
        assert!(count_written_rows(&mut ledger, &mut connection) > 20);
        assert_eq!(load(&connection).unwrap(), ledger);
        assert!(!ledger.is_changed() && count_written_rows(&mut ledger, &mut connection) == 0);
        let sup = Container::from_stored("SUP").unwrap();
        ledger.history_mut().list_sizes.insert(sup, 7);
        ledger.history_mut().used_approvals.clear();
        assert!(ledger.is_changed() && count_written_rows(&mut ledger, &mut connection) == 2);
        assert_eq!(load(&connection).unwrap(), ledger);
        ledger.history_mut().role_members.clear();
        assert_eq!(count_written_rows(&mut ledger, &mut connection), 2);
        assert_eq!(load(&connection).unwrap(), ledger);
    }

    #[test]
    fn an_invalid_row_is_an_error() {
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
                restore_row(&mut Parts::default(), (kind, one, two), value).is_err(),
                "{kind}"
            );
        }
    }
}
