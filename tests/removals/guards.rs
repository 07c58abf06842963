//! What the guards refuse, on real lists.

use quietdesk::model::guard;

use super::*;

fn many(count: usize) -> Vec<SeedPerson> {
    let email = |n| SeedPerson::customer(format!("p{n:03}@example.com"), &["PRIV"]);
    (0..count).map(email).collect()
}

fn listed(range: std::ops::Range<usize>) -> Roster {
    let customers: Vec<_> = range.map(|n| format!("p{n:03}@example.com")).collect();
    let customers: Vec<_> = customers.iter().map(String::as_str).collect();
    private("membership: owned", &customers)
}

#[tokio::test]
async fn no_account_that_a_guard_keeps_is_looked_up() {
    for kind in [Deployment::Cloud, Deployment::DataCenter(Version::V10_3)] {
        let world = world(kind, many(100)).await;
        let mut ledger = Ledger::kept();
        world.settles(&listed(0..100), &mut ledger).await;
        world.sandbox.clear_journal();
        let applied = world.apply_with(&listed(0..60), &mut ledger).await;
        let findings = applied.seen.approved.findings();
        let ids: Vec<_> = findings
            .iter()
            .map(|finding| finding.id.rsplit_once('-').unwrap().0)
            .collect();
        assert_eq!(ids, ["shrink-PRIV", "removals-PRIV"], "{kind:?}");
        assert_eq!((applied.steps(), applied.writes), (Vec::new(), 0));
        let asked = world
            .sandbox
            .journal()
            .iter()
            .filter(|exchange| {
                exchange.template.is_some_and(|template| template.ends_with("/user"))
                    && exchange.query.iter().any(|(name, _)| name == "expand")
            })
            .count();
        assert_eq!(asked, 0, "{kind:?}");
        world.drain();
    }
}

#[tokio::test]
async fn an_approval_releases_what_it_names_and_no_more() {
    for kind in [Deployment::Cloud, Deployment::DataCenter(Version::V10_3)] {
        let mut people = many(100);
        people.push(SeedPerson {
            kind: quietdesk::sandbox::PersonKind::Agent,
            ..SeedPerson::customer("agent@example.com", &[])
        });
        let world = world(kind, people).await;
        let mut ledger = Ledger::kept();
        world.settles(&listed(0..100), &mut ledger).await;
        let refused = world.apply_with(&listed(0..80), &mut ledger).await;
        let ids = refused
            .seen
            .approved
            .findings()
            .iter()
            .map(|finding| finding.id.clone());
        let policy = Policy {
            approved: ids.collect(),
            now: 1,
            ..Policy::default()
        };
        // One more than was approved.
        let more = world.apply_guarded(&listed(0..79), &mut ledger, &policy).await;
        assert_eq!(more.writes, 0, "{kind:?}");
        let applied = world.apply_guarded(&listed(0..80), &mut ledger, &policy).await;
        assert_eq!(applied.steps().len(), 20);
        assert_eq!(world.sandbox.snapshot().desks["PRIV"].customers.len(), 80, "{kind:?}");
        // The removals count for a day: one more is too many.
        let later = Policy {
            now: 60 * 60,
            ..Policy::default()
        };
        let again = world.apply_guarded(&listed(0..79), &mut ledger, &later).await;
        assert_eq!((again.writes, again.seen.approved.findings().len()), (0, 1));
        let next_day = Policy {
            now: 25 * 60 * 60,
            ..Policy::default()
        };
        let again = world.apply_guarded(&listed(0..79), &mut ledger, &next_day).await;
        assert_eq!(again.steps().len(), 1);
        world.drain();
    }
}

#[tokio::test]
async fn a_list_that_repeats_rows_is_read_again_and_then_not_believed() {
    let world = world(Deployment::Cloud, many(60)).await;
    let mut ledger = Ledger::kept();
    world.settles(&listed(0..60), &mut ledger).await;
    // Once: the second reading is complete.
    world.sandbox.set_faults(&"customers:repeat-row@2x1".parse().unwrap());
    let applied = world.apply_with(&listed(1..60), &mut ledger).await;
    assert_eq!((applied.steps().len(), applied.seen.approved.findings().len()), (1, 0));
    // Every time: no one is removed.
    world.sandbox.set_faults(&"customers:repeat-row@2+".parse().unwrap());
    let applied = world.apply_with(&listed(2..60), &mut ledger).await;
    let findings = applied.seen.approved.findings();
    assert!(
        findings.len() == 1 && findings[0].id.starts_with("untrusted-PRIV-"),
        "{findings:?}"
    );
    assert_eq!(applied.writes, 0);
    world.sandbox.set_faults(&Faults::default());
    world.settles(&listed(2..60), &mut ledger).await;
}

#[tokio::test]
async fn a_list_that_lost_a_third_of_its_people_is_not_believed() {
    let world = world(Deployment::Cloud, many(60)).await;
    let mut ledger = Ledger::kept();
    world.settles(&listed(0..60), &mut ledger).await;
    for account in world.sandbox.snapshot().desks["PRIV"].customers.iter().take(25) {
        world.sandbox.remove_member("PRIV", account).unwrap();
    }
    let applied = world.apply_with(&listed(0..59), &mut ledger).await;
    let findings = applied.seen.approved.findings();
    assert!(
        findings.iter().any(|finding| finding.id.starts_with("untrusted-PRIV-")),
        "{findings:?}"
    );
    // Missing people are added all the same, which makes the list whole again.
    assert!(
        applied.steps().iter().all(|step| step.starts_with("add ")),
        "{:?}",
        applied.steps()
    );
    world.settles(&listed(0..59), &mut ledger).await;
    assert_eq!(world.sandbox.snapshot().desks["PRIV"].customers.len(), 59);
}

#[tokio::test]
async fn a_truncated_file_removes_no_one_and_says_how_to_go_on() {
    let world = world(Deployment::Cloud, Vec::new()).await;
    let mut ledger = Ledger::kept();
    world.settles(&listed(0..300), &mut ledger).await;
    let applied = world.apply_with(&listed(0..2), &mut ledger).await;
    assert_eq!(applied.writes, 0);
    let ways: Vec<_> = applied
        .seen
        .approved
        .findings()
        .iter()
        .map(|finding| finding.override_hint.as_str())
        .collect();
    assert!(
        ways[0].starts_with("quietdesk approve shrink-PRIV-") && ways[0].ends_with(" or --allow-shrink"),
        "{ways:?}"
    );
    assert!(
        ways[1].starts_with("quietdesk approve removals-PRIV-")
            && ways[1].ends_with(" or --max-removals 298 --max-removal-percent 100"),
        "{ways:?}"
    );
    // Still refused ten days later, and after any number of passes.
    let later = Policy {
        now: 10 * 24 * 60 * 60,
        ..Policy::default()
    };
    for _ in 0..3 {
        assert_eq!(world.apply_guarded(&listed(0..2), &mut ledger, &later).await.writes, 0);
    }
    world.settles(&listed(0..300), &mut ledger).await;
    let all = Policy {
        guards: guard::Settings {
            allow_shrink: true,
            max_removals: 298,
            max_removal_percent: 100,
            allow_empty: false,
        },
        ..Policy::default()
    };
    let applied = world.apply_guarded(&listed(0..2), &mut ledger, &all).await;
    assert_eq!(applied.steps().len(), 298);
    world.drain();
}
