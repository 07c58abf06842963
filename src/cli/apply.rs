//! `quietdesk apply`: one pass.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;
use tokio_util::sync::CancellationToken;
use tracing::error;

use super::args::{ApplyArgs, Format};
use super::exit::Exit;
use super::site::Site;
use super::{Failure, printed, signals, state};
use crate::engine::book::{Book, NoBook};
use crate::engine::pass::{Preview, carry_out, preview};
use crate::engine::release::{commit, keep_refused, read_approvals};
use crate::engine::state::State;
use crate::jira::JiraWrite;
use crate::model::ledger::Ledger;
use crate::model::outcome::Outcomes;
use crate::model::report::{Report, RosterSource};
use crate::render::canonical::Shown;
use crate::render::{json, markdown, progress, text};

pub(super) async fn run(args: ApplyArgs) -> Result<Exit, Failure> {
    let report_file = args.report.as_deref().map(ReportFile::begin).transpose()?;
    let url = args.site.connection.url.clone().unwrap_or_default();
    let ended = match signals::stop_token() {
        Ok(stop) => open_and_pass(&args, &stop).await,
        Err(error) => Err(error.into()),
    };
    if let Some(file) = report_file {
        match &ended {
            Ok(applied) => file.write(&applied.report)?,
            Err(failure) => file.write(&Report::without_plan(
                url,
                &RosterSource::default(),
                failure.to_string(),
            ))?,
        }
    }
    let applied = ended?;
    applied.printed?;
    Ok(applied.exit)
}

/// What a pass came to. What was done stays done where it cannot be printed.
struct Applied {
    report: Report,
    exit: Exit,
    printed: io::Result<()>,
}

async fn open_and_pass(args: &ApplyArgs, stop: &CancellationToken) -> Result<Applied, Failure> {
    let site = Site::open(&args.site, stop).await?;
    pass(args, &site, stop).await
}

async fn pass(args: &ApplyArgs, site: &Site, stop: &CancellationToken) -> Result<Applied, Failure> {
    let state = state::open(&args.site.connection, &site.settings, "apply")?;
    let mut ledger = state.as_ref().map_or_else(Ledger::none, State::ledger);
    // Whoever applies by hand says that what was in the way is mended: it is tried again.
    ledger.try_again();
    let book: &dyn Book = match &state {
        Some(state) => state,
        None => &NoBook,
    };
    let mut policy = site.policy.clone();
    let now = policy.now;
    let approvals = read_approvals(state.as_ref(), &ledger, &mut policy, now).map_err(state::failure)?;
    let jira = JiraWrite::new(site.connect().await?);
    let bar = progress::Bar::new();
    let seen = tokio::select! {
        seen = preview(&jira, &site.roster, &ledger, &policy, &bar) => seen,
        () = stop.cancelled() => return Err(Failure::new(Exit::Partial, "told to stop before anything was changed")),
    };
    let seen = seen.map_err(|error| Failure::new(Exit::of_observe_error(&error), error))?;
    keep_refused(state.as_ref(), &seen);
    let plan = seen.approved.plan();
    let asks = !plan.steps.is_empty() && !args.yes && io::stdin().is_terminal();
    match args.output {
        Format::Text => write_plan(&mut printed::stdout(), site, &seen)?,
        // Nobody can agree to what they have not seen; data alone goes to stdout.
        Format::Json if asks => write_plan(&mut printed::stderr(), site, &seen)?,
        Format::Markdown if asks => write_plan(&mut printed::stderr(), site, &seen)?,
        Format::Json | Format::Markdown => {}
    }
    if asks && !agreed(stop).await? {
        writeln!(io::stderr(), "nothing was changed")?;
        return Ok(Applied {
            report: seen.report(&site.roster, &site.source, Some(&Outcomes::NONE), false),
            exit: Exit::Partial,
            printed: Ok(()),
        });
    }
    commit(state.as_ref(), &mut ledger, &approvals, &seen, now).map_err(state::failure)?;
    let writes_before = jira.stats().writes;
    let outcomes = carry_out(&jira, &seen, book, &site.passwords, &progress::Bar::new(), stop).await;
    let writes = jira.stats().writes - writes_before;
    if let Some(state) = &state {
        ledger.fold_part(&site.whole, &site.roster, plan, &outcomes);
        let history = ledger.history_mut();
        history.fold(
            (&site.whole, &site.roster),
            &seen.observed,
            &seen.approved,
            Some(&outcomes),
            now,
        );
        state.found(&site.roster, plan);
        // What was done is done; without the memory of it the next pass only asks more.
        if let Err(problem) = state.save(&ledger) {
            error!(%problem, "what this pass saw is not remembered");
        }
    }
    let report = seen.report(&site.roster, &site.source, Some(&outcomes), false);
    let hand_off = state::hand_off_command(&args.site.connection, &site.settings);
    Ok(Applied {
        printed: print(args.output, &report, &seen, &outcomes, writes, hand_off.as_deref()),
        exit: Exit::of_outcomes(&seen.approved, &outcomes),
        report,
    })
}

fn write_plan(out: &mut dyn io::Write, site: &Site, seen: &Preview) -> io::Result<()> {
    text::write_diff(out, &site.roster, &seen.observed, seen.approved.plan(), Shown::Whole)?;
    text::write_remarks(out, &seen.report(&site.roster, &site.source, None, false), false)?;
    out.flush()
}

fn print(
    format: Format,
    report: &Report,
    seen: &Preview,
    outcomes: &Outcomes,
    writes: u64,
    hand_off: Option<&str>,
) -> io::Result<()> {
    let mut out = printed::stdout();
    match format {
        Format::Text => text::write_outcomes(&mut out, seen.approved.plan(), outcomes, writes, hand_off)?,
        Format::Json => json::write(&mut out, report)?,
        Format::Markdown => markdown::write(&mut out, report, false)?,
    }
    out.flush()
}

/// Asks on the terminal. Ctrl-C is a no.
async fn agreed(stop: &CancellationToken) -> io::Result<bool> {
    write!(io::stderr(), "Apply this? [y/N] ")?;
    io::stderr().flush()?;
    let read = tokio::task::spawn_blocking(|| {
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer).map(|_| answer)
    });
    let answer = tokio::select! {
        answer = read => answer.map_err(io::Error::other)??,
        () = stop.cancelled() => String::new(),
    };
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

/// The report's file. Something true stands in it from the start, so that a wrong path is told in time and no earlier
/// report is taken for this one; each version is put in place whole.
struct ReportFile<'a>(&'a Path);

/// A report that cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("the report {} cannot be written ({kind}); check --report", path.display())]
struct ReportError {
    path: PathBuf,
    kind: io::ErrorKind,
}

impl<'a> ReportFile<'a> {
    fn begin(path: &'a Path) -> Result<Self, Failure> {
        let unfinished = "this run has not come to its end: what it did is in the next run's plan".to_owned();
        let file = Self(path);
        file.put(&Report::without_plan(
            String::new(),
            &RosterSource::default(),
            unfinished,
        ))
        .map_err(|error| file.failure(Exit::Invalid, &error))?;
        Ok(file)
    }

    fn write(self, report: &Report) -> Result<(), Failure> {
        self.put(report).map_err(|error| self.failure(Exit::Internal, &error))
    }

    fn put(&self, report: &Report) -> io::Result<()> {
        let folder = self.0.parent().filter(|folder| !folder.as_os_str().is_empty());
        let mut file = NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
        json::write(&mut io::BufWriter::new(&mut file), report)?;
        file.persist(self.0).map(drop).map_err(|error| error.error)
    }

    fn failure(&self, exit: Exit, error: &io::Error) -> Failure {
        let path = self.0.to_owned();
        Failure::new(
            exit,
            ReportError {
                path,
                kind: error.kind(),
            },
        )
    }
}
