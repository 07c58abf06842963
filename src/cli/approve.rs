//! `quietdesk approve`: releases what a guard refused, once. Asks Jira nothing.

use std::io::Write as _;

use jiff::Timestamp;

use super::args::ApproveArgs;
use super::exit::Exit;
use super::{Failure, printed, state};
use crate::engine::state::approve;
use crate::model::guard::is_finding_id;

/// An id that no guard gives.
#[derive(Debug, thiserror::Error)]
#[error(
    "{0:?} is no id of a guard's finding; copy it from `quietdesk plan`, where it looks like removals-SUP-1a2b3c4d"
)]
struct NoId(String);

pub(super) fn run(args: &ApproveArgs) -> Result<Exit, Failure> {
    if !is_finding_id(&args.id) {
        return Err(Failure::new(Exit::Invalid, NoId(args.id.clone())));
    }
    let folder = state::existing(args.state_dir.as_deref(), args.url.as_deref())?;
    let finding = approve(&folder, &args.id, Timestamp::now().as_second()).map_err(state::failure)?;
    let mut out = printed::stdout();
    match finding {
        Some(finding) => writeln!(out, "approved, once, within 24 hours: {}", finding.what)?,
        None => writeln!(
            out,
            "approved, once, within 24 hours; the last `apply` or pass of the daemon refused nothing under this id"
        )?,
    }
    writeln!(
        out,
        "a running daemon takes it up by itself; else run `quietdesk apply`"
    )?;
    out.flush()?;
    Ok(Exit::Done)
}
