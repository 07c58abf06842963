//! What of a ledger is few and of many kinds: one row each, by kind and up to two names.

use std::collections::BTreeMap;

use super::error::Unexpected;
use super::ledger::desk;
use crate::model::access::Access;
use crate::model::account::{AccountId, Handle};
use crate::model::desk::DeskKey;
use crate::model::email::EmailKey;
use crate::model::ledger::{Deed, Parts};

/// A kind, and what it is about; what does not apply is empty.
pub(super) type Row = (&'static str, String, String);

const CLAIMED: &str = "claimed";
const MISSED: &str = "missed";
const APPLIED: &str = "applied";
const SIZE: &str = "size";
/// As builds before 0.1.0 wrote it: how many were taken off a desk at a time.
const REMOVED_COUNT: &str = "removed";
const REMOVED: &str = "removed-account";
const USED: &str = "used";
const ADD: &str = "accepted-add";
const REMOVE: &str = "accepted-remove";
const REMOVE_FROM_OPEN: &str = "refused-remove";
const UPDATE: &str = "accepted-update";
const ACCESS: &str = "accepted-access";
const UNTIL_CAME: &str = "until-came";

/// The rows of a memory, each with its value.
pub(super) fn rows(parts: &Parts) -> BTreeMap<Row, String> {
    let mut rows = BTreeMap::new();
    let on = |kind, desk: &DeskKey, who: &str| (kind, desk.as_str().to_owned(), who.to_owned());
    for ((desk, email), id) in &parts.claimed {
        let id = id.as_ref().map(|id| id.0.clone()).unwrap_or_default();
        rows.insert(on(CLAIMED, desk, email.as_str()), id);
    }
    for (desk, email) in &parts.missed {
        rows.insert(on(MISSED, desk, email.as_str()), String::new());
    }
    for (deed, times) in &parts.accepted {
        let row = match deed {
            Deed::Add(desk, email) => on(ADD, desk, email.as_str()),
            Deed::Remove(desk, id) => on(REMOVE, desk, &id.0),
            Deed::RemoveFromOpen(desk, id) => on(REMOVE_FROM_OPEN, desk, &id.0),
            Deed::Update(email, after) => (UPDATE, email.as_str().to_owned(), after.clone()),
            Deed::Access(desk, access) => on(ACCESS, desk, access.as_str()),
        };
        rows.insert(row, times.to_string());
    }
    let history = &parts.history;
    let counts = [(APPLIED, &history.applied), (SIZE, &history.sizes)];
    for (kind, counts) in counts {
        rows.extend(
            counts
                .iter()
                .map(|(desk, count)| (on(kind, desk, ""), count.to_string())),
        );
    }
    for ((desk, handle), at) in &history.removed {
        rows.insert(on(REMOVED, desk, &handle.0), at.to_string());
    }
    if let Some(day) = parts.until_came {
        rows.insert((UNTIL_CAME, String::new(), String::new()), day.to_string());
    }
    for (id, at) in &history.used {
        rows.insert((USED, id.clone(), at.to_string()), String::new());
    }
    rows
}

/// Puts a row back where it came from.
pub(super) fn restore(parts: &mut Parts, (kind, one, two): (&str, &str, &str), value: &str) -> Result<(), Unexpected> {
    let number = || value.parse::<usize>().map_err(|_| Unexpected("count"));
    let time = || two.parse::<i64>().map_err(|_| Unexpected("time"));
    let history = &mut parts.history;
    let deed = match kind {
        CLAIMED => {
            let id = (!value.is_empty()).then(|| AccountId(value.to_owned()));
            parts.claimed.insert((desk(one)?, EmailKey::restored(two)), id);
            return Ok(());
        }
        MISSED => {
            parts.missed.insert((desk(one)?, EmailKey::restored(two)));
            return Ok(());
        }
        APPLIED => {
            history.applied.insert(desk(one)?, number()?);
            return Ok(());
        }
        SIZE => {
            history.sizes.insert(desk(one)?, number()?);
            return Ok(());
        }
        REMOVED => {
            let at = value.parse::<i64>().map_err(|_| Unexpected("time"))?;
            history.removed.insert((desk(one)?, Handle(two.to_owned())), at);
            return Ok(());
        }
        REMOVED_COUNT => {
            let (at, desk) = (time()?, desk(one)?);
            let accounts = (0..number()?).map(|nth| Handle(format!("{at}/{nth}")));
            history
                .removed
                .extend(accounts.map(|handle| ((desk.clone(), handle), at)));
            return Ok(());
        }
        UNTIL_CAME => {
            parts.until_came = Some(value.parse().map_err(|_| Unexpected("day"))?);
            return Ok(());
        }
        USED => {
            history.used.insert((one.to_owned(), time()?));
            return Ok(());
        }
        ADD => Deed::Add(desk(one)?, EmailKey::restored(two)),
        REMOVE => Deed::Remove(desk(one)?, AccountId(two.to_owned())),
        REMOVE_FROM_OPEN => Deed::RemoveFromOpen(desk(one)?, AccountId(two.to_owned())),
        UPDATE => Deed::Update(EmailKey::restored(one), two.to_owned()),
        ACCESS => {
            let modes = [Access::Restricted, Access::Open, Access::Public];
            let mode = modes.into_iter().find(|access| access.as_str() == two);
            Deed::Access(desk(one)?, mode.ok_or(Unexpected("access mode"))?)
        }
        _ => return Err(Unexpected("kind of row")),
    };
    parts.accepted.insert(deed, number()?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ledger::History;

    #[test]
    fn every_kind_of_row_survives_being_written() {
        let (sup, ada) = (DeskKey::parse("SUP").unwrap(), EmailKey::of("ada@example.com"));
        let id = AccountId("qm:1:2".into());
        let parts = Parts {
            claimed: [
                ((sup.clone(), ada.clone()), Some(id.clone())),
                ((sup.clone(), EmailKey::of("bob@example.com")), None),
            ]
            .into(),
            missed: [(sup.clone(), EmailKey::of("bob@example.com"))].into(),
            accepted: [
                (Deed::Add(sup.clone(), ada.clone()), 1),
                (Deed::Remove(sup.clone(), id.clone()), 2),
                (Deed::RemoveFromOpen(sup.clone(), id), 1),
                (Deed::Update(ada, "Ada Lovelace".into()), 3),
                (Deed::Access(sup.clone(), Access::Open), 4),
            ]
            .into(),
            history: History {
                applied: [(sup.clone(), 5)].into(),
                sizes: [(sup.clone(), 6)].into(),
                removed: [((sup.clone(), Handle("qm:3:4".into())), 8)].into(),
                used: [("removals-SUP-00000000".to_owned(), 9)].into(),
                ..History::default()
            },
            until_came: Some("2027-01-31".parse().unwrap()),
            ..Parts::default()
        };
        let mut restored = Parts::default();
        for ((kind, one, two), value) in rows(&parts) {
            restore(&mut restored, (kind, &one, &two), &value).unwrap();
        }
        assert_eq!(restored, parts);
        for wrong in [
            ("x", "", ""),
            (APPLIED, "sup", ""),
            (USED, "", "x"),
            (ACCESS, "SUP", "x"),
        ] {
            assert!(restore(&mut restored, wrong, "1").is_err());
        }
        assert!(restore(&mut restored, (SIZE, "SUP", ""), "x").is_err());
        assert!(restore(&mut restored, (UNTIL_CAME, "", ""), "x").is_err());
    }
}
