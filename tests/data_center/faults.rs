//! A fault at every call: the end is the same, no account is created twice, and no one is mailed.

use std::time::Duration;

use jiff::Timestamp;
use quietdesk::engine::desk_cache::DeskCache;
use quietdesk::engine::journal::NO_JOURNAL;
use quietdesk::engine::passwords::Passwords;
use quietdesk::engine::progress::NoProgress;
use quietdesk::engine::session::{Scope, Session};
use quietdesk::jira::{JiraRead, JiraWrite};
use quietdesk::model::ledger::Ledger;
use quietdesk::model::policy::Policy;
use quietdesk::sandbox::{Config, DeskAccess, Seed, SeedDesk, SeedPerson, Version};
use tokio_util::sync::CancellationToken;

use super::config;
use super::support::world::{World, roster};

const WANTED: &str = "version: 1
defaults: {desks: [SUP]}
desks: {SUP: {access: restricted}, PRIV: {access: open}}
customers:
  - known@example.com
  - {email: new@example.com, previously: [old@example.com]}
  - {email: gone@example.com, desks: [SUP, PRIV]}
  - {email: first@example.com, initial_password: generate, desks: [PRIV]}
  - {email: second@example.com, initial_password: generate}
  - plain@example.com
  - {email: other@example.com, desks: [SUP, PRIV]}
";

fn seed() -> Seed {
    let desk = |key, access| SeedDesk::new(key, access);
    Seed {
        seed: 1,
        desks: vec![desk("SUP", DeskAccess::Open), desk("PRIV", DeskAccess::Restricted)],
        people: vec![
            SeedPerson::customer("known@example.com", &["SUP"]),
            SeedPerson::customer("old@example.com", &[]),
            SeedPerson {
                active: false,
                ..SeedPerson::customer("gone@example.com", &[])
            },
        ],
    }
}

#[tokio::test]
async fn whatever_goes_wrong_the_end_is_the_same() {
    let places = [
        "server-info",
        "myself",
        "mypermissions",
        "desks",
        "roles",
        "role",
        "users-list",
        "user-search",
        "user",
        "read-access",
        "write-access",
        "create",
        "create-user",
        "update-user",
        "add",
    ];
    let kinds = [
        "drop-before@1",
        "drop-after@1",
        "500@1",
        "500-after@1",
        "truncated@1",
        "cut@1",
        "429=1@1",
        "503=1@1",
        "drop-after@1x3",
    ];
    let scripts = places
        .iter()
        .flat_map(|place| kinds.iter().map(move |kind| format!("{place}:{kind}")));
    let scripts: Vec<_> = scripts.collect();
    // Most of the time is spent waiting, so several run side by side.
    let mut running = tokio::task::JoinSet::new();
    for script in scripts {
        if running.len() >= 24 {
            running.join_next().await.unwrap().unwrap();
        }
        running.spawn(async move { assert_same_end(&script).await });
    }
    while let Some(ended) = running.join_next().await {
        ended.unwrap();
    }
}

async fn assert_same_end(script: &str) {
    let config = Config {
        faults: script.parse().unwrap(),
        ..config(Version::V10_3)
    };
    let mut world = World::with(seed(), config).await;
    world.settings.patience = Duration::from_secs(5);
    let wanted = roster(WANTED);
    let mut policy = Policy {
        reactivate: true,
        ..Policy::default()
    };
    let mut ledger = Ledger::kept();
    let mut passes = 0;
    loop {
        passes += 1;
        assert!(passes <= 4, "{script}: not in step after three passes");
        // A pass that cannot even begin counts as one.
        let Ok(jira) = JiraRead::connect(world.settings.clone()).await else {
            continue;
        };
        let jira = JiraWrite::new(jira);
        let mut memory = DeskCache::default();
        let mut session = Session {
            journal: &NO_JOURNAL,
            ledger: &mut ledger,
            desk_cache: &mut memory,
            policy: &mut policy,
            clock: Timestamp::now,
        };
        let Ok(planned) = session.plan(&jira, &wanted, Scope::Everything, &NoProgress).await else {
            continue;
        };
        let plan = planned.preview.approved.plan();
        if plan.steps.is_empty() && plan.held.is_empty() {
            break;
        }
        let (none, stop) = (Passwords::default(), CancellationToken::new());
        session
            .execute(planned, &jira, &none, &NoProgress, &stop)
            .await
            .unwrap();
    }
    let end = world.sandbox.snapshot();
    assert_eq!(
        (end.customers("SUP").len(), end.customers("PRIV").len()),
        (6, 3),
        "{script}"
    );
    assert_eq!(
        end.accounts.len(),
        8,
        "{script}: seven people and the one that signs in"
    );
    assert_eq!(
        (end.desks["SUP"].access, end.desks["PRIV"].access),
        (DeskAccess::Restricted, DeskAccess::Open),
        "{script}"
    );
    assert!(
        world.sandbox.outbox().is_empty() && world.sandbox.seats() == 0,
        "{script}"
    );
    assert_eq!(world.sandbox.violations(), Vec::<String>::new(), "{script}");
}
