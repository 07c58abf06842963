//! Data Center: the real client against the sandbox over real HTTP.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../support/mod.rs"]
mod support;

mod accounts;
mod desks;
mod faults;
mod passwords;
mod regressions;
mod staff;
mod versions;

use jiff::Timestamp;
use quietdesk::engine::desk_cache::DeskCache;
use quietdesk::engine::journal::NO_JOURNAL;
use quietdesk::engine::passwords::Passwords;
use quietdesk::engine::progress::NoProgress;
use quietdesk::engine::session::{Scope, Session};
use quietdesk::jira::JiraWrite;
use quietdesk::model::ledger::Ledger;
use quietdesk::model::policy::Policy;
use quietdesk::model::roster::Roster;
use quietdesk::sandbox::{Config, Deployment, Rules, Seed, Version};
use support::world::{Applied, World};
use tokio_util::sync::CancellationToken;

fn config(version: Version) -> Config {
    Config {
        deployment: Deployment::DataCenter(version),
        ..Config::default()
    }
}

async fn world(seed: Seed) -> World {
    World::with(seed, config(Version::V10_3)).await
}

async fn world_with_rules(seed: Seed, rules: Rules) -> World {
    let config = Config {
        rules,
        ..config(Version::V10_3)
    };
    World::with(seed, config).await
}

/// One pass with a policy and passwords.
async fn apply(world: &World, roster: &Roster, ledger: &mut Ledger, policy: &Policy, passwords: &Passwords) -> Applied {
    let jira = JiraWrite::new(world.read().await);
    let (mut memory, mut policy) = (DeskCache::default(), policy.clone());
    let mut session = Session {
        journal: &NO_JOURNAL,
        ledger,
        desk_cache: &mut memory,
        policy: &mut policy,
        clock: Timestamp::now,
    };
    let planned = session
        .plan(&jira, roster, Scope::Everything, &NoProgress)
        .await
        .unwrap();
    let before = (world.sandbox.writes(), world.sandbox.requests());
    let stop = CancellationToken::new();
    let ended = session
        .execute(planned, &jira, passwords, &NoProgress, &stop)
        .await
        .unwrap();
    let (seen, outcomes) = (ended.preview, ended.outcomes.unwrap());
    Applied {
        planned: quietdesk::model::calls::calls(seen.approved.plan()).count(),
        writes: world.sandbox.writes() - before.0,
        requests: world.sandbox.requests() - before.1,
        seen,
        outcomes,
    }
}
