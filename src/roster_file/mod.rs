//! From YAML to a [`Roster`]: reading files and folders, reporting every problem in one go, the JSON Schema.
//!
//! Owns the file format (design §2) and its messages. Must never talk to Jira, and must never guess: what it
//! does not understand is a problem, and no roster comes out while there is one.

mod document;
mod fields;
mod finding;
mod node;
mod problem;
mod schema;
mod source;
mod text;
mod unite;
mod yaml;

use std::path::{Path, PathBuf};

pub use problem::{Problem, Problems};
pub use schema::schema;
pub(crate) use source::files;
pub use source::{Source, Sources, read, read_regular};

use crate::files::ReadError;
use crate::model::roster::Roster;
use finding::Findings;

/// A roster and what it was made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// The roster.
    pub roster: Roster,
    /// The files, in name order.
    pub files: Vec<PathBuf>,
    /// [`Sources::digest`] of them.
    pub digest: String,
    /// What is valid, and probably not meant; without e-mails.
    pub warnings: Vec<String>,
}

/// Why there is no roster.
///
/// `Display` of [`RosterError::Invalid`] is the whole report, which quotes the file; logs get
/// [`RosterError::summary`].
#[derive(Debug, thiserror::Error)]
pub enum RosterError {
    /// Nothing there.
    #[error("no roster at {}; check the path", problem::safe(&path.display().to_string()))]
    NotFound {
        /// The path that was tried.
        path: PathBuf,
    },
    /// There, but it cannot be read.
    #[error("cannot read the roster {}; put a regular file there that quietdesk may read", problem::safe(&path.display().to_string()))]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: ReadError,
    },
    /// A folder without any file of a roster.
    #[error(
        "no roster in the folder {}; put a *.yaml or *.yml file directly in it",
        problem::safe(&path.display().to_string())
    )]
    NoRosterInFolder {
        /// The folder.
        path: PathBuf,
    },
    /// Read, but not valid.
    #[error("{0}")]
    Invalid(Problems),
}

impl RosterError {
    /// One line for logs, without e-mails and without anything else the file says.
    #[must_use]
    pub fn summary(&self) -> String {
        match self {
            Self::Invalid(problems) => problems.summary(),
            Self::Unreadable { source, .. } => format!("{self}: {source}"),
            Self::NotFound { .. } | Self::NoRosterInFolder { .. } => self.to_string(),
        }
    }
}

/// Reads and checks the roster of a file or folder.
///
/// # Errors
/// As [`read`], and [`RosterError::Invalid`] with every problem found.
pub fn load(path: &Path) -> Result<Loaded, RosterError> {
    load_sources(read(path)?)
}

/// Checks what [`read`] has read.
///
/// # Errors
/// [`RosterError::Invalid`] with every problem found.
pub fn load_sources(sources: Sources) -> Result<Loaded, RosterError> {
    let (roster, mut warnings) = check(&sources.sources).map_err(RosterError::Invalid)?;
    warnings.extend(source::conflict_copies(&sources.files));
    Ok(Loaded {
        roster,
        warnings,
        digest: sources.digest(),
        files: sources.files,
    })
}

/// Checks the sources of one roster and unites them. Does not touch the file system.
///
/// # Errors
/// Every problem of every source.
pub fn parse(sources: &[Source]) -> Result<Roster, Problems> {
    check(sources).map(|(roster, _)| roster)
}

/// The same, and what is valid and probably not meant.
fn check(sources: &[Source]) -> Result<(Roster, Vec<String>), Problems> {
    let names = sources.iter().map(|source| source.name.clone()).collect();
    let mut findings = Findings::new(names);
    let mut documents = Vec::with_capacity(sources.len());
    for (file, source) in sources.iter().enumerate() {
        let text = text::decode(file, &source.bytes, &mut findings);
        let tree = text.and_then(|text| yaml::parse(file, text, &mut findings));
        documents.extend(tree.map(|tree| document::check(&tree, &mut findings)));
    }
    let complete = documents.len() == sources.len();
    let (roster, warnings) = unite::unite(documents, complete, &mut findings);
    if findings.is_empty() {
        return Ok((roster, warnings));
    }
    let texts: Vec<String> = sources.iter().map(|source| text::lossy(&source.bytes)).collect();
    Err(findings.into_problems(&texts))
}
