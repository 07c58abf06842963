//! Whose state it is: the name Jira has for itself, and every address it was reached by (`site.json`).
//!
//! One site has several addresses: its own, and below Cloud's gateway another. What is remembered of it must not depend
//! on which of them was typed, also while Jira cannot be asked. Written when Jira was reached, put in place whole.

use std::io::Write as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::beside::read_ledger;
use super::error::StateError;
use super::folder::{check, put_whole, sync};

use crate::files::{Accept, read};

const SITE: &str = "site.json";
/// Largest one taken in, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// What a state knows of its site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownSite {
    /// The address Jira names itself by (`serverInfo.baseUrl`).
    pub identity: String,
    /// The addresses it was reached by. The first is the one its other files name.
    pub addresses: Vec<String>,
}

impl KnownSite {
    /// Whether an address is one of this site.
    #[must_use]
    pub fn is_at(&self, address: &str) -> bool {
        self.identity == address || self.addresses.iter().any(|known| known == address)
    }
}

/// What the state in `folder` knows of its site; nothing where Jira was never reached with it, or by an earlier version.
///
/// # Errors
/// When the folder is not safe, or the file cannot be read.
pub fn known_site(folder: &Path) -> Result<Option<KnownSite>, StateError> {
    match check(folder)? {
        true => named_in(folder),
        false => Ok(None),
    }
}

/// The same of a folder that is not safe, which is good for nothing but to say whose state cannot be used.
#[must_use]
pub fn site_of_unsafe(folder: &Path) -> Option<KnownSite> {
    named_in(folder).ok()?
}

fn named_in(folder: &Path) -> Result<Option<KnownSite>, StateError> {
    let path = folder.join(SITE);
    match read(&path, LARGEST, Accept::Files) {
        // Whatever else it is, it is written anew when Jira is reached the next time.
        Ok(content) => Ok(serde_json::from_slice(&content).ok()),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(StateError::file("read", &path)(error.into())),
    }
}

/// Jira was reached at these addresses and names itself by `identity`: from now on the state is found by all of them.
/// Returns what was known before, where that is not the same.
///
/// # Errors
/// When it cannot be read or written.
pub fn remember_site(folder: &Path, identity: &str, addresses: &[&str]) -> Result<Option<KnownSite>, StateError> {
    let before = known_site(folder)?;
    let mut known = before.clone().unwrap_or_else(|| KnownSite {
        identity: identity.to_owned(),
        addresses: Vec::new(),
    });
    let earlier = std::mem::replace(&mut known.identity, identity.to_owned());
    // It is found by the name it had before as well.
    for address in addresses.iter().copied().chain([earlier.as_str()]) {
        if !known.addresses.iter().any(|it| it == address) && address != identity {
            known.addresses.push(address.to_owned());
        }
    }
    if known.addresses.is_empty() {
        known.addresses.push(identity.to_owned());
    }
    if before.as_ref() == Some(&known) {
        return Ok(None);
    }
    let path = folder.join(SITE);
    let written = put_whole(&path, |file| {
        serde_json::to_writer_pretty(&mut *file, &known)?;
        file.write_all(b"\n")
    });
    written.map_err(StateError::file("write", &path))?;
    sync(folder)?;
    Ok(before)
}

/// The address that the ledger in `folder` was begun for; nothing where there is none, or it cannot be read.
#[must_use]
pub fn recorded_site(folder: &Path) -> Option<String> {
    // No site has this address.
    match read_ledger(folder, "") {
        Err(StateError::OtherSite { site, .. }) => Some(site),
        Ok(_) | Err(_) => None,
    }
}
