//! `quietdesk export`: Jira's current state as a roster. Holds nothing that could write to Jira.
//!
//! Parses and plans the text before printing it: a roster with steps would start a change that was not requested.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tempfile::NamedTempFile;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::args::ExportArgs;
use super::exit::Exit;
use super::seed::{sample_seed, seed_differing_from_roster};
use super::site::{DeskSelection, load_roster, resolve_connection, sign_in};
use super::{Failure, output};
use crate::engine::observe::{ExportSnapshotError, read_export_snapshot};
use crate::model::desk::DeskKey;
use crate::model::export::{Export, ExportSnapshot, Surplus, export_all, export_unlisted, surplus};
use crate::model::roster::Roster;
use crate::render::progress;
use crate::render::roster_yaml::{self, ExportForm};
use crate::roster_file::{self, Source};

/// Why an export is not printed.
#[derive(Debug, thiserror::Error)]
enum ExportError {
    #[error("{} already exists; move it away, or choose another name with --out", .0.display())]
    OutExists(PathBuf),
    #[error("the folder {} does not exist; create it, or choose another one with --out", .0.display())]
    NoFolder(PathBuf),
    #[error("cannot write {} ({}); check --out", .0.display(), .1)]
    CannotWrite(PathBuf, io::ErrorKind),
    #[error("--unlisted {}: the roster declares no desk; declare at least one", .0.display())]
    NoDesk(PathBuf),
    #[error("cannot list the customers of {0}: {1}; make quietdesk's account an administrator of its project")]
    CannotList(DeskKey, String),
    #[error("bug: the exported roster is invalid ({0}); nothing was exported")]
    Invalid(String),
    #[error("bug: the exported roster differs from what was read; nothing was exported")]
    Altered,
    #[error(
        "bug: a plan of the exported roster has {} steps, {} held entries and {} notes; nothing was exported",
        .0.steps, .0.held, .0.notes
    )]
    HasSteps(Surplus),
}

pub(super) async fn run(args: ExportArgs) -> Result<Exit, Failure> {
    if let Some(path) = &args.out {
        check_output_path(path)?;
    }
    let wanted = ExportRequest::from_args(&args)?;
    let seed = || {
        wanted
            .base_roster
            .as_ref()
            .map_or_else(sample_seed, |(roster, _)| seed_differing_from_roster(roster))
    };
    // Dropping this stops the sandbox.
    let (settings, _embedded) = resolve_connection(&args.connection, seed, &CancellationToken::new()).await?;
    let jira = sign_in(settings).await?;
    let seen = read_export_snapshot(
        &jira,
        &wanted.desks,
        wanted.base_roster.is_none(),
        &progress::Bar::new(),
    )
    .await;
    let seen = seen.map_err(|error| Failure::new(exit_for_error(&error), error))?;
    let (export, form) = match &wanted.base_roster {
        None => (export_all(&seen), ExportForm::Roster),
        Some((roster, _)) => (export_unlisted(&seen, roster), ExportForm::Beside),
    };
    check_unread_desks(&export, !args.desks.is_empty())?;
    let day = Timestamp::now().to_zoned(TimeZone::UTC).date();
    let text = roster_yaml::render(&export, form, day);
    verify_text(&text, &export, &seen, &wanted).map_err(|error| Failure::new(Exit::Internal, error))?;
    match &args.out {
        Some(path) => {
            write_new_file(path, &text)?;
            let (customers, desks) = (export.entries.len(), export.desks.len());
            info!(customers, desks, commented = export.withheld.len(), "exported");
        }
        None => {
            let mut out = output::stdout();
            out.write_all(text.as_bytes())?;
            out.flush()?;
        }
    }
    Ok(Exit::Done)
}

/// What to export.
struct ExportRequest {
    /// The desks; if empty, all desks.
    desks: Vec<DeskKey>,
    /// With `--unlisted`: the roster, and its files.
    base_roster: Option<(Roster, Vec<Source>)>,
}

impl ExportRequest {
    fn from_args(args: &ExportArgs) -> Result<Self, Failure> {
        let narrow = DeskSelection::parse(&args.desks)?;
        let Some(path) = &args.unlisted else {
            return Ok(Self {
                desks: narrow.keys().to_vec(),
                base_roster: None,
            });
        };
        let roster = load_roster(path)?.roster;
        let desks: Vec<_> = narrow.narrow_checked(roster.clone())?.desks.into_keys().collect();
        if desks.is_empty() {
            return Err(Failure::new(Exit::Invalid, ExportError::NoDesk(path.clone())));
        }
        let read = roster_file::read(path).map_err(|error| Failure::new(Exit::Invalid, error))?;
        Ok(Self {
            desks,
            base_roster: Some((roster, read.sources)),
        })
    }
}

fn exit_for_error(error: &ExportSnapshotError) -> Exit {
    match error {
        ExportSnapshotError::Read(source) => Exit::from_observe_error(source),
        ExportSnapshotError::NoSuchDesk { .. } => Exit::Invalid,
        ExportSnapshotError::NoDesk => Exit::Refused,
    }
}

/// Checks that every desk of `--desk` could be listed. Without `--desk`, desks that cannot be listed are left out.
fn check_unread_desks(export: &Export, asked_for: bool) -> Result<(), Failure> {
    for (key, reason) in &export.unreadable_desks {
        warn!(desk = %key, reason, "cannot list the customers of this desk; leaving it out");
    }
    match export.unreadable_desks.first() {
        Some((key, reason)) if asked_for || export.desks.is_empty() => {
            let error = ExportError::CannotList(key.clone(), reason.clone());
            Err(Failure::new(Exit::Refused, error))
        }
        Some(_) | None => Ok(()),
    }
}

/// Parses the text, and plans it against the state that was read.
fn verify_text(text: &str, export: &Export, seen: &ExportSnapshot, wanted: &ExportRequest) -> Result<(), ExportError> {
    let none = Roster::default();
    let (base, files) = match &wanted.base_roster {
        Some((roster, files)) => (roster, files.as_slice()),
        None => (&none, &[][..]),
    };
    let own = Source {
        name: "the export".to_owned(),
        bytes: text.as_bytes().to_vec(),
    };
    let sources: Vec<_> = files.iter().cloned().chain([own]).collect();
    let parsed = roster_file::parse(&sources).map_err(|problems| ExportError::Invalid(problems.summary()))?;
    if !export.is_included_in(&parsed) || (wanted.base_roster.is_none() && parsed != export.to_roster()) {
        return Err(ExportError::Altered);
    }
    match surplus(&parsed, base, &seen.observed) {
        Surplus::NONE => Ok(()),
        some => Err(ExportError::HasSteps(some)),
    }
}

fn check_output_path(path: &Path) -> Result<(), Failure> {
    if path.symlink_metadata().is_ok() {
        return Err(Failure::new(Exit::Invalid, ExportError::OutExists(path.to_owned())));
    }
    match parent_folder(path).metadata() {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let missing = parent_folder(path).to_owned();
            Err(Failure::new(Exit::Invalid, ExportError::NoFolder(missing)))
        }
        Err(error) => Err(Failure::new(
            Exit::Invalid,
            ExportError::CannotWrite(path.to_owned(), error.kind()),
        )),
    }
}

/// Writes the file atomically, readable by its owner only, because it contains personal data.
fn write_new_file(path: &Path, text: &str) -> Result<(), Failure> {
    let written = || -> io::Result<()> {
        let mut file = NamedTempFile::new_in(parent_folder(path))?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist_noclobber(path).map(drop).map_err(|error| error.error)
    };
    written().map_err(|error| {
        if error.kind() == io::ErrorKind::AlreadyExists {
            Failure::new(Exit::Invalid, ExportError::OutExists(path.to_owned()))
        } else {
            Failure::new(Exit::Internal, ExportError::CannotWrite(path.to_owned(), error.kind()))
        }
    })
}

fn parent_folder(path: &Path) -> &Path {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}
