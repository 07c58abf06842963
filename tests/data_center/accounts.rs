//! Matching accounts: user names, new names, new addresses, deactivated accounts.

use quietdesk::engine::passwords::Passwords;
use quietdesk::model::ledger::Ledger;
use quietdesk::model::outcome::Outcome;
use quietdesk::model::policy::Policy;
use quietdesk::model::roster::Roster;
use quietdesk::sandbox::{Config, DeskAccess, Rules, Seed, SeedDesk, SeedPerson, Version};

use super::support::world::roster;
use super::{World, apply, config, world, world_with_rules};

fn seed(people: Vec<SeedPerson>) -> Seed {
    Seed {
        seed: 1,
        desks: vec![SeedDesk::new("SUP", DeskAccess::Restricted)],
        people,
    }
}

fn one(more: &str) -> Roster {
    roster(&format!(
        "version: 1\ndesks: {{SUP: {{}}}}\ncustomers: [{{email: new@example.com, desks: [SUP]{more}}}]\n"
    ))
}

async fn kept(world: &World, roster: &Roster, ledger: &mut Ledger) -> super::Applied {
    apply(world, roster, ledger, &Policy::default(), &Passwords::default()).await
}

#[tokio::test]
async fn a_name_is_changed_where_the_file_changes_it_and_a_persons_own_change_is_noted() {
    let world = world(seed(vec![])).await;
    let mut ledger = Ledger::kept();
    kept(&world, &one(", name: Ada"), &mut ledger).await;
    let renamed = kept(&world, &one(", name: Ada Lovelace"), &mut ledger).await;
    assert_eq!(renamed.steps(), ["update new@example.com: Ada becomes Ada Lovelace"]);
    assert_eq!((renamed.writes, renamed.unsuccessful().len()), (1, 0));
    assert_eq!(
        renamed.seen.approved.plan().steps[0].cause,
        quietdesk::model::step::Cause::Edit
    );
    let again = kept(&world, &one(", name: Ada Lovelace"), &mut ledger).await;
    assert_eq!((again.steps().len(), again.writes), (0, 0));
    // The person changes their own name: reported, not reverted; a name that the file changes after that is set again.
    let id = world.sandbox.ids_by_email("new@example.com").remove(0);
    world.sandbox.rename(&id, "Countess").unwrap();
    let noted = kept(&world, &one(", name: Ada Lovelace"), &mut ledger).await;
    assert_eq!((noted.steps().len(), noted.seen.approved.plan().notes.len()), (0, 1));
    let edited = kept(&world, &one(", name: A. Lovelace"), &mut ledger).await;
    assert_eq!(edited.steps(), ["update new@example.com: Countess becomes A. Lovelace"]);
    world.drain();
}

#[tokio::test]
async fn a_name_that_differs_from_the_start_is_noted() {
    let world = world(seed(vec![SeedPerson {
        name: "Grace".to_owned(),
        ..SeedPerson::customer("new@example.com", &["SUP"])
    }]))
    .await;
    let mut ledger = Ledger::kept();
    let first = kept(&world, &one(", name: Grace Hopper"), &mut ledger).await;
    assert_eq!((first.steps().len(), first.seen.approved.plan().notes.len()), (0, 1));
    let edited = kept(&world, &one(", name: G. Hopper"), &mut ledger).await;
    assert_eq!(edited.steps(), ["update new@example.com: Grace becomes G. Hopper"]);
    world.drain();
}

#[tokio::test]
async fn an_older_address_is_renamed_and_never_a_second_account_made() {
    for (username, new_name) in [(None, "new@example.com"), (Some("grace"), "grace")] {
        for desks in [&["SUP"][..], &[]] {
            let world = world(seed(vec![SeedPerson {
                username: username.map(str::to_owned),
                ..SeedPerson::customer("Old@example.com", desks)
            }]))
            .await;
            let wanted = one(", previously: [old@example.com, older@example.com]");
            let applied = world.apply_completely(&wanted).await;
            let update = "update new@example.com: Old@example.com becomes new@example.com".to_owned();
            let add = desks.is_empty().then(|| "add new@example.com to SUP".to_owned());
            assert_eq!(applied.steps(), [update].into_iter().chain(add).collect::<Vec<_>>());
            let accounts = world.sandbox.snapshot().accounts;
            assert_eq!(accounts.len(), 2, "and the one that signs in");
            let account = accounts
                .values()
                .find(|account| account.email == "new@example.com")
                .unwrap();
            assert_eq!(account.user.as_ref().unwrap().username, new_name);
            assert_eq!(world.sandbox.snapshot().customers("SUP").len(), 1);
            world.drain();
        }
    }
}

#[tokio::test]
async fn an_edit_renames_as_well() {
    let old = SeedPerson::customer("old@example.com", &["SUP"]);
    let world = world(seed(vec![old])).await;
    let before = roster("version: 1\ndesks: {SUP: {}}\ncustomers: [{email: old@example.com, desks: [SUP]}]\n");
    let (_, mut kept) = world.full(&before).await;
    let after = one(", previously: [old@example.com]");
    let edited = world.edit(&mut kept, &after).await;
    assert_eq!(
        edited.steps(),
        ["update new@example.com: old@example.com becomes new@example.com"]
    );
    assert_eq!((edited.unsuccessful().len(), edited.writes), (0, 1));
    let again = world.edit(&mut kept, &after).await;
    assert_eq!(again.steps(), Vec::<String>::new());
    world.is_in_step(&after).await;
    world.drain();
}

#[tokio::test]
async fn two_accounts_that_may_both_be_meant_are_held() {
    let both = vec![
        SeedPerson::customer("old@example.com", &["SUP"]),
        SeedPerson::customer("new@example.com", &[]),
    ];
    let world = world(seed(both)).await;
    let applied = world.apply(&one(", previously: [old@example.com]")).await;
    assert_eq!(
        applied.held(),
        ["new@example.com: one account has this e-mail, and another has a previous e-mail of the person"]
    );
    assert_eq!(applied.writes, 0);
    world.drain();
}

#[tokio::test]
async fn a_user_name_that_is_anothers_address_is_held() {
    let named_so = SeedPerson {
        username: Some("new@example.com".to_owned()),
        ..SeedPerson::customer("other@example.com", &[])
    };
    let world = world(seed(vec![named_so])).await;
    let applied = world.apply(&one("")).await;
    assert_eq!(
        applied.held(),
        ["new@example.com: this e-mail is the username of an account that shows another e-mail"]
    );
    assert_eq!(applied.writes, 0);
    // What the advice says to do.
    let settled = one(", account: new@example.com, previously: [other@example.com]");
    let applied = world.apply_completely(&settled).await;
    assert_eq!(applied.steps().len(), 2, "{:?}", applied.steps());
    world.drain();
}

#[tokio::test]
async fn a_deactivated_account_is_held_or_brought_back() {
    let gone = SeedPerson {
        active: false,
        ..SeedPerson::customer("new@example.com", &[])
    };
    let world = world(seed(vec![gone])).await;
    let held = world.apply(&one("")).await;
    assert_eq!(held.held(), ["new@example.com: the account is deactivated"]);
    let policy = Policy {
        reactivate: true,
        ..Policy::default()
    };
    let mut ledger = Ledger::kept();
    let back = apply(&world, &one(""), &mut ledger, &policy, &Passwords::default()).await;
    assert_eq!(
        back.steps(),
        [
            "update new@example.com: deactivated becomes active",
            "add new@example.com to SUP"
        ]
    );
    assert_eq!(
        (back.writes, back.unsuccessful().len()),
        (2, 0),
        "{:?}",
        back.unsuccessful()
    );
    world.is_in_step(&one("")).await;
    world.drain();
}

/// What is uncertain about `PUT user` (docs/jira.md#rename, docs/jira.md#reactivate): a change counts only once Jira
/// shows it.
#[tokio::test]
async fn changes_that_do_not_take_are_failures() {
    let gone = || SeedPerson {
        active: false,
        ..SeedPerson::customer("new@example.com", &[])
    };
    let old = || SeedPerson::customer("old@example.com", &["SUP"]);
    let policy = Policy {
        reactivate: true,
        ..Policy::default()
    };
    let default = Rules::default();
    let older = ", previously: [old@example.com]";
    let usual = config(Version::V10_3);
    let ruled = |rules| Config {
        rules,
        ..config(Version::V10_3)
    };
    let read_only = |read_only_status| Config {
        read_only_directory: true,
        ..ruled(Rules {
            read_only_status,
            ..default
        })
    };
    let ignoring = Config {
        faults: "update-user:ignored".parse().unwrap(),
        ..usual
    };
    let inactive_stays = ruled(Rules {
        put_active: false,
        ..default
    });
    let names_stay = ruled(Rules {
        rename_by_put: false,
        ..default
    });
    for (what, config, person, more, expected) in [
        ("inactive stays", inactive_stays, gone(), "", Outcome::Failed),
        ("names stay", names_stay, old(), older, Outcome::Done),
        ("read-only, 400", read_only(400), old(), older, Outcome::Failed),
        ("read-only, 403", read_only(403), old(), older, Outcome::Failed),
        ("taken without effect", ignoring, old(), older, Outcome::Failed),
    ] {
        let world = World::with(seed(vec![person]), config).await;
        let mut ledger = Ledger::kept();
        let applied = apply(&world, &one(more), &mut ledger, &policy, &Passwords::default()).await;
        let first = applied.seen.approved.plan().steps[0].id;
        let unsuccessful = applied.unsuccessful();
        assert_eq!(applied.outcomes.outcome_of(first), expected, "{what}: {unsuccessful:?}");
        assert_eq!(applied.writes, 1, "{what}");
        assert_eq!(world.sandbox.snapshot().accounts.len(), 2, "{what}: no second account");
        world.drain();
    }
}

/// What is uncertain about service management's own create.
#[tokio::test]
async fn creates_come_to_the_same_however_jira_treats_them() {
    let default = Rules::default();
    for rules in [
        default,
        Rules {
            lowercase_usernames: false,
            ..default
        },
        Rules {
            create_answers_conflict: true,
            ..default
        },
        Rules {
            create_checks_emails_only_as_usernames: true,
            ..default
        },
    ] {
        let known = SeedPerson {
            username: Some("grace".to_owned()),
            ..SeedPerson::customer("grace@example.com", &[])
        };
        let world = world_with_rules(seed(vec![known]), rules).await;
        let wanted = roster(
            "version: 1\ndefaults: {desks: [SUP]}\ndesks: {SUP: {}}\ncustomers: [Ada.Lovelace@Example.com, grace@example.com]\n",
        );
        world.apply_completely(&wanted).await;
        assert_eq!(world.sandbox.snapshot().accounts.len(), 3, "{rules:?}");
        world.drain();
    }
}

/// Changes of an account are shown in every format, and masked with `--redact`.
#[tokio::test]
async fn a_change_is_shown_as_text_and_as_markdown() {
    let old = SeedPerson::customer("old@example.com", &["SUP"]);
    let world = world(seed(vec![old])).await;
    let wanted = one(", previously: [old@example.com]");
    let seen = world.plan(&wanted).await;
    let report = seen.report(&wanted, &quietdesk::model::report::RosterSource::default(), None, false);
    let summary = quietdesk::render::text::summary_line(&report);
    assert!(summary.starts_with("0 to create, 1 to update, 0 to add"), "{summary}");
    let markdown = |report: &quietdesk::model::report::Report| {
        let mut text = Vec::new();
        quietdesk::render::markdown::write(&mut text, report, false).unwrap();
        String::from_utf8(text).unwrap()
    };
    let whole = markdown(&report);
    assert!(
        whole.contains("**Account changes**\n\n- `new@example.com`: `old@example.com` → `new@example.com`\n"),
        "{whole}"
    );
    let masked = markdown(&report.redacted());
    assert!(masked.contains("`o…@example.com` → `n…@example.com`"), "{masked}");
    assert!(!masked.contains("old@") && !masked.contains("new@"), "{masked}");
    world.drain();
}
