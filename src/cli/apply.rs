//! `quietdesk apply`: one pass, of a roster or of a saved plan.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use tempfile::NamedTempFile;
use tokio_util::sync::CancellationToken;
use tracing::error;

use super::args::{ApplyArgs, Format};
use super::exit::Exit;
use super::site::{Site, today};
use super::{Failure, printed, signals, state};
use crate::engine::book::{Book, NoBook};
use crate::engine::clock::compare_clocks;
use crate::engine::observe::ObserveError;
use crate::engine::pass::{Preview, carry_out, preview_part};
use crate::engine::progress::Progress;
use crate::engine::recheck::{RecheckError, recheck};
use crate::engine::release::{commit, keep_refused, read_approvals};
use crate::engine::state::State;
use crate::jira::{JiraRead, JiraWrite};
use crate::model::ledger::Ledger;
use crate::model::outcome::Outcomes;
use crate::model::policy::Policy;
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
    let state = state::open(
        site.place.as_ref(),
        &args.target.connection,
        &site.settings,
        "apply",
        args.journal.rotation(),
    )?;
    let mut ledger = state.as_ref().map_or_else(Ledger::none, State::ledger);
    if args.retry {
        ledger.try_again();
    }
    if saved.is_none() {
        site.remember(&ledger);
    }
    let site = &site;
    let book: &dyn Book = match &state {
        Some(state) => state,
        None => &NoBook,
    };
    let mut policy = site.policy.clone();
    let now = policy.now;
    let approvals = read_approvals(state.as_ref(), &ledger, &mut policy, now).map_err(state::failure)?;
    let bar = progress::Bar::new();
    let first_calls = async {
        let jira = JiraWrite::new(site.connect().await?);
        compare_clocks(&jira, Timestamp::now, &mut policy).await;
        let seen = look(&jira, site, saved, &ledger, &policy, &bar).await?;
        Ok::<_, Failure>((jira, seen))
    };
    let looked = tokio::select! {
        looked = first_calls => Some(looked),
        () = stop.cancelled() => None,
    };
    let (jira, seen) = match looked {
        Some(Ok(looked)) => looked,
        Some(Err(failure)) if !stop.is_cancelled() => return Err(failure),
        Some(Err(_)) | None => return Err(Failure::new(Exit::Partial, "told to stop before anything was changed")),
    };
    if let Some(state) = &state {
        state.reached(jira.own_address());
    }
    let is_whole = saved.is_none() && site.narrow.keys().is_empty();
    keep_refused(state.as_ref(), &seen, is_whole);
    let plan = seen.approved.plan();
    let asks = !plan.steps.is_empty() && !args.yes && io::stdin().is_terminal();
    match args.output {
        Format::Text => write_plan(&mut printed::stdout(), site, saved, &seen)?,
        // Nobody can agree to what they have not seen; data alone goes to stdout.
        Format::Json if asks => write_plan(&mut printed::stderr(), site, saved, &seen)?,
        Format::Markdown if asks => write_plan(&mut printed::stderr(), site, saved, &seen)?,
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
    let mut saved_as = Exit::Done;
    if let Some(state) = &state {
        match saved {
            None => ledger.fold_part(&site.whole, &site.roster, plan, &outcomes),
            Some(saved) => ledger.fold_edit(&site.whole, &saved.edit(&site.roster), plan, &outcomes),
        }
        let history = ledger.history_mut();
        history.fold(
            (&site.whole, &site.roster),
            &seen.observed,
            &seen.approved,
            Some(&outcomes),
            now,
        );
        ledger.until_came(&site.whole, &policy);
        state.found(&site.roster, plan);
        // What was done is done; without the memory of it the next pass only asks more.
        if let Err(problem) = state.save(&ledger) {
            error!(%problem, "what this pass saw is not remembered");
            saved_as = Exit::Internal;
        }
    }
    let report = seen.report(&site.roster, &site.source, Some(&outcomes), false);
    let hand_off = state::hand_off_command(site.place.as_ref());
    Ok(Applied {
        printed: print(args.output, &report, &seen, &outcomes, writes, hand_off.as_deref()),
        exit: Exit::first_of([Exit::of_outcomes(&seen.approved, &outcomes), saved_as]),
        report,
    })
}

/// What is to be done: all that the roster wants, or what is left of a saved plan.
async fn look(
    jira: &JiraRead,
    site: &Site,
    saved: Option<&SavedPlan>,
    ledger: &Ledger,
    policy: &Policy,
    progress: &dyn Progress,
) -> Result<Preview, Failure> {
    let observed = |error: ObserveError| Failure::new(Exit::of_observe_error(&error), error);
    let Some(saved) = saved else {
        let seen = preview_part(jira, (&site.whole, &site.roster), ledger, policy, progress).await;
        return seen.map_err(observed);
    };
    if jira.site().deployment != saved.site.deployment {
        let (made_for, here) = (saved.site.deployment, jira.site().deployment);
        let why = format!("the plan was made for Jira {made_for}, and this is Jira {here}; make the plan again");
        return Err(Failure::new(Exit::Invalid, why));
    }
    let today = site.whole.clone().on(ledger.day(today()));
    let seen = recheck(jira, saved, (&site.roster, &today), ledger, policy, progress).await;
    seen.map_err(|error| match error {
        RecheckError::Observe(error) => observed(error),
        stale @ RecheckError::Stale(_) => Failure::new(Exit::Stale, stale),
    })
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
