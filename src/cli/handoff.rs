//! `quietdesk handoff`: lists new accounts to hand off. Makes no requests to Jira.

use std::io::Write as _;

use super::args::{HandoffArgs, HandoffFormat};
use super::exit::Exit;
use super::state_dir::StateDir;
use super::{Failure, output, state};
use crate::engine::state::{clear_hand_off, read_hand_off};
use crate::render::handoff;

pub(super) fn run(args: &HandoffArgs) -> Result<Exit, Failure> {
    let place = StateDir::find_existing(args.state_dir.as_deref(), args.url.as_deref())?;
    writeln!(output::stderr(), "{}", place.description())?;
    let entries = read_hand_off(&place.folder).map_err(state::failure)?;
    let mut out = output::stdout();
    match args.output {
        HandoffFormat::Table => handoff::write_table(&mut out, &entries)?,
        HandoffFormat::Csv => handoff::write_csv(&mut out, &entries)?,
        HandoffFormat::Json => handoff::write_json(&mut out, &entries)?,
    }
    // Entries that could not be printed are not cleared.
    out.flush()?;
    if args.clear {
        let cleared = clear_hand_off(&place.folder, &entries).map_err(state::failure)?;
        writeln!(output::stderr(), "entries cleared: {cleared}")?;
    }
    Ok(Exit::Done)
}
