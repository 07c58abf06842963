//! Customers of a desk, by name and by group, and its access mode.

use quietdesk::model::observed::DeskReading;
use quietdesk::sandbox::{AddAnswer, DeskAccess, PersonKind, Rules, Seed, SeedDesk, SeedPerson};

use super::support::world::roster;
use super::{world, world_with_rules};

fn seed(access: DeskAccess, people: Vec<SeedPerson>) -> Seed {
    Seed {
        seed: 1,
        desks: vec![SeedDesk::new("SUP", access)],
        people,
    }
}

const ONE: &str = "version: 1\ndesks: {SUP: {}}\ncustomers: [{email: ada@example.com, desks: [SUP]}]\n";

#[tokio::test]
async fn members_of_a_customer_group_count_and_the_group_is_left_alone() {
    let in_group = SeedPerson {
        groups: vec!["partners".to_owned()],
        ..SeedPerson::customer("ada@example.com", &[])
    };
    let mut desk = SeedDesk::new("SUP", DeskAccess::Restricted);
    desk.customer_groups = vec!["partners".to_owned()];
    let seed = Seed {
        seed: 1,
        desks: vec![desk],
        people: vec![in_group, SeedPerson::customer("bob@example.com", &[])],
    };
    let world = world(seed).await;
    let wanted = roster(
        "version: 1\ndefaults: {desks: [SUP]}\ndesks: {SUP: {}}\ncustomers: [ada@example.com, bob@example.com]\n",
    );
    let applied = world.apply_completely(&wanted).await;
    assert_eq!(applied.steps(), ["add bob@example.com to SUP"]);
    let report = applied.seen.report(&wanted, &Default::default(), None, false);
    assert_eq!(report.desks.values().next().unwrap().groups, ["partners"]);
    assert!(
        report.warnings[0].starts_with("SUP: members of these groups are customers too"),
        "{:?}",
        report.warnings
    );
    world.drain();
}

#[tokio::test]
async fn an_agent_who_is_listed_is_there_already() {
    let agent = SeedPerson {
        kind: PersonKind::Agent,
        ..SeedPerson::customer("ada@example.com", &["SUP"])
    };
    let world = world(seed(DeskAccess::Restricted, vec![agent])).await;
    let applied = world.apply_completely(&roster(ONE)).await;
    assert_eq!(applied.steps(), Vec::<String>::new());
    world.drain();
}

#[tokio::test]
async fn every_shape_of_answer_to_an_add_is_taken() {
    for add_answer in [
        AddAnswer::Page,
        AddAnswer::Users,
        AddAnswer::User,
        AddAnswer::Empty,
        AddAnswer::NoContent,
    ] {
        let rules = Rules {
            add_answer,
            ..Rules::default()
        };
        let world = world_with_rules(seed(DeskAccess::Restricted, vec![]), rules).await;
        let applied = world.apply_completely(&roster(ONE)).await;
        assert_eq!(applied.writes, 2, "{add_answer:?}");
        world.drain();
    }
}

/// One call, so that no one is locked out midway: every mode from every other.
#[tokio::test]
async fn access_changes_from_every_mode_to_every_other_in_one_call() {
    let modes = [DeskAccess::Restricted, DeskAccess::Open, DeskAccess::Public];
    for before in modes {
        for after in modes.into_iter().filter(|after| *after != before) {
            let rules = Rules {
                public_signup: true,
                ..Rules::default()
            };
            let world = world_with_rules(
                seed(before, vec![SeedPerson::customer("ada@example.com", &["SUP"])]),
                rules,
            )
            .await;
            let wanted = format!(
                "version: 1\ndesks: {{SUP: {{access: {after}}}}}\ncustomers: [{{email: ada@example.com, desks: [SUP]}}]\n"
            );
            let applied = world.apply_completely(&roster(&wanted)).await;
            assert_eq!(applied.writes, 1, "{before} to {after}");
            let desk = world.sandbox.snapshot().desks["SUP"].clone();
            assert_eq!((desk.access, desk.customers.len()), (after, 1), "{before} to {after}");
            world.drain();
        }
    }
}

#[tokio::test]
async fn a_public_desk_is_held_where_the_site_allows_no_sign_up() {
    let world = world(seed(
        DeskAccess::Open,
        vec![SeedPerson::customer("ada@example.com", &["SUP"])],
    ))
    .await;
    let wanted = ONE.replace("SUP: {}", "SUP: {access: public}");
    let applied = world.apply(&roster(&wanted)).await;
    assert_eq!(applied.held(), ["SUP: the site does not allow public sign-up"]);
    assert_eq!(applied.writes, 0);
    world.drain();
}

#[tokio::test]
async fn settings_that_cannot_be_read_stop_only_the_access_part() {
    let config = quietdesk::sandbox::Config {
        faults: "read-access:404".parse().unwrap(),
        ..super::config(quietdesk::sandbox::Version::V10_3)
    };
    let world = super::World::with(seed(DeskAccess::Open, vec![]), config).await;
    let wanted = ONE.replace("SUP: {}", "SUP: {access: restricted}");
    let applied = world.apply(&roster(&wanted)).await;
    assert_eq!(applied.unsuccessful(), Vec::<String>::new());
    assert_eq!(applied.writes, 2);
    assert!(
        applied.held()[0].contains("access mode cannot be read"),
        "{:?}",
        applied.held()
    );
    world.drain();
}

#[tokio::test]
async fn an_unlicensed_service_management_is_reported() {
    let config = quietdesk::sandbox::Config {
        licensed: false,
        ..super::config(quietdesk::sandbox::Version::V10_3)
    };
    let world = super::World::with(seed(DeskAccess::Open, vec![]), config).await;
    let jira = world.read().await;
    let error = jira.desks().await.unwrap_err();
    assert!(error.is_refusal(), "{error}");
    let read = world.plan_or_error(&roster(ONE)).await;
    assert!(read.is_err(), "no desk can be read");
    world.drain();
}

#[tokio::test]
async fn a_project_without_the_role_is_unreadable_and_holds_up_nothing_else() {
    let config = quietdesk::sandbox::Config {
        faults: "role[SUP]:404".parse().unwrap(),
        ..super::config(quietdesk::sandbox::Version::V10_3)
    };
    let mut two = seed(DeskAccess::Restricted, vec![]);
    two.desks.push(SeedDesk::new("PRIV", DeskAccess::Restricted));
    let world = super::World::with(two, config).await;
    let wanted = roster(
        "version: 1\ndesks: {SUP: {}, PRIV: {}}\ncustomers: [{email: ada@example.com, desks: [SUP]}, {email: bob@example.com, desks: [PRIV]}]\n",
    );
    let applied = world.apply(&wanted).await;
    assert!(matches!(
        applied.seen.observed.desks.values().last(),
        Some(DeskReading::Unreadable { .. })
    ));
    assert_eq!(
        applied.steps(),
        ["create bob@example.com", "add bob@example.com to PRIV"]
    );
    assert_eq!(applied.unsuccessful(), Vec::<String>::new());
    world.drain();
}
