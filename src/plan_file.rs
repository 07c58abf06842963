//! Saved plans as files: the plan document, and beside it, under `saved`, all that applying it needs.
//!
//! ```json
//! {"format_version": 1, "jira": …, "steps": [{"id": "s1", "kind": "add_to_desk", …}], …,
//!  "saved": {"made_at": "2026-11-24T06:00:00Z", "quietdesk": "0.1.0", "day": "2026-11-24", "only": [], "site": …,
//!            "steps": [{"id": "s1", "action": …, "cause": "edit"}], "premises": [[{"desk": "SUP"}, {"desk": "4"}]],
//!            "portals": {}, "guard": {"applied": {"SUP": 12}, "sizes": {"SUP": 15}, "removed": []},
//!            "roster": [{"name": "roster.yaml", "text": "…"}], "sha256": "…"}}
//! ```
//!
//! Whatever reads plan documents reads saved plans as well. `sha256` is of the whole document in its shortest form, keys
//! in order, with nothing for itself: it tells damage, not who wrote it. Holds e-mails, so that nobody but its owner
//! may read the file.

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
use crate::model::container::{Container, NotAContainer};
use crate::model::desk::DeskKey;
use crate::model::ledger::{History, Tracked};
use crate::model::observed::Site;
use crate::model::report::Report;
use crate::model::saved::{Premise, SavedPlan, Seen};
use crate::model::step::Step;
use crate::roster_file::Source;

/// The newest version of the document that is understood.
const FORMAT_VERSION: u64 = 1;
/// Largest plan taken in, in bytes: a million steps.
const LARGEST: u64 = 1024 * 1024 * 1024;
/// Where in the document that is which applying needs.
const SAVED: &str = "saved";
/// Where in that its digest is.
const DIGEST: &str = "sha256";

/// A saved plan, and the roster it was made for.
#[derive(Clone, Debug)]
pub struct PlanFile {
    /// The plan document.
    pub report: Report,
    /// The plan.
    pub plan: SavedPlan,
    /// The roster, as its files were.
    pub roster: Vec<RosterText>,
    /// When it was made.
    pub made_at: Timestamp,
}

/// A file of a roster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RosterText {
    /// Its name, as messages show it.
    pub name: String,
    /// What it says.
    pub text: String,
}

impl RosterText {
    /// A file of a valid roster, which is always UTF-8.
    #[must_use]
    pub fn of(source: &Source) -> Self {
        Self {
            name: source.name.clone(),
            text: String::from_utf8_lossy(&source.bytes).into_owned(),
        }
    }

    /// The file, as it was read.
    #[must_use]
    pub fn source(&self) -> Source {
        Source {
            name: self.name.clone(),
            bytes: self.text.clone().into_bytes(),
        }
    }
}

/// Why a file is no plan that could be shown or applied.
#[derive(Debug, thiserror::Error)]
pub enum PlanFileError {
    /// It cannot be written.
    #[error("cannot save the plan as {}; name a file in a folder that exists and can be written to, with --out", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
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
    #[error("{} has format version {version}, which this quietdesk does not understand; use the version that made it, or a later one", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: u64,
    },
    /// It is a plan document or a report, and was not saved to be applied.
    #[error("{} is a plan or a report that was not saved to be applied; make one with `quietdesk plan --out FILE`", path.display())]
    NotSaved {
        /// The file.
        path: PathBuf,
    },
    /// It is not what was written.
    #[error("{} is damaged: {why}; make the plan again", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
}

/// All that applying needs.
#[derive(Serialize, Deserialize)]
struct Saved {
    made_at: Timestamp,
    quietdesk: String,
    day: Date,
    only: Vec<DeskKey>,
    site: Site,
    steps: Vec<Step>,
    premises: Vec<(Premise, Seen)>,
    portals: BTreeMap<DeskKey, u64>,
    guard: Basis,
    roster: Vec<RosterText>,
}

/// What the guards went by.
#[derive(Serialize, Deserialize)]
struct Basis {
    applied: BTreeMap<String, usize>,
    sizes: BTreeMap<String, usize>,
    /// When, in seconds since 1970, which account was last taken out of which container.
    removed: Vec<(i64, String, Handle)>,
}

impl Basis {
    fn of(history: &History) -> Self {
        let stored = |counts: &Tracked<Container, usize>| {
            let counts = counts.iter();
            counts
                .map(|(container, count)| (container.stored().into_owned(), *count))
                .collect()
        };
        let removed = history.removed.iter();
        Self {
            applied: stored(&history.applied),
            sizes: stored(&history.sizes),
            removed: removed
                .map(|((container, handle), at)| (*at, container.stored().into_owned(), handle.clone()))
                .collect(),
        }
    }

    fn history(self) -> Result<History, NotAContainer> {
        let counts = |stored: BTreeMap<String, usize>| {
            let counts = stored.into_iter();
            counts
                .map(|(text, count)| Ok((Container::restored(&text)?, count)))
                .collect::<Result<Tracked<_, _>, _>>()
        };
        let removed = self.removed.into_iter();
        Ok(History {
            applied: counts(self.applied)?,
            sizes: counts(self.sizes)?,
            removed: removed
                .map(|(at, text, handle)| Ok(((Container::restored(&text)?, handle), at)))
                .collect::<Result<_, _>>()?,
            ..History::default()
        })
    }
}

impl PlanFile {
    /// Writes it whole or not at all, readable by its owner alone.
    ///
    /// # Errors
    /// [`PlanFileError::Write`].
    pub fn save(self, path: &Path) -> Result<(), PlanFileError> {
        let failed = |source| PlanFileError::Write {
            path: path.to_owned(),
            source,
        };
        let document = self.document().map_err(|error| failed(error.into()))?;
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

    /// Reads one that is to be applied.
    ///
    /// # Errors
    /// See [`PlanFileError`].
    pub fn open(path: &Path) -> Result<Self, PlanFileError> {
        let mut document = read(path)?;
        let report = of_document(path, &document)?;
        let missing = || PlanFileError::NotSaved { path: path.to_owned() };
        let saved = document
            .get_mut(SAVED)
            .and_then(Value::as_object_mut)
            .ok_or_else(missing)?;
        let said = saved.insert(DIGEST.to_owned(), Value::Null);
        if said.as_ref().and_then(Value::as_str) != Some(digest(&document).as_str()) {
            let why = "its sha256 is another, so that it is not what was saved".to_owned();
            return Err(PlanFileError::Damaged {
                path: path.to_owned(),
                why,
            });
        }
        let saved: Saved = of_document(path, &document[SAVED])?;
        let history = saved.guard.history().map_err(|error| PlanFileError::Damaged {
            path: path.to_owned(),
            why: error.to_string(),
        })?;
        let plan = SavedPlan {
            site: saved.site,
            day: saved.day,
            only: saved.only,
            steps: saved.steps,
            premises: saved.premises.into_iter().collect(),
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

    fn document(self) -> serde_json::Result<Value> {
        let saved = Saved {
            made_at: self.made_at,
            quietdesk: env!("CARGO_PKG_VERSION").to_owned(),
            day: self.plan.day,
            only: self.plan.only,
            site: self.plan.site,
            steps: self.plan.steps,
            premises: self.plan.premises.into_iter().collect(),
            portals: self.plan.portals,
            guard: Basis::of(&self.plan.history),
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
    of_document(path, &read(path)?)
}

fn read(path: &Path) -> Result<Value, PlanFileError> {
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
            why: "it has no format_version, as every plan has".to_owned(),
        }),
    }
}

fn of_document<T: DeserializeOwned>(path: &Path, document: &Value) -> Result<T, PlanFileError> {
    T::deserialize(document).map_err(|error| damaged(path, &error))
}

fn damaged(path: &Path, error: &serde_json::Error) -> PlanFileError {
    PlanFileError::Damaged {
        path: path.to_owned(),
        why: error.to_string(),
    }
}

/// In hexadecimal. `Value` keeps its keys in order.
fn digest(document: &Value) -> String {
    let digest = Sha256::digest(document.to_string());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
