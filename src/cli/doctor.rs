//! `quietdesk doctor`: checks the connection, permissions and desks. Writes nothing.

use std::collections::BTreeMap;
use std::io::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio_util::sync::CancellationToken;

use super::args::{DoctorArgs, DoctorFormat};
use super::exit::Exit;
use super::seed::{sample_seed, seed_differing_from_roster};
use super::site::{load_roster, parse_desk_keys, resolve_connection};
use super::{Failure, output};
use crate::doctor::{DiagnosisInput, FailureKind, diagnose};
use crate::model::desk::DeskKey;
use crate::model::roster::Roster;
use crate::render::doctor;

pub(super) async fn run(args: DoctorArgs) -> Result<Exit, Failure> {
    let roster = match &args.roster {
        Some(path) => load_roster(path)?.roster,
        None => Roster::default(),
    };
    let mut desks: BTreeMap<DeskKey, bool> = roster
        .desks
        .iter()
        .map(|(key, desk)| (key.clone(), desk.access.is_some()))
        .collect();
    for key in parse_desk_keys(&args.desks)? {
        desks.entry(key).or_insert(false);
    }
    // Dropping this stops the sandbox.
    let seed = || match args.roster {
        Some(_) => seed_differing_from_roster(&roster),
        None => sample_seed(),
    };
    let (settings, _embedded) = resolve_connection(&args.connection, seed, &CancellationToken::new()).await?;
    let url = settings.url.to_string();
    let diagnosis = diagnose(DiagnosisInput {
        settings,
        desks: desks.into_iter().collect(),
        token_expires: args.token_expires,
        today: Timestamp::now().to_zoned(TimeZone::UTC).date(),
        clock: Timestamp::now,
    })
    .await;
    let mut out = output::stdout();
    match args.output {
        DoctorFormat::Text => doctor::write_text(&mut out, &diagnosis)?,
        DoctorFormat::Json => doctor::write_json(&mut out, &diagnosis, &url)?,
    }
    out.flush()?;
    Ok(match diagnosis.worst() {
        None => Exit::Done,
        Some(FailureKind::Settings) => Exit::Invalid,
        Some(FailureKind::Refused) => Exit::Refused,
        Some(FailureKind::Unreachable) => Exit::Unreachable,
        Some(FailureKind::Partial) => Exit::Partial,
    })
}
