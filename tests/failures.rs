//! Passes when things go wrong: whatever it is, no one is mailed, created twice or lost.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use quietdesk::engine::journal::NO_JOURNAL;
use quietdesk::engine::observe::ObserveError;
use quietdesk::engine::passwords::Passwords;
use quietdesk::engine::progress::{Event, NoProgress, Progress};
use quietdesk::engine::session::Scope;
use quietdesk::jira::JiraWrite;
use quietdesk::model::ledger::Ledger;
use quietdesk::model::outcome::{Outcome, StopReason};
use quietdesk::sandbox::{Config, DeskAccess, PersonKind, Seed, SeedPerson};
use support::desks::{TWO_DESKS, desks, members, one_desk, one_desk_roster, people, two_desks};
use support::world::{FreshInputs, World, pass_after, plan_with, roster};
use tokio_util::sync::CancellationToken;

#[tokio::test]
async fn an_interrupted_import_leaves_whole_people() {
    struct StopAfter(usize, CancellationToken);
    impl Progress for StopAfter {
        fn event(&self, event: Event<'_>) {
            if matches!(event, Event::Applied { done, .. } if done >= self.0) {
                self.1.cancel();
            }
        }
    }
    let world = World::new(one_desk(Vec::new())).await;
    let roster = members(&people(400));
    let jira = JiraWrite::new(world.read().await);
    let mut unknowing = FreshInputs::new();
    let mut session = unknowing.session(&NO_JOURNAL);
    let planned = session
        .plan(&jira, &roster, Scope::Everything, &NoProgress)
        .await
        .unwrap();
    let (none, stop) = (Passwords::default(), CancellationToken::new());
    let progress = StopAfter(200, stop.clone());
    let ended = session.execute(planned, &jira, &none, &progress, &stop).await.unwrap();
    let (seen, outcomes) = (ended.preview, ended.outcomes.unwrap());
    assert_eq!(outcomes.stopped, Some(StopReason::Requested));
    let counts = outcomes.count_by_outcome(seen.approved.plan());
    assert!(
        counts[&Outcome::Done] >= 100 && counts[&Outcome::NotAttempted] > 0,
        "{counts:?}"
    );
    let snapshot = world.sandbox.snapshot();
    let made = snapshot
        .accounts
        .values()
        .filter(|account| account.email.starts_with("member"))
        .count();
    let whole = snapshot.customers("SUP").len();
    assert!(
        whole >= 100 && made - whole < 100,
        "{made} accounts, {whole} of them on the desk"
    );
    world.apply_completely(&roster).await;
    world.drain();
}

#[tokio::test]
async fn a_dead_token_is_not_believed() {
    let world = World::with(
        one_desk(Vec::new()),
        Config {
            faults: "dead-token".parse().unwrap(),
            ..Config::default()
        },
    )
    .await;
    let error = quietdesk::jira::JiraRead::connect(world.settings.clone())
        .await
        .unwrap_err();
    assert!(error.is_refusal(), "{error:?}");
    assert_eq!(world.sandbox.writes(), 0);
}

#[tokio::test]
async fn a_token_that_dies_while_reading_ends_the_pass() {
    let world = World::new(one_desk(Vec::new())).await;
    let jira = world.read().await;
    world.sandbox.set_faults(&"dead-token".parse().unwrap());
    let error = plan_with(&jira, &one_desk_roster(&["a@example.com"]))
        .await
        .unwrap_err();
    assert!(error.is_refusal(), "{error:?}");
}

#[tokio::test]
async fn without_the_permission_to_browse_no_one_seems_missing() {
    let world = World::with(
        one_desk(Vec::new()),
        Config {
            user_picker: false,
            ..Config::default()
        },
    )
    .await;
    let error = world.plan_or_error(&one_desk_roster(&["a@example.com"])).await;
    assert!(matches!(error, Err(ObserveError::MayNotBrowse)), "{error:?}");
    assert_eq!(world.sandbox.writes(), 0);
}

#[tokio::test]
async fn a_refused_create_ends_creating_and_nothing_else() {
    let known = SeedPerson::customer("known@example.com", &[]);
    let world = World::with(
        one_desk(vec![known]),
        Config {
            administrator: false,
            ..Config::default()
        },
    )
    .await;
    let mut everybody = people(300);
    everybody.push("known@example.com".to_owned());
    let applied = world.apply(&members(&everybody)).await;
    assert!(applied.outcomes.creating_refused.is_some());
    assert!(!applied.seen.approved.plan().warnings.is_empty(), "the plan had warned");
    assert_eq!(
        applied.count(Outcome::Done),
        1,
        "who has an account is added all the same"
    );
    assert_eq!(applied.writes, 2, "one create that is refused, one membership call");
    world.drain();
}

#[tokio::test]
async fn a_desk_that_is_closed_to_quietdesk_is_held_and_the_others_go_on() {
    let world = World::new(two_desks(Vec::new())).await;
    world.sandbox.set_faults(&"add[PRIV]:403".parse().unwrap());
    let applied = world.apply(&roster(TWO_DESKS)).await;
    assert_eq!(applied.count(Outcome::Held), 1, "{:?}", applied.unsuccessful());
    assert_eq!(applied.count(Outcome::Done), 6, "three creates, two adds, one access");
    world.drain();
}

#[tokio::test]
async fn a_desk_is_not_tightened_while_somebody_could_not_be_added() {
    let world = World::new(Seed {
        seed: 1,
        desks: desks(&[("SUP", DeskAccess::Open)]),
        people: Vec::new(),
    })
    .await;
    world.sandbox.set_faults(&"create:403x1".parse().unwrap());
    let wanted =
        roster("version: 1\ndesks: {SUP: {access: restricted}}\ncustomers: [{email: a@example.com, desks: [SUP]}]");
    let applied = world.apply(&wanted).await;
    assert_eq!(applied.outcomes(), ["failed", "skipped"].into());
    assert_eq!(world.sandbox.snapshot().desks["SUP"].access, DeskAccess::Open);
    world.apply_completely(&wanted).await;
    assert_eq!(world.sandbox.snapshot().desks["SUP"].access, DeskAccess::Restricted);
    world.drain();
}

#[tokio::test]
async fn an_account_that_vanishes_is_the_only_one_not_added() {
    let emails: Vec<_> = people(40);
    let seeded = emails.iter().map(|email| SeedPerson::customer(email, &[])).collect();
    let world = World::new(one_desk(seeded)).await;
    let roster = members(&emails);
    let jira = JiraWrite::new(world.read().await);
    let (seen, outcomes) = pass_after(&jira, &roster, &NO_JOURNAL, || {
        let gone = world.sandbox.ids_by_email(&emails[17]).remove(0);
        world.sandbox.delete_account(&gone).unwrap();
    })
    .await;
    let counts = outcomes.count_by_outcome(seen.approved.plan());
    assert_eq!((counts[&Outcome::Done], counts[&Outcome::Failed]), (39, 1));
    world.apply_completely(&roster).await;
    world.drain();
}

#[tokio::test]
async fn somebody_who_appears_meanwhile_is_linked() {
    let world = World::new(one_desk(Vec::new())).await;
    let roster = one_desk_roster(&["ada@example.com"]);
    let jira = JiraWrite::new(world.read().await);
    let (seen, outcomes) = pass_after(&jira, &roster, &NO_JOURNAL, || {
        world
            .sandbox
            .create_account(&SeedPerson::customer("Ada@example.com", &[]));
    })
    .await;
    let counts = outcomes.count_by_outcome(seen.approved.plan());
    assert_eq!((counts[&Outcome::Linked], counts[&Outcome::Done]), (1, 1));
    assert_eq!(world.sandbox.ids_by_email("ada@example.com").len(), 1);
    world.is_in_step(&roster).await;
    world.drain();
}

#[tokio::test]
async fn access_that_somebody_else_changes_meanwhile_is_not_fought() {
    let world = World::new(one_desk(Vec::new())).await;
    let roster = roster("version: 1\ndesks: {SUP: {access: open}}\ncustomers: []");
    let jira = JiraWrite::new(world.read().await);
    let (seen, outcomes) = pass_after(&jira, &roster, &NO_JOURNAL, || {
        world.sandbox.set_access("SUP", DeskAccess::Open).unwrap();
    })
    .await;
    assert_eq!(
        outcomes.count_by_outcome(seen.approved.plan()),
        [(Outcome::Already, 1)].into()
    );
    assert_eq!(world.sandbox.writes(), 0);
    world.drain();
}

#[tokio::test]
async fn an_access_mode_that_cannot_be_read_or_does_not_take_is_reported() {
    let roster = roster("version: 1\ndesks: {SUP: {access: open}}\ncustomers: [{email: a@example.com, desks: [SUP]}]");
    for unreadable in ["read-access:404", "read-access:html=200", "read-access:cut"] {
        let world = World::new(one_desk(Vec::new())).await;
        world.sandbox.set_faults(&unreadable.parse().unwrap());
        let applied = world.apply(&roster).await;
        assert_eq!(applied.held().len(), 1, "{unreadable}: {:?}", applied.held());
        assert_eq!(
            applied.count(Outcome::Done),
            2,
            "{unreadable}: {:?}",
            applied.unsuccessful()
        );
        world.drain();
    }
    let world = World::new(one_desk(Vec::new())).await;
    world.sandbox.set_faults(&"write-access:ignored".parse().unwrap());
    let applied = world.apply(&roster).await;
    assert_eq!(applied.count(Outcome::Failed), 1, "{:?}", applied.unsuccessful());
    world.drain();
}

/// Every fault that passes: whatever it hits, the wanted state is reached within three passes, no account is created
/// twice, and no one is mailed.
#[tokio::test]
async fn whatever_goes_wrong_for_a_while() {
    let faults = [
        "writes:429=1@2x2",
        "writes:429-bare@2x2",
        "reads:429-bare@3x2",
        "reads:500@2x3",
        "writes:500@2x3",
        "writes:503@2x2",
        "create:503-after@2x3",
        "add:503-after@1",
        "writes:500-after@2x3",
        "reads:drop-before@2x3",
        "writes:drop-before@2x3",
        "writes:drop-after@2x3",
        "writes:truncated@1x3",
        "writes:cut@1x3",
        "reads:cut@2x2",
        "reads:truncated@2x2",
        "writes:html=502@1x2",
        "reads:html=503@1x2",
        "customers:page-limit=7@2+",
        "customers:short-page=3x2",
        "customers:repeat-row@2",
        "create:search-lag=2",
        "create:drop-after%40",
        "create:500-after%40",
        "writes:drop-after%30, reads:500%20",
        "write-access:drop-after@1",
        "add:drop-after@1",
        "add:500-after@1",
    ];
    let known = people(130)
        .into_iter()
        .step_by(2)
        .map(|email| SeedPerson::customer(email, &["SUP"]));
    let seed = one_desk(known.collect());
    let customers: String = people(130)
        .iter()
        .map(|email| format!("  - {{email: {email}, desks: [SUP]}}\n"))
        .collect();
    let roster = roster(&format!(
        "version: 1\ndesks: {{SUP: {{access: open}}}}\ncustomers:\n{customers}"
    ));
    for script in faults {
        let world = World::new(seed.clone()).await;
        let jira = JiraWrite::new(world.read().await);
        world.sandbox.set_faults(&script.parse().unwrap());
        let mut passes = 0;
        loop {
            let mut unknowing = FreshInputs::new();
            let mut session = unknowing.session(&NO_JOURNAL);
            let planned = session.plan(&jira, &roster, Scope::Everything, &NoProgress).await;
            let planned = planned.unwrap_or_else(|error| panic!("{script}: {error:?}"));
            let steps = &planned.preview.approved.plan().steps;
            if steps.is_empty() {
                break;
            }
            passes += 1;
            assert!(passes <= 3, "{script}: still to do: {steps:?}");
            let (none, stop) = (Passwords::default(), CancellationToken::new());
            session
                .execute(planned, &jira, &none, &NoProgress, &stop)
                .await
                .unwrap();
        }
        let snapshot = world.sandbox.snapshot();
        assert_eq!(snapshot.customers("SUP").len(), 130, "{script}");
        assert_eq!(
            snapshot.accounts.len(),
            131,
            "{script}: no account twice, and quietdesk itself"
        );
        assert_eq!(snapshot.desks["SUP"].access, DeskAccess::Open, "{script}");
        world.drain();
    }
}

/// A sweep cannot see hidden e-mails, so the create is tried, and Jira's refusal settles it: once.
#[tokio::test]
async fn a_hidden_account_that_a_sweep_could_not_know_is_held_and_asked_once() {
    let hidden = SeedPerson {
        kind: PersonKind::Atlassian,
        email_hidden: true,
        ..SeedPerson::customer("m@example.com", &[])
    };
    let world = World::new(one_desk(vec![hidden])).await;
    let mut everybody = people(10);
    everybody.push("m@example.com".to_owned());
    let roster = members(&everybody);
    let mut ledger = Ledger::kept();
    let first = world.apply_with(&roster, &mut ledger).await;
    assert_eq!(
        (
            first.count(Outcome::Done),
            first.count(Outcome::Held),
            first.count(Outcome::Skipped)
        ),
        (20, 1, 1)
    );
    let second = world.apply_with(&roster, &mut ledger).await;
    assert_eq!((second.steps(), second.held().len(), second.writes), (Vec::new(), 1, 0));
    assert_eq!(world.sandbox.ids_by_email("m@example.com").len(), 1);
    world.drain();
}

/// JSM's list may hide what the platform's search shows.
#[tokio::test]
async fn an_email_hidden_in_desk_lists_alone_makes_no_second_account() {
    let known = SeedPerson {
        kind: PersonKind::Atlassian,
        ..SeedPerson::customer("ada@example.com", &["SUP"])
    };
    let world = World::new(one_desk(vec![known])).await;
    world.sandbox.set_faults(&"customers:hide-emails".parse().unwrap());
    world.is_in_step(&one_desk_roster(&["ada@example.com"])).await;
    world.drain();
}

/// A 503 proves nothing about what was done before it, whatever its body says.
#[tokio::test]
async fn a_create_answered_503_is_looked_up_before_it_is_repeated() {
    let world = World::new(one_desk(Vec::new())).await;
    world.sandbox.set_faults(&"create:503-after=1@1".parse().unwrap());
    let applied = world.apply(&one_desk_roster(&["ada@example.com"])).await;
    assert_eq!((applied.count(Outcome::Done), applied.writes), (2, 2));
    world.drain();
}

#[tokio::test]
async fn a_change_of_access_that_cannot_be_read_back_is_unknown() {
    let world = World::new(one_desk(Vec::new())).await;
    let wanted = roster("version: 1\ndesks: {SUP: {access: open}}\ncustomers: []");
    let jira = JiraWrite::new(world.read().await);
    let (seen, outcomes) = pass_after(&jira, &wanted, &NO_JOURNAL, || {
        world.sandbox.set_faults(&"read-access:404@2+".parse().unwrap());
    })
    .await;
    assert_eq!(
        outcomes.count_by_outcome(seen.approved.plan()),
        [(Outcome::Unknown, 1)].into()
    );
    world.sandbox.set_faults(&"".parse().unwrap());
    world.is_in_step(&wanted).await;
    world.drain();
}
