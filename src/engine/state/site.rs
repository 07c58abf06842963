//! The site a state belongs to: Jira's base URL, and every address it was reached at (`site.json`).
//!
//! A site has several addresses: its own, and another at Cloud's gateway. Its state must be found by any of them, even
//! while Jira is unreachable. Written when Jira was reached; replaced atomically.

use std::io::Write as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::error::StateError;
use super::folder::{check_directory, replace_file, sync_directory};
use super::ledger_reader::read_ledger;

use crate::files::{Accept, read};

const SITE: &str = "site.json";
/// Largest file, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// The addresses of a state's site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownSite {
    /// Jira's base URL (`serverInfo.baseUrl`).
    pub identity: String,
    /// The addresses it was reached at. The state's other files contain the first.
    pub addresses: Vec<String>,
}

impl KnownSite {
    /// Returns whether an address is one of this site.
    #[must_use]
    pub fn is_at(&self, address: &str) -> bool {
        self.identity == address || self.addresses.iter().any(|known| known == address)
    }
}

/// Reads the site of the state in `folder`; `None` if Jira was never reached with it, or only by an earlier version.
///
/// # Errors
/// When the directory is not safe, or the file cannot be read.
pub fn known_site(folder: &Path) -> Result<Option<KnownSite>, StateError> {
    match check_directory(folder)? {
        true => read_site_file(folder),
        false => Ok(None),
    }
}

/// Reads the site of a directory that is not safe, only to name the site in an error.
#[must_use]
pub fn site_of_unsafe_directory(folder: &Path) -> Option<KnownSite> {
    read_site_file(folder).ok()?
}

fn read_site_file(folder: &Path) -> Result<Option<KnownSite>, StateError> {
    let path = folder.join(SITE);
    match read(&path, LARGEST, Accept::Files) {
        // An invalid file is replaced the next time Jira is reached.
        Ok(content) => Ok(serde_json::from_slice(&content).ok()),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(StateError::file_error("read", &path)(error.into())),
    }
}

/// Records that Jira was reached at these addresses and has the base URL `identity`; the state is then found by all of
/// them. Returns the previous record, if it changed.
///
/// # Errors
/// When the file cannot be read or written.
pub fn remember_site(folder: &Path, identity: &str, addresses: &[&str]) -> Result<Option<KnownSite>, StateError> {
    let before = known_site(folder)?;
    let mut known = before.clone().unwrap_or_else(|| KnownSite {
        identity: identity.to_owned(),
        addresses: Vec::new(),
    });
    let earlier = std::mem::replace(&mut known.identity, identity.to_owned());
    // The state is still found by its previous base URL.
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
    let written = replace_file(&path, |file| {
        serde_json::to_writer_pretty(&mut *file, &known)?;
        file.write_all(b"\n")
    });
    written.map_err(StateError::file_error("write", &path))?;
    sync_directory(folder)?;
    Ok(before)
}

/// Returns the address that the ledger in `folder` was created for; `None` if there is none or it cannot be read.
#[must_use]
pub fn site_of_ledger(folder: &Path) -> Option<String> {
    // No site has an empty address.
    match read_ledger(folder, "") {
        Err(StateError::OtherSite { site, .. }) => Some(site),
        Ok(_) | Err(_) => None,
    }
}
