//! Each version lists accounts in its own way, with the same result.

use quietdesk::sandbox::{DeskAccess, Seed, SeedDesk, SeedPerson, Version};

use super::config;
use super::support::world::{World, roster};

const VERSIONS: [Version; 4] = [Version::V9_12, Version::V10_0, Version::V10_3, Version::V11];

fn seed() -> Seed {
    let customer = |n: usize, desks: &[&str]| SeedPerson::customer(format!("p{n:03}@example.com"), desks);
    let mut people: Vec<_> = (0..150)
        .map(|n| customer(n, if n % 3 == 0 { &["SUP"] } else { &[] }))
        .collect();
    // A user name that is not the e-mail, as of imported accounts.
    people[1].username = Some("grace".to_owned());
    people[3].username = Some("edsger".to_owned());
    Seed {
        seed: 1,
        desks: vec![
            SeedDesk::new("SUP", DeskAccess::Open),
            SeedDesk::new("PRIV", DeskAccess::Restricted),
        ],
        people,
    }
}

fn wanted(people: usize) -> String {
    let customers: String = (0..people).map(|n| format!("  - p{n:03}@example.com\n")).collect();
    format!(
        "version: 1\ndefaults: {{desks: [SUP]}}\ndesks: {{SUP: {{access: restricted}}, PRIV: {{access: open}}}}\ncustomers:\n{customers}"
    )
}

#[tokio::test]
async fn every_version_is_brought_in_step() {
    for version in VERSIONS {
        let world = World::with(seed(), config(version)).await;
        let applied = world.apply_completely(&roster(&wanted(170))).await;
        let creates = applied.steps().iter().filter(|step| step.starts_with("create")).count();
        let adds = applied.steps().iter().filter(|step| step.starts_with("add")).count();
        assert_eq!((creates, adds), (20, 100 + 20), "{version}");
        // 20 creates, 120 people in batches of 50, two changes of access.
        assert_eq!(applied.writes, 20 + 3 + 2, "{version}");
        world.drain();
    }
}

#[tokio::test]
async fn accounts_are_listed_as_the_version_can() {
    let asked = |world: &World, template: &str| {
        let journal = world.sandbox.journal();
        journal
            .iter()
            .filter(|exchange| exchange.template == Some(template))
            .count()
    };
    for (version, searches, lists) in [
        // One page and the empty one behind it; one by one; one page.
        (Version::V9_12, 2, 0),
        (Version::V10_0, 150, 0),
        (Version::V10_3, 0, 1),
        (Version::V11, 0, 1),
    ] {
        let world = World::with(seed(), config(version)).await;
        world.plan(&roster(&wanted(150))).await;
        let counts = (
            asked(&world, "/rest/api/2/user/search"),
            asked(&world, "/rest/api/2/user/list"),
        );
        assert_eq!(counts, (searches, lists), "{version}");
        world.drain();
    }
}

#[tokio::test]
async fn an_edit_costs_what_changed() {
    for version in VERSIONS {
        let world = World::with(seed(), config(version)).await;
        let (_, mut kept) = world.full(&roster(&wanted(150))).await;
        let edited = world.edit(&mut kept, &roster(&wanted(151))).await;
        assert_eq!(
            edited.steps(),
            ["create p150@example.com", "add p150@example.com to SUP"],
            "{version}"
        );
        assert_eq!(
            (edited.writes, edited.requests),
            (2, 5),
            "{version}: myself, permissions, look-up; create, add"
        );
        world.is_in_step(&roster(&wanted(151))).await;
        world.drain();
    }
}
