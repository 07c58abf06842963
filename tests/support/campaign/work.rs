//! A pass as the daemon makes it, and one of another quietdesk beside it.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use quietdesk::engine::desk_cache::DeskCache;
use quietdesk::engine::pass::Preview;
use quietdesk::engine::passwords::Passwords;
use quietdesk::engine::progress::NoProgress;
use quietdesk::engine::session::{Scope, Session};
use quietdesk::engine::state::{Opener, State};
use quietdesk::jira::{JiraRead, JiraWrite};
use quietdesk::model::edit::Edit;
use quietdesk::model::ledger::Ledger;
use quietdesk::model::outcome::Outcomes;
use quietdesk::model::policy::Policy;
use quietdesk::model::roster::Roster;
use quietdesk::sandbox::Snapshot;
use tokio_util::sync::CancellationToken;

use super::others::Act;
use crate::support::world::World;

/// The input and the result of one pass.
pub(super) struct Pass {
    pub(super) roster: Roster,
    pub(super) before: Snapshot,
    pub(super) seen: Option<Arc<Preview>>,
    pub(super) is_full: bool,
    pub(super) outcomes: Option<Outcomes>,
    /// Changes that other people made while it ran.
    pub(super) meddled: Vec<Act>,
    /// Whether it was completed.
    pub(super) ended: bool,
}

/// A full pass of another quietdesk, with its state in this folder; none without a folder.
pub(super) async fn rival_pass(world: &World, folder: Option<&Path>, pass: &mut Pass, policy: &Policy) {
    let Some(folder) = folder else { return };
    let site = world.running.url();
    let state = State::open(folder, &site, Opener::new("rival", Timestamp::now)).unwrap();
    let mut ledger = state.ledger().unwrap();
    one_pass(world, &mut None, pass, &mut ledger, policy, &state).await;
    state.save(&mut ledger).unwrap();
}

/// One pass; afterwards `pass` and `memory` hold its result.
pub(super) async fn one_pass(
    world: &World,
    memory: &mut Option<(DeskCache, Roster)>,
    pass: &mut Pass,
    ledger: &mut Ledger,
    policy: &Policy,
    state: &State,
) {
    let Ok(jira) = JiraRead::connect(world.settings.clone()).await else {
        return;
    };
    let jira = JiraWrite::new(jira);
    let edit = match (&memory, pass.is_full) {
        (Some((memory, applied)), false) => {
            let deployment = Some(jira.site().deployment);
            Some(Edit::between(
                applied,
                &pass.roster,
                memory.uncertain_outcomes(),
                deployment,
            ))
        }
        _ => None,
    };
    let (scope, mut nothing) = match &edit {
        Some(edit) => (Scope::Edit(edit), DeskCache::default()),
        None => (Scope::Everything, DeskCache::default()),
    };
    let mut policy = policy.clone();
    let mut session = Session {
        journal: state,
        ledger,
        desk_cache: memory.as_mut().map_or(&mut nothing, |(memory, _)| memory),
        policy: &mut policy,
        clock: Timestamp::now,
    };
    let Ok(planned) = session.plan(&jira, &pass.roster, scope, &NoProgress).await else {
        return;
    };
    // Known even if the pass is killed later.
    pass.seen = Some(Arc::clone(&planned.preview));
    let (none, stop) = (Passwords::default(), CancellationToken::new());
    let result = session
        .execute(planned, &jira, &none, &NoProgress, &stop)
        .await
        .unwrap();
    let outcomes = result.outcomes.unwrap();
    pass.ended = outcomes.stopped.is_none();
    // An edit builds on a completed pass.
    match (edit, memory.as_mut()) {
        (Some(_), Some((_, applied))) if pass.ended => applied.clone_from(&pass.roster),
        (Some(_), _) => {}
        (None, _) => {
            let new = memory.take().map_or(nothing, |(memory, _)| memory);
            *memory = pass.ended.then(|| (new, pass.roster.clone()));
        }
    }
    pass.outcomes = Some(outcomes);
}
