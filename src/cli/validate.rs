//! `quietdesk validate`: checks a roster without contacting Jira.

use std::path::Path;

use super::exit::Exit;
use super::site::load_roster;
use super::{Failure, output};

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
        output::print_warning(warning)?;
    }
    output::print(format!("valid: {customers}, {desks}, {files}\n").as_bytes())
}
