//! `quietdesk run`: the daemon.

use super::args::RunArgs;
use super::exit::Exit;
use super::site::{Narrow, load_roster, reach};
use super::{Failure, signals};
use crate::daemon::{Daemon, PassEnd, Settings};
use crate::jira::JiraRead;
use crate::model::roster::Roster;
use crate::render::progress;

pub(super) async fn run(args: RunArgs) -> Result<Exit, Failure> {
    let stop = signals::stop_token()?;
    let narrow = Narrow::parse(&args.site.desks)?;
    // The daemon waits for a valid roster. One pass cannot, and a sandbox is seeded from it.
    let needs_roster = args.once || args.site.sandbox;
    let roster = if needs_roster {
        load_roster(&args.site.roster)?.roster
    } else {
        Roster::default()
    };
    // A sandbox lives as long as this is held.
    let (reached, _embedded) = reach(&args.site, &roster, &stop).await?;
    let settings = Settings {
        roster: args.site.roster,
        narrow: Box::new(move |roster| narrow.checked(roster).map_err(|failure| failure.to_string())),
        interval: args.interval,
        observe: args.observe,
        connect: Box::new(move || Box::pin(JiraRead::connect(reached.clone()))),
        progress: Box::new(progress::Bar::new()),
        chance: Box::new(rand::random),
    };
    let mut daemon = Daemon::new(settings, stop);
    if args.once {
        daemon.look();
        return Ok(exit_of(&daemon.pass().await));
    }
    daemon.run().await;
    Ok(Exit::Done)
}

fn exit_of(end: &PassEnd) -> Exit {
    match end {
        PassEnd::NotConnected(error) => Exit::of_connect_error(error),
        PassEnd::NotObserved(error) => Exit::of_observe_error(error),
        PassEnd::Interrupted => Exit::Partial,
        PassEnd::Observed(seen) => Exit::of_findings(&seen.approved),
        PassEnd::Applied(seen, outcomes) => Exit::of_outcomes(&seen.approved, outcomes),
    }
}
