//! `quietdesk apply`: one pass that applies a roster or a saved plan.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use tempfile::NamedTempFile;
use tokio_util::sync::CancellationToken;
use tracing::error;

use super::args::{ApplyArgs, OutputFormat};
use super::exit::Exit;
use super::site::Site;
use super::{Failure, output, signals, state};
use crate::engine::desk_cache::DeskCache;
use crate::engine::journal::{Journal as _, NO_JOURNAL};
use crate::engine::pass::Preview;
use crate::engine::session::{PassResult, PlannedPass, Scope, Session};
use crate::engine::state::State;
use crate::jira::JiraWrite;
use crate::model::ledger::Ledger;
use crate::model::outcome::Outcomes;
use crate::model::report::{Report, RosterSource};
use crate::model::saved::SavedPlan;
use crate::plan_file::PlanFile;
use crate::render::canonical::PersonalData;
use crate::render::{json, listing, markdown, progress, text};

pub(super) async fn run(args: ApplyArgs) -> Result<Exit, Failure> {
    let report_file = args.report.as_deref().map(ReportFile::create).transpose()?;
    let url = args.target.connection.url.clone().unwrap_or_default();
    let ended = match signals::stop_token() {
        Ok(stop) => open_and_apply(&args, &stop).await,
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

/// The result of a pass. A failure to print it does not change it.
struct ApplyResult {
    report: Report,
    exit: Exit,
    printed: io::Result<()>,
}

async fn open_and_apply(args: &ApplyArgs, stop: &CancellationToken) -> Result<ApplyResult, Failure> {
    let file = args.plan.as_deref().map(PlanFile::open).transpose();
    let file = file.map_err(|error| Failure::new(Exit::Invalid, error))?;
    let site = match (&file, &args.roster) {
        (Some(file), _) => Site::from_plan(file, &args.target, stop).await?,
        (None, Some(roster)) => Site::open(roster, &args.target, stop).await?,
        (None, None) => return Err(Failure::new(Exit::Usage, "give a roster, or a saved plan with --plan")),
    };
    run_pass(args, site, file.as_ref().map(|file| &file.plan), stop).await
}

async fn run_pass(
    args: &ApplyArgs,
    mut site: Site,
    saved: Option<&SavedPlan>,
    stop: &CancellationToken,
) -> Result<ApplyResult, Failure> {
    let (state, mut ledger) = open_state(args, &site)?;
    if saved.is_none() {
        site.advance_day(&ledger);
    }
    let (site, mut policy) = (&site, site.policy.clone());
    let mut session = Session {
        journal: match &state {
            Some(state) => state,
            None => &NO_JOURNAL,
        },
        ledger: &mut ledger,
        desk_cache: &mut DeskCache::default(),
        policy: &mut policy,
        clock: Timestamp::now,
    };
    let (jira, mut planned) = plan_unless_stopped(site, saved, &mut session, stop).await?;
    if let Some(problem) = planned.approvals_error.take() {
        return Err(state::failure(problem));
    }
    if let Some(state) = &state {
        state.record_base_url(jira.base_url());
    }
    if !confirm_plan(args, site, saved, &planned.preview, stop).await? {
        writeln!(io::stderr(), "nothing was changed")?;
        let seen = &planned.preview;
        return Ok(ApplyResult {
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

/// Opens the state to write to, if any, and reads its ledger.
fn open_state(args: &ApplyArgs, site: &Site) -> Result<(Option<State>, Ledger), Failure> {
    let (connection, rotation) = (&args.target.connection, args.journal.rotation());
    let state = state::open(site.state_dir.as_ref(), connection, &site.settings, "apply", rotation)?;
    let Some(state) = state else {
        return Ok((None, Ledger::not_kept()));
    };
    let mut ledger = state.ledger().map_err(state::failure)?;
    if args.retry {
        ledger.reset_ineffective();
    }
    // If the approvals cannot be read, make no requests to Jira either.
    let approvals = state.approvals(ledger.history(), site.policy.now);
    approvals.map_err(state::failure)?;
    Ok((Some(state), ledger))
}

/// Prints the result of a pass that made `writes` write calls.
fn print_result(args: &ApplyArgs, site: &Site, result: PassResult, writes: u64) -> ApplyResult {
    let PassResult {
        preview: seen,
        outcomes,
        save_error: unsaved,
    } = result;
    let outcomes = outcomes.unwrap_or(Outcomes::NONE);
    // The pass itself succeeded; without the ledger the next pass only makes more requests.
    let saved_as = unsaved.map_or(Exit::Done, |problem| {
        error!(%problem, "the result of this pass is not remembered");
        Exit::Internal
    });
    let report = seen.report(&site.roster, &site.source, Some(&outcomes), false);
    let hand_off = state::hand_off_command(site.state_dir.as_ref());
    ApplyResult {
        printed: print_outcomes(args.output, &report, &seen, &outcomes, writes, hand_off.as_deref()),
        exit: Exit::first_of([Exit::from_outcomes(&seen.approved, &outcomes), saved_as]),
        report,
    }
}

/// Connects and plans, which writes nothing. Gives up at once when stopped.
async fn plan_unless_stopped<'s>(
    site: &'s Site,
    saved: Option<&'s SavedPlan>,
    session: &mut Session<'_>,
    stop: &CancellationToken,
) -> Result<(JiraWrite, PlannedPass<'s>), Failure> {
    let looked = tokio::select! {
        looked = connect_and_plan(site, saved, session) => Some(looked),
        () = stop.cancelled() => None,
    };
    match looked {
        Some(Ok(looked)) => Ok(looked),
        Some(Err(failure)) if !stop.is_cancelled() => Err(failure),
        Some(Err(_)) | None => Err(Failure::new(Exit::Partial, "stopped before any change was made")),
    }
}

/// Connects and plans the roster, or what is left of a saved plan.
async fn connect_and_plan<'s>(
    site: &'s Site,
    saved: Option<&'s SavedPlan>,
    session: &mut Session<'_>,
) -> Result<(JiraWrite, PlannedPass<'s>), Failure> {
    let jira = JiraWrite::new(site.connect().await?);
    let scope = match saved {
        None => Scope::Desks(&site.roster),
        Some(saved) => Scope::SavedPlan(saved, &site.roster),
    };
    let planned = session
        .plan(&jira, &site.whole_roster, scope, &progress::Bar::new())
        .await?;
    Ok((jira, planned))
}

/// Shows the plan, and asks for confirmation on a terminal.
async fn confirm_plan(
    args: &ApplyArgs,
    site: &Site,
    saved: Option<&SavedPlan>,
    seen: &Preview,
    stop: &CancellationToken,
) -> Result<bool, Failure> {
    let asks = !seen.approved.plan().steps.is_empty() && !args.yes && io::stdin().is_terminal();
    match args.output {
        OutputFormat::Text => write_plan(&mut output::stdout(), site, saved, seen)?,
        // Confirmation needs a readable plan, but stdout is reserved for data.
        OutputFormat::Json | OutputFormat::Markdown if asks => write_plan(&mut output::stderr(), site, saved, seen)?,
        OutputFormat::Json | OutputFormat::Markdown => {}
    }
    Ok(!asks || ask_confirmation(stop).await?)
}

/// Writes the plan as a diff; a saved plan as a list, because only its preconditions were read.
fn write_plan(out: &mut dyn io::Write, site: &Site, saved: Option<&SavedPlan>, seen: &Preview) -> io::Result<()> {
    let report = seen.report(&site.roster, &site.source, None, false);
    match saved {
        None => text::write_diff(
            out,
            &site.roster,
            &seen.observed,
            seen.approved.plan(),
            PersonalData::Visible,
        )?,
        Some(_) => listing::write(out, &report)?,
    }
    text::write_details(out, &report, false)?;
    out.flush()
}

fn print_outcomes(
    format: OutputFormat,
    report: &Report,
    seen: &Preview,
    outcomes: &Outcomes,
    writes: u64,
    hand_off: Option<&str>,
) -> io::Result<()> {
    let mut out = output::stdout();
    match format {
        OutputFormat::Text => text::write_outcomes(&mut out, seen.approved.plan(), outcomes, writes, hand_off)?,
        OutputFormat::Json => json::write(&mut out, report)?,
        OutputFormat::Markdown => markdown::write(&mut out, report, false)?,
    }
    out.flush()
}

/// Asks for confirmation on the terminal. Ctrl-C means no.
async fn ask_confirmation(stop: &CancellationToken) -> io::Result<bool> {
    write!(io::stderr(), "Apply this plan? [y/N] ")?;
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

/// The file of `--report`. It gets a valid report at the start, so that a wrong path fails early and no earlier report
/// is mistaken for this one. Each version replaces the file atomically.
struct ReportFile<'a>(&'a Path);

/// The report cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the report {} ({kind}); check --report", path.display())]
struct ReportError {
    path: PathBuf,
    kind: io::ErrorKind,
}

impl<'a> ReportFile<'a> {
    fn create(path: &'a Path) -> Result<Self, Failure> {
        let unfinished = "this run did not finish; run `quietdesk plan` to see what is left to do".to_owned();
        let file = Self(path);
        file.replace(&Report::without_plan(
            String::new(),
            &RosterSource::default(),
            unfinished,
        ))
        .map_err(|error| file.failure(Exit::Invalid, &error))?;
        Ok(file)
    }

    fn write(self, report: &Report) -> Result<(), Failure> {
        self.replace(report)
            .map_err(|error| self.failure(Exit::Internal, &error))
    }

    fn replace(&self, report: &Report) -> io::Result<()> {
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
