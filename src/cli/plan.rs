//! `quietdesk plan`: shows what would change. Holds nothing that could write to Jira.

use std::io::Write as _;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::args::{OutputFormat, PlanArgs};
use super::exit::Exit;
use super::site::Site;
use super::{Failure, output, state};
use crate::engine::desk_cache::DeskCache;
use crate::engine::journal::ReadOnlyJournal;
use crate::engine::session::{Scope, Session};
use crate::model::ledger::Ledger;
use crate::model::saved::SavedPlan;
use crate::plan_file::PlanFile;
use crate::render::canonical::PersonalData;
use crate::render::{json, markdown, progress, text};

pub(super) async fn run(args: PlanArgs) -> Result<Exit, Failure> {
    let mut site = Site::open(&args.site.roster, &args.site.target, &CancellationToken::new()).await?;
    let mut ledger = match &args.base {
        Some(base) => site.base_ledger(base)?,
        None => state::read(site.state_dir.as_ref())?.unwrap_or_else(Ledger::not_kept),
    };
    site.advance_day(&ledger);
    let jira = site.connect().await?;
    let (mut cache, mut policy) = (DeskCache::default(), site.policy.clone());
    let mut session = Session {
        journal: &ReadOnlyJournal {
            folder: site.state_dir.as_ref().map(|place| place.folder.as_path()),
        },
        ledger: &mut ledger,
        desk_cache: &mut cache,
        policy: &mut policy,
        clock: Timestamp::now,
    };
    let scope = Scope::Desks(&site.roster);
    let planned = session
        .plan(&jira, &site.whole_roster, scope, &progress::Bar::new())
        .await?;
    let seen = planned.preview;
    let report = seen.report(&site.roster, &site.source, None, args.unlisted);
    let file = args.out.is_some().then(|| PlanFile {
        report: report.clone(),
        plan: SavedPlan::from_approved(
            &seen.approved,
            &seen.observed,
            ledger.history(),
            site.day,
            site.selected_desks.keys(),
        ),
        roster: site.roster_texts.clone(),
        made_at: Timestamp::now(),
    });
    let (report, shown) = match args.redact {
        true => (report.redacted(), PersonalData::Redacted),
        false => (report, PersonalData::Visible),
    };
    let mut out = output::stdout();
    match args.output {
        OutputFormat::Text => {
            text::write_diff(&mut out, &site.roster, &seen.observed, seen.approved.plan(), shown)?;
            text::write_details(&mut out, &report, args.full)?;
        }
        OutputFormat::Json => json::write(&mut out, &report)?,
        OutputFormat::Markdown => markdown::write(&mut out, &report, args.full)?,
    }
    out.flush()?;
    if let (Some(file), Some(path)) = (file, &args.out) {
        file.save(path).map_err(|error| Failure::new(Exit::Invalid, error))?;
    }
    let pending = args.detailed_exitcode && !seen.approved.plan().steps.is_empty();
    Ok(Exit::first_of([
        Exit::from_findings(&seen.approved),
        if pending { Exit::Pending } else { Exit::Done },
    ]))
}
