//! `quietdesk validate`: the roster, offline.

use std::path::Path;

use super::exit::Exit;
use super::site::load_roster;
use super::{Failure, printed};

pub(super) fn run(path: &Path) -> Result<Exit, Failure> {
    let loaded = load_roster(path)?;
    let (files, desks) = (loaded.files.len(), loaded.roster.desks.len());
    let customers = loaded.roster.customers.len();
    let counted = |count: usize, word: &str| match count {
        1 => format!("1 {word}"),
        _ => format!("{count} {word}s"),
    };
    let (customers, desks, files) = (
        counted(customers, "customer"),
        counted(desks, "desk"),
        counted(files, "file"),
    );
    for warning in &loaded.warnings {
        printed::warning(warning)?;
    }
    printed::whole(format!("valid: {customers}, {desks}, {files}\n").as_bytes())
}
