//! Accounts of agents, administrators and quietdesk itself are never changed: reactivating one would take a seat.

use quietdesk::engine::passwords::Passwords;
use quietdesk::model::ledger::Ledger;
use quietdesk::model::policy::Policy;
use quietdesk::sandbox::{Config, DeskAccess, PersonKind, Seed, SeedDesk, SeedPerson, Version};

use super::support::world::{World, roster};
use super::{Applied, apply, config};

fn agent(email: &str) -> SeedPerson {
    SeedPerson {
        kind: PersonKind::Agent,
        ..SeedPerson::customer(email, &["SUP"])
    }
}

/// A site with these people, and nothing else on its desk.
async fn site(faults: &str, people: Vec<SeedPerson>) -> World {
    let seed = Seed {
        seed: 1,
        desks: vec![SeedDesk::new("SUP", DeskAccess::Restricted)],
        people,
    };
    let config = Config {
        faults: faults.parse().unwrap(),
        ..config(Version::V10_3)
    };
    World::with(seed, config).await
}

async fn applied(world: &World, entry: &str, ledger: &mut Ledger) -> Applied {
    let wanted = roster(&format!(
        "version: 1\ndesks: {{SUP: {{}}}}\ncustomers: [{{{entry}, desks: [SUP]}}]\n"
    ));
    let policy = Policy {
        reactivate: true,
        ..Policy::default()
    };
    apply(world, &wanted, ledger, &policy, &Passwords::default()).await
}

#[tokio::test]
async fn accounts_that_are_more_than_customers_are_held_and_not_changed() {
    let gone = SeedPerson {
        active: false,
        ..agent("gone@example.com")
    };
    // No license, but in the group that administers the desk's project.
    let administrator = SeedPerson {
        groups: vec!["jira-administrators".to_owned()],
        ..SeedPerson::customer("admin@example.com", &[])
    };
    let customer = || SeedPerson::customer("old@example.com", &["SUP"]);
    let old = "email: new@example.com, previously: [old@example.com]";
    for (what, faults, person, entry) in [
        ("an agent's address", "", agent("old@example.com"), old),
        (
            "quietdesk's own",
            "",
            customer(),
            "email: me.new@example.com, previously: [quietdesk@example.com]",
        ),
        ("a deactivated agent", "", gone, "email: gone@example.com"),
        (
            "an administrator by a group",
            "",
            administrator,
            "email: new@example.com, previously: [admin@example.com]",
        ),
        ("Jira does not say", "user:403", customer(), old),
        ("Jira does not say who is in the team", "roles:403@2+", customer(), old),
    ] {
        let world = site(faults, vec![person]).await;
        let before = world.sandbox.snapshot();
        let tried = applied(&world, entry, &mut Ledger::kept()).await;
        let held = tried.held();
        assert!(
            held.len() == 1 && held[0].contains("the account would be changed"),
            "{what}: {held:?} {:?}",
            tried.steps()
        );
        assert_eq!((tried.steps().len(), tried.writes), (0, 0), "{what}");
        assert_eq!(world.sandbox.snapshot(), before, "{what}");
        world.drain();
    }
}

#[tokio::test]
async fn a_mere_customer_is_changed_at_the_cost_of_reading_who_it_is() {
    let world = site("", vec![SeedPerson::customer("old@example.com", &["SUP"])]).await;
    let entry = "email: new@example.com, previously: [old@example.com]";
    let changed = applied(&world, entry, &mut Ledger::kept()).await;
    assert_eq!((changed.steps().len(), changed.writes), (1, 1), "{:?}", changed.held());
    assert_eq!(changed.unsuccessful(), Vec::<String>::new());
    let again = applied(&world, entry, &mut Ledger::kept()).await;
    assert_eq!(again.steps(), Vec::<String>::new());
    world.drain();
}

#[tokio::test]
async fn the_name_of_an_agent_is_noted() {
    let world = site("", vec![agent("ada@example.com")]).await;
    let mut ledger = Ledger::kept();
    applied(&world, "email: ada@example.com, name: Ada", &mut ledger).await;
    let edited = applied(&world, "email: ada@example.com, name: Countess", &mut ledger).await;
    assert_eq!((edited.steps().len(), edited.writes), (0, 0));
    assert_eq!(edited.seen.approved.plan().notes.len(), 1);
    world.drain();
}
