//! `quietdesk approve`: approves a guard finding, once. Makes no requests to Jira.

use std::io::Write as _;
use std::path::PathBuf;

use jiff::Timestamp;

use super::args::ApproveArgs;
use super::exit::Exit;
use super::state_dir::StateDir;
use super::{Failure, output, state};
use crate::engine::state::{ApproveResult, approve};
use crate::model::guard::{Finding, is_finding_id};

/// Why an id cannot be approved.
#[derive(Debug, thiserror::Error)]
enum ApproveError {
    #[error(
        "{0:?} is not the id of a guard finding; copy it from `quietdesk plan`: it looks like removals-SUP-1a2b3c4d"
    )]
    InvalidId(String),
    #[error("no finding with this id is waiting in {}{}", folder.display(), listed(.waiting))]
    NothingWaits { folder: PathBuf, waiting: Vec<Finding> },
}

/// Lists the findings that wait for approval, one per line.
fn listed(waiting: &[Finding]) -> String {
    match waiting {
        [] => ", nor any other; an id is valid for one pass and changes with the plan; run `quietdesk plan` again"
            .to_owned(),
        some => {
            let lines = some
                .iter()
                .map(|finding| format!("\n  {}: {}", finding.id, finding.what));
            format!("; waiting:{}", lines.collect::<String>())
        }
    }
}

pub(super) fn run(args: &ApproveArgs) -> Result<Exit, Failure> {
    let invalid = |error: ApproveError| Failure::new(Exit::Invalid, error);
    if !is_finding_id(&args.id) {
        return Err(invalid(ApproveError::InvalidId(args.id.clone())));
    }
    let place = StateDir::find_existing(args.state_dir.as_deref(), args.url.as_deref())?;
    writeln!(output::stderr(), "{}", place.description())?;
    let approval = approve(&place.folder, &args.id, Timestamp::now().as_second()).map_err(state::failure)?;
    let finding = match approval {
        ApproveResult::ApprovalLine(finding) => finding,
        ApproveResult::NoSuchFinding(waiting) => {
            let folder = place.folder;
            return Err(invalid(ApproveError::NothingWaits { folder, waiting }));
        }
    };
    let mut out = output::stdout();
    writeln!(out, "approved once, for 24 hours: {}", finding.what)?;
    writeln!(
        out,
        "a running daemon picks it up automatically; otherwise run `quietdesk apply`"
    )?;
    out.flush()?;
    Ok(Exit::Done)
}
