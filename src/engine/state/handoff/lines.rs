//! The lines of the hand-off file, and the entries they form.

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

/// Largest hand-off file, in bytes: over a million people.
const LARGEST: u64 = 1024 * 1024 * 1024;

/// A created account to hand off.
#[derive(Clone, Debug)]
pub struct HandOff {
    /// The e-mail address.
    pub email: String,
    /// The display name.
    pub name: String,
    /// The account, once known.
    pub account: Option<AccountId>,
    /// Whether it is known to be created.
    pub is_created: bool,
    /// The desks it was created for, each with its portal link.
    pub desks: Vec<(DeskKey, String)>,
    /// Its first password, if it has one.
    pub password: Option<SecretString>,
    /// When it was created, or about to be.
    pub at: Timestamp,
}

/// A line of the file.
#[derive(Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub(super) enum Line {
    /// The account is about to be created with this password.
    Intended {
        email: String,
        name: String,
        desks: Vec<Desk>,
        password: String,
        at: Timestamp,
    },
    /// The account was created.
    Made {
        email: String,
        name: String,
        account: String,
        desks: Vec<Desk>,
        at: Timestamp,
    },
    /// The account has this e-mail now.
    Renamed {
        account: String,
        email: String,
        at: Timestamp,
    },
    /// The account was not created, and its password is discarded.
    Cancelled { email: String, at: Timestamp },
    /// Written by a newer version.
    #[serde(other)]
    Unknown,
}

/// A desk and its portal link.
#[derive(Serialize, Deserialize)]
pub(super) struct Desk {
    pub(super) key: String,
    pub(super) portal: String,
}

pub(super) fn count_lines(entry: &HandOff) -> usize {
    usize::from(entry.password.is_some()) + usize::from(entry.account.is_some())
}

/// Returns the lines that form an entry.
pub(super) fn to_lines(entry: HandOff) -> Vec<Line> {
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
        text => text.map_err(|error| StateError::file_error("read", path)(error.into()))?,
    };
    let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let lines = lines
        .enumerate()
        .filter_map(|(at, line)| match serde_json::from_slice(line) {
            Ok(line) => Some(line),
            Err(_) => {
                warn!(file = %path.display(), line = at + 1, "skipping an invalid line of the hand-off file");
                None
            }
        });
    Ok(lines.collect())
}

/// Returns the e-mails in the hand-off by account; none if the file cannot be read, which reading the hand-off reports.
pub(super) fn emails_by_account(path: &Path) -> BTreeMap<AccountId, EmailKey> {
    let made = read_lines(path).map(|lines| fold_lines(lines).0).unwrap_or_default();
    let made = made.into_iter();
    made.filter_map(|entry| Some((entry.account?, EmailKey::from_address(&entry.email))))
        .collect()
}

/// Returns the created accounts, each once, and those that may have been created.
pub(super) fn fold_lines(lines: Vec<Line>) -> (Vec<HandOff>, BTreeMap<EmailKey, HandOff>) {
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
                    is_created: false,
                    desks: parse_desks(desks),
                    password: Some(SecretString::from(password)),
                    at,
                    email,
                };
                pending.insert(EmailKey::from_address(&entry.email), entry);
            }
            Line::Made {
                email,
                name,
                account,
                desks,
                at,
            } => {
                let key = EmailKey::from_address(&email);
                let entry = HandOff {
                    password: pending.remove(&key).and_then(|intended| intended.password),
                    account: Some(AccountId(account)),
                    is_created: true,
                    desks: parse_desks(desks),
                    email,
                    name,
                    at,
                };
                match places.get(&key).and_then(|place| made.get_mut(*place)) {
                    // Repeated by a later process after a crash.
                    Some(earlier) if earlier.account == entry.account && entry.password.is_none() => {}
                    // Deleted and created again: the later account counts.
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
                    places.remove(&EmailKey::from_address(&entry.email));
                    places.insert(EmailKey::from_address(&email), place);
                    entry.email = email;
                }
            }
            Line::Cancelled { email, .. } => drop(pending.remove(&EmailKey::from_address(&email))),
            Line::Unknown => {}
        }
    }
    (made, pending)
}

pub(super) fn parse_desks(desks: Vec<Desk>) -> Vec<(DeskKey, String)> {
    let desks = desks.into_iter();
    desks
        .filter_map(|desk| Some((DeskKey::parse(&desk.key).ok()?, desk.portal)))
        .collect()
}
