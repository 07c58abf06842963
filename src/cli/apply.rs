//! `quietdesk apply`: one pass.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::path::Path;

use tempfile::NamedTempFile;

use super::args::{ApplyArgs, Format};
use super::exit::Exit;
use super::site::Site;
use super::{Failure, printed, signals};
use crate::engine::pass::{Preview, carry_out, preview};
use crate::jira::JiraWrite;
use crate::model::ledger::Ledger;
use crate::model::outcome::Outcomes;
use crate::model::report::Report;
use crate::render::{json, progress, text};

pub(super) async fn run(args: ApplyArgs) -> Result<Exit, Failure> {
    let report_file = args.report.as_deref().map(ReportFile::create).transpose()?;
    let site = Site::open(&args.site).await?;
    let ended = pass(&args, &site).await;
    if let Some(file) = report_file {
        match &ended {
            Ok((report, _)) => file.write(report)?,
            Err(failure) => file.write(&Report::without_plan(
                site.url(),
                &site.source,
                failure.error.to_string(),
            ))?,
        }
    }
    ended.map(|(_, exit)| exit)
}

async fn pass(args: &ApplyArgs, site: &Site) -> Result<(Report, Exit), Failure> {
    let stop = signals::stop_token()?;
    let jira = JiraWrite::new(site.connect().await?);
    let bar = progress::Bar::new();
    let ledger = Ledger::none();
    let seen = tokio::select! {
        seen = preview(&jira, &site.roster, &ledger, &bar) => seen,
        () = stop.cancelled() => return Err(Failure::new(Exit::Partial, "told to stop before anything was changed")),
    };
    let seen = seen.map_err(|error| Failure::new(Exit::of_observe_error(&error), error))?;
    let plan = seen.approved.plan();
    if args.output == Format::Text {
        let mut out = printed::stdout();
        text::write_diff(&mut out, &site.roster, &seen.observed, plan)?;
        text::write_remarks(&mut out, &seen.report(&site.roster, &site.source, None, false), false)?;
        out.flush()?;
    }
    if !plan.steps.is_empty() && !args.yes && io::stdin().is_terminal() && !agreed()? {
        let report = seen.report(&site.roster, &site.source, Some(&Outcomes::NONE), false);
        return Ok((report, Exit::Partial));
    }
    let writes_before = jira.stats().writes;
    let outcomes = carry_out(&jira, &seen, &progress::Bar::new(), &stop).await;
    let writes = jira.stats().writes - writes_before;
    print(args.output, site, &seen, &outcomes, writes)
}

fn print(
    format: Format,
    site: &Site,
    seen: &Preview,
    outcomes: &Outcomes,
    writes: u64,
) -> Result<(Report, Exit), Failure> {
    let report = seen.report(&site.roster, &site.source, Some(outcomes), false);
    let mut out = printed::stdout();
    match format {
        Format::Text => text::write_outcomes(&mut out, seen.approved.plan(), outcomes, writes)?,
        Format::Json => json::write(&mut out, &report)?,
    }
    out.flush()?;
    Ok((report, Exit::of_outcomes(&seen.approved, outcomes)))
}

fn agreed() -> io::Result<bool> {
    let mut stderr = io::stderr();
    write!(stderr, "Apply this? [y/N] ")?;
    stderr.flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

/// The report's file: made before anything is done, so that a wrong path is told in time, and put in place whole.
struct ReportFile<'a> {
    path: &'a Path,
    file: NamedTempFile,
}

/// A report that cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("the report {} cannot be written; check --report", path.display())]
struct ReportError {
    path: std::path::PathBuf,
    source: io::Error,
}

impl<'a> ReportFile<'a> {
    fn create(path: &'a Path) -> Result<Self, Failure> {
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        let file = NamedTempFile::new_in(folder);
        file.map(|file| Self { path, file })
            .map_err(|source| Self::failure(Exit::Invalid, path, source))
    }

    fn write(mut self, report: &Report) -> Result<(), Failure> {
        let written = json::write(&mut io::BufWriter::new(&mut self.file), report);
        let kept = written.and_then(|()| self.file.persist(self.path).map_err(|error| error.error));
        kept.map(drop)
            .map_err(|source| Self::failure(Exit::Internal, self.path, source))
    }

    fn failure(exit: Exit, path: &Path, source: io::Error) -> Failure {
        Failure::new(
            exit,
            ReportError {
                path: path.to_owned(),
                source,
            },
        )
    }
}
