//! What an administrator does with quietdesk, from roster to Jira.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use quietdesk::sandbox::{Config, PersonKind, Rules, SeedPerson};
use support::desks::{TWO_DESKS, members, one_desk, one_desk_roster, people, two_desks};
use support::world::{World, roster};

#[tokio::test]
async fn the_administrators_job_on_an_open_and_a_private_desk() {
    let stranger = SeedPerson::customer("stranger@example.net", &["SUP"]);
    let world = World::new(two_desks(vec![
        SeedPerson::customer("bob@example.com", &["PRIV"]),
        stranger,
    ]))
    .await;
    let roster = roster(TWO_DESKS);
    let applied = world.apply_completely(&roster).await;
    assert_eq!(
        applied.steps(),
        [
            "create ada@example.com",
            "add ada@example.com to SUP",
            "add Bob@Example.com to SUP",
            "create eve@example.com",
            "set access of SUP from restricted to open",
        ]
    );
    assert_eq!(
        applied.writes, 4,
        "two creates, one membership call, one change of access"
    );
    world.drain();
}

#[tokio::test]
async fn a_first_import_of_2000_costs_2000_creates_and_40_membership_calls() {
    let world = World::new(one_desk(Vec::new())).await;
    let applied = world.apply_completely(&members(&people(2000))).await;
    let made = |template: &str| {
        let journal = world.sandbox.journal();
        journal
            .iter()
            .filter(|exchange| exchange.method == "POST" && exchange.template == Some(template))
            .count()
    };
    assert_eq!(made("/rest/servicedeskapi/customer"), 2000);
    assert_eq!(made("/rest/servicedeskapi/servicedesk/{serviceDeskId}/customer"), 40);
    assert_eq!(applied.writes, 2040);
    world.drain();
}

#[tokio::test]
async fn what_cannot_be_decided_is_held_and_a_pin_settles_it() {
    let person = |email: &str| SeedPerson {
        kind: PersonKind::Atlassian,
        ..SeedPerson::customer(email, &[])
    };
    let world = World::new(one_desk(vec![
        SeedPerson::customer("two@example.com", &[]),
        person("two@example.com"),
        SeedPerson {
            email_hidden: true,
            ..person("hidden@example.com")
        },
        SeedPerson {
            active: false,
            ..SeedPerson::customer("gone@example.com", &["SUP"])
        },
        SeedPerson::customer("here@example.com", &["SUP"]),
    ]))
    .await;
    let applied = world
        .apply(&one_desk_roster(&["two@example.com", "hidden@example.com"]))
        .await;
    assert_eq!(applied.steps(), Vec::<String>::new());
    assert_eq!(applied.held().len(), 2, "{:?}", applied.held());
    let everybody = [
        "two@example.com",
        "gone@example.com",
        "here@example.com",
        "new@example.com",
    ];
    let others = world.apply(&one_desk_roster(&everybody)).await;
    assert_eq!(
        others.steps(),
        ["create new@example.com", "add new@example.com to SUP"],
        "nothing else is held up"
    );
    assert_eq!(others.held().len(), 2, "{:?}", others.held());

    let held = &applied.seen.approved.plan().held;
    let candidate = |email: &str| {
        let held = held
            .iter()
            .find(|held| held.email.as_ref().is_some_and(|held| held.as_str() == email))
            .unwrap();
        held.reason.candidates().last().unwrap().to_string()
    };
    let pinned = format!(
        "version: 1\ndefaults: {{desks: [SUP]}}\ndesks: {{SUP: {{}}}}\ncustomers:\n  - {{email: two@example.com, account: \
         '{}'}}\n  - {{email: hidden@example.com, account: '{}'}}\n",
        candidate("two@example.com"),
        candidate("hidden@example.com"),
    );
    let applied = world.apply_completely(&roster(&pinned)).await;
    assert_eq!(
        applied.steps(),
        ["add hidden@example.com to SUP", "add two@example.com to SUP"]
    );
    world.drain();
}

#[tokio::test]
async fn an_agent_of_the_desk_is_not_added_as_a_customer() {
    let agent = SeedPerson {
        kind: PersonKind::Agent,
        ..SeedPerson::customer("agent@example.com", &["SUP"])
    };
    for agents_are_listed in [false, true] {
        let rules = Rules {
            agents_are_listed,
            ..Rules::default()
        };
        let world = World::with(
            one_desk(vec![agent.clone()]),
            Config {
                rules,
                ..Config::default()
            },
        )
        .await;
        world.is_in_step(&one_desk_roster(&["agent@example.com"])).await;
        world.drain();
    }
}

#[tokio::test]
async fn a_paused_desk_is_reported_and_left_alone() {
    let world = World::new(one_desk(Vec::new())).await;
    let paused = roster(
        "version: 1\ndesks: {SUP: {access: open, paused: true}}\ncustomers: [{email: a@example.com, desks: [SUP]}]",
    );
    let applied = world.apply(&paused).await;
    assert_eq!(applied.seen.approved.plan().paused.len(), 3);
    assert_eq!(applied.writes, 0);
    world.drain();
}

#[tokio::test]
async fn a_desk_that_does_not_exist_is_held() {
    let world = World::new(one_desk(Vec::new())).await;
    let wanted = roster(
        "version: 1\ndesks: {GONE: {access: open}, SUP: {}}\ncustomers:\n  - {email: a@example.com, desks: [GONE]}\n  - {email: b@example.com, desks: [SUP]}\n",
    );
    let applied = world.apply(&wanted).await;
    assert_eq!(applied.steps(), ["create b@example.com", "add b@example.com to SUP"]);
    assert_eq!(
        applied.held(),
        ["GONE: there is no such service desk, or it cannot be seen"]
    );
    world.drain();
}
