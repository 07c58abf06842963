//! Reading the ledger beside a writer.

use std::path::Path;

use super::error::StateError;
use super::{folder, migration, rows, store};
use crate::model::ledger::Ledger;

/// Reads a site's ledger without the lock; `None` if there is no state yet. Creates nothing. Blocks: about a second for
/// 100 000 people.
///
/// # Errors
/// As [`super::State::open`], except for the lock.
pub fn read_ledger(folder: &Path, site_url: &str) -> Result<Option<Ledger>, StateError> {
    if !folder::check_directory(folder)? {
        return Ok(None);
    }
    match store::read_without_lock(folder, site_url, rows::load)? {
        Some(ledger) => Ok(Some(ledger)),
        None => Ok(migration::read_old_state(folder, site_url)?.map(migration::OldState::into_ledger)),
    }
}
