//! What is read beside a writer.

use std::path::Path;

use super::error::StateError;
use super::{folder, migration, rows, store};
use crate::model::ledger::Ledger;

/// Reads a site's ledger, beside a writer or not. Nothing where there is no state yet; makes nothing. Blocks: about a
/// second for 100 000 people.
///
/// # Errors
/// As [`super::State::open`], but for the lock.
pub fn read_ledger(folder: &Path, site_url: &str) -> Result<Option<Ledger>, StateError> {
    if !folder::check(folder)? {
        return Ok(None);
    }
    match store::read_beside(folder, site_url, rows::load)? {
        Some(ledger) => Ok(Some(ledger)),
        None => Ok(migration::read(folder, site_url)?.map(migration::Old::into_ledger)),
    }
}
