//! `quietdesk plan`: what would change. Holds nothing that could write.

use std::io::Write as _;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::args::{Format, PlanArgs};
use super::exit::Exit;
use super::site::Site;
use super::{Failure, printed, state};
use crate::engine::journal::ReadOnlyJournal;
use crate::engine::memory::Memory;
use crate::engine::session::{Scope, Session};
use crate::model::ledger::Ledger;
use crate::model::saved::SavedPlan;
use crate::plan_file::PlanFile;
use crate::render::canonical::Shown;
use crate::render::{json, markdown, progress, text};

pub(super) async fn run(args: PlanArgs) -> Result<Exit, Failure> {
    let mut site = Site::open(&args.site.roster, &args.site.target, &CancellationToken::new()).await?;
    let mut ledger = match &args.base {
        Some(base) => site.base(base)?,
        None => state::read(site.place.as_ref())?.unwrap_or_else(Ledger::none),
    };
    site.remember(&ledger);
    let jira = site.connect().await?;
    let (mut memory, mut policy) = (Memory::default(), site.policy.clone());
    let mut session = Session {
        journal: &ReadOnlyJournal {
            folder: site.place.as_ref().map(|place| place.folder.as_path()),
        },
        ledger: &mut ledger,
        memory: &mut memory,
        policy: &mut policy,
        clock: Timestamp::now,
    };
    let scope = Scope::Desks(&site.roster);
    let planned = session.plan(&jira, &site.whole, scope, &progress::Bar::new()).await?;
    let seen = planned.seen;
    let report = seen.report(&site.roster, &site.source, None, args.unlisted);
    let file = args.out.is_some().then(|| PlanFile {
        report: report.clone(),
        plan: SavedPlan::of(
            &seen.approved,
            &seen.observed,
            ledger.history(),
            site.day,
            site.narrow.keys(),
        ),
        roster: site.texts.clone(),
        made_at: Timestamp::now(),
    });
    let (report, shown) = match args.redact {
        true => (report.redacted(), Shown::Redacted),
        false => (report, Shown::Whole),
    };
    let mut out = printed::stdout();
    match args.output {
        Format::Text => {
            text::write_diff(&mut out, &site.roster, &seen.observed, seen.approved.plan(), shown)?;
            text::write_remarks(&mut out, &report, args.full)?;
        }
        Format::Json => json::write(&mut out, &report)?,
        Format::Markdown => markdown::write(&mut out, &report, args.full)?,
    }
    out.flush()?;
    if let (Some(file), Some(path)) = (file, &args.out) {
        file.save(path).map_err(|error| Failure::new(Exit::Invalid, error))?;
    }
    let pending = args.detailed_exitcode && !seen.approved.plan().steps.is_empty();
    Ok(Exit::first_of([
        Exit::of_findings(&seen.approved),
        if pending { Exit::Pending } else { Exit::Done },
    ]))
}
