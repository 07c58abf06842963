//! `quietdesk show`: a saved plan or a report, for people.

use std::io::Write as _;

use super::args::{ShowArgs, ShowFormat};
use super::exit::Exit;
use super::place::Place;
use super::{Failure, printed};
use crate::plan_file::read_report;
use crate::render::{listing, markdown, text};

pub(super) fn run(args: &ShowArgs) -> Result<Exit, Failure> {
    let report = read_report(&args.file).map_err(|error| Failure::new(Exit::Invalid, error))?;
    let mut report = match args.redact {
        true => report.redacted(),
        false => report,
    };
    // It may be shown elsewhere than where it was made, and on a machine whose state has another address of the site.
    if let Some(flag) = Place::flag_of(&report.jira.url) {
        for finding in &mut report.guard.findings {
            finding.tell_at(&flag);
        }
    }
    let mut out = printed::stdout();
    match args.output {
        ShowFormat::Text => {
            listing::write(&mut out, &report)?;
            text::write_remarks(&mut out, &report, args.full)?;
        }
        ShowFormat::Markdown => markdown::write(&mut out, &report, args.full)?,
    }
    out.flush()?;
    Ok(Exit::Done)
}
