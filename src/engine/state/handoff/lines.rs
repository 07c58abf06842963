//! The lines of the hand-off file, and what they come to.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use tracing::warn;

use crate::engine::state::error::StateError;
use crate::files::{self, Accept};
use crate::model::account::AccountId;
use crate::model::desk::DeskKey;
use crate::model::email::EmailKey;

/// Largest one taken in, in bytes: over a million people.
const LARGEST: u64 = 1024 * 1024 * 1024;

/// Somebody who was made.
#[derive(Clone, Debug)]
pub struct HandOff {
    /// The address.
    pub email: String,
    /// The display name.
    pub name: String,
    /// The account, as soon as it is known.
    pub account: Option<AccountId>,
    /// Whether it is known to be made.
    pub made: bool,
    /// The desks it was made for, each with the address of its portal.
    pub desks: Vec<(DeskKey, String)>,
    /// Its first password, where it was given one.
    pub password: Option<SecretString>,
    /// When it was made, or about to be.
    pub at: Timestamp,
}

/// One line.
#[derive(Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub(super) enum Line {
    /// It is about to be made, with this password.
    Intended {
        email: String,
        name: String,
        desks: Vec<Desk>,
        password: String,
        at: Timestamp,
    },
    /// It was made.
    Made {
        email: String,
        name: String,
        account: String,
        desks: Vec<Desk>,
        at: Timestamp,
    },
    /// It has this address now.
    Renamed {
        account: String,
        email: String,
        at: Timestamp,
    },
    /// It was not made, and will not be with that password.
    Cancelled { email: String, at: Timestamp },
    /// A later version's.
    #[serde(other)]
    Unknown,
}

/// A desk and the address of its portal.
#[derive(Serialize, Deserialize)]
pub(super) struct Desk {
    pub(super) key: String,
    pub(super) portal: String,
}

pub(super) fn lines_count(entry: &HandOff) -> usize {
    usize::from(entry.password.is_some()) + usize::from(entry.account.is_some())
}

/// The lines that say what an entry does.
pub(super) fn lines_of(entry: HandOff) -> Vec<Line> {
    let desks = || {
        let desks = entry.desks.iter();
        desks
            .map(|(key, portal)| Desk {
                key: key.to_string(),
                portal: portal.clone(),
            })
            .collect()
    };
    let intended = entry.password.as_ref().map(|password| Line::Intended {
        email: entry.email.clone(),
        name: entry.name.clone(),
        desks: desks(),
        password: password.expose_secret().to_owned(),
        at: entry.at,
    });
    let made = entry.account.as_ref().map(|account| Line::Made {
        email: entry.email.clone(),
        name: entry.name.clone(),
        account: account.0.clone(),
        desks: desks(),
        at: entry.at,
    });
    intended.into_iter().chain(made).collect()
}

pub(super) fn read_lines(path: &Path) -> Result<Vec<Line>, StateError> {
    let text = match files::read(path, LARGEST, Accept::Files) {
        Err(error) if error.is_not_found() => return Ok(Vec::new()),
        text => text.map_err(|error| StateError::file("read", path)(error.into()))?,
    };
    let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let lines = lines.enumerate().filter_map(|(at, line)| match serde_json::from_slice(line) {
        Ok(line) => Some(line),
        Err(_) => {
            warn!(file = %path.display(), line = at + 1, "a line of the hand-off file cannot be read, and is passed over");
            None
        }
    });
    Ok(lines.collect())
}

/// The addresses that accounts are handed off by. A file that cannot be read is told when it is read for somebody.
pub(super) fn addresses(path: &Path) -> BTreeMap<AccountId, EmailKey> {
    let made = read_lines(path).map(|lines| fold(lines).0).unwrap_or_default();
    let made = made.into_iter();
    made.filter_map(|entry| Some((entry.account?, EmailKey::of(&entry.email))))
        .collect()
}

/// Who was made, each once, and who may have been.
pub(super) fn fold(lines: Vec<Line>) -> (Vec<HandOff>, BTreeMap<EmailKey, HandOff>) {
    let (mut made, mut pending) = (Vec::<HandOff>::new(), BTreeMap::<EmailKey, HandOff>::new());
    let mut places: BTreeMap<EmailKey, usize> = BTreeMap::new();
    for line in lines {
        match line {
            Line::Intended {
                email,
                name,
                desks,
                password,
                at,
            } => {
                let entry = HandOff {
                    name,
                    account: None,
                    made: false,
                    desks: keys(desks),
                    password: Some(SecretString::from(password)),
                    at,
                    email,
                };
                pending.insert(EmailKey::of(&entry.email), entry);
            }
            Line::Made {
                email,
                name,
                account,
                desks,
                at,
            } => {
                let key = EmailKey::of(&email);
                let entry = HandOff {
                    password: pending.remove(&key).and_then(|intended| intended.password),
                    account: Some(AccountId(account)),
                    made: true,
                    desks: keys(desks),
                    email,
                    name,
                    at,
                };
                match places.get(&key).and_then(|place| made.get_mut(*place)) {
                    // Said again, by a life that did not know it was said.
                    Some(earlier) if earlier.account == entry.account && entry.password.is_none() => {}
                    // Somebody who was deleted and made again is the later one.
                    Some(earlier) => *earlier = entry,
                    None => {
                        places.insert(key, made.len());
                        made.push(entry);
                    }
                }
            }
            Line::Renamed { account, email, .. } => {
                let account = AccountId(account);
                let found = made.iter().position(|entry| entry.account.as_ref() == Some(&account));
                if let Some((place, entry)) = found.and_then(|place| Some((place, made.get_mut(place)?))) {
                    places.remove(&EmailKey::of(&entry.email));
                    places.insert(EmailKey::of(&email), place);
                    entry.email = email;
                }
            }
            Line::Cancelled { email, .. } => drop(pending.remove(&EmailKey::of(&email))),
            Line::Unknown => {}
        }
    }
    (made, pending)
}

pub(super) fn keys(desks: Vec<Desk>) -> Vec<(DeskKey, String)> {
    let desks = desks.into_iter();
    desks
        .filter_map(|desk| Some((DeskKey::parse(&desk.key).ok()?, desk.portal)))
        .collect()
}
