//! The ledger as it is written down: one row a fact, so that a small change is a small write.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use redb::{Database, ReadTransaction, ReadableTable as _, TableDefinition};

use super::error::Unexpected;
use super::rows::{Row, restore, rows};
use super::store::table;
use crate::model::access::Access;
use crate::model::account::AccountId;
use crate::model::desk::DeskKey;
use crate::model::email::EmailKey;
use crate::model::ledger::{Fact, History, Parts, Value};
use crate::model::witness::Mark;

/// A fact (kind, desk, e-mail; what does not apply is empty) and what it was.
const FACTS: TableDefinition<'_, (&str, &str, &str), &str> = TableDefinition::new("facts");
/// The desks of which a pass has completed.
const COMPLETED: TableDefinition<'_, &str, ()> = TableDefinition::new("completed");
/// The account that was given a licence seat when it was made with a first password, by the only name this table has.
const SEAT_GIVEN: TableDefinition<'_, &str, &str> = TableDefinition::new("seat_given");
const ACCOUNT: &str = "account";
/// The e-mails Jira refused a create for, and the accounts found then.
const REFUSED: TableDefinition<'_, &str, Vec<&str>> = TableDefinition::new("refused");

/// What is few and of many kinds; see [`rows`].
const ROWS: TableDefinition<'_, (&str, &str, &str), &str> = TableDefinition::new("rows");

/// Whom the role of each desk's customers held when it was last believed.
const PLACES: TableDefinition<'_, (&str, u64), ()> = TableDefinition::new("places");

const PRESENT: &str = "present";

/// Reads it whole; nothing remembered where it was never written.
pub(super) fn load(tables: &ReadTransaction) -> Result<Parts, redb::Error> {
    let mut parts = Parts::default();
    if let Some(rows) = table(tables, FACTS)? {
        let facts = rows.iter()?.map(|row| {
            let (key, value) = row?;
            let fact = fact(key.value())?;
            let value = fact_value(&fact, value.value())?;
            Ok((fact, value))
        });
        parts.agreed = facts.collect::<Result<_, redb::Error>>()?;
    }
    if let Some(rows) = table(tables, COMPLETED)? {
        let desks = rows.iter()?.map(|row| Ok(desk(row?.0.value())?));
        parts.completed = desks.collect::<Result<_, redb::Error>>()?;
    }
    if let Some(rows) = table(tables, REFUSED)? {
        let refused = rows.iter()?.map(|row| {
            let (email, accounts) = row?;
            let accounts = accounts.value().into_iter().map(|id| AccountId(id.to_owned()));
            Ok((EmailKey::restored(email.value()), accounts.collect()))
        });
        parts.refused = refused.collect::<Result<_, redb::Error>>()?;
    }
    if let Some(rows) = table(tables, SEAT_GIVEN)? {
        parts.seat_given = rows.get(ACCOUNT)?.map(|account| account.value().to_owned());
    }
    if let Some(rows) = table(tables, PLACES)? {
        for row in rows.iter()? {
            let (key, _) = row?;
            let (of, mark) = key.value();
            let places = parts.history.places.entry(desk(of)?).or_default();
            places.insert(Mark(mark));
        }
    }
    if let Some(rows) = table(tables, ROWS)? {
        for row in rows.iter()? {
            let (key, value) = row?;
            restore(&mut parts, key.value(), value.value())?;
        }
    }
    Ok(parts)
}

/// What has to be written so that one memory becomes another.
pub(super) struct Difference<'a> {
    facts: Changes<'a, Fact, Value>,
    completed: Changes<'a, DeskKey, ()>,
    refused: Changes<'a, EmailKey, Vec<AccountId>>,
    rows: Vec<(Row, Option<String>)>,
    /// Who is in it now, or (false) no more.
    places: Vec<(&'a DeskKey, Mark, bool)>,
    /// Where it is another one now.
    seat_given: Option<Option<&'a str>>,
}

impl<'a> Difference<'a> {
    pub(super) fn between(saved: &'a Parts, now: &'a Parts) -> Self {
        let all = |desk: &'a DeskKey| (desk, &());
        Self {
            facts: changes(&saved.agreed, &now.agreed),
            completed: changes(saved.completed.iter().map(all), now.completed.iter().map(all)),
            refused: changes(&saved.refused, &now.refused),
            rows: owned(&changes(&rows(saved), &rows(now))),
            places: places(&saved.history, &now.history),
            seat_given: (saved.seat_given != now.seat_given).then_some(now.seat_given.as_deref()),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.facts.is_empty()
            && self.completed.is_empty()
            && self.refused.is_empty()
            && self.rows.is_empty()
            && self.places.is_empty()
            && self.seat_given.is_none()
    }

    /// Writes it, in one durable transaction: all of it or nothing.
    pub(super) fn write(&self, database: &Database) -> Result<(), redb::Error> {
        let write = database.begin_write()?;
        {
            let mut facts = write.open_table(FACTS)?;
            for (fact, value) in &self.facts {
                match value {
                    Some(value) => facts.insert(fact_key(fact), value_word(value))?,
                    None => facts.remove(fact_key(fact))?,
                };
            }
            let mut completed = write.open_table(COMPLETED)?;
            for (desk, value) in &self.completed {
                match value {
                    Some(()) => completed.insert(desk.as_str(), ())?,
                    None => completed.remove(desk.as_str())?,
                };
            }
            let mut refused = write.open_table(REFUSED)?;
            for (email, accounts) in &self.refused {
                match accounts {
                    Some(accounts) => {
                        let ids: Vec<&str> = accounts.iter().map(|id| id.0.as_str()).collect();
                        refused.insert(email.as_str(), ids)?
                    }
                    None => refused.remove(email.as_str())?,
                };
            }
            let mut rows = write.open_table(ROWS)?;
            for ((kind, one, two), value) in &self.rows {
                let key = (*kind, one.as_str(), two.as_str());
                match value {
                    Some(value) => rows.insert(key, value.as_str())?,
                    None => rows.remove(key)?,
                };
            }
            let mut places = write.open_table(PLACES)?;
            for (desk, mark, is_there) in &self.places {
                match is_there {
                    true => drop(places.insert((desk.as_str(), mark.0), ())?),
                    false => drop(places.remove((desk.as_str(), mark.0))?),
                }
            }
            let mut seat_given = write.open_table(SEAT_GIVEN)?;
            match self.seat_given {
                Some(Some(account)) => drop(seat_given.insert(ACCOUNT, account)?),
                Some(None) => drop(seat_given.remove(ACCOUNT)?),
                None => {}
            }
        }
        Ok(write.commit()?)
    }
    /// The same, detached from the memory it was computed from; `now` is the newer one.
    pub(super) fn owned<'n>(&self, now: &'n Parts) -> impl FnOnce(&mut Parts) + use<'n> {
        let facts = owned(&self.facts);
        let completed = owned(&self.completed);
        let refused = owned(&self.refused);
        let has_rows = !self.rows.is_empty() || !self.places.is_empty();
        move |parts| {
            parts.seat_given.clone_from(&now.seat_given);
            put(&mut parts.agreed, facts);
            put(&mut parts.refused, refused);
            for (desk, value) in completed {
                match value {
                    Some(()) => parts.completed.insert(desk),
                    None => parts.completed.remove(&desk),
                };
            }
            if has_rows {
                parts.claimed.clone_from(&now.claimed);
                parts.accepted.clone_from(&now.accepted);
                parts.history.clone_from(&now.history);
                parts.until_came = now.until_came;
            }
        }
    }
}

/// The marks that are on one side only.
fn places<'a>(saved: &'a History, now: &'a History) -> Vec<(&'a DeskKey, Mark, bool)> {
    let nobody = BTreeSet::new();
    let desks: BTreeSet<&DeskKey> = saved.places.keys().chain(now.places.keys()).collect();
    let mut changed = Vec::new();
    for desk in desks {
        let before = saved.places.get(desk).unwrap_or(&nobody);
        let marks = now.places.get(desk).unwrap_or(&nobody);
        let differs = before.symmetric_difference(marks);
        changed.extend(differs.map(|mark| (desk, *mark, marks.contains(mark))));
    }
    changed
}

/// What is new or different now, and (nothing) what is gone, in order.
type Changes<'a, K, V> = Vec<(&'a K, Option<&'a V>)>;

/// Walks two sorted maps side by side.
fn changes<'a, K: Ord, V: PartialEq>(
    old: impl IntoIterator<Item = (&'a K, &'a V)>,
    new: impl IntoIterator<Item = (&'a K, &'a V)>,
) -> Changes<'a, K, V> {
    let mut changes = Vec::new();
    let (mut old, mut new) = (old.into_iter(), new.into_iter());
    let (mut before, mut now) = (old.next(), new.next());
    loop {
        // One comparison for each key: nearly all of them are on both sides, and there may be many.
        let order = match (before, now) {
            (None, None) => return changes,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((before, _)), Some((now, _))) => before.cmp(now),
        };
        match order {
            Ordering::Less => changes.extend(before.map(|(key, _)| (key, None))),
            Ordering::Greater => changes.extend(now.map(|(key, value)| (key, Some(value)))),
            Ordering::Equal => {
                let changed = now.filter(|(_, now)| before.is_some_and(|(_, before)| before != *now));
                changes.extend(changed.map(|(key, value)| (key, Some(value))));
            }
        }
        if order.is_le() {
            before = old.next();
        }
        if order.is_ge() {
            now = new.next();
        }
    }
}

fn owned<K: Clone, V: Clone>(changes: &Changes<'_, K, V>) -> Vec<(K, Option<V>)> {
    let one = |(key, value): &(&K, Option<&V>)| ((*key).clone(), value.cloned());
    changes.iter().map(one).collect()
}

fn put<K: Ord, V>(map: &mut BTreeMap<K, V>, changes: Vec<(K, Option<V>)>) {
    for (key, value) in changes {
        match value {
            Some(value) => map.insert(key, value),
            None => map.remove(&key),
        };
    }
}

fn fact_key(fact: &Fact) -> (&str, &str, &str) {
    match fact {
        Fact::Account(email) => ("account", "", email.as_str()),
        Fact::Membership(desk, email) => ("membership", desk.as_str(), email.as_str()),
        Fact::Access(desk) => ("access", desk.as_str(), ""),
        Fact::Name(email) => ("name", "", email.as_str()),
        Fact::Exact(desk) => ("exact", desk.as_str(), ""),
    }
}

fn fact((kind, of, email): (&str, &str, &str)) -> Result<Fact, Unexpected> {
    match kind {
        "account" => Ok(Fact::Account(EmailKey::restored(email))),
        "membership" => Ok(Fact::Membership(desk(of)?, EmailKey::restored(email))),
        "access" => Ok(Fact::Access(desk(of)?)),
        "name" => Ok(Fact::Name(EmailKey::restored(email))),
        "exact" => Ok(Fact::Exact(desk(of)?)),
        _ => Err(Unexpected("kind of fact")),
    }
}

pub(super) fn desk(key: &str) -> Result<DeskKey, Unexpected> {
    DeskKey::parse(key).map_err(|_| Unexpected("project key"))
}

fn value_word(value: &Value) -> &str {
    match value {
        Value::Present => PRESENT,
        Value::Access(access) => access.as_str(),
        Value::Account(id) => &id.0,
        Value::Name(name) => name,
    }
}

fn fact_value(fact: &Fact, word: &str) -> Result<Value, Unexpected> {
    match fact {
        Fact::Name(_) => return Ok(Value::Name(word.to_owned())),
        _ if word == PRESENT => return Ok(Value::Present),
        Fact::Account(_) => return Ok(Value::Account(AccountId(word.to_owned()))),
        Fact::Membership(..) | Fact::Access(_) | Fact::Exact(_) => {}
    }
    let modes = [Access::Restricted, Access::Open, Access::Public];
    let mode = modes.into_iter().find(|access| access.as_str() == word);
    mode.map(Value::Access).ok_or(Unexpected("value of a fact"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_between_two_maps() {
        let map = |text: &'static str| {
            text.split(' ')
                .map(|word| word.split_at(1))
                .map(|(k, v)| (k.to_owned(), v.to_owned()))
        };
        let old: BTreeMap<_, _> = map("a1 b1 d1 f1").collect();
        let new: BTreeMap<_, _> = map("b1 c1 d2 e1").collect();
        let changed = owned(&changes(&old, &new));
        let in_words: Vec<_> = changed
            .iter()
            .map(|(k, v)| format!("{k}{}", v.as_deref().unwrap_or("-")))
            .collect();
        assert_eq!(in_words, ["a-", "c1", "d2", "e1", "f-"]);
        let mut mended = old.clone();
        put(&mut mended, changed);
        assert_eq!(mended, new);
        assert!(changes(&new, &new).is_empty());
    }

    #[test]
    fn facts_and_values_survive_being_written() {
        let (desk, email) = (DeskKey::parse("SUP").unwrap(), EmailKey::of("Ada@Example.com"));
        for written in [
            Fact::Account(email.clone()),
            Fact::Membership(desk.clone(), email),
            Fact::Access(desk.clone()),
            Fact::Name(EmailKey::of("grace@example.com")),
            Fact::Exact(desk.clone()),
        ] {
            assert_eq!(fact(fact_key(&written)).unwrap(), written);
        }
        let modes = [Access::Restricted, Access::Open, Access::Public].map(Value::Access);
        let access = Fact::Access(desk);
        for value in modes.into_iter().chain([Value::Present]) {
            assert_eq!(fact_value(&access, value_word(&value)).unwrap(), value);
        }
        let account = Fact::Account(EmailKey::of("grace@example.com"));
        for value in [Value::Present, Value::Account(AccountId("qm:1:2".into()))] {
            assert_eq!(fact_value(&account, value_word(&value)).unwrap(), value);
        }
        let (name, value) = (
            Fact::Name(EmailKey::of("grace@example.com")),
            Value::Name(PRESENT.to_owned()),
        );
        assert_eq!(fact_value(&name, value_word(&value)).unwrap(), value);
        assert!(fact(("organization", "", "")).is_err() && fact(("access", "sup", "")).is_err());
        assert!(fact_value(&access, "closed").is_err());
    }
}
