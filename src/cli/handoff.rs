//! `quietdesk handoff`: who was created and how to reach them. Asks Jira nothing.

use std::io::Write as _;

use super::args::{HandoffArgs, HandoffFormat};
use super::exit::Exit;
use super::place::Place;
use super::{Failure, printed, state};
use crate::engine::state::{clear_hand_off, read_hand_off};
use crate::render::handoff;

pub(super) fn run(args: &HandoffArgs) -> Result<Exit, Failure> {
    let place = Place::existing(args.state_dir.as_deref(), args.url.as_deref())?;
    writeln!(printed::stderr(), "{}", place.in_words())?;
    let entries = read_hand_off(&place.folder).map_err(state::failure)?;
    let mut out = printed::stdout();
    match args.output {
        HandoffFormat::Table => handoff::write_table(&mut out, &entries)?,
        HandoffFormat::Csv => handoff::write_csv(&mut out, &entries)?,
        HandoffFormat::Json => handoff::write_json(&mut out, &entries)?,
    }
    // What could not be printed is not thrown away.
    out.flush()?;
    if args.clear {
        let cleared = clear_hand_off(&place.folder, &entries).map_err(state::failure)?;
        writeln!(printed::stderr(), "{cleared} cleared")?;
    }
    Ok(Exit::Done)
}
