//! `quietdesk approve`: releases what a guard refused, once. Asks Jira nothing.

use std::io::Write as _;
use std::path::PathBuf;

use jiff::Timestamp;

use super::args::ApproveArgs;
use super::exit::Exit;
use super::place::Place;
use super::{Failure, printed, state};
use crate::engine::state::{Approval, approve};
use crate::model::guard::{Finding, is_finding_id};

/// An id that nothing can be approved of by.
#[derive(Debug, thiserror::Error)]
enum ApproveError {
    #[error(
        "{0:?} is no id of a guard's finding; copy it from `quietdesk plan`, where it looks like removals-SUP-1a2b3c4d"
    )]
    NoId(String),
    #[error("no finding with this id is waiting in {}{}", folder.display(), listed(.waiting))]
    NothingWaits { folder: PathBuf, waiting: Vec<Finding> },
}

/// What waits, a line each.
fn listed(waiting: &[Finding]) -> String {
    match waiting {
        [] => ", and no other; an id is good for one pass, and is another one as soon as anything else would happen"
            .to_owned(),
        some => {
            let lines = some
                .iter()
                .map(|finding| format!("\n  {}: {}", finding.id, finding.what));
            format!("; these wait:{}", lines.collect::<String>())
        }
    }
}

pub(super) fn run(args: &ApproveArgs) -> Result<Exit, Failure> {
    let invalid = |error: ApproveError| Failure::new(Exit::Invalid, error);
    if !is_finding_id(&args.id) {
        return Err(invalid(ApproveError::NoId(args.id.clone())));
    }
    let place = Place::existing(args.state_dir.as_deref(), args.url.as_deref())?;
    writeln!(printed::stderr(), "{}", place.in_words())?;
    let approval = approve(&place.folder, &args.id, Timestamp::now().as_second()).map_err(state::failure)?;
    let finding = match approval {
        Approval::Given(finding) => finding,
        Approval::NothingWaits(waiting) => {
            let folder = place.folder;
            return Err(invalid(ApproveError::NothingWaits { folder, waiting }));
        }
    };
    let mut out = printed::stdout();
    writeln!(out, "approved, once, within 24 hours: {}", finding.what)?;
    writeln!(
        out,
        "a running daemon takes it up by itself; else run `quietdesk apply`"
    )?;
    out.flush()?;
    Ok(Exit::Done)
}
