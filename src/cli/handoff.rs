//! `quietdesk handoff`: who was created and how to reach them. Asks Jira nothing.

use std::io::Write as _;
use std::path::PathBuf;

use super::args::{HandoffArgs, HandoffFormat};
use super::exit::Exit;
use super::{Failure, printed, state};
use crate::engine::state::{clear_hand_off, read_hand_off};
use crate::jira::BaseUrl;
use crate::render::handoff;

/// Nothing was ever remembered there: more likely the wrong place than the truth.
#[derive(Debug, thiserror::Error)]
#[error("there is no state directory {}; name the one that `apply` or `run` uses, with --state-dir or --url", .0.display())]
struct NoState(PathBuf);

pub(super) fn run(args: &HandoffArgs) -> Result<Exit, Failure> {
    let url = args.url.as_deref().map(BaseUrl::parse).transpose();
    let url = url.map_err(|error| Failure::new(Exit::Invalid, error))?;
    let url = url.map(|url| url.to_string());
    let folder = state::folder_of(args.state_dir.as_deref(), url.as_deref())?;
    if !folder.is_dir() {
        return Err(Failure::new(Exit::Invalid, NoState(folder)));
    }
    let entries = read_hand_off(&folder).map_err(state::failure)?;
    let mut out = printed::stdout();
    match args.output {
        HandoffFormat::Table => handoff::write_table(&mut out, &entries)?,
        HandoffFormat::Csv => handoff::write_csv(&mut out, &entries)?,
        HandoffFormat::Json => handoff::write_json(&mut out, &entries)?,
    }
    // What could not be printed is not thrown away.
    out.flush()?;
    if args.clear {
        let cleared = clear_hand_off(&folder, &entries).map_err(state::failure)?;
        writeln!(printed::stderr(), "{cleared} cleared")?;
    }
    Ok(Exit::Done)
}
