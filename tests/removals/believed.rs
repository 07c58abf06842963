//! What an answer proves: a write counts as done when Jira confirms it as documented, a removal once the list shows it.

use quietdesk::sandbox::Rules;

use super::*;

const OWNED: &str = "access: restricted, membership: owned";

fn faults(world: &World, script: &str) {
    let faults = script.parse().unwrap_or_else(|error| panic!("{script}: {error}"));
    world.sandbox.set_faults(&faults);
}

/// `owned` with an access mode that can never be read: people who leave the file are removed all the same.
#[tokio::test]
async fn an_unreadable_access_mode_keeps_no_one_on_an_owned_desk() {
    for kind in KINDS {
        let world = world(kind, Vec::new()).await;
        faults(&world, "read-access[PRIV]:404");
        let mut ledger = Ledger::kept();
        let all = private(OWNED, &["ada@example.com", "bob@example.com", "cy@example.com"]);
        for _ in 0..2 {
            world.apply_with(&all, &mut ledger).await;
        }
        let left = private(OWNED, &["ada@example.com", "bob@example.com"]);
        let applied = world.apply_with(&left, &mut ledger).await;
        assert_eq!(applied.steps(), ["remove cy@example.com from PRIV"], "{kind:?}");
        assert_eq!(applied.held().len(), 1, "the access mode is held, and nothing else");
        assert_eq!(world.sandbox.snapshot().customers("PRIV"), emails(&["ada", "bob"]));
        world.settles(&left, &mut ledger).await;
    }
}

/// A person to remove hides the e-mail and is held: people added meanwhile are remembered, and removed later.
#[tokio::test]
async fn who_joins_while_a_leaver_is_held_is_remembered() {
    for kind in KINDS {
        let world = world(kind, Vec::new()).await;
        let mut ledger = Ledger::kept();
        world
            .settles(&private(OWNED, &["ada@example.com", "shy@example.com"]), &mut ledger)
            .await;
        let shy = world.sandbox.ids_by_email("shy@example.com").remove(0);
        world.sandbox.set_email_hidden(&shy, true).unwrap();
        let with_bob = private(OWNED, &["ada@example.com", "bob@example.com"]);
        for _ in 0..2 {
            let applied = world.apply_with(&with_bob, &mut ledger).await;
            assert_eq!(applied.held().len(), 1, "{kind:?} {:?}", applied.held());
        }
        let applied = world
            .apply_with(&private(OWNED, &["ada@example.com"]), &mut ledger)
            .await;
        assert_eq!(applied.steps(), ["remove bob@example.com from PRIV"], "{kind:?}");
        assert_eq!(world.sandbox.snapshot().customers("PRIV"), emails(&["ada", "shy"]));
        world.drain();
    }
}

/// Jira accepts a removal once without effect: the next pass removes the person.
#[tokio::test]
async fn a_removal_accepted_without_effect_is_tried_again_on_an_owned_desk() {
    for kind in KINDS {
        let world = world(kind, Vec::new()).await;
        let mut ledger = Ledger::kept();
        world
            .settles(&private(OWNED, &["ada@example.com", "bob@example.com"]), &mut ledger)
            .await;
        faults(&world, "remove:ignored@1");
        let left = private(OWNED, &["ada@example.com"]);
        for _ in 0..2 {
            let applied = world.apply_with(&left, &mut ledger).await;
            assert_eq!(applied.steps(), ["remove bob@example.com from PRIV"], "{kind:?}");
        }
        assert_eq!(world.sandbox.snapshot().customers("PRIV"), emails(&["ada"]));
        world.settles(&left, &mut ledger).await;
    }
}

/// What Jira accepts twice without effect is held, whatever the reason for the removal.
#[tokio::test]
async fn accepted_twice_without_effect_is_held_for_every_reason_to_leave() {
    let listed = ["ada@example.com", "bob@example.com"];
    let until = ["ada@example.com", "{email: bob@example.com, until: 2026-01-01}"];
    let previously = [
        "ada@example.com",
        "{email: rob@example.com, previously: [bob@example.com]}",
    ];
    for (settings, before, after) in [
        (OWNED, &listed[..], &listed[..1]),
        ("access: restricted, membership: exact", &listed, &listed[..1]),
        ("access: restricted", &listed, &until),
        // On Data Center the account gets the new address, which is a change and no removal.
        ("access: restricted", &listed, &previously),
    ] {
        for kind in KINDS {
            if kind != Deployment::Cloud && after.len() == 2 && after[1].contains("previously") {
                continue;
            }
            let world = world(kind, Vec::new()).await;
            let mut ledger = Ledger::kept();
            world.settles(&private(settings, before), &mut ledger).await;
            faults(&world, "remove:ignored");
            let after = private(settings, after).as_of(today());
            for _ in 0..2 {
                let applied = world.apply_with(&after, &mut ledger).await;
                assert!(
                    applied.steps().contains(&"remove bob@example.com from PRIV".to_owned()),
                    "{kind:?}"
                );
            }
            for _ in 0..2 {
                let applied = world.apply_with(&after, &mut ledger).await;
                assert_eq!(
                    (applied.steps(), applied.writes),
                    (Vec::new(), 0),
                    "{kind:?} {settings}"
                );
                assert!(
                    applied.held()[0].contains("accepted this twice"),
                    "{:?}",
                    applied.held()
                );
            }
            world.sandbox.set_faults(&Faults::default());
            ledger.reset_ineffective();
            world.settles(&after, &mut ledger).await;
            assert!(!world.sandbox.snapshot().customers("PRIV").contains("bob@example.com"));
        }
    }
}

/// A page or an empty object where Jira documents 204 proves nothing: the desk's list decides.
#[tokio::test]
async fn an_answer_that_is_not_jiras_is_settled_by_the_list() {
    let before = ["ada@example.com", "bob@example.com"];
    let after = ["ada@example.com", "cy@example.com"];
    for kind in KINDS {
        for (fault, is_done) in [
            ("html=200", false),
            ("html-after", true),
            ("object", false),
            ("object-after", true),
        ] {
            let world = world(kind, on("SUP", &["cy"])).await;
            let mut ledger = Ledger::kept();
            world.settles(&private(OWNED, &before), &mut ledger).await;
            faults(&world, &format!("add:{fault}@1, remove:{fault}@1"));
            let roster = private(OWNED, &after);
            let reads = world.sandbox.requests() - world.sandbox.writes();
            let applied = world.apply_with(&roster, &mut ledger).await;
            let reads = world.sandbox.requests() - world.sandbox.writes() - reads;
            // The answer to an add is documented for Cloud only: JSON counts on Data Center.
            let unsuccessful = applied.unsuccessful();
            let believed = kind != Deployment::Cloud && fault.starts_with("object");
            let failures = match (is_done, believed) {
                (true, _) => 0,
                (false, true) => 1,
                (false, false) => 2,
            };
            assert_eq!(unsuccessful.len(), failures, "{kind:?} {fault} {unsuccessful:?}");
            assert!(
                unsuccessful.iter().all(|step| step.contains("read again")),
                "{unsuccessful:?}"
            );
            assert!(reads < 20, "one reading of the desk settles all: {reads}");
            for _ in 0..2 {
                world.apply_with(&roster, &mut ledger).await;
            }
            assert_eq!(
                world.sandbox.snapshot().customers("PRIV"),
                emails(&["ada", "cy"]),
                "{kind:?} {fault}"
            );
            world.settles(&roster, &mut ledger).await;
        }
    }
}

/// The answer to the first attempt is lost, and the next is refused for good: the list shows what took effect.
#[tokio::test]
async fn a_refusal_after_a_lost_attempt_is_settled_by_the_list() {
    let before = ["ada@example.com", "bob@example.com"];
    let joined = [
        "ada@example.com",
        "bob@example.com",
        "cy@example.com",
        "dan@example.com",
    ];
    let left = ["ada@example.com"];
    let cases = [("add", &joined[..], 2), ("remove", &left[..], 1)];
    for kind in KINDS {
        for (lost, is_done) in [("500-after", true), ("500", false)] {
            for refusal in ["403", "404", "html=400"] {
                for (write, after, steps) in cases {
                    let case = format!("{kind:?} {write} {lost} {refusal}");
                    let world = world(kind, on("SUP", &["cy", "dan"])).await;
                    let mut ledger = Ledger::kept();
                    world.settles(&private(OWNED, &before), &mut ledger).await;
                    faults(&world, &format!("{write}:{lost}@1, {write}:{refusal}@2+"));
                    let roster = private(OWNED, after);
                    let applied = world.apply_with(&roster, &mut ledger).await;
                    let failed = applied.unsuccessful();
                    assert_eq!(failed.len(), if is_done { 0 } else { steps }, "{case} {failed:?}");
                    assert!(
                        failed.iter().all(|step| step.contains("read again")),
                        "{case} {failed:?}"
                    );
                    world.sandbox.set_faults(&Faults::default());
                    world.settles(&roster, &mut ledger).await;
                    let there = after.iter().map(|email| (*email).to_owned()).collect();
                    assert_eq!(world.sandbox.snapshot().customers("PRIV"), there, "{case}");
                }
            }
        }
    }
}

/// A page is never Jira's answer, however often it comes: it does not count as accepted, and every pass tries again.
#[tokio::test]
async fn a_page_is_never_counted_as_accepted() {
    for kind in KINDS {
        let world = world(kind, on("SUP", &["cy"])).await;
        let mut ledger = Ledger::kept();
        world
            .settles(&private(OWNED, &["ada@example.com", "bob@example.com"]), &mut ledger)
            .await;
        faults(&world, "add:html=200, remove:html=200");
        let roster = private(OWNED, &["ada@example.com", "cy@example.com"]);
        for _ in 0..4 {
            let applied = world.apply_with(&roster, &mut ledger).await;
            assert_eq!((applied.steps().len(), applied.held().len()), (2, 0), "{kind:?}");
        }
        world.sandbox.set_faults(&Faults::default());
        world.settles(&roster, &mut ledger).await;
    }
}

/// Edits that add, remove and add a person between two full readings never count as accepted without effect.
#[tokio::test]
async fn edits_that_undo_one_another_are_not_accepted_without_effect() {
    for kind in KINDS {
        let world = world(kind, on("SUP", &["cy"])).await;
        let (without, with) = (
            private(OWNED, &["ada@example.com"]),
            private(OWNED, &["ada@example.com", "cy@example.com"]),
        );
        let (_, mut kept) = world.full(&without).await;
        for _ in 0..4 {
            assert_eq!(world.edit(&mut kept, &with).await.steps().len(), 1, "{kind:?}");
            assert!(world.sandbox.snapshot().customers("PRIV").contains("cy@example.com"));
            assert_eq!(world.edit(&mut kept, &without).await.steps().len(), 1, "{kind:?}");
            assert!(!world.sandbox.snapshot().customers("PRIV").contains("cy@example.com"));
        }
        world.drain();
    }
}

/// An account got a new address, and another account the old one: the first is removed, and the second stays.
#[tokio::test]
async fn who_had_an_address_before_leaves_when_somebody_else_has_it() {
    let world = world(KINDS[1], Vec::new()).await;
    let mut ledger = Ledger::kept();
    world.settles(&private(OWNED, &["ada@example.com"]), &mut ledger).await;
    let desks = "version: 1\ndesks: {PRIV: {access: restricted, membership: owned}, SUP: {}}\n";
    let moved = "customers: [{email: new@example.com, previously: [ada@example.com], desks: [SUP]}]";
    faults(&world, "remove:403");
    for _ in 0..2 {
        world.apply_with(&roster(&format!("{desks}{moved}")), &mut ledger).await;
    }
    assert_eq!(world.sandbox.snapshot().customers("PRIV"), emails(&["new"]));
    world.sandbox.set_faults(&Faults::default());
    world
        .sandbox
        .create_account(&SeedPerson::customer("ada@example.com", &[]));
    let back = roster(&format!(
        "{desks}customers: [{{email: ada@example.com, desks: [PRIV]}}]"
    ));
    for _ in 0..3 {
        world.apply_with(&back, &mut ledger).await;
    }
    assert_eq!(world.sandbox.snapshot().customers("PRIV"), emails(&["ada"]));
    world.settles(&back, &mut ledger).await;
}

/// A list may leave out deactivated accounts: they are remembered, and removed once they are active again.
#[tokio::test]
async fn who_is_deactivated_and_not_listed_for_it_leaves_when_active_again() {
    for kind in KINDS {
        let config = Config {
            deployment: kind,
            rules: Rules {
                inactive_are_listed: false,
                ..Rules::default()
            },
            ..Config::default()
        };
        let world = World::with(seed(Vec::new()), config).await;
        let mut ledger = Ledger::kept();
        let both = private(OWNED, &["ada@example.com", "bob@example.com"]);
        world.settles(&both, &mut ledger).await;
        let bob = world.sandbox.ids_by_email("bob@example.com").remove(0);
        world.sandbox.set_active(&bob, false).unwrap();
        let left = private(OWNED, &["ada@example.com"]);
        for _ in 0..5 {
            assert_eq!(world.apply_with(&left, &mut ledger).await.steps(), Vec::<String>::new());
        }
        world.sandbox.set_active(&bob, true).unwrap();
        let applied = world.settles(&left, &mut ledger).await;
        assert_eq!(applied.steps(), ["remove bob@example.com from PRIV"], "{kind:?}");
        assert_eq!(world.sandbox.snapshot().customers("PRIV"), emails(&["ada"]));
    }
}

/// A create that is answered with a page is looked up, and an access mode is read back.
#[tokio::test]
async fn creates_and_access_modes_are_believed_by_what_is_there() {
    for kind in KINDS {
        for fault in ["html=200", "html-after", "object", "object-after"] {
            let world = world(kind, on("PRIV", &["bob"])).await;
            world.sandbox.set_access("PRIV", DeskAccess::Open).unwrap();
            faults(&world, &format!("create:{fault}@1, write-access:{fault}@1"));
            let roster = private("access: restricted", &["ada@example.com", "bob@example.com"]);
            let mut ledger = Ledger::kept();
            let applied = world.apply_with(&roster, &mut ledger).await;
            assert_eq!(
                world.sandbox.ids_by_email("ada@example.com").len(),
                1,
                "{kind:?} {fault}"
            );
            let is_done = fault.ends_with("after");
            assert_eq!(
                applied.unsuccessful().is_empty(),
                is_done,
                "{kind:?} {fault} {:?}",
                applied.unsuccessful()
            );
            world.apply_with(&roster, &mut ledger).await;
            world.settles(&roster, &mut ledger).await;
            assert_eq!(world.sandbox.snapshot().desks["PRIV"].access, DeskAccess::Restricted);
        }
    }
}

/// A move whose add is refused loses nothing; `until` and people who left the file wait for nothing.
#[tokio::test]
async fn a_move_keeps_the_old_desk_while_the_new_one_fails() {
    let desks = |customers: &str| {
        roster(&format!(
            "version: 1\ndesks: {{PRIV: {{membership: owned}}, SUP: {{access: restricted, membership: owned}}}}\n\
             customers: [{{email: stay@example.com, desks: [SUP]}}, {customers}]\n"
        ))
    };
    let gone = "{email: gone@example.com, desks: [SUP]}";
    for kind in KINDS {
        for fault in ["add[PRIV]:403", "add[PRIV]:html=200", "add[PRIV]:404"] {
            let world = world(kind, Vec::new()).await;
            let mut ledger = Ledger::kept();
            let before = desks(&format!("{{email: ada@example.com, desks: [SUP]}}, {gone}"));
            world.settles(&before, &mut ledger).await;
            faults(&world, fault);
            let after = desks("{email: ada@example.com, desks: [PRIV]}");
            let applied = world.apply_with(&after, &mut ledger).await;
            assert_eq!(
                applied.unsuccessful().len(),
                2,
                "{kind:?} {fault} {:?}",
                applied.unsuccessful()
            );
            assert_eq!(
                world.sandbox.snapshot().customers("SUP"),
                emails(&["ada", "stay"]),
                "{kind:?} {fault}"
            );
            world.sandbox.set_faults(&Faults::default());
            world.settles(&after, &mut ledger).await;
            assert_eq!(world.sandbox.snapshot().customers("PRIV"), emails(&["ada"]));
            assert_eq!(world.sandbox.snapshot().customers("SUP"), emails(&["stay"]));
        }
    }
}

/// An open desk whose access mode cannot be read: Jira refuses the removal, which is tried twice and then held.
#[tokio::test]
async fn a_desk_that_is_open_and_cannot_be_read_costs_two_refused_calls() {
    let world = world(Deployment::Cloud, Vec::new()).await;
    let mut ledger = Ledger::kept();
    world
        .settles(
            &private("membership: owned", &["ada@example.com", "bob@example.com"]),
            &mut ledger,
        )
        .await;
    world.sandbox.set_access("PRIV", DeskAccess::Open).unwrap();
    faults(&world, "read-access[PRIV]:404");
    let left = private("membership: owned", &["ada@example.com"]);
    for writes in [1, 1, 0, 0] {
        let applied = world.apply_with(&left, &mut ledger).await;
        assert_eq!(applied.writes, writes, "{:?}", applied.held());
        let is_held = applied
            .held()
            .iter()
            .any(|held| held.contains("does not allow removals while the desk is open"));
        assert_eq!(is_held, writes == 0, "{:?}", applied.held());
        assert_eq!(applied.outcomes.count_held(applied.seen.approved.plan()), 1);
    }
    world.sandbox.set_access("PRIV", DeskAccess::Restricted).unwrap();
    ledger.reset_ineffective();
    world.settles(&left, &mut ledger).await;
    assert_eq!(world.sandbox.snapshot().customers("PRIV"), emails(&["ada"]));
}
