//! Which people are removed from a desk: the real client against the sandbox over real HTTP, both kinds of Jira.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../support/mod.rs"]
mod support;

mod accounts;
mod batches;
mod believed;
mod edits;
mod guards;
mod phantoms;
mod who;

use quietdesk::engine::journal::NO_JOURNAL;
use quietdesk::model::ledger::Ledger;
use quietdesk::model::policy::Policy;
use quietdesk::model::roster::Roster;
use quietdesk::sandbox::{Config, Deployment, DeskAccess, Faults, Seed, SeedDesk, SeedPerson, Version};
use support::world::{Applied, World, roster};

/// Both kinds, and Data Center's ways of listing accounts.
const KINDS: [Deployment; 3] = [
    Deployment::Cloud,
    Deployment::DataCenter(Version::V10_3),
    Deployment::DataCenter(Version::V10_0),
];

/// A desk that only its customers can reach, and an open one.
fn seed(people: Vec<SeedPerson>) -> Seed {
    Seed {
        seed: 7,
        desks: vec![
            SeedDesk::new("PRIV", DeskAccess::Restricted),
            SeedDesk::new("SUP", DeskAccess::Open),
        ],
        people,
    }
}

async fn world(deployment: Deployment, people: Vec<SeedPerson>) -> World {
    let config = Config {
        deployment,
        ..Config::default()
    };
    World::with(seed(people), config).await
}

fn on(desk: &str, names: &[&str]) -> Vec<SeedPerson> {
    let email = |name: &&str| SeedPerson::customer(format!("{name}@example.com"), &[desk]);
    names.iter().map(email).collect()
}

/// A roster of PRIV, with its other settings and its customers.
fn private(settings: &str, customers: &[&str]) -> Roster {
    roster(&format!(
        "version: 1\ndefaults: {{desks: [PRIV]}}\ndesks: {{PRIV: {{{settings}}}}}\ncustomers: [{}]\n",
        customers.join(", ")
    ))
}

fn emails(names: &[&str]) -> std::collections::BTreeSet<String> {
    names.iter().map(|name| format!("{name}@example.com")).collect()
}

/// A day well after that of every expired entry.
fn today() -> jiff::civil::Date {
    jiff::civil::date(2026, 11, 24)
}

impl World {
    async fn apply_guarded(&self, roster: &Roster, ledger: &mut Ledger, policy: &Policy) -> Applied {
        self.apply_with_policy(roster, ledger, policy, &NO_JOURNAL).await
    }

    /// Applies everything, in exactly the calls planned, and then expects nothing to do.
    async fn settles(&self, roster: &Roster, ledger: &mut Ledger) -> Applied {
        let applied = self.apply_with(roster, ledger).await;
        assert_eq!(applied.unsuccessful(), Vec::<String>::new());
        assert_eq!(applied.writes, applied.planned);
        let again = self.apply_with(roster, ledger).await;
        assert_eq!((again.steps(), again.writes), (Vec::new(), 0));
        self.drain();
        applied
    }
}
