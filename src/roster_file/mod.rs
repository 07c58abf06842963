//! Parses YAML to a [`Roster`]: reads files and folders, reports every problem in one go, and has the JSON Schema.
//!
//! Owns the file format and its messages. Must never contact Jira, and must never guess: anything it does not
//! understand is a problem, and there is no roster while there is a problem.

mod collector;
mod document;
mod error;
mod fields;
mod merge;
mod node;
mod problem;
mod schema;
mod source;
mod text;
mod yaml;

use std::path::{Path, PathBuf};

pub use error::RosterError;
pub use problem::{Problem, Problems};
pub use schema::schema;
pub(crate) use source::files;
pub use source::{Source, Sources, read, read_regular};

use crate::model::roster::Roster;
use collector::ProblemCollector;

/// A roster and its files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// The roster.
    pub roster: Roster,
    /// The files, in name order.
    pub files: Vec<PathBuf>,
    /// [`Sources::digest`] of the files.
    pub digest: String,
    /// Warnings about content that is valid but probably not intended; without e-mails.
    pub warnings: Vec<String>,
}

/// Reads and checks the roster of a file or folder.
///
/// # Errors
/// As [`read`], and [`RosterError::Invalid`] with every problem found.
pub fn load(path: &Path) -> Result<Loaded, RosterError> {
    load_sources(read(path)?)
}

/// Checks sources from [`read`].
///
/// # Errors
/// [`RosterError::Invalid`] with every problem found.
pub fn load_sources(sources: Sources) -> Result<Loaded, RosterError> {
    let (roster, mut warnings) = check(&sources.sources).map_err(RosterError::Invalid)?;
    warnings.extend(source::conflict_copy_warnings(&sources.files));
    Ok(Loaded {
        roster,
        warnings,
        digest: sources.digest(),
        files: sources.files,
    })
}

/// Checks the sources of one roster and merges them. Does not access the file system.
///
/// # Errors
/// Every problem of every source.
pub fn parse(sources: &[Source]) -> Result<Roster, Problems> {
    check(sources).map(|(roster, _)| roster)
}

/// Like [`parse`], and also returns warnings.
fn check(sources: &[Source]) -> Result<(Roster, Vec<String>), Problems> {
    let names = sources.iter().map(|source| source.name.clone()).collect();
    let mut findings = ProblemCollector::new(names);
    let mut documents = Vec::with_capacity(sources.len());
    for (file, source) in sources.iter().enumerate() {
        let text = text::decode(file, &source.bytes, &mut findings);
        let tree = text.and_then(|text| yaml::parse(file, text, &mut findings));
        documents.extend(tree.map(|tree| document::check(&tree, &mut findings)));
    }
    let complete = documents.len() == sources.len();
    let (roster, warnings) = merge::merge(documents, complete, &mut findings);
    if findings.is_empty() {
        return Ok((roster, warnings));
    }
    let texts: Vec<String> = sources.iter().map(|source| text::decode_lossy(&source.bytes)).collect();
    Err(findings.into_problems(&texts))
}
