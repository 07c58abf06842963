//! `quietdesk show`: prints a saved plan or a report.

use std::io::Write as _;

use super::args::{ShowArgs, ShowFormat};
use super::exit::Exit;
use super::state_dir::StateDir;
use super::{Failure, output};
use crate::plan_file::read_report;
use crate::render::{listing, markdown, text};

pub(super) fn run(args: &ShowArgs) -> Result<Exit, Failure> {
    let report = read_report(&args.file).map_err(|error| Failure::new(Exit::Invalid, error))?;
    let mut report = match args.redact {
        true => report.redacted(),
        false => report,
    };
    // The file may come from another machine, and this machine's state may use another URL of the site.
    if let Some(flag) = StateDir::flag_for_url(&report.jira.url) {
        for finding in &mut report.guard.findings {
            finding.set_approve_arguments(&flag);
        }
    }
    let mut out = output::stdout();
    match args.output {
        ShowFormat::Text => {
            listing::write(&mut out, &report)?;
            text::write_details(&mut out, &report, args.full)?;
        }
        ShowFormat::Markdown => markdown::write(&mut out, &report, args.full)?,
    }
    out.flush()?;
    Ok(Exit::Done)
}
