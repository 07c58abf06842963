//! `quietdesk plan`: what would change. Holds nothing that could write.

use std::io::Write as _;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::args::{Format, PlanArgs};
use super::exit::Exit;
use super::site::Site;
use super::{Failure, printed, state};
use crate::engine::clock::compare_clocks;
use crate::engine::pass::preview_part;
use crate::model::ledger::Ledger;
use crate::model::saved::SavedPlan;
use crate::plan_file::PlanFile;
use crate::render::canonical::Shown;
use crate::render::{json, markdown, progress, text};

pub(super) async fn run(args: PlanArgs) -> Result<Exit, Failure> {
    let mut site = Site::open(&args.site.roster, &args.site.target, &CancellationToken::new()).await?;
    let ledger = match &args.base {
        Some(base) => site.base(base)?,
        None => state::read(site.place.as_ref())?.unwrap_or_else(Ledger::none),
    };
    site.remember(&ledger);
    let jira = site.connect().await?;
    let mut policy = site.policy.clone();
    compare_clocks(&jira, Timestamp::now, &mut policy).await;
    policy.approved = state::approved(site.place.as_ref(), &ledger, policy.now);
    let seen = preview_part(
        &jira,
        (&site.whole, &site.roster),
        &ledger,
        &policy,
        &progress::Bar::new(),
    )
    .await;
    let seen = seen.map_err(|error| Failure::new(Exit::of_observe_error(&error), error))?;
    state::shown(site.place.as_ref(), seen.approved.findings());
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
