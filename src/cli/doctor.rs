//! `quietdesk doctor`: whether all is well. Writes nothing.

use std::collections::BTreeMap;
use std::io::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio_util::sync::CancellationToken;

use super::args::{DoctorArgs, DoctorFormat};
use super::exit::Exit;
use super::seed::{seed_for, small_site};
use super::site::{desk_keys, load_roster, reach};
use super::{Failure, printed};
use crate::doctor::{Asked, Trouble, diagnose};
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
    for key in desk_keys(&args.desks)? {
        desks.entry(key).or_insert(false);
    }
    // A sandbox lives as long as this is held.
    let seed = || match args.roster {
        Some(_) => seed_for(&roster),
        None => small_site(),
    };
    let (settings, _embedded) = reach(&args.connection, seed, &CancellationToken::new()).await?;
    let url = settings.url.to_string();
    let diagnosis = diagnose(Asked {
        settings,
        desks: desks.into_iter().collect(),
        token_expires: args.token_expires,
        today: Timestamp::now().to_zoned(TimeZone::UTC).date(),
        clock: Timestamp::now,
    })
    .await;
    let mut out = printed::stdout();
    match args.output {
        DoctorFormat::Text => doctor::write_text(&mut out, &diagnosis)?,
        DoctorFormat::Json => doctor::write_json(&mut out, &diagnosis, &url)?,
    }
    out.flush()?;
    Ok(match diagnosis.worst() {
        None => Exit::Done,
        Some(Trouble::Settings) => Exit::Invalid,
        Some(Trouble::Refused) => Exit::Refused,
        Some(Trouble::Unreachable) => Exit::Unreachable,
        Some(Trouble::Part) => Exit::Partial,
    })
}
