//! `quietdesk export`: Jira's present state as a roster. Holds nothing that could write to Jira.
//!
//! What is printed was read back and planned first: a roster that had a step would be the beginning of a change nobody
//! asked for.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tempfile::NamedTempFile;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::args::ExportArgs;
use super::exit::Exit;
use super::seed::{seed_for, small_site};
use super::site::{Narrow, load_roster, reach, sign_in};
use super::{Failure, printed};
use crate::engine::observe::{SurveyError, survey};
use crate::model::desk::DeskKey;
use crate::model::export::{Export, Surplus, Survey, everybody, surplus, unlisted};
use crate::model::roster::Roster;
use crate::render::progress;
use crate::render::roster_yaml::{self, Form};
use crate::roster_file::{self, Source};

/// An export that is not printed.
#[derive(Debug, thiserror::Error)]
enum ExportError {
    #[error("{} exists already, and an export overwrites nothing; move it away, or give --out another name", .0.display())]
    OutExists(PathBuf),
    #[error("there is no folder {}; make it, or give --out another place", .0.display())]
    NoFolder(PathBuf),
    #[error("{} cannot be written ({}); check --out", .0.display(), .1)]
    Out(PathBuf, io::ErrorKind),
    #[error("--unlisted {}: the roster declares no desk, so that there is none to look at", .0.display())]
    NoDesk(PathBuf),
    #[error("the customers of {0} cannot be listed: {1}; make quietdesk's account an administrator of its project")]
    Unread(DeskKey, String),
    #[error("a bug: the exported roster cannot be read back ({0}); nothing is printed")]
    Invalid(String),
    #[error("a bug: the exported roster reads back as another one; nothing is printed")]
    Altered,
    #[error(
        "a bug: the exported roster would have {} steps, {} held entries and {} notes of its own; nothing is printed",
        .0.steps, .0.held, .0.notes
    )]
    NotInStep(Surplus),
}

pub(super) async fn run(args: ExportArgs) -> Result<Exit, Failure> {
    if let Some(path) = &args.out {
        check_out(path)?;
    }
    let wanted = Wanted::of(&args)?;
    let seed = || {
        wanted
            .beside
            .as_ref()
            .map_or_else(small_site, |(roster, _)| seed_for(roster))
    };
    // A sandbox lives as long as this is held.
    let (settings, _embedded) = reach(&args.connection, seed, &CancellationToken::new()).await?;
    let jira = sign_in(settings).await?;
    let seen = survey(&jira, &wanted.desks, wanted.beside.is_none(), &progress::Bar::new()).await;
    let seen = seen.map_err(|error| Failure::new(exit_of(&error), error))?;
    let (export, form) = match &wanted.beside {
        None => (everybody(&seen), Form::Roster),
        Some((roster, _)) => (unlisted(&seen, roster), Form::Beside),
    };
    check_read(&export, !args.desks.is_empty())?;
    let day = Timestamp::now().to_zoned(TimeZone::UTC).date();
    let text = roster_yaml::text(&export, form, day);
    check_text(&text, &export, &seen, &wanted).map_err(|error| Failure::new(Exit::Internal, error))?;
    match &args.out {
        Some(path) => {
            save(path, &text)?;
            let (customers, desks) = (export.entries.len(), export.desks.len());
            info!(customers, desks, commented = export.withheld.len(), "exported");
        }
        None => {
            let mut out = printed::stdout();
            out.write_all(text.as_bytes())?;
            out.flush()?;
        }
    }
    Ok(Exit::Done)
}

/// What to look at.
struct Wanted {
    /// The desks; none: all there are.
    desks: Vec<DeskKey>,
    /// The roster whose strangers are wanted, and its files.
    beside: Option<(Roster, Vec<Source>)>,
}

impl Wanted {
    fn of(args: &ExportArgs) -> Result<Self, Failure> {
        let narrow = Narrow::parse(&args.desks)?;
        let Some(path) = &args.unlisted else {
            return Ok(Self {
                desks: narrow.keys().to_vec(),
                beside: None,
            });
        };
        let roster = load_roster(path)?.roster;
        let desks: Vec<_> = narrow.checked(roster.clone())?.desks.into_keys().collect();
        if desks.is_empty() {
            return Err(Failure::new(Exit::Invalid, ExportError::NoDesk(path.clone())));
        }
        let read = roster_file::read(path).map_err(|error| Failure::new(Exit::Invalid, error))?;
        Ok(Self {
            desks,
            beside: Some((roster, read.sources)),
        })
    }
}

fn exit_of(error: &SurveyError) -> Exit {
    match error {
        SurveyError::Read(source) => Exit::of_observe_error(source),
        SurveyError::NoSuchDesk { .. } => Exit::Invalid,
        SurveyError::NoDesk => Exit::Refused,
    }
}

/// A desk that was asked for must be there; of all there are, quietdesk's account may not be meant to see every one.
fn check_read(export: &Export, asked_for: bool) -> Result<(), Failure> {
    for (key, reason) in &export.unread {
        warn!(desk = %key, reason, "left out: its customers cannot be listed");
    }
    match export.unread.first() {
        Some((key, reason)) if asked_for || export.desks.is_empty() => {
            let error = ExportError::Unread(key.clone(), reason.clone());
            Err(Failure::new(Exit::Refused, error))
        }
        Some(_) | None => Ok(()),
    }
}

/// Reads the text as everybody else will, and plans it against what was seen.
fn check_text(text: &str, export: &Export, seen: &Survey, wanted: &Wanted) -> Result<(), ExportError> {
    let none = Roster::default();
    let (base, files) = match &wanted.beside {
        Some((roster, files)) => (roster, files.as_slice()),
        None => (&none, &[][..]),
    };
    let own = Source {
        name: "the export".to_owned(),
        bytes: text.as_bytes().to_vec(),
    };
    let sources: Vec<_> = files.iter().cloned().chain([own]).collect();
    let parsed = roster_file::parse(&sources).map_err(|problems| ExportError::Invalid(problems.summary()))?;
    if !export.is_in(&parsed) || (wanted.beside.is_none() && parsed != export.roster()) {
        return Err(ExportError::Altered);
    }
    match surplus(&parsed, base, &seen.observed) {
        Surplus::NONE => Ok(()),
        some => Err(ExportError::NotInStep(some)),
    }
}

fn check_out(path: &Path) -> Result<(), Failure> {
    if path.symlink_metadata().is_ok() {
        return Err(Failure::new(Exit::Invalid, ExportError::OutExists(path.to_owned())));
    }
    match folder(path).metadata() {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let missing = folder(path).to_owned();
            Err(Failure::new(Exit::Invalid, ExportError::NoFolder(missing)))
        }
        Err(error) => Err(Failure::new(
            Exit::Invalid,
            ExportError::Out(path.to_owned(), error.kind()),
        )),
    }
}

/// Puts the file in place whole, readable by its owner only: it names people.
fn save(path: &Path, text: &str) -> Result<(), Failure> {
    let written = || -> io::Result<()> {
        let mut file = NamedTempFile::new_in(folder(path))?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist_noclobber(path).map(drop).map_err(|error| error.error)
    };
    written().map_err(|error| {
        if error.kind() == io::ErrorKind::AlreadyExists {
            Failure::new(Exit::Invalid, ExportError::OutExists(path.to_owned()))
        } else {
            Failure::new(Exit::Internal, ExportError::Out(path.to_owned(), error.kind()))
        }
    })
}

fn folder(path: &Path) -> &Path {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}
