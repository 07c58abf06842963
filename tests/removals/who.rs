//! Which people each membership mode removes from a desk.

use quietdesk::sandbox::{PersonKind, Rules, SeedPerson};

use super::*;

#[tokio::test]
async fn owned_removes_only_people_an_applied_roster_listed() {
    for kind in KINDS {
        let world = world(kind, on("PRIV", &["stranger", "bob"])).await;
        let mut ledger = Ledger::kept();
        let before = private("membership: owned", &["ada@example.com", "Bob@example.com"]);
        world.settles(&before, &mut ledger).await;
        let after = private("membership: owned", &["ada@example.com"]);
        let applied = world.settles(&after, &mut ledger).await;
        // Bob was there before quietdesk listed him, and is removed all the same.
        assert_eq!(applied.steps(), ["remove bob@example.com from PRIV"], "{kind:?}");
        assert_eq!(world.sandbox.snapshot().customers("PRIV"), emails(&["ada", "stranger"]));
    }
}

#[tokio::test]
async fn without_a_memory_owned_removes_no_one() {
    for kind in KINDS {
        let world = world(kind, on("PRIV", &["stranger"])).await;
        let roster = private("membership: owned", &["ada@example.com"]);
        world.settles(&roster, &mut Ledger::not_kept()).await;
        assert_eq!(world.sandbox.snapshot().customers("PRIV"), emails(&["ada", "stranger"]));
    }
}

#[tokio::test]
async fn people_who_left_an_additive_desk_are_removed_once_it_is_owned() {
    for kind in KINDS {
        let world = world(kind, Vec::new()).await;
        let mut ledger = Ledger::kept();
        world
            .settles(&private("", &["ada@example.com", "bob@example.com"]), &mut ledger)
            .await;
        world.settles(&private("", &["ada@example.com"]), &mut ledger).await;
        assert_eq!(world.sandbox.snapshot().customers("PRIV"), emails(&["ada", "bob"]));
        let owned = private("membership: owned", &["ada@example.com"]);
        world.settles(&owned, &mut ledger).await;
        assert_eq!(world.sandbox.snapshot().customers("PRIV"), emails(&["ada"]));
    }
}

#[tokio::test]
async fn exact_removes_everybody_who_is_not_listed_but_no_more_than_customers() {
    for kind in KINDS {
        let mut people = on("PRIV", &["ada", "bob", "kept"]);
        people.push(SeedPerson::customer("eve@acme.example", &["PRIV"]));
        people.push(SeedPerson {
            kind: PersonKind::Agent,
            ..SeedPerson::customer("agent@example.com", &["PRIV"])
        });
        people.push(SeedPerson {
            kind: PersonKind::Agent,
            ..SeedPerson::customer("elsewhere@example.com", &["SUP"])
        });
        let world = world(kind, people).await;
        let agent = world.sandbox.ids_by_email("elsewhere@example.com").remove(0);
        world.sandbox.add_member("PRIV", &agent).unwrap();
        let roster = private(
            "access: restricted, membership: exact, keep: [\"*@acme.example\", kept@example.com]",
            &["ada@example.com"],
        );
        let applied = world.settles(&roster, &mut Ledger::kept()).await;
        assert_eq!(applied.steps(), ["remove bob@example.com from PRIV"], "{kind:?}");
        let noted = applied.seen.approved.plan().notes.len();
        assert!(
            noted >= 3,
            "{kind:?}: who is kept, and who is more than a customer, is noted: {noted}"
        );
        let left = world.sandbox.snapshot().customers("PRIV");
        for stays in [
            "ada@example.com",
            "kept@example.com",
            "eve@acme.example",
            "elsewhere@example.com",
        ] {
            assert!(left.contains(stays), "{kind:?}: {stays} of {left:?}");
        }
    }
}

#[tokio::test]
async fn who_hides_the_address_or_cannot_be_asked_about_is_held() {
    for kind in KINDS {
        let world = world(kind, on("PRIV", &["ada", "hidden", "bob"])).await;
        let hidden = world.sandbox.ids_by_email("hidden@example.com").remove(0);
        world.sandbox.set_email_hidden(&hidden, true).unwrap();
        let roster = private("access: restricted, membership: exact", &["ada@example.com"]);
        world.sandbox.set_faults(&"user:403".parse().unwrap());
        let applied = world.apply(&roster).await;
        assert_eq!((applied.steps(), applied.writes), (Vec::new(), 0), "{kind:?}");
        assert_eq!(applied.held().len(), 2, "{kind:?} {:?}", applied.held());
        world.sandbox.set_faults(&Faults::default());
        let applied = world.apply(&roster).await;
        assert_eq!(applied.steps(), ["remove bob@example.com from PRIV"], "{kind:?}");
        assert!(
            applied.held()[0].contains("e-mail is hidden"),
            "{kind:?} {:?}",
            applied.held()
        );
        let left = world.sandbox.snapshot().desks["PRIV"].customers.len();
        assert_eq!(left, 2);
        world.drain();
    }
}

/// A desk's list does not show the kind of an account; what the account's own look-up shows counts.
#[tokio::test]
async fn an_app_is_never_taken_off_a_desk() {
    let app = || SeedPerson {
        kind: PersonKind::App,
        ..SeedPerson::customer("app@example.com", &["PRIV"])
    };
    for mode in ["membership: owned", "access: restricted, membership: exact"] {
        let mut people = on("PRIV", &["ada", "bob"]);
        people.push(app());
        let world = world(Deployment::Cloud, people).await;
        let mut ledger = Ledger::kept();
        let all = ["ada@example.com", "bob@example.com", "app@example.com"];
        world.apply_with(&private(mode, &all), &mut ledger).await;
        // The app and Bob leave the file.
        let applied = world.settles(&private(mode, &all[..1]), &mut ledger).await;
        assert_eq!(applied.steps(), ["remove bob@example.com from PRIV"], "{mode}");
        assert_eq!(applied.seen.approved.plan().notes.len(), 1, "{mode}");
        assert_eq!(world.sandbox.snapshot().customers("PRIV"), emails(&["ada", "app"]));
    }
    let world = world(Deployment::Cloud, vec![app()]).await;
    let due = private("", &["ada@example.com", "{email: app@example.com, until: 2026-11-24}"]);
    world
        .apply_with(&private("", &["ada@example.com"]), &mut Ledger::kept())
        .await;
    let applied = world.apply_with(&due.as_of(today()), &mut Ledger::kept()).await;
    assert_eq!((applied.steps(), applied.writes), (Vec::new(), 0));
    assert!(applied.held()[0].contains("belongs to an app"), "{:?}", applied.held());
    assert_eq!(world.sandbox.snapshot().customers("PRIV"), emails(&["ada", "app"]));
    world.drain();
}

#[tokio::test]
async fn until_takes_people_off_their_desks_whatever_the_mode() {
    for kind in KINDS {
        for mode in ["", "membership: owned", "access: restricted, membership: exact"] {
            let world = world(kind, on("PRIV", &["ada", "guest", "soon"])).await;
            let roster = private(
                mode,
                &[
                    "ada@example.com",
                    "{email: guest@example.com, until: 2026-11-24}",
                    "{email: soon@example.com, until: 2026-11-25}",
                    "{email: gone@example.com, until: 2020-01-01}",
                ],
            );
            let applied = world.settles(&roster.as_of(today()), &mut Ledger::kept()).await;
            assert_eq!(
                applied.steps(),
                ["remove guest@example.com from PRIV"],
                "{kind:?} {mode}"
            );
            let cause = applied.seen.approved.plan().steps[0].cause;
            assert_eq!(cause, quietdesk::model::step::Cause::Expired);
            assert_eq!(world.sandbox.snapshot().customers("PRIV"), emails(&["ada", "soon"]));
        }
    }
}

#[tokio::test]
async fn no_one_is_removed_from_a_desk_that_stays_open() {
    for kind in KINDS {
        let world = world(kind, on("SUP", &["ada", "bob"])).await;
        let mut ledger = Ledger::kept();
        let of = |settings: &str, customers: &str| {
            roster(&format!(
                "version: 1\ndefaults: {{desks: [SUP]}}\ndesks: {{SUP: {{{settings}}}}}\ncustomers: [{customers}]\n"
            ))
        };
        let both = "ada@example.com, bob@example.com";
        world
            .settles(&of("access: open, membership: owned", both), &mut ledger)
            .await;
        for settings in ["access: open, membership: owned", "membership: owned"] {
            let applied = world.settles(&of(settings, "ada@example.com"), &mut ledger).await;
            assert_eq!(applied.steps(), Vec::<String>::new(), "{kind:?} {settings}");
            assert_eq!(applied.seen.approved.plan().notes.len(), 1);
        }
        // Tightened first, then removed.
        let restricted = of("access: restricted, membership: owned", "ada@example.com");
        let applied = world.settles(&restricted, &mut ledger).await;
        let steps = [
            "set access of SUP from open to restricted",
            "remove bob@example.com from SUP",
        ];
        assert_eq!(applied.steps(), steps, "{kind:?}");
        // Removed first, then loosened.
        let mut ledger = Ledger::kept();
        let more = of(
            "access: restricted, membership: owned",
            "ada@example.com, cyd@example.com",
        );
        world.settles(&more, &mut ledger).await;
        let applied = world
            .settles(&of("access: open, membership: owned", "ada@example.com"), &mut ledger)
            .await;
        let steps = [
            "remove cyd@example.com from SUP",
            "set access of SUP from restricted to open",
        ];
        assert_eq!(applied.steps(), steps, "{kind:?}");
    }
}

#[tokio::test]
async fn a_desk_that_could_not_be_restricted_keeps_everybody() {
    for kind in KINDS {
        let world = world(kind, on("SUP", &["ada", "bob"])).await;
        let wanted = roster(
            "version: 1\ndefaults: {desks: [SUP]}\ndesks: {SUP: {access: restricted, membership: exact}}\ncustomers: [ada@example.com]\n",
        );
        world.sandbox.set_faults(&"write-access:403".parse().unwrap());
        let applied = world.apply_with(&wanted, &mut Ledger::kept()).await;
        let unsuccessful = applied.unsuccessful();
        assert!(
            unsuccessful.len() == 2 && unsuccessful[1].contains("could not be restricted first"),
            "{kind:?} {unsuccessful:?}"
        );
        assert_eq!(world.sandbox.snapshot().customers("SUP"), emails(&["ada", "bob"]));
        world.sandbox.set_faults(&Faults::default());
        world.settles(&wanted, &mut Ledger::kept()).await;
        assert_eq!(world.sandbox.snapshot().customers("SUP"), emails(&["ada"]));
    }
}

#[tokio::test]
async fn somebody_opens_the_desk_meanwhile_and_the_rest_is_held() {
    let world = world(quietdesk::sandbox::Deployment::Cloud, on("PRIV", &["ada", "bob"])).await;
    let roster = private("membership: exact", &["ada@example.com"]);
    // The settings cannot be read, so only a removal shows whether the desk is open.
    world.sandbox.set_access("PRIV", DeskAccess::Open).unwrap();
    world.sandbox.set_faults(&"read-access:404".parse().unwrap());
    let applied = world.apply_with(&roster, &mut Ledger::kept()).await;
    let unsuccessful = applied.unsuccessful();
    assert!(
        unsuccessful[0].contains("does not allow removals while the desk is open"),
        "{unsuccessful:?}"
    );
    assert_eq!(world.sandbox.snapshot().customers("PRIV"), emails(&["ada", "bob"]));
    world.drain();
}

#[tokio::test]
async fn a_paused_desk_keeps_everyone_and_reports_its_removals() {
    for kind in KINDS {
        let world = world(kind, on("PRIV", &["ada", "bob"])).await;
        let mut ledger = Ledger::kept();
        let both = private("membership: owned", &["ada@example.com", "bob@example.com"]);
        world.settles(&both, &mut ledger).await;
        let paused = private("membership: owned, paused: true", &["ada@example.com"]);
        let applied = world.settles(&paused, &mut ledger).await;
        let paused = applied.seen.approved.plan().paused.len();
        assert_eq!((applied.steps(), paused), (Vec::new(), 1), "{kind:?}");
        world
            .settles(&private("membership: owned", &["ada@example.com"]), &mut ledger)
            .await;
        assert_eq!(world.sandbox.snapshot().customers("PRIV"), emails(&["ada"]));
    }
}

#[tokio::test]
async fn candidates_of_a_held_entry_stay() {
    for kind in KINDS {
        let twin = SeedPerson {
            username: Some("bob.the.second".into()),
            kind: PersonKind::Atlassian,
            ..SeedPerson::customer("bob@example.com", &["PRIV"])
        };
        let mut people = on("PRIV", &["ada", "bob"]);
        people.push(twin);
        let rules = Rules {
            create_checks_emails_only_as_usernames: true,
            ..Rules::default()
        };
        let config = Config {
            deployment: kind,
            rules,
            ..Config::default()
        };
        let world = World::with(seed(people), config).await;
        let roster = private(
            "access: restricted, membership: exact",
            &["ada@example.com", "bob@example.com"],
        );
        let applied = world.apply_with(&roster, &mut Ledger::kept()).await;
        assert_eq!((applied.steps(), applied.held().len()), (Vec::new(), 1), "{kind:?}");
        world.drain();
    }
}

#[tokio::test]
async fn groups_that_let_people_in_are_left_alone() {
    for version in [Version::V10_3, Version::V9_12] {
        let mut seed = seed(on("PRIV", &["ada", "bob"]));
        seed.desks[0].customer_groups = vec!["partners".to_owned()];
        seed.people.push(SeedPerson {
            groups: vec!["partners".to_owned()],
            ..SeedPerson::customer("partner@example.com", &[])
        });
        let config = Config {
            deployment: Deployment::DataCenter(version),
            ..Config::default()
        };
        let world = World::with(seed, config).await;
        let roster = private("access: restricted, membership: exact", &["ada@example.com"]);
        let applied = world.settles(&roster, &mut Ledger::kept()).await;
        assert_eq!(applied.steps(), ["remove bob@example.com from PRIV"]);
        let desk = &world.sandbox.snapshot().desks["PRIV"];
        assert!(desk.customer_groups.contains("partners"));
    }
}
