//! Cloud's list of a desk's customers may show people who are off the desk. The project role of its customers shows who
//! is, if it can be believed; otherwise everyone on the list counts as on the desk.

use quietdesk::model::observed::{DeskReading, RoleReading};
use quietdesk::model::outcome::Outcome;
use quietdesk::model::plan::NoteKind;
use quietdesk::model::step::Action;
use quietdesk::sandbox::Rules;

use super::*;

const EXACT: &str = "access: restricted, membership: exact";

/// A desk whose list still shows removed accounts, and shows those in the group `staff`.
async fn world_with_phantoms(people: Vec<SeedPerson>) -> World {
    showing(people, false).await
}

/// The same, with a role of its customers that may be refused.
async fn showing(people: Vec<SeedPerson>, role_is_refused: bool) -> World {
    let mut seed = seed(people);
    seed.desks[0].browsing_groups = vec!["staff".to_owned()];
    let rules = Rules {
        removed_stay_listed: true,
        people_by_group_are_listed: true,
        customers_role_can_be_read: !role_is_refused,
        ..Rules::default()
    };
    let config = Config {
        rules,
        ..Config::default()
    };
    World::with(seed, config).await
}

/// In the group, and on no desk.
fn person_in_group(name: &str) -> SeedPerson {
    SeedPerson {
        groups: vec!["staff".to_owned()],
        ..SeedPerson::customer(format!("{name}@example.com"), &[])
    }
}

/// People who stay: enough that a few removals are no finding of a guard.
fn many(of: usize) -> Vec<String> {
    (0..of).map(|n| format!("person{n}@example.com")).collect()
}

fn seeded(emails: &[String]) -> Vec<SeedPerson> {
    emails
        .iter()
        .map(|email| SeedPerson::customer(email, &["PRIV"]))
        .collect()
}

fn listing(settings: &str, people: &[String], others: &[&str]) -> Roster {
    let all: Vec<_> = people
        .iter()
        .map(String::as_str)
        .chain(others.iter().copied())
        .collect();
    private(settings, &all)
}

impl Applied {
    fn noted(&self, kind: &NoteKind) -> usize {
        let notes = self.seen.approved.plan().notes.iter();
        notes.filter(|note| note.kind == *kind).count()
    }

    fn is_doubted(&self) -> bool {
        let warned = self.seen.approved.plan().warnings.iter();
        let warned = warned
            .filter(|warning| warning.contains("does not show who is off the desk"))
            .count();
        let doubted = self.seen.observed.desks.values().any(
            |reading| matches!(reading, DeskReading::Read(desk) if matches!(desk.role_reading, RoleReading::Untrusted { .. })),
        );
        assert_eq!(warned > 0, doubted);
        doubted
    }
}

impl World {
    fn is_on(&self, email: &str) -> bool {
        self.sandbox.snapshot().customers("PRIV").contains(email)
    }
}

/// Removed accounts that are still listed are noted, not removed again, and not counted by any guard.
#[tokio::test]
async fn removed_people_that_the_list_still_shows_are_noted() {
    let people = many(60);
    let strangers = ["eve", "mallory", "trent", "oscar", "peggy"].map(|name| format!("{name}@example.com"));
    let world = world_with_phantoms(seeded(&[&people[..], &strangers[..]].concat())).await;
    let (roster, mut ledger) = (listing(EXACT, &people, &[]), Ledger::kept());
    let applied = world.apply_with(&roster, &mut ledger).await;
    assert_eq!((applied.count(Outcome::Done), applied.is_doubted()), (5, false));
    for _ in 0..3 {
        let applied = world.apply_with(&roster, &mut ledger).await;
        assert_eq!((applied.steps(), applied.writes), (Vec::new(), 0));
        assert_eq!((applied.noted(&NoteKind::ListedOnly), applied.held()), (5, Vec::new()));
        assert!(applied.seen.approved.findings().is_empty());
    }
    // A stranger who is in the role is removed.
    let late = world
        .sandbox
        .create_account(&SeedPerson::customer("late@example.com", &["PRIV"]));
    assert!(!late.is_empty());
    let applied = world.settles(&roster, &mut ledger).await;
    assert_eq!(applied.steps(), ["remove late@example.com from PRIV"]);
    assert_eq!(world.sandbox.snapshot().customers("PRIV").len(), 60);
}

#[tokio::test]
async fn people_listed_because_of_a_group_are_noted() {
    let people = many(20);
    let mut seeds = seeded(&people);
    seeds.extend([
        person_in_group("gina"),
        SeedPerson::customer("eve@example.com", &["PRIV"]),
    ]);
    let world = world_with_phantoms(seeds).await;
    let (roster, mut ledger) = (listing(EXACT, &people, &[]), Ledger::kept());
    let applied = world.settles(&roster, &mut ledger).await;
    assert_eq!(applied.steps(), ["remove eve@example.com from PRIV"]);
    assert_eq!(applied.noted(&NoteKind::ListedOnly), 1);
}

/// A person an earlier roster listed is removed once, whether or not the list shows them afterwards.
#[tokio::test]
async fn owned_and_until_take_people_off_a_desk_that_goes_on_listing_them() {
    let people = many(30);
    let world = world_with_phantoms(seeded(&people)).await;
    let mut ledger = Ledger::kept();
    let both = ["bob@example.com", "cyd@example.com"];
    world
        .settles(&listing("membership: owned", &people, &both), &mut ledger)
        .await;
    let until = "{email: cyd@example.com, until: 2026-11-24}";
    let roster = listing("membership: owned", &people, &[until]).as_of(today());
    let applied = world.settles(&roster, &mut ledger).await;
    assert_eq!(applied.steps().len(), 2);
    // Bob is forgotten at the second reading that shows him off the desk.
    world.apply_with(&roster, &mut ledger).await;
    let again = world.apply_with(&roster, &mut ledger).await;
    assert_eq!(again.noted(&NoteKind::ListedOnly), 1, "the entry that has expired");
    assert_eq!((again.held(), again.is_doubted()), (Vec::new(), false));
    // Bob is listed again by the roster, and added to the role again.
    let applied = world
        .settles(&listing("membership: owned", &people, &both[..1]), &mut ledger)
        .await;
    assert_eq!(applied.steps(), ["add bob@example.com to PRIV"]);
    assert!(world.is_on("bob@example.com") && !world.is_on("cyd@example.com"));
}

/// A role that holds one of two, without the person just added, is incomplete: the removal is made.
#[tokio::test]
async fn a_role_without_who_was_just_added_is_not_believed() {
    let world = world_with_phantoms(seeded(&many(1))).await;
    let mut ledger = Ledger::kept();
    let both = listing("membership: owned", &many(1), &["bob@example.com"]);
    world
        .apply_with(&listing("membership: owned", &many(1), &[]), &mut ledger)
        .await;
    world.settles(&both, &mut ledger).await;
    world.sandbox.set_faults(&"role:half".parse().unwrap());
    let applied = world.apply_with(&listing(EXACT, &many(1), &[]), &mut ledger).await;
    assert_eq!(applied.steps(), ["remove bob@example.com from PRIV"]);
    assert!(!world.is_on("bob@example.com"));
}

/// A listed person who is only on the list is added; without effect, this is noted after the second time.
#[tokio::test]
async fn a_listed_person_without_a_place_is_added_and_noted_after_two_in_vain() {
    let people = many(20);
    let mut seeds = seeded(&people);
    seeds.push(person_in_group("gina"));
    let world = world_with_phantoms(seeds).await;
    let (roster, mut ledger) = (listing("", &people, &["gina@example.com"]), Ledger::kept());
    world.sandbox.set_faults(&"add:ignored".parse().unwrap());
    for _ in 0..2 {
        let applied = world.apply_with(&roster, &mut ledger).await;
        assert_eq!(applied.steps(), ["add gina@example.com to PRIV"]);
    }
    for _ in 0..2 {
        let applied = world.apply_with(&roster, &mut ledger).await;
        assert_eq!((applied.steps(), applied.held()), (Vec::new(), Vec::new()));
        assert_eq!(applied.noted(&NoteKind::AddedWithoutEffect), 1);
    }
    // She is added by hand.
    world.sandbox.set_faults(&Faults::default());
    let gina = world.sandbox.ids_by_email("gina@example.com").remove(0);
    world.sandbox.add_member("PRIV", &gina).unwrap();
    let applied = world.settles(&roster, &mut ledger).await;
    assert_eq!(
        (applied.steps(), applied.noted(&NoteKind::AddedWithoutEffect)),
        (Vec::new(), 0)
    );
}

/// A role that cannot be read, is empty or holds half proves nothing: everyone to remove is removed, and a removal that
/// Jira accepts twice without effect is held.
#[tokio::test]
async fn a_role_that_cannot_be_believed_proves_no_removal() {
    for (fault, was_believed) in [
        ("", false),
        ("role:empty", false),
        ("role:empty", true),
        ("role:half", false),
        ("role:half", true),
    ] {
        let people = many(60);
        let world = showing(seeded(&people), fault.is_empty()).await;
        let (roster, mut ledger) = (listing(EXACT, &people, &[]), Ledger::kept());
        if was_believed {
            world.settles(&roster, &mut ledger).await;
        }
        on("PRIV", &["eve", "mallory"])
            .iter()
            .for_each(|person| drop(world.sandbox.create_account(person)));
        world.sandbox.set_faults(&fault.parse().unwrap());
        for _ in 0..2 {
            // By the list, they are still on the desk after the first time.
            let applied = world.apply_with(&roster, &mut ledger).await;
            assert!(applied.is_doubted(), "{fault} {was_believed}");
            assert_eq!(
                (applied.steps().len(), applied.noted(&NoteKind::ListedOnly)),
                (2, 0),
                "{fault}"
            );
            assert_eq!(world.sandbox.snapshot().customers("PRIV").len(), 60);
        }
        for _ in 0..2 {
            let applied = world.apply_with(&roster, &mut ledger).await;
            let held = applied.held();
            assert_eq!(
                (applied.steps(), held.len(), applied.writes),
                (Vec::new(), 2, 0),
                "{fault}"
            );
            assert!(held[0].contains("accepted this twice"), "{held:?}");
        }
        if fault.is_empty() {
            continue;
        }
        // The role can be believed again, and shows that they are off the desk.
        world.sandbox.set_faults(&Faults::default());
        let applied = world.settles(&roster, &mut ledger).await;
        assert_eq!((applied.held(), applied.noted(&NoteKind::ListedOnly)), (Vec::new(), 2));
    }
}

/// If no role can be read at all, no account can be shown to be a mere customer either.
#[tokio::test]
async fn without_a_readable_role_removals_are_held() {
    for fault in ["role:403", "roles:404", "role:html=200"] {
        let people = many(12);
        let mut seeds = seeded(&people);
        seeds.extend(on("PRIV", &["eve"]));
        let world = showing(seeds, false).await;
        world.sandbox.set_faults(&fault.parse().unwrap());
        let applied = world
            .apply_with(&listing(EXACT, &people, &[]), &mut Ledger::kept())
            .await;
        assert!(applied.is_doubted(), "{fault}");
        assert_eq!((applied.steps(), applied.held().len()), (Vec::new(), 1), "{fault}");
    }
}

/// The role costs two more requests, and is read only where it matters.
#[tokio::test]
async fn the_role_is_read_only_where_somebody_would_leave_or_is_newly_listed() {
    let people = many(12);
    let world = world(Deployment::Cloud, seeded(&people)).await;
    let roles = || {
        let read = world.sandbox.journal().into_iter();
        read.filter(|exchange| exchange.path.ends_with("/role/10100")).count()
    };
    let (owned, mut ledger) = (listing("membership: owned", &people, &[]), Ledger::kept());
    world.settles(&owned, &mut ledger).await;
    assert_eq!(roles(), 1, "everyone is newly listed");
    world.settles(&owned, &mut ledger).await;
    assert_eq!(roles(), 1, "no one is newly listed");
    world
        .settles(&listing("membership: owned", &people[1..], &[]), &mut ledger)
        .await;
    assert_eq!(roles(), 2, "somebody leaves");
}

/// The daemon's edits follow the same rule.
#[tokio::test]
async fn an_edit_adds_people_who_are_only_on_the_list() {
    let people = many(12);
    let mut seeds = seeded(&people);
    seeds.push(person_in_group("gina"));
    let world = world_with_phantoms(seeds).await;
    let (_, mut kept) = world.full(&listing("", &people, &[])).await;
    let roster = listing("", &people, &["gina@example.com"]);
    let applied = world.edit(&mut kept, &roster).await;
    assert_eq!(applied.steps(), ["add gina@example.com to PRIV"]);
    assert!(world.is_on("gina@example.com"));
    let applied = world.settles(&roster, &mut kept.ledger).await;
    assert!(applied.steps().is_empty());
    // An edit that takes the person out again removes them from the role.
    let owned = listing("membership: owned", &people, &["gina@example.com"]);
    world.edit(&mut kept, &owned).await;
    let applied = world.edit(&mut kept, &listing("membership: owned", &people, &[])).await;
    let removes = |step: &&quietdesk::model::step::Step| matches!(step.action, Action::RemoveFromDesk { .. });
    assert_eq!(applied.seen.approved.plan().steps.iter().filter(removes).count(), 1);
    assert!(!world.is_on("gina@example.com"));
    world
        .settles(&listing("membership: owned", &people, &[]), &mut kept.ledger)
        .await;
}
