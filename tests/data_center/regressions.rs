//! Bugs and near misses, each found by a review that searched for them.

use quietdesk::engine::journal::NO_JOURNAL;
use quietdesk::engine::passwords::Passwords;
use quietdesk::engine::state::{Opener, State, clear_hand_off, read_hand_off};
use quietdesk::model::ledger::Ledger;
use quietdesk::model::policy::Policy;
use quietdesk::sandbox::{Config, DeskAccess, Rules, Seed, SeedDesk, SeedPerson, Version};
use secrecy::ExposeSecret as _;

use super::support::world::{World, pass_after, roster};
use super::{apply, config, world, world_with_rules};

fn seed(people: Vec<SeedPerson>) -> Seed {
    Seed {
        seed: 1,
        desks: vec![SeedDesk::new("SUP", DeskAccess::Restricted)],
        people,
    }
}
const ONE: &str =
    "version: 1\ndesks: {SUP: {}}\ncustomers: [{email: ada@example.com, desks: [SUP], initial_password: generate}]\n";

fn shown(folder: &std::path::Path) -> Vec<(String, bool, Option<String>)> {
    read_hand_off(folder)
        .unwrap()
        .into_iter()
        .map(|e| (e.email, e.is_created, e.password.map(|p| p.expose_secret().to_owned())))
        .collect()
}
fn open(folder: &std::path::Path, world: &World) -> State {
    State::open(
        folder,
        &world.settings.url.to_string(),
        Opener::new("test", jiff::Timestamp::now),
    )
    .unwrap()
}

/// Killed after the create was answered and before the intent left the disk.
#[tokio::test]
async fn a_kill_before_the_intent_is_gone_loses_no_password() {
    let world = world(seed(vec![])).await;
    let folder = tempfile::tempdir().unwrap();
    let crashed = tempfile::tempdir().unwrap();
    let wanted = roster(ONE);
    {
        let state = open(folder.path(), &world);
        world
            .apply_with_journal(&wanted, &mut state.ledger().unwrap(), &state)
            .await;
        // kill -9 now: what is on disk at this moment
        for file in std::fs::read_dir(folder.path()).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), crashed.path().join(file.file_name())).unwrap();
        }
    }
    {
        let state = open(crashed.path(), &world);
        let mut ledger = state.ledger().unwrap();
        let applied = world.apply_with_journal(&wanted, &mut ledger, &state).await;
        state.settle_observed(&wanted, applied.seen.approved.plan());
        state.save(&mut ledger).unwrap();
    }
    assert_eq!(shown(crashed.path())[0].2, world.sandbox.password_of("ada@example.com"));
}

/// A person without a password comes first in the plan.
#[tokio::test]
async fn one_seat_is_taken_before_it_is_noticed_in_any_order() {
    let rules = Rules {
        empty_application_keys_take_a_seat: true,
        ..Rules::default()
    };
    let people: String = (0..60)
        .map(|n| format!("  - {{email: p{n:02}@example.com, initial_password: generate}}\n"))
        .collect();
    let wanted = roster(&format!(
        "version: 1\ndefaults: {{desks: [SUP]}}\ndesks: {{SUP: {{}}}}\ncustomers:\n{people}  - aplain@example.com\n"
    ));
    let config = Config {
        rules,
        latency: std::time::Duration::from_millis(30),
        ..config(Version::V10_3)
    };
    let world = World::with(seed(vec![]), config).await;
    let mut ledger = Ledger::kept();
    apply(&world, &wanted, &mut ledger, &Policy::default(), &Passwords::default()).await;
    assert_eq!(world.sandbox.seats(), 1);
}

/// Answer lost, and the search lags.
#[tokio::test]
async fn a_lost_answer_and_a_search_that_lags_lose_no_password() {
    let config = Config {
        faults: "create-user:search-lag=8@1, create-user:drop-after@1".parse().unwrap(),
        ..config(Version::V10_3)
    };
    let world = World::with(seed(vec![]), config).await;
    let folder = tempfile::tempdir().unwrap();
    let wanted = roster(ONE);
    for _ in 0..4 {
        let state = open(folder.path(), &world);
        let mut ledger = state.ledger().unwrap();
        let applied = world.apply_with_journal(&wanted, &mut ledger, &state).await;
        state.settle_observed(&wanted, applied.seen.approved.plan());
        state.save(&mut ledger).unwrap();
        drop(state);
    }
    assert_eq!(
        shown(folder.path()).first().and_then(|e| e.2.clone()),
        world.sandbox.password_of("ada@example.com")
    );
}

/// Pin by a user name that is the old address.
#[tokio::test]
async fn a_pin_holds_after_a_rename() {
    let world = world(seed(vec![SeedPerson::customer("old@example.com", &["SUP"])])).await;
    let wanted = roster(
        "version: 1\ndesks: {SUP: {}}\ncustomers: [{email: new@example.com, desks: [SUP], account: old@example.com, previously: [old@example.com]}]\n",
    );
    let mut ledger = Ledger::kept();
    apply(&world, &wanted, &mut ledger, &Policy::default(), &Passwords::default()).await;
    let b = apply(&world, &wanted, &mut ledger, &Policy::default(), &Passwords::default()).await;
    assert_eq!(b.held(), Vec::<String>::new());
}

/// Address and name change in one edit.
#[tokio::test]
async fn a_name_and_an_address_change_at_once() {
    let world = world(seed(vec![])).await;
    let mut ledger = Ledger::kept();
    let before = roster(
        "version: 1\ndesks: {SUP: {}}\ncustomers: [{email: grace.murray@example.com, desks: [SUP], name: Grace Murray}]\n",
    );
    apply(&world, &before, &mut ledger, &Policy::default(), &Passwords::default()).await;
    let after = roster(
        "version: 1\ndesks: {SUP: {}}\ncustomers: [{email: grace.hopper@example.com, desks: [SUP], name: Grace Hopper, previously: [grace.murray@example.com]}]\n",
    );
    apply(&world, &after, &mut ledger, &Policy::default(), &Passwords::default()).await;
    apply(&world, &after, &mut ledger, &Policy::default(), &Passwords::default()).await;
    let names: Vec<_> = world
        .sandbox
        .snapshot()
        .accounts
        .values()
        .map(|a| format!("{} {}", a.email, a.name))
        .collect();
    assert!(names.iter().any(|n| n.ends_with("Grace Hopper")));
}

/// Reactivating the account of an older address.
#[tokio::test]
async fn a_deactivated_account_with_an_older_address_comes_back_with_the_new_one() {
    let world = world(seed(vec![SeedPerson {
        active: false,
        ..SeedPerson::customer("old@example.com", &[])
    }]))
    .await;
    let wanted = roster(
        "version: 1\ndesks: {SUP: {}}\ncustomers: [{email: new@example.com, desks: [SUP], previously: [old@example.com]}]\n",
    );
    let policy = Policy {
        reactivate: true,
        ..Policy::default()
    };
    let mut ledger = Ledger::kept();
    apply(&world, &wanted, &mut ledger, &policy, &Passwords::default()).await;
    let b = apply(&world, &wanted, &mut ledger, &policy, &Passwords::default()).await;
    assert_eq!(b.steps(), Vec::<String>::new());
}

/// Created between printing and clearing.
#[tokio::test]
async fn accounts_created_after_printing_are_not_cleared() {
    let world = world(seed(vec![])).await;
    let folder = tempfile::tempdir().unwrap();
    let wanted = roster(ONE);
    let state = open(folder.path(), &world);
    let printed = read_hand_off(folder.path()).unwrap();
    world
        .apply_with_journal(&wanted, &mut state.ledger().unwrap(), &state)
        .await;
    clear_hand_off(folder.path(), &printed).unwrap();
    assert_eq!(shown(folder.path()).len(), 1);
}

/// A sweep that lists no deactivated accounts.
#[tokio::test]
async fn a_list_without_deactivated_accounts_makes_no_second_account() {
    for password in ["", ", initial_password: generate"] {
        let rules = Rules {
            user_list_has_inactive: false,
            ..Rules::default()
        };
        let world = world_with_rules(
            seed(vec![SeedPerson {
                active: false,
                username: Some("jane".into()),
                ..SeedPerson::customer("jane@example.com", &[])
            }]),
            rules,
        )
        .await;
        let wanted = roster(&format!(
            "version: 1\ndesks: {{SUP: {{}}}}\ncustomers:\n  - {{email: a@example.com, desks: []}}\n  - {{email: b@example.com, desks: []}}\n  - {{email: c@example.com, desks: []}}\n  - {{email: jane@example.com, desks: [SUP]{password}}}\n"
        ));
        let mut ledger = Ledger::kept();
        apply(&world, &wanted, &mut ledger, &Policy::default(), &Passwords::default()).await;
        apply(&world, &wanted, &mut ledger, &Policy::default(), &Passwords::default()).await;
        assert_eq!(world.sandbox.ids_by_email("jane@example.com").len(), 1);
    }
}

/// A pinned account gets an address that another account has.
#[tokio::test]
async fn a_pinned_account_does_not_take_the_address_of_another() {
    let world = world(seed(vec![
        SeedPerson {
            username: Some("g1".into()),
            ..SeedPerson::customer("old@example.com", &["SUP"])
        },
        SeedPerson {
            username: Some("g2".into()),
            ..SeedPerson::customer("new@example.com", &["SUP"])
        },
    ]))
    .await;
    let wanted = roster(
        "version: 1\ndesks: {SUP: {}}\ncustomers: [{email: new@example.com, desks: [SUP], account: g1, previously: [old@example.com]}]\n",
    );
    let mut ledger = Ledger::kept();
    apply(&world, &wanted, &mut ledger, &Policy::default(), &Passwords::default()).await;
    assert_eq!(world.sandbox.ids_by_email("new@example.com").len(), 1);
}

/// A password pending from a create that never happened, then the entry asks for none.
#[tokio::test]
async fn no_password_is_shown_that_the_account_does_not_have() {
    let config = Config {
        faults: "create-user:500@1+".parse().unwrap(),
        ..config(Version::V10_3)
    };
    let mut world = World::with(seed(vec![]), config).await;
    world.settings.patience = std::time::Duration::from_secs(2);
    let folder = tempfile::tempdir().unwrap();
    let state = open(folder.path(), &world);
    let mut ledger = state.ledger().unwrap();
    world.apply_with_journal(&roster(ONE), &mut ledger, &state).await;
    world.sandbox.set_faults(&"".parse().unwrap());
    let plain = roster("version: 1\ndesks: {SUP: {}}\ncustomers: [{email: ada@example.com, desks: [SUP]}]\n");
    world.apply_with_journal(&plain, &mut ledger, &state).await;
    assert_eq!(shown(folder.path())[0].2, world.sandbox.password_of("ada@example.com"));
}

/// An account that was agreed on once, deleted, and created again with a lost answer.
#[tokio::test]
async fn made_again_with_a_lost_answer() {
    let mut world = world(seed(vec![])).await;
    world.settings.patience = std::time::Duration::from_secs(2);
    let folder = tempfile::tempdir().unwrap();
    let wanted = roster(ONE);
    let state = open(folder.path(), &world);
    let mut ledger = state.ledger().unwrap();
    world.apply_with_journal(&wanted, &mut ledger, &state).await;
    state.save(&mut ledger).unwrap();
    let id = world.sandbox.ids_by_email("ada@example.com").remove(0);
    world.sandbox.delete_account(&id).unwrap();
    clear_hand_off(folder.path(), &read_hand_off(folder.path()).unwrap()).unwrap();
    world
        .sandbox
        .set_faults(&"create-user:drop-after@1, user-search:500@2x20".parse().unwrap());
    let a = world.apply_with_journal(&wanted, &mut ledger, &state).await;
    state.settle_observed(&wanted, a.seen.approved.plan());
    state.save(&mut ledger).unwrap();
    world.sandbox.set_faults(&"".parse().unwrap());
    let b = world.apply_with_journal(&wanted, &mut ledger, &state).await;
    state.settle_observed(&wanted, b.seen.approved.plan());
    state.save(&mut ledger).unwrap();
    assert!(shown(folder.path())[0].1, "known to be made");
}

/// Not an administrator: one entry with a first password ends all creates.
#[tokio::test]
async fn a_forbidden_password_create_ends_plain_creates() {
    let config = Config {
        faults: "create-user:403".parse().unwrap(),
        ..config(Version::V10_3)
    };
    let world = World::with(seed(vec![]), config).await;
    let wanted = roster(
        "version: 1\ndefaults: {desks: [SUP]}\ndesks: {SUP: {}}\ncustomers:\n  - {email: ada@example.com, initial_password: generate}\n  - bob@example.com\n  - carl@example.com\n",
    );
    let mut ledger = Ledger::kept();
    for _ in 0..2 {
        apply(&world, &wanted, &mut ledger, &Policy::default(), &Passwords::default()).await;
    }
    assert_eq!(world.sandbox.ids_by_email("bob@example.com").len(), 1);
}

/// Another person creates the account between plan and apply, under another user name.
#[tokio::test]
async fn somebody_made_meanwhile_is_linked() {
    for password in ["", ", initial_password: generate"] {
        let world = world(seed(vec![])).await;
        let wanted = roster(&format!(
            "version: 1\ndesks: {{SUP: {{}}}}\ncustomers: [{{email: ada@example.com, desks: [SUP]{password}}}]\n"
        ));
        let jira = quietdesk::jira::JiraWrite::new(world.read().await);
        pass_after(&jira, &wanted, &NO_JOURNAL, || {
            world.sandbox.create_account(&SeedPerson {
                username: Some("ada".into()),
                ..SeedPerson::customer("ada@example.com", &[])
            });
        })
        .await;
        assert_eq!(world.sandbox.ids_by_email("ada@example.com").len(), 1);
    }
}

/// Not attempted, then created by another person: the password stays listed forever.
#[tokio::test]
async fn a_password_that_was_never_sent_is_not_shown() {
    let config = Config {
        faults: "create-user:401@1+".parse().unwrap(),
        ..config(Version::V10_3)
    };
    let mut world = World::with(seed(vec![]), config).await;
    world.settings.patience = std::time::Duration::from_secs(2);
    let folder = tempfile::tempdir().unwrap();
    let wanted = roster(ONE);
    let state = open(folder.path(), &world);
    let mut ledger = state.ledger().unwrap();
    world.apply_with_journal(&wanted, &mut ledger, &state).await;
    state.save(&mut ledger).unwrap();
    world.sandbox.set_faults(&"".parse().unwrap());
    world.sandbox.create_account(&SeedPerson {
        username: Some("ada".into()),
        ..SeedPerson::customer("ada@example.com", &[])
    });
    for _ in 0..2 {
        let b = world.apply_with_journal(&wanted, &mut ledger, &state).await;
        state.settle_observed(&wanted, b.seen.approved.plan());
        state.save(&mut ledger).unwrap();
    }
    clear_hand_off(folder.path(), &read_hand_off(folder.path()).unwrap()).unwrap();
    assert!(shown(folder.path()).is_empty());
}

/// A pin in another case.
#[tokio::test]
async fn a_pin_is_found_in_any_case() {
    let world = world(seed(vec![SeedPerson {
        username: Some("ada".into()),
        ..SeedPerson::customer("ada@example.com", &[])
    }]))
    .await;
    let wanted =
        roster("version: 1\ndesks: {SUP: {}}\ncustomers: [{email: ada@example.com, desks: [SUP], account: Ada}]\n");
    let a = apply(
        &world,
        &wanted,
        &mut Ledger::kept(),
        &Policy::default(),
        &Passwords::default(),
    )
    .await;
    assert!(a.held().is_empty());
}

/// Dropped (killed) between the create and its read-back.
#[tokio::test]
async fn an_account_that_was_not_read_back_is_read_back_by_the_next_process() {
    let rules = Rules {
        empty_application_keys_take_a_seat: true,
        ..Rules::default()
    };
    let config = Config {
        rules,
        faults: "user:slow=3000@1".parse().unwrap_or_else(|e| {
            eprintln!("T31 {e}");
            Default::default()
        }),
        latency: std::time::Duration::from_millis(100),
        ..config(Version::V10_3)
    };
    let world = World::with(seed(vec![]), config).await;
    let before = world.sandbox.seats_in_use();
    let folder = tempfile::tempdir().unwrap();
    let wanted = roster(ONE);
    let state = open(folder.path(), &world);
    let mut ledger = state.ledger().unwrap();
    {
        let mut l2 = state.ledger().unwrap();
        let pass = world.apply_with_journal(&wanted, &mut l2, &state);
        tokio::pin!(pass);
        loop {
            tokio::select! {
                _ = &mut pass => { eprintln!("T31 came to its end"); break }
                () = tokio::time::sleep(std::time::Duration::from_millis(5)) => if world.sandbox.seats() == 1 { break },
            }
        }
    }
    drop(state);
    let state = open(folder.path(), &world);
    let b = world.apply_with_journal(&wanted, &mut ledger, &state).await;
    state.settle_observed(&wanted, b.seen.approved.plan());
    state.save(&mut ledger).unwrap();
    assert_eq!(world.sandbox.seats_in_use(), before);
}
