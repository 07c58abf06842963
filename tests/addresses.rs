//! Addresses that are spelled in several ways, masked, or replaced by new ones: the real client against the sandbox
//! over real HTTP.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::fs;

use quietdesk::model::ledger::Ledger;
use quietdesk::model::roster::Roster;
use quietdesk::sandbox::{Config, Deployment, DeskAccess, Rules, Seed, SeedDesk, SeedPerson, Version};
use serde_json::Value;
use support::program::{BOTH, ProgramSite, two_desks};
use support::world::{World, roster};

/// Each address as the roster spells it, and as Jira does.
const SPELLINGS: [(&str, &str); 6] = [
    ("a@b\u{fc}cher.example", "a@xn--bcher-kva.example"),
    ("a@xn--bcher-kva.example", "a@b\u{fc}cher.example"),
    ("a@b\u{fc}cher.example", "a@bu\u{308}cher.example"),
    ("ren\u{e9}@example.com", "rene\u{301}@example.com"),
    ("Rene\u{301}@example.com", "REN\u{c9}@example.com"),
    ("ren\u{e9}@b\u{fc}cher.example", "rene\u{301}@xn--bcher-kva.example"),
];

async fn world(deployment: Deployment, people: Vec<SeedPerson>, rules: Rules) -> World {
    let config = Config {
        deployment,
        rules,
        ..Config::default()
    };
    let seed = Seed {
        seed: 3,
        desks: vec![SeedDesk::new("SUP", DeskAccess::Restricted)],
        people,
    };
    World::with(seed, config).await
}

fn wanted(settings: &str, emails: &[&str]) -> Roster {
    let customers = emails.iter().map(|email| format!("  - \"{email}\"\n"));
    let customers: String = customers.collect();
    roster(&format!(
        "version: 1\ndefaults: {{desks: [SUP]}}\ndesks: {{SUP: {{{settings}}}}}\ncustomers:\n{customers}"
    ))
}

fn searches(world: &World) -> usize {
    let journal = world.sandbox.journal();
    journal
        .iter()
        .filter(|asked| asked.path.ends_with("/user/search"))
        .count()
}

/// An account in another spelling is found, whether or not it is on the desk, and no second one is created.
#[tokio::test]
async fn one_address_in_two_spellings_is_one_person() {
    for deployment in BOTH {
        for (in_file, in_jira) in SPELLINGS {
            for desks in [&[][..], &["SUP"]] {
                let people = vec![SeedPerson::customer(in_jira, desks)];
                let world = world(deployment, people, Rules::default()).await;
                let roster = wanted("access: restricted, membership: exact", &[in_file]);
                let applied = world.apply_completely(&roster).await;
                let add = desks.is_empty().then(|| format!("add {in_file} to SUP"));
                assert_eq!(applied.steps(), Vec::from_iter(add), "{in_file} and {in_jira}");
                assert_eq!(world.sandbox.snapshot().accounts.len(), 2, "and the one that signs in");
                assert_eq!(world.sandbox.snapshot().customers("SUP").len(), 1);
                world.drain();
            }
        }
    }
}

/// The same where all accounts are read instead of looked up.
#[tokio::test]
async fn a_sweep_recognizes_every_spelling() {
    for deployment in BOTH {
        let others = (0..30).map(|n| format!("p{n:02}@example.com"));
        let emails: Vec<_> = others.chain(["a@b\u{fc}cher.example".to_owned()]).collect();
        let people = vec![SeedPerson::customer("a@xn--bcher-kva.example", &[])];
        let world = world(deployment, people, Rules::default()).await;
        let applied = world
            .apply_completely(&wanted("", &emails.iter().map(String::as_str).collect::<Vec<_>>()))
            .await;
        let created = applied
            .steps()
            .iter()
            .filter(|step| step.starts_with("create "))
            .count();
        assert_eq!(created, 30);
        world.drain();
    }
}

/// An address that Jira has in two spellings means two accounts for one person: the entry is held.
#[tokio::test]
async fn two_accounts_in_two_spellings_are_held() {
    for deployment in BOTH {
        let spellings = ["ren\u{e9}@example.com", "rene\u{301}@example.com"];
        let people = spellings.map(|email| SeedPerson::customer(email, &[])).to_vec();
        let world = world(deployment, people, Rules::default()).await;
        let applied = world.apply(&wanted("", &spellings[..1])).await;
        assert_eq!(applied.steps(), Vec::<String>::new());
        assert_eq!(applied.held(), ["ren\u{e9}@example.com: 2 accounts have this e-mail"]);
        world.drain();
    }
}

/// Only an address with several spellings costs more than one request.
#[tokio::test]
async fn an_address_with_one_spelling_is_asked_for_once() {
    for deployment in BOTH {
        for (email, asked) in [("ada@example.com", 1), ("ren\u{e9}@example.com", 2)] {
            let world = world(deployment, Vec::new(), Rules::default()).await;
            let applied = world.apply(&wanted("", &[email])).await;
            assert_eq!(applied.steps().len(), 2, "{:?}", applied.steps());
            assert_eq!(searches(&world), asked, "{email}");
            world.is_in_step(&wanted("", &[email])).await;
            world.drain();
        }
    }
}

/// Data Center masks addresses (`ada at example dot com`): such a text hides an address, and `exact` on a first pass
/// removes no account because of it.
#[tokio::test]
async fn masked_addresses_are_hidden_ones() {
    for version in [Version::V9_12, Version::V10_0, Version::V10_3] {
        for search_finds_hidden_emails in [true, false] {
            let rules = Rules {
                mask_emails: true,
                search_finds_hidden_emails,
                ..Rules::default()
            };
            let emails: Vec<_> = (0..8).map(|n| format!("p{n}@example.com")).collect();
            let person = |email: &String| SeedPerson::customer(email.clone(), &["SUP"]);
            let people = emails.iter().map(person).collect();
            let world = world(Deployment::DataCenter(version), people, rules).await;
            let listed: Vec<_> = emails.iter().map(String::as_str).collect();
            let roster = wanted("access: restricted, membership: exact", &listed);
            let mut ledger = Ledger::kept();
            for _ in 0..2 {
                let applied = world.apply_with(&roster, &mut ledger).await;
                assert_eq!(applied.steps(), Vec::<String>::new(), "{version}");
                assert_eq!(applied.held().len(), 8, "{:?}", applied.held());
            }
            // An account that is not listed is held too, since its person cannot be identified.
            let fewer = wanted("access: restricted, membership: exact", &listed[..4]);
            let applied = world.apply_with(&fewer, &mut ledger).await;
            assert_eq!(applied.steps(), Vec::<String>::new(), "{version}");
            assert_eq!(world.sandbox.snapshot().desks["SUP"].customers.len(), 8);
            world.drain();
        }
    }
}

/// The same where user names are not addresses, so that accounts cannot be matched to people.
#[tokio::test]
async fn masked_addresses_with_other_user_names_are_hidden_ones() {
    for search_finds_hidden_emails in [true, false] {
        let rules = Rules {
            mask_emails: true,
            search_finds_hidden_emails,
            ..Rules::default()
        };
        let person = |n| SeedPerson {
            username: Some(format!("u{n}")),
            ..SeedPerson::customer(format!("p{n}@example.com"), &["SUP"])
        };
        let people = (0..4).map(person).collect();
        let world = world(Deployment::DataCenter(Version::V10_3), people, rules).await;
        let listed: Vec<_> = (0..4).map(|n| format!("p{n}@example.com")).collect();
        let listed: Vec<_> = listed.iter().map(String::as_str).collect();
        let roster = wanted("access: restricted, membership: exact", &listed);
        let seen = world.plan(&roster).await;
        let removed = seen
            .approved
            .plan()
            .steps
            .iter()
            .filter(|step| step.action.removal().is_some());
        assert_eq!(removed.count(), 0, "{search_finds_hidden_emails}");
        assert!(seen.approved.plan().held.len() >= 4, "{:?}", seen.approved.plan().held);
        world.drain();
    }
}

/// Runs `handoff` and returns each e-mail with its first password.
fn handed_off(day: &ProgramSite) -> Vec<(String, Option<String>)> {
    let handed: Value = serde_json::from_str(&day.does(&["handoff", "--output", "json"], 0)).unwrap();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let entry = |entry: &Value| (text(&entry["email"]).unwrap(), text(&entry["initial_password"]));
    handed["entries"].as_array().unwrap().iter().map(entry).collect()
}

/// A first password goes to the current address of the account: hand-off entries follow the account.
#[tokio::test(flavor = "multi_thread")]
async fn a_hand_off_follows_a_rename() {
    let day = ProgramSite::on(BOTH[1], two_desks(Vec::new())).await;
    let write = |customers: &str| {
        let text = format!("version: 1\ndefaults: {{desks: [PRIV]}}\ndesks: {{PRIV: {{}}}}\ncustomers:\n{customers}");
        day.write("roster.yaml", &text);
    };
    write("  - {email: ada@old.example, name: Ada, initial_password: generate}\n  - bob@example.com\n");
    day.does(&["apply", "--yes", "roster.yaml"], 0);
    let before = handed_off(&day);
    let password = before[0].1.clone();
    assert_eq!((before[0].0.as_str(), password.is_some()), ("ada@old.example", true));
    write(
        "  - {email: ada@new.example, name: Ada, previously: [ada@old.example], initial_password: generate}\n  - bob@example.com\n",
    );
    // Refused: it is still the old address.
    day.world.sandbox.set_faults(&"update-user:403@1".parse().unwrap());
    day.does(&["apply", "--yes", "roster.yaml"], 7);
    assert_eq!(handed_off(&day)[0].0, "ada@old.example");
    day.does(&["apply", "--yes", "roster.yaml"], 0);
    let expected = [
        ("ada@new.example".to_owned(), password),
        ("bob@example.com".to_owned(), None),
    ];
    assert_eq!(handed_off(&day), expected);
    assert!(!day.does(&["handoff"], 0).contains("old.example"));
    // The next pass appends nothing, and `--clear` removes both spellings.
    let file = day.folder.path().join("state/handoff.jsonl");
    let lines = fs::read_to_string(&file).unwrap();
    day.does(&["apply", "--yes", "roster.yaml"], 0);
    assert_eq!(fs::read_to_string(&file).unwrap(), lines);
    day.does(&["handoff", "--clear"], 0);
    assert_eq!(fs::read_to_string(&file).unwrap(), "");
    day.world.drain();
}

/// The same where the answer to the rename is lost: the next pass sees that it took effect.
#[tokio::test(flavor = "multi_thread")]
async fn a_hand_off_follows_a_rename_whose_answer_was_lost() {
    let day = ProgramSite::on(BOTH[1], two_desks(Vec::new())).await;
    let write = |customer: &str| {
        day.write(
            "roster.yaml",
            &format!("version: 1\ndesks: {{PRIV: {{}}}}\ncustomers: [{{{customer}, desks: [PRIV]}}]\n"),
        );
    };
    write("email: ada@old.example, initial_password: generate");
    day.does(&["apply", "--yes", "roster.yaml"], 0);
    write("email: ada@new.example, previously: [ada@old.example]");
    day.world.sandbox.set_faults(&"update-user:500-after".parse().unwrap());
    day.run(&["apply", "--yes", "--patience", "1s", "roster.yaml"]);
    day.world.sandbox.set_faults(&"".parse().unwrap());
    day.does(&["apply", "--yes", "roster.yaml"], 0);
    assert_eq!(handed_off(&day)[0].0, "ada@new.example");
    day.world.drain();
}

/// A person taken out of one file is added again by another file, or by the copy that a sync conflict left behind.
#[test]
fn files_that_list_one_address_apart_and_conflict_copies_are_warned_of() {
    let apart = "list one address with different desks, as does 1 other entry of these files";
    let copy = "looks like a conflict copy";
    for (first, second, said) in [
        ("a.yaml", "b.yaml", &[apart][..]),
        ("team.yaml", "team (conflicted copy).yaml", &[apart, copy]),
        (
            "team.yaml",
            "team (Ada's conflicted copy 2026-11-01).yaml",
            &[apart, copy],
        ),
        ("team.yaml", "team_BASE_123.yaml", &[apart, copy]),
        ("team.yaml", "team_LOCAL_4711.yml", &[apart, copy]),
        (
            "team.yaml",
            "team.sync-conflict-20261101-101010-ABCDEFG.yaml",
            &[apart, copy],
        ),
        ("team.yaml", "team (1).yaml", &[apart, copy]),
        ("team.yaml", "Team - Copy.yaml", &[apart, copy]),
        ("team_base.yaml", "team_2026.yaml", &[apart]),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let head = "version: 1\ndesks: {SUP: {}, PRIV: {}}\n";
        let one = "customers:\n  - {email: ada@example.com, desks: [SUP]}\n  - {email: bob@example.com, desks: [PRIV, SUP]}\n";
        let two = "version: 1\ncustomers:\n  - {email: Ada@example.com, desks: [PRIV]}\n  - {email: bob@example.com, desks: [PRIV]}\n";
        fs::write(
            folder.path().join(first),
            format!("{head}{one}  - {{email: eve@example.com, desks: [SUP]}}\n"),
        )
        .unwrap();
        fs::write(
            folder.path().join(second),
            format!("{two}  - {{email: eve@example.com, desks: [SUP]}}\n"),
        )
        .unwrap();
        for command in [&["validate"][..], &["plan", "--sandbox"]] {
            let mut run = std::process::Command::new(env!("CARGO_BIN_EXE_quietdesk"));
            let output = run.args(command).arg(folder.path()).output().unwrap();
            let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
            assert_eq!(output.status.code(), Some(0), "{text}");
            assert_eq!(text.matches("warning: ").count(), said.len(), "{second}: {text}");
            for said in said {
                assert!(text.contains(said), "{second}: {said} in\n{text}");
            }
        }
    }
}
