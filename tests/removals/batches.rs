//! What removals cost, and what a failure in the middle of them leaves.

use jiff::Timestamp;
use quietdesk::engine::desk_cache::DeskCache;
use quietdesk::engine::passwords::Passwords;
use quietdesk::engine::progress::NoProgress;
use quietdesk::engine::session::{Scope, Session};
use quietdesk::jira::JiraWrite;
use quietdesk::model::guard;
use tokio_util::sync::CancellationToken;

use super::*;

fn many(count: usize) -> Vec<SeedPerson> {
    let email = |n| SeedPerson::customer(format!("p{n:03}@example.com"), &["PRIV"]);
    (0..count).map(email).collect()
}

fn permissive_policy() -> Policy {
    Policy {
        guards: guard::Settings {
            max_removals: 1000,
            max_removal_percent: 100,
            allow_empty: true,
            allow_shrink: true,
        },
        ..Policy::default()
    }
}

#[tokio::test]
async fn removing_costs_a_call_for_fifty_on_cloud_and_one_each_on_data_center() {
    for (kind, calls) in [(Deployment::Cloud, 3), (Deployment::DataCenter(Version::V10_3), 119)] {
        let world = world(kind, many(120)).await;
        let roster = private("access: restricted, membership: exact", &["p000@example.com"]);
        let policy = permissive_policy();
        let applied = world.apply_guarded(&roster, &mut Ledger::kept(), &policy).await;
        assert_eq!(applied.unsuccessful(), Vec::<String>::new());
        assert_eq!((applied.writes, applied.planned), (calls, calls), "{kind:?}");
        assert_eq!(world.sandbox.snapshot().desks["PRIV"].customers.len(), 1);
        world.is_in_step(&roster).await;
        world.drain();
    }
}

#[tokio::test]
async fn whatever_goes_wrong_the_end_is_the_same() {
    for kind in KINDS {
        for fault in [
            "remove:500",
            "remove:500-after",
            "remove:503",
            "remove:429=1",
            "remove:drop-before",
            "remove:drop-after",
            "remove:truncated",
            "user:500",
            "user:drop-before",
        ] {
            let world = world(kind, many(12)).await;
            let roster = private("access: restricted, membership: exact", &["p000@example.com"]);
            let script = format!("{fault}x2");
            let faults = script.parse().unwrap_or_else(|error| panic!("{script}: {error:?}"));
            world.sandbox.set_faults(&faults);
            let (mut ledger, policy) = (Ledger::kept(), permissive_policy());
            for _ in 0..3 {
                world.apply_guarded(&roster, &mut ledger, &policy).await;
            }
            let again = world.apply_guarded(&roster, &mut ledger, &policy).await;
            assert_eq!((again.steps(), again.writes), (Vec::new(), 0), "{kind:?} {fault}");
            assert_eq!(
                world.sandbox.snapshot().desks["PRIV"].customers.len(),
                1,
                "{kind:?} {fault}"
            );
            world.drain();
        }
    }
}

#[tokio::test]
async fn an_account_that_vanished_meanwhile_holds_up_no_one_else() {
    let world = world(Deployment::Cloud, many(8)).await;
    let roster = private("access: restricted, membership: exact", &["p000@example.com"]);
    let gone = world.sandbox.ids_by_email("p003@example.com").remove(0);
    let (mut ledger, policy) = (Ledger::kept(), permissive_policy());
    let jira = JiraWrite::new(world.read().await);
    let (mut memory, mut guards) = (DeskCache::default(), policy.clone());
    let mut session = Session {
        journal: &NO_JOURNAL,
        ledger: &mut ledger,
        desk_cache: &mut memory,
        policy: &mut guards,
        clock: Timestamp::now,
    };
    let planned = session
        .plan(&jira, &roster, Scope::Everything, &NoProgress)
        .await
        .unwrap();
    world.sandbox.delete_account(&gone).unwrap();
    let (none, stop) = (Passwords::default(), CancellationToken::new());
    let result = session
        .execute(planned, &jira, &none, &NoProgress, &stop)
        .await
        .unwrap();
    let (seen, outcomes) = (result.preview, result.outcomes.unwrap());
    let failed = seen
        .approved
        .plan()
        .steps
        .iter()
        .filter(|step| !outcomes.has_succeeded(step.id));
    let failed: Vec<_> = failed.map(ToString::to_string).collect();
    assert_eq!(failed, ["remove p003@example.com from PRIV"]);
    let again = world.apply_guarded(&roster, &mut ledger, &policy).await;
    assert_eq!(again.steps(), Vec::<String>::new());
    world.drain();
}

#[tokio::test]
async fn what_came_to_be_is_not_held_when_it_is_undone_later() {
    let world = world(Deployment::Cloud, on("PRIV", &["ada"])).await;
    let (roster, mut ledger) = (private("", &["ada@example.com"]), Ledger::kept());
    let ada = world.sandbox.ids_by_email("ada@example.com").remove(0);
    for _ in 0..4 {
        world.sandbox.remove_member("PRIV", &ada).unwrap();
        let applied = world.settles(&roster, &mut ledger).await;
        assert_eq!(applied.steps(), ["add ada@example.com to PRIV"]);
    }
}

/// A change that was seen to take effect does not count as one without effect, however often it is undone in Jira.
#[tokio::test]
async fn an_access_mode_that_is_undone_is_brought_back_every_time() {
    for kind in KINDS {
        let world = world(kind, on("PRIV", &["ada", "bob"])).await;
        let roster = private("access: restricted, membership: exact", &["ada@example.com"]);
        let bob = world.sandbox.ids_by_email("bob@example.com").remove(0);
        let mut ledger = Ledger::kept();
        for _ in 0..4 {
            world.sandbox.set_access("PRIV", DeskAccess::Open).unwrap();
            world.apply_with(&roster, &mut ledger).await;
            assert_eq!(
                world.sandbox.snapshot().desks["PRIV"].access,
                DeskAccess::Restricted,
                "{kind:?}"
            );
        }
        // While the access mode cannot be changed back, no removal is attempted.
        world.sandbox.add_member("PRIV", &bob).unwrap();
        world.sandbox.set_access("PRIV", DeskAccess::Open).unwrap();
        world.sandbox.set_faults(&"write-access:ignored".parse().unwrap());
        for _ in 0..2 {
            world.apply_with(&roster, &mut ledger).await;
        }
        let applied = world.apply_with(&roster, &mut ledger).await;
        assert_eq!(
            (applied.steps(), applied.writes),
            (Vec::new(), 0),
            "{kind:?} {:?}",
            applied.held()
        );
        assert!(
            applied.held()[0].contains("accepted this twice"),
            "{:?}",
            applied.held()
        );
        world.drain();
    }
}
