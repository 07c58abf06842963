//! First passwords: no seat, no mail, nothing lost.

use std::os::unix::fs::PermissionsExt as _;

use quietdesk::engine::passwords::Passwords;
use quietdesk::engine::state::{Opener, State, read_hand_off};
use quietdesk::model::ledger::Ledger;
use quietdesk::model::policy::Policy;
use quietdesk::sandbox::{Config, DeskAccess, Rules, Seed, SeedDesk, SeedPerson, Version};
use secrecy::ExposeSecret as _;

use super::support::world::{World, roster};
use super::{apply, world, world_with_rules};

fn seed() -> Seed {
    Seed {
        seed: 1,
        desks: vec![SeedDesk::new("SUP", DeskAccess::Restricted)],
        people: vec![SeedPerson::customer("known@example.com", &[])],
    }
}

const WANTED: &str = "version: 1
defaults: {desks: [SUP]}
desks: {SUP: {}}
customers:
  - {email: ada@example.com, initial_password: generate}
  - {email: known@example.com, initial_password: generate}
  - {email: bob@example.com, initial_password: provided}
  - plain@example.com
";

fn provided() -> (Policy, Passwords) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("passwords.csv");
    std::fs::write(&path, "email,password\nbob@example.com,\"bobs, secret\"\n").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    let passwords = Passwords::read(&path, quietdesk::files::Accept::Files).unwrap();
    let policy = Policy {
        provided_passwords: passwords.emails(),
        ..Policy::default()
    };
    (policy, passwords)
}

#[tokio::test]
async fn an_account_with_a_first_password_takes_no_seat_and_causes_no_mail() {
    let world = world(seed()).await;
    let (policy, passwords) = provided();
    let wanted = roster(WANTED);
    let applied = apply(&world, &wanted, &mut Ledger::kept(), &policy, &passwords).await;
    assert_eq!(applied.unsuccessful(), Vec::<String>::new());
    assert_eq!(applied.writes, applied.planned, "three creates and a membership call");
    assert_eq!(
        world.sandbox.password_of("bob@example.com").as_deref(),
        Some("bobs, secret")
    );
    assert_eq!(
        world
            .sandbox
            .password_of("ada@example.com")
            .map(|password| password.len()),
        Some(20)
    );
    assert_eq!(world.sandbox.password_of("plain@example.com"), None);
    assert_eq!(
        world.sandbox.password_of("known@example.com"),
        None,
        "existing accounts keep their passwords"
    );
    world.is_in_step(&wanted).await;
    world.drain();
}

#[tokio::test]
async fn without_a_line_in_the_file_the_entry_is_held() {
    let world = world(seed()).await;
    let applied = world.apply(&roster(WANTED)).await;
    assert_eq!(
        applied.held(),
        ["bob@example.com: the passwords file has no password for this e-mail"]
    );
    world.drain();
}

#[tokio::test]
async fn a_seat_that_is_given_all_the_same_is_taken_back_and_no_other_is_made_so() {
    let rules = Rules {
        empty_application_keys_take_a_seat: true,
        ..Rules::default()
    };
    let people: String = (0..30)
        .map(|n| format!("  - {{email: p{n:02}@example.com, initial_password: generate}}\n"))
        .collect();
    let wanted = roster(&format!(
        "version: 1\ndefaults: {{desks: [SUP]}}\ndesks: {{SUP: {{}}}}\ncustomers:\n{people}  - plain@example.com\n"
    ));
    let world = world_with_rules(seed(), rules).await;
    // quietdesk's own account works with Jira, and has a seat.
    let seats = world.sandbox.seats_in_use();
    let mut ledger = Ledger::kept();
    let none = Passwords::default();
    let applied = apply(&world, &wanted, &mut ledger, &Policy::default(), &none).await;
    let failed = applied.unsuccessful();
    assert!(
        failed[0].contains("p00@example.com: failed Jira gave p00@example.com jira-software"),
        "{}",
        failed[0]
    );
    assert_eq!(world.sandbox.seats(), 1, "the first alone, before any other was made");
    assert_eq!(world.sandbox.seats_in_use(), seats, "and it was taken back");
    assert!(world.sandbox.password_of("p01@example.com").is_none());
    assert!(
        world.sandbox.snapshot().customers("SUP").contains("plain@example.com"),
        "others go on"
    );
    // The next pass creates none either, until `--retry`.
    let again = apply(&world, &wanted, &mut ledger, &Policy::default(), &none).await;
    assert_eq!((again.writes, again.held().len()), (0, 29));
    assert!(again.held()[0].contains("no license"), "{}", again.held()[0]);
    ledger.reset_ineffective();
    let tried = apply(&world, &wanted, &mut ledger, &Policy::default(), &none).await;
    assert_eq!(world.sandbox.seats(), 2);
    assert_eq!(world.sandbox.seats_in_use(), seats);
    assert!(
        tried.unsuccessful()[0].contains("p01@example.com"),
        "{:?}",
        tried.unsuccessful()
    );
    assert_eq!(world.sandbox.violations(), Vec::<String>::new());
    assert!(world.sandbox.outbox().is_empty());
}

/// Whatever happens to the create or its answer: one account, and the password that `handoff` shows is the one it has.
#[tokio::test]
async fn lost_answers_leave_neither_a_lost_password_nor_a_second_account() {
    for fault in [
        "create-user:drop-before@1",
        "create-user:drop-after@1",
        "create-user:500@1",
        "create-user:500-after@1",
        "create-user:truncated@1",
        "create-user:cut@1",
        "create-user:drop-after@1, user-search:drop-before@2+",
        "create-user:drop-after@1, user-search:500@2x20",
        "create-user:503-after=1@1",
        "user:drop-before@1x3",
    ] {
        let config = Config {
            faults: fault.parse().unwrap(),
            ..super::config(Version::V10_3)
        };
        let mut world = World::with(seed(), config).await;
        world.settings.patience = std::time::Duration::from_secs(3);
        let folder = tempfile::tempdir().unwrap();
        let wanted = roster(
            "version: 1\ndesks: {SUP: {}}\ncustomers: [{email: ada@example.com, desks: [SUP], initial_password: generate}]\n",
        );
        let open = || {
            State::open(
                folder.path(),
                &world.settings.url.to_string(),
                Opener::new("test", jiff::Timestamp::now),
            )
            .unwrap()
        };
        {
            let state = open();
            world
                .apply_with_journal(&wanted, &mut state.ledger().unwrap(), &state)
                .await;
        }
        world.sandbox.set_faults(&"".parse().unwrap());
        for _ in 0..2 {
            // A new process each time.
            let state = open();
            let mut ledger = state.ledger().unwrap();
            let applied = world.apply_with_journal(&wanted, &mut ledger, &state).await;
            state.settle_observed(&wanted, applied.seen.approved.plan());
            state.save(&mut ledger).unwrap();
        }
        assert_eq!(world.sandbox.ids_by_email("ada@example.com").len(), 1, "{fault}");
        world.is_in_step(&wanted).await;
        let handed = read_hand_off(folder.path()).unwrap();
        let shown: Vec<_> = handed
            .iter()
            .map(|entry| entry.password.as_ref().unwrap().expose_secret().to_owned())
            .collect();
        assert_eq!(
            shown,
            [world.sandbox.password_of("ada@example.com").unwrap()],
            "{fault}"
        );
        assert!(handed[0].account.is_some(), "{fault}: it is known to be made");
        world.drain();
    }
}
