//! A pass as the daemon makes it, and one of another quietdesk beside it.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use quietdesk::engine::memory::Memory;
use quietdesk::engine::pass::{Preview, carry_out, preview, preview_edit};
use quietdesk::engine::passwords::Passwords;
use quietdesk::engine::progress::Silent;
use quietdesk::engine::release::commit;
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

/// What one pass was about.
pub(super) struct Pass {
    pub(super) roster: Roster,
    pub(super) before: Snapshot,
    pub(super) seen: Option<Preview>,
    pub(super) is_full: bool,
    pub(super) outcomes: Option<Outcomes>,
    /// What other people did while it ran.
    pub(super) meddled: Vec<Act>,
    /// It came to its end.
    pub(super) ended: bool,
}

/// A full pass of another quietdesk, whose state is in a folder of its own; none where there is no folder.
pub(super) async fn rival_pass(world: &World, folder: Option<&Path>, pass: &mut Pass, policy: &Policy) {
    let Some(folder) = folder else { return };
    let site = world.running.url();
    let state = State::open(folder, &site, Opener::new("rival", Timestamp::now)).unwrap();
    let mut ledger = state.ledger().unwrap();
    one_pass(world, &mut None, pass, &mut ledger, policy, &state).await;
    state.save(&mut ledger).unwrap();
}

/// One pass, and what is remembered of it.
pub(super) async fn one_pass(
    world: &World,
    memory: &mut Option<(Memory, Roster)>,
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
            Some(Edit::between(applied, &pass.roster, memory.unsettled(), deployment))
        }
        _ => None,
    };
    let seen = match (&edit, &memory) {
        (Some(edit), Some((memory, _))) => {
            preview_edit(&jira, (&pass.roster, edit), memory, ledger, policy, &Silent).await
        }
        _ => preview(&jira, &pass.roster, ledger, policy, &Silent).await,
    };
    let Ok(seen) = seen else { return };
    pass.seen = Some(seen);
    let Some(seen) = &pass.seen else { return };
    commit(Some(state), ledger, &BTreeMap::new(), seen, policy.now).unwrap();
    let stop = CancellationToken::new();
    let outcomes = carry_out(&jira, seen, state, &Passwords::default(), &Silent, &stop).await;
    remember(memory, pass, edit.as_ref(), &outcomes, ledger, policy);
    pass.ended = outcomes.stopped.is_none();
    pass.outcomes = Some(outcomes);
    let Some(seen) = &pass.seen else { return };
    state.found(&pass.roster, seen.approved.plan());
}

fn remember(
    memory: &mut Option<(Memory, Roster)>,
    pass: &Pass,
    edit: Option<&Edit>,
    outcomes: &Outcomes,
    ledger: &mut Ledger,
    policy: &Policy,
) {
    let Some(seen) = &pass.seen else { return };
    let (plan, roster) = (seen.approved.plan(), &pass.roster);
    match (edit, memory.as_mut()) {
        (Some(edit), Some((memory, applied))) => {
            ledger.fold_edit(roster, edit, plan, outcomes);
            memory.fold(edit, &seen.observed, plan, outcomes);
            if outcomes.stopped.is_none() {
                applied.clone_from(roster);
            }
        }
        _ => {
            ledger.fold(roster, plan, outcomes);
            let new = Memory::of(&seen.observed, plan, outcomes);
            // An edit builds on a pass that came to its end.
            *memory = outcomes.stopped.is_none().then(|| (new, roster.clone()));
        }
    }
    let history = ledger.history_mut();
    history.fold(
        (roster, roster),
        &seen.observed,
        &seen.approved,
        Some(outcomes),
        policy.now,
    );
}
