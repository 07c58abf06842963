//! Saved plans as files: the plan document, plus all that applying it needs, under `saved`.
//!
//! ```json
//! {"format_version": 1, "jira": …, "steps": [{"id": "s1", "kind": "add_to_desk", …}], …,
//!  "saved": {"made_at": "2026-11-24T06:00:00Z", "quietdesk": "0.1.0", "day": "2026-11-24", "only": [], "site": …,
//!            "steps": [{"id": "s1", "action": …, "cause": "edit"}], "premises": [[{"desk": "SUP"}, {"desk": "4"}]],
//!            "portals": {}, "guard": {"applied": {"SUP": 12}, "sizes": {"SUP": 15}, "removed": []},
//!            "roster": [{"name": "roster.yaml", "text": "…"}], "sha256": "…"}}
//! ```
//!
//! Readers of plan documents can also read saved plans. `sha256` is the digest of the whole document as compact JSON
//! with sorted keys and `null` in its own place: it detects damage, but does not authenticate. The file contains
//! e-mails, so it is readable only by its owner.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::Date;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;

use crate::files::{self, Accept, ReadError};
use crate::model::account::Handle;
use crate::model::container::{Container, InvalidContainer};
use crate::model::desk::DeskKey;
use crate::model::ledger::{History, Tracked};
use crate::model::observed::Site;
use crate::model::report::Report;
use crate::model::saved::{Observation, Precondition, SavedPlan};
use crate::model::step::Step;
use crate::roster_file::Source;

/// The newest supported version of the document.
const FORMAT_VERSION: u64 = 1;
/// Maximum size of a plan in bytes, enough for a million steps.
const LARGEST: u64 = 1024 * 1024 * 1024;
/// The key of the part that applying needs.
const SAVED: &str = "saved";
/// The key of the digest within that part.
const DIGEST: &str = "sha256";

/// A saved plan, and the roster it was made for.
#[derive(Clone, Debug)]
pub struct PlanFile {
    /// The plan document.
    pub report: Report,
    /// The plan.
    pub plan: SavedPlan,
    /// The roster files as read.
    pub roster: Vec<RosterText>,
    /// When the plan was created.
    pub made_at: Timestamp,
}

/// One roster file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RosterText {
    /// Its name, as shown in messages.
    pub name: String,
    /// Its content.
    pub text: String,
}

impl RosterText {
    /// Converts a file of a valid roster, which is always UTF-8.
    #[must_use]
    pub fn from_source(source: &Source) -> Self {
        Self {
            name: source.name.clone(),
            text: String::from_utf8_lossy(&source.bytes).into_owned(),
        }
    }

    /// Returns the file as it was read.
    #[must_use]
    pub fn to_source(&self) -> Source {
        Source {
            name: self.name.clone(),
            bytes: self.text.clone().into_bytes(),
        }
    }
}

/// Why a plan cannot be saved, shown or applied.
#[derive(Debug, thiserror::Error)]
pub enum PlanFileError {
    /// It cannot be written.
    #[error("cannot save the plan as {}; choose a file in an existing, writable folder with --out", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// It cannot be read.
    #[error("cannot read the plan {}; check the path and its permissions", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: ReadError,
    },
    /// It was made by a later version.
    #[error(
        "{} has format version {version}, which this quietdesk does not support; use the version that made it or later",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: u64,
    },
    /// It is a plan document or a report without the part that applying needs.
    #[error(
        "{} is a plan or a report that was not saved to be applied; create one with `quietdesk plan --out FILE`",
        path.display()
    )]
    NotSaved {
        /// The file.
        path: PathBuf,
    },
    /// Its content is not a valid plan, or was changed.
    #[error("{} is damaged: {why}; create a new plan", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
}

/// The part that applying needs.
#[derive(Serialize, Deserialize)]
struct Saved {
    made_at: Timestamp,
    quietdesk: String,
    day: Date,
    only: Vec<DeskKey>,
    site: Site,
    steps: Vec<Step>,
    premises: Vec<(Precondition, Observation)>,
    portals: BTreeMap<DeskKey, u64>,
    guard: GuardCounts,
    roster: Vec<RosterText>,
}

/// The counts that the guards used.
#[derive(Serialize, Deserialize)]
struct GuardCounts {
    applied: BTreeMap<String, usize>,
    sizes: BTreeMap<String, usize>,
    /// Removals: seconds since 1970, container, account.
    removed: Vec<(i64, String, Handle)>,
}

impl GuardCounts {
    fn from_history(history: &History) -> Self {
        let stored = |counts: &Tracked<Container, usize>| {
            let counts = counts.iter();
            counts
                .map(|(container, count)| (container.to_stored().into_owned(), *count))
                .collect()
        };
        let removed = history.removed.iter();
        Self {
            applied: stored(&history.applied_counts),
            sizes: stored(&history.list_sizes),
            removed: removed
                .map(|((container, handle), at)| (*at, container.to_stored().into_owned(), handle.clone()))
                .collect(),
        }
    }

    fn into_history(self) -> Result<History, InvalidContainer> {
        let counts = |stored: BTreeMap<String, usize>| {
            let counts = stored.into_iter();
            counts
                .map(|(text, count)| Ok((Container::from_stored(&text)?, count)))
                .collect::<Result<Tracked<_, _>, _>>()
        };
        let removed = self.removed.into_iter();
        Ok(History {
            applied_counts: counts(self.applied)?,
            list_sizes: counts(self.sizes)?,
            removed: removed
                .map(|(at, text, handle)| Ok(((Container::from_stored(&text)?, handle), at)))
                .collect::<Result<_, _>>()?,
            ..History::default()
        })
    }
}

impl PlanFile {
    /// Writes the file atomically, readable only by its owner.
    ///
    /// # Errors
    /// [`PlanFileError::Write`].
    pub fn save(self, path: &Path) -> Result<(), PlanFileError> {
        let failed = |source| PlanFileError::Write {
            path: path.to_owned(),
            source,
        };
        let document = self.into_document().map_err(|error| failed(error.into()))?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let written = NamedTempFile::new_in(folder.unwrap_or(Path::new("."))).and_then(|mut file| {
            let mut out = io::BufWriter::new(&mut file);
            serde_json::to_writer_pretty(&mut out, &document)?;
            writeln!(out)?;
            out.flush()?;
            drop(out);
            file.as_file().sync_all()?;
            file.persist(path).map(drop).map_err(|error| error.error)
        });
        written.map_err(failed)
    }

    /// Reads a saved plan for applying it.
    ///
    /// # Errors
    /// See [`PlanFileError`].
    pub fn open(path: &Path) -> Result<Self, PlanFileError> {
        let mut document = read_document(path)?;
        let report = deserialize(path, &document)?;
        let missing = || PlanFileError::NotSaved { path: path.to_owned() };
        let saved = document
            .get_mut(SAVED)
            .and_then(Value::as_object_mut)
            .ok_or_else(missing)?;
        let stored = saved.insert(DIGEST.to_owned(), Value::Null);
        if stored.as_ref().and_then(Value::as_str) != Some(digest(&document).as_str()) {
            let why = "its sha256 does not match its content".to_owned();
            return Err(PlanFileError::Damaged {
                path: path.to_owned(),
                why,
            });
        }
        let saved: Saved = deserialize(path, &document[SAVED])?;
        let history = saved.guard.into_history().map_err(|error| PlanFileError::Damaged {
            path: path.to_owned(),
            why: error.to_string(),
        })?;
        let plan = SavedPlan {
            site: saved.site,
            day: saved.day,
            only_desks: saved.only,
            steps: saved.steps,
            preconditions: saved.premises.into_iter().collect(),
            portals: saved.portals,
            history,
        };
        Ok(Self {
            report,
            plan,
            roster: saved.roster,
            made_at: saved.made_at,
        })
    }

    fn into_document(self) -> serde_json::Result<Value> {
        let saved = Saved {
            made_at: self.made_at,
            quietdesk: env!("CARGO_PKG_VERSION").to_owned(),
            day: self.plan.day,
            only: self.plan.only_desks,
            site: self.plan.site,
            steps: self.plan.steps,
            premises: self.plan.preconditions.into_iter().collect(),
            portals: self.plan.portals,
            guard: GuardCounts::from_history(&self.plan.history),
            roster: self.roster,
        };
        let mut document = serde_json::to_value(self.report)?;
        document[SAVED] = serde_json::to_value(saved)?;
        document[SAVED][DIGEST] = Value::Null;
        let digest = digest(&document);
        document[SAVED][DIGEST] = digest.into();
        Ok(document)
    }
}

/// Reads the plan document of a saved plan or a report.
///
/// # Errors
/// See [`PlanFileError`].
pub fn read_report(path: &Path) -> Result<Report, PlanFileError> {
    deserialize(path, &read_document(path)?)
}

fn read_document(path: &Path) -> Result<Value, PlanFileError> {
    let bytes = files::read(path, LARGEST, Accept::FilesAndPipes).map_err(|source| PlanFileError::Read {
        path: path.to_owned(),
        source,
    })?;
    let document: Value = serde_json::from_slice(&bytes).map_err(|error| damaged(path, &error))?;
    match document.get("format_version").and_then(Value::as_u64) {
        Some(version) if version > FORMAT_VERSION => Err(PlanFileError::Newer {
            path: path.to_owned(),
            version,
        }),
        Some(_) => Ok(document),
        None => Err(PlanFileError::Damaged {
            path: path.to_owned(),
            why: "it has no format_version".to_owned(),
        }),
    }
}

fn deserialize<T: DeserializeOwned>(path: &Path, document: &Value) -> Result<T, PlanFileError> {
    T::deserialize(document).map_err(|error| damaged(path, &error))
}

fn damaged(path: &Path, error: &serde_json::Error) -> PlanFileError {
    PlanFileError::Damaged {
        path: path.to_owned(),
        why: error.to_string(),
    }
}

/// Returns the SHA-256 of the compact JSON, in hexadecimal. `Value` keeps its keys sorted.
fn digest(document: &Value) -> String {
    let digest = Sha256::digest(document.to_string());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
