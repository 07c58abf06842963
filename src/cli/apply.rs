//! `quietdesk apply`: one pass, of a roster or of a saved plan.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use tempfile::NamedTempFile;
use tokio_util::sync::CancellationToken;
use tracing::error;

use super::args::{ApplyArgs, Format};
use super::exit::Exit;
use super::site::Site;
use super::{Failure, printed, signals, state};
use crate::engine::journal::{Journal as _, NO_JOURNAL};
use crate::engine::memory::Memory;
use crate::engine::pass::Preview;
use crate::engine::session::{PassResult, PlannedPass, Scope, Session};
use crate::engine::state::State;
use crate::jira::JiraWrite;
use crate::model::ledger::Ledger;
use crate::model::outcome::Outcomes;
use crate::model::report::{Report, RosterSource};
use crate::model::saved::SavedPlan;
use crate::plan_file::PlanFile;
use crate::render::canonical::Shown;
use crate::render::{json, listing, markdown, progress, text};

pub(super) async fn run(args: ApplyArgs) -> Result<Exit, Failure> {
    let report_file = args.report.as_deref().map(ReportFile::begin).transpose()?;
    let url = args.target.connection.url.clone().unwrap_or_default();
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
    let file = args.plan.as_deref().map(PlanFile::open).transpose();
    let file = file.map_err(|error| Failure::new(Exit::Invalid, error))?;
    let site = match (&file, &args.roster) {
        (Some(file), _) => Site::of_plan(file, &args.target, stop).await?,
        (None, Some(roster)) => Site::open(roster, &args.target, stop).await?,
        (None, None) => return Err(Failure::new(Exit::Usage, "name a roster, or a saved plan with --plan")),
    };
    pass(args, site, file.as_ref().map(|file| &file.plan), stop).await
}

async fn pass(
    args: &ApplyArgs,
    mut site: Site,
    saved: Option<&SavedPlan>,
    stop: &CancellationToken,
) -> Result<Applied, Failure> {
    let (state, mut ledger) = open_state(args, &site)?;
    if saved.is_none() {
        site.remember(&ledger);
    }
    let (site, mut policy) = (&site, site.policy.clone());
    let mut session = Session {
        journal: match &state {
            Some(state) => state,
            None => &NO_JOURNAL,
        },
        ledger: &mut ledger,
        memory: &mut Memory::default(),
        policy: &mut policy,
        clock: Timestamp::now,
    };
    let (jira, mut planned) = look_unless_stopped(site, saved, &mut session, stop).await?;
    if let Some(problem) = planned.unread_approvals.take() {
        return Err(state::failure(problem));
    }
    if let Some(state) = &state {
        state.reached(jira.own_address());
    }
    if !agreed_to(args, site, saved, &planned.seen, stop).await? {
        writeln!(io::stderr(), "nothing was changed")?;
        let seen = &planned.seen;
        return Ok(Applied {
            report: seen.report(&site.roster, &site.source, Some(&Outcomes::NONE), false),
            exit: Exit::Partial,
            printed: Ok(()),
        });
    }
    let writes_before = jira.stats().writes;
    let bar = progress::Bar::new();
    let result = session.execute(planned, &jira, &site.passwords, &bar, stop).await;
    let result = result.map_err(state::failure)?;
    Ok(print_result(args, site, result, jira.stats().writes - writes_before))
}

/// The state to write to, where there is one, and what it remembers.
fn open_state(args: &ApplyArgs, site: &Site) -> Result<(Option<State>, Ledger), Failure> {
    let (connection, rotation) = (&args.target.connection, args.journal.rotation());
    let state = state::open(site.place.as_ref(), connection, &site.settings, "apply", rotation)?;
    let Some(state) = state else {
        return Ok((None, Ledger::none()));
    };
    let mut ledger = state.ledger().map_err(state::failure)?;
    if args.retry {
        ledger.try_again();
    }
    // Where it cannot be known what somebody approved of, nothing is asked of Jira either.
    let approvals = state.approvals(ledger.history(), site.policy.now);
    approvals.map_err(state::failure)?;
    Ok((Some(state), ledger))
}

/// Prints what a pass did, by `writes` calls that change something.
fn print_result(args: &ApplyArgs, site: &Site, result: PassResult, writes: u64) -> Applied {
    let PassResult {
        seen,
        outcomes,
        unsaved,
    } = result;
    let outcomes = outcomes.unwrap_or(Outcomes::NONE);
    // What was done is done; without the memory of it the next pass only asks more.
    let saved_as = unsaved.map_or(Exit::Done, |problem| {
        error!(%problem, "what this pass saw is not remembered");
        Exit::Internal
    });
    let report = seen.report(&site.roster, &site.source, Some(&outcomes), false);
    let hand_off = state::hand_off_command(site.place.as_ref());
    Applied {
        printed: print(args.output, &report, &seen, &outcomes, writes, hand_off.as_deref()),
        exit: Exit::first_of([Exit::of_outcomes(&seen.approved, &outcomes), saved_as]),
        report,
    }
}

/// The first calls, which write nothing and are given up at once when asked to stop.
async fn look_unless_stopped<'s>(
    site: &'s Site,
    saved: Option<&'s SavedPlan>,
    session: &mut Session<'_>,
    stop: &CancellationToken,
) -> Result<(JiraWrite, PlannedPass<'s>), Failure> {
    let looked = tokio::select! {
        looked = look(site, saved, session) => Some(looked),
        () = stop.cancelled() => None,
    };
    match looked {
        Some(Ok(looked)) => Ok(looked),
        Some(Err(failure)) if !stop.is_cancelled() => Err(failure),
        Some(Err(_)) | None => Err(Failure::new(Exit::Partial, "told to stop before anything was changed")),
    }
}

/// What is to be done: all that the roster wants, or what is left of a saved plan.
async fn look<'s>(
    site: &'s Site,
    saved: Option<&'s SavedPlan>,
    session: &mut Session<'_>,
) -> Result<(JiraWrite, PlannedPass<'s>), Failure> {
    let jira = JiraWrite::new(site.connect().await?);
    let scope = match saved {
        None => Scope::Desks(&site.roster),
        Some(saved) => Scope::Saved(saved, &site.roster),
    };
    let planned = session.plan(&jira, &site.whole, scope, &progress::Bar::new()).await?;
    Ok((jira, planned))
}

/// Shows what is to be done, and asks where somebody is there to answer.
async fn agreed_to(
    args: &ApplyArgs,
    site: &Site,
    saved: Option<&SavedPlan>,
    seen: &Preview,
    stop: &CancellationToken,
) -> Result<bool, Failure> {
    let asks = !seen.approved.plan().steps.is_empty() && !args.yes && io::stdin().is_terminal();
    match args.output {
        Format::Text => write_plan(&mut printed::stdout(), site, saved, seen)?,
        // Nobody can agree to what they have not seen; data alone goes to stdout.
        Format::Json | Format::Markdown if asks => write_plan(&mut printed::stderr(), site, saved, seen)?,
        Format::Json | Format::Markdown => {}
    }
    Ok(!asks || agreed(stop).await?)
}

/// What was seen of the desks is in a diff; of a saved plan only its steps were read again.
fn write_plan(out: &mut dyn io::Write, site: &Site, saved: Option<&SavedPlan>, seen: &Preview) -> io::Result<()> {
    let report = seen.report(&site.roster, &site.source, None, false);
    match saved {
        None => text::write_diff(out, &site.roster, &seen.observed, seen.approved.plan(), Shown::Whole)?,
        Some(_) => listing::write(out, &report)?,
    }
    text::write_remarks(out, &report, false)?;
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
